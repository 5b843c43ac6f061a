#include "nn/onnx.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "nn/protobuf.hpp"

namespace mg {
namespace {

// Numbers of fields and enumerators, from onnx.proto of ONNX 1.12.
namespace field {
constexpr int model_ir_version = 1, model_producer = 2, model_producer_version = 3, model_text = 6, model_graph = 7,
              model_opset = 8, model_metadata = 14;
constexpr int opset_version = 2;
constexpr int metadata_key = 1, metadata_value = 2;
constexpr int graph_node = 1, graph_name = 2, graph_initializer = 5, graph_input = 11, graph_output = 12;
constexpr int node_input = 1, node_output = 2, node_name = 3, node_operator = 4, node_attribute = 5;
constexpr int attribute_name = 1, attribute_integer = 3, attribute_integers = 8, attribute_type = 20;
constexpr int tensor_dim = 1, tensor_type = 2, tensor_name = 8, tensor_bytes = 9;
constexpr int value_name = 1, value_type = 2, value_text = 3;
constexpr int type_tensor = 1, type_element = 1, type_shape = 2;
constexpr int shape_dim = 1, dim_value = 1, dim_name = 2;
}  // namespace field
constexpr int float32 = 1;                                    // TensorProto.DataType
constexpr int integer_attribute = 2, integers_attribute = 7;  // AttributeProto.AttributeType
constexpr int ir_version = 8, opset = 13;

using Names = std::vector<std::string>;

/// A graph under construction. Every operation gives the name of its output, which is also the name of its node.
class Graph {
public:
    explicit Graph(const std::string& name) { graph_.text(field::graph_name, name); }

    /// A constant, rounded to float32. No dims make a scalar.
    std::string constant(const std::string& name, const std::vector<double>& values,
                         const std::vector<std::int64_t>& dims) {
        std::string bytes;
        bytes.reserve(4 * values.size());
        for (const double value : values) {
            if (!(std::abs(value) <= std::numeric_limits<float>::max()))
                throw Error("the model cannot be written as ONNX",
                            "the value " + shown(value) + " of " + name + " is beyond float32",
                            "use model.h5, or train again with other data");
            const std::uint32_t bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
            for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift);
        }
        ProtoMessage tensor;
        for (const std::int64_t dim : dims) tensor.integer(field::tensor_dim, dim);
        tensor.integer(field::tensor_type, float32);
        tensor.text(field::tensor_name, name);
        tensor.text(field::tensor_bytes, bytes);
        graph_.message(field::graph_initializer, tensor);
        return name;
    }

    /// An operator with at most one attribute.
    std::string apply(const std::string& op, const Names& inputs, const std::string& output,
                      const ProtoMessage* attribute = nullptr) {
        ProtoMessage node;
        for (const std::string& input : inputs) node.text(field::node_input, input);
        node.text(field::node_output, output);
        node.text(field::node_name, output);
        node.text(field::node_operator, op);
        if (attribute) node.message(field::node_attribute, *attribute);
        graph_.message(field::graph_node, node);
        return output;
    }

    void input(const std::string& name, int columns, const std::string& text) {
        graph_.message(field::graph_input, value(name, columns, text));
    }
    void output(const std::string& name, int columns, const std::string& text) {
        graph_.message(field::graph_output, value(name, columns, text));
    }
    const ProtoMessage& message() const { return graph_; }

private:
    static ProtoMessage value(const std::string& name, int columns, const std::string& text) {
        ProtoMessage rows_dim, columns_dim, shape, tensor, type, info;
        rows_dim.text(field::dim_name, "atoms");
        columns_dim.integer(field::dim_value, columns);
        shape.message(field::shape_dim, rows_dim);
        shape.message(field::shape_dim, columns_dim);
        tensor.integer(field::type_element, float32);
        tensor.message(field::type_shape, shape);
        type.message(field::type_tensor, tensor);
        info.text(field::value_name, name);
        info.message(field::value_type, type);
        info.text(field::value_text, text);
        return info;
    }

