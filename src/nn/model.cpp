#include "nn/model.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"

namespace mg {

std::string activation_name(Activation activation) {
    switch (activation) {
        case Activation::relu:
            return "relu";
        case Activation::sigmoid:
            return "sigmoid";
        case Activation::tanh:
            return "tanh";
    }
    throw Error("unknown activation function", "value " + std::to_string(static_cast<int>(activation)),
                "use relu, sigmoid or tanh");
}

Activation activation_from_name(std::string_view name) {
    for (Activation activation : {Activation::relu, Activation::sigmoid, Activation::tanh})
        if (name == activation_name(activation)) return activation;
    throw InputError("unknown activation function", "\"" + std::string(name) + "\"", "use relu, sigmoid or tanh");
}

int Layers::offset(int layer) const {
    int begin = 0;
    for (int l = 0; l < layer; ++l) begin += outputs(l) * (inputs(l) + 1);
    return begin;
}

Layers make_layers(int inputs, const std::vector<int>& hidden) {
    Layers layers;
    layers.widths.push_back(inputs);
    layers.widths.insert(layers.widths.end(), hidden.begin(), hidden.end());
    layers.widths.push_back(1);
    double parameters = 0;
    for (int l = 0; l < layers.count(); ++l) {
        if (layers.inputs(l) < 1)
            throw InputError("bad network shape",
                             "layer " + std::to_string(l) + " has width " + std::to_string(layers.inputs(l)),
                             "give every layer at least one unit");
        parameters += static_cast<double>(layers.outputs(l)) * (layers.inputs(l) + 1.0);
    }
    if (parameters > 1e8)
        throw InputError("bad network shape", "more than 1e8 parameters", "use fewer or narrower hidden layers");
    return layers;
}

std::vector<double> initial_parameters(const Layers& layers, std::uint64_t seed) {
    std::vector<double> parameters(layers.parameter_count());
    for (int l = 0; l < layers.count(); ++l) {
        const int inputs = layers.inputs(l), outputs = layers.outputs(l);
        const double width = std::sqrt(2.0 / (inputs + outputs));
        const RandomStream stream(seed, RandomUse::weights, l);
        double* matrix = parameters.data() + layers.offset(l);
        for (int i = 0; i < outputs; ++i) {
            for (int j = 0; j < inputs; ++j)
                matrix[i * (inputs + 1) + j] = width * stream.normal(static_cast<std::uint64_t>(i) * inputs + j);
            matrix[i * (inputs + 1) + inputs] = 0.0;
        }
    }
    return parameters;
}

void standardise(const Model& model, const double* features, long rows, double* out) {
    const int m = model.inputs();
    std::vector<double> inverse(m);
    for (int j = 0; j < m; ++j) inverse[j] = model.input_std[j] > 0 ? 1.0 / model.input_std[j] : 0.0;
    const double* mean = model.input_mean.data();
    const double* scale = inverse.data();
#pragma omp parallel for schedule(static)
    for (long i = 0; i < rows; ++i)
        for (int j = 0; j < m; ++j) out[i * m + j] = (features[i * m + j] - mean[j]) * scale[j];
}

}  // namespace mg