    ProtoMessage graph_;
};

ProtoMessage integer_of(const std::string& name, std::int64_t value) {
    ProtoMessage attribute;
    attribute.text(field::attribute_name, name);
    attribute.integer(field::attribute_integer, value);
    attribute.integer(field::attribute_type, integer_attribute);
    return attribute;
}

ProtoMessage integers_of(const std::string& name, std::int64_t value) {
    ProtoMessage attribute;
    attribute.text(field::attribute_name, name);
    attribute.integer(field::attribute_integers, value);
    attribute.integer(field::attribute_type, integers_attribute);
    return attribute;
}

std::string operator_of(Activation activation) {
    switch (activation) {
        case Activation::relu:
            return "Relu";
        case Activation::sigmoid:
            return "Sigmoid";
        case Activation::tanh:
            return "Tanh";
    }
    throw Error("unknown activation function", "value " + std::to_string(static_cast<int>(activation)),
                "use relu, sigmoid or tanh");
}

/// Adds one network to the graph; the name of its prediction (atoms, 1) [eV/A^2].
std::string add_network(Graph& graph, const Model& model, const std::string& prefix, const std::string& features) {
    const std::int64_t m = model.inputs();
    // A feature that is large beside its spread would lose its digits in the difference with a rounded mean. The mean
    // as a sum of two floats has 48 bits, and the first difference is exact where it matters.
    std::vector<double> high, low, scale;
    for (int j = 0; j < m; ++j) {
        high.push_back(static_cast<float>(model.input_mean[j]));
        low.push_back(model.input_mean[j] - high[j]);
        scale.push_back(model.input_std[j] > 0 ? 1.0 / model.input_std[j] : 0.0);
    }
    std::string x = graph.apply("Sub", {features, graph.constant(prefix + "mean_high", high, {m})}, prefix + "shifted");
    x = graph.apply("Sub", {x, graph.constant(prefix + "mean_low", low, {m})}, prefix + "centred");
    x = graph.apply("Mul", {x, graph.constant(prefix + "inverse_std", scale, {m})}, prefix + "standardised");
    const ProtoMessage transposed = integer_of("transB", 1);
    for (int l = 0; l < model.layers.count(); ++l) {
        const std::int64_t inputs = model.layers.inputs(l), outputs = model.layers.outputs(l);
        std::vector<double> weight, bias;
        for (int i = 0; i < outputs; ++i) {
            for (int j = 0; j < inputs; ++j) weight.push_back(model.weight(l, i, j));
            bias.push_back(model.bias(l, i));
        }
        const std::string layer = prefix + "layer" + std::to_string(l) + "_";
        const std::string w = graph.constant(layer + "weight", weight, {outputs, inputs});
        x = graph.apply("Gemm", {x, w, graph.constant(layer + "bias", bias, {outputs})}, layer + "sum", &transposed);
        if (l + 1 < model.layers.count()) x = graph.apply(operator_of(model.activation), {x}, layer + "value");
    }
    x = graph.apply("Mul", {x, graph.constant(prefix + "target_std", {model.target_std}, {})}, prefix + "scaled");
    return graph.apply("Add", {x, graph.constant(prefix + "target_mean", {model.target_mean}, {})}, prefix + "value");
}

}  // namespace

std::string onnx_model(const std::vector<Model>& ensemble, const OnnxDescription& about) {
    if (ensemble.empty()) throw Error("the model cannot be written as ONNX", "it has no network", "train it again");
    const int inputs = ensemble[0].inputs();
    const auto& [property, unit] = about.property;
    Graph graph(property);
    graph.input("descriptors", inputs, "raw features of each atom, not standardised");
    graph.output(property, 1, "[" + unit + "] mean over the networks");
    Names members;
    for (std::size_t k = 0; k < ensemble.size(); ++k) {
        if (ensemble[k].inputs() != inputs)
            throw Error("the model cannot be written as ONNX", "its networks have different numbers of inputs",
                        "train it again");
        members.push_back(add_network(graph, ensemble[k], "network" + std::to_string(k) + "_", "descriptors"));
    }
    if (members.size() == 1) {
        graph.apply("Identity", members, property);
    } else {
        graph.output("ensemble_deviation", 1, "[" + unit + "] standard deviation over the networks");
        const ProtoMessage columns = integer_of("axis", 1), along = integers_of("axes", 1);
        const std::string all = graph.apply("Concat", members, "members", &columns);
        graph.apply("ReduceMean", {all}, property, &along);
        const std::string difference = graph.apply("Sub", {all, property}, "differences");
        const std::string square = graph.apply("Mul", {difference, difference}, "squares");
        const double n = static_cast<double>(members.size());
        const std::string mean = graph.apply("ReduceMean", {square}, "mean_square", &along);
        const std::string variance =
            graph.apply("Mul", {mean, graph.constant("n_over_n_minus_1", {n / (n - 1)}, {})}, "variance");
        graph.apply("Sqrt", {variance}, "ensemble_deviation");
    }

    ProtoMessage operators, model;
    operators.integer(field::opset_version, opset);
    model.integer(field::model_ir_version, ir_version);
    model.text(field::model_producer, "mgstiff-gpu");
    model.text(field::model_producer_version, about.producer_version);
    model.text(field::model_text, about.text);
    model.message(field::model_graph, graph.message());
    model.message(field::model_opset, operators);
    for (const auto& [key, value] : about.metadata) {
        ProtoMessage entry;
        entry.text(field::metadata_key, key);
        entry.text(field::metadata_value, value);
        model.message(field::model_metadata, entry);
    }
    return model.bytes();
}

}  // namespace mg
