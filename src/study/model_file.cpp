#include "study/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/space.hpp"
#include "elastic/features.hpp"
#include "io/hdf5.hpp"
#include "io/sha256.hpp"
#include "study/inputs.hpp"
#include "study/results/elastic_file.hpp"

namespace mg::study {
namespace {

constexpr long format_version = 1;
constexpr const char* format_name = "mgstiff-gpu model";
constexpr long most_networks = 10000, most_layers = 1000;

std::string sha256_of_bytes(const std::vector<unsigned char>& bytes) {
    return io::sha256_of(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

/// Throws E where the parts of a model do not fit one another. One check serves writing and reading.
template <class E>
void check(const ModelFile& file, const std::string& path) {
    const auto refuse = [&](const std::string& why) {
        throw E("the model " + path + " is not usable", why, "train it again");
    };
    const auto finite = [&](const std::vector<double>& values, const char* what) {
        for (double x : values)
            if (!std::isfinite(x)) refuse(std::string(what) + " with a value that is not finite");
    };
    if (file.ensemble.empty()) refuse("it has no network");
    if (file.elements.empty() || file.elements.size() != file.masses.size())
        refuse(std::to_string(file.elements.size()) + " species with " + std::to_string(file.masses.size()) +
               " masses");
    for (const std::string& element : file.learned)
        if (std::find(file.elements.begin(), file.elements.end(), element) == file.elements.end())
            refuse("it predicts atoms of " + element + ", which it does not know");
    finite(file.masses, "masses");
    for (double mass : file.masses)
        if (!(mass > 0)) refuse("a mass that is not positive");
    for (const Model& model : file.ensemble) {
        const std::vector<int>& widths = model.layers.widths;
        if (widths.size() < 2 || widths.back() != 1) refuse("a network without layers or with several outputs");
        make_layers(widths.front(), {widths.begin() + 1, widths.end() - 1});
        if (model.inputs() != file.ensemble[0].inputs()) refuse("networks with different numbers of inputs");
        const std::size_t inputs = model.inputs();
        if (model.parameters.size() != static_cast<std::size_t>(model.layers.parameter_count()))
            refuse("weights that do not fit the layers");
        if (model.input_mean.size() != inputs || model.input_std.size() != inputs)
            refuse("a normalisation that does not fit the inputs");
        finite(model.parameters, "weights");
        finite(model.input_mean, "a normalisation");
        finite(model.input_std, "a normalisation");
        finite({model.target_mean, model.target_std}, "a normalisation");
        for (double deviation : model.input_std)
            if (deviation < 0) refuse("a negative standard deviation");
        if (!(model.target_std > 0)) refuse("a standard deviation of the target that is not positive");
    }
    const Descriptor& d = file.descriptor;
    if (!(d.r_min >= 0 && d.r_max > d.r_min && d.width > 0 && d.count > 0) || !std::isfinite(d.r_max))
        refuse("a descriptor that reaches from " + shown(d.r_min) + " to " + shown(d.r_max) + " A");
    if (file.elastic) {
        if (const std::string fault = network_fault(*file.elastic); !fault.empty())
            refuse("its elastic network: " + fault);
        if (!unknown_elements(*file.elastic, file.elements).empty())
            refuse("its elastic network knows not all species");
    }
    if (file.averages < 0 || file.averages > 10 || !(file.average_reach > 0) || !(file.average_reach <= 10))
        refuse("averages over neighbours within " + shown(file.average_reach) + " A");
    if (static_cast<int>(input_names(file, file.elements).size()) != file.ensemble[0].inputs())
        refuse("a descriptor that does not fit the inputs");
    if (file.errors.calibrated() && file.errors.species.size() != file.elements.size())
        refuse("a calibration for another number of species");
    for (const ErrorModel::Curve& c : file.errors.species) {
        finite(c.predicted, "a calibration");
        finite(c.deviation, "a calibration");
        if (c.predicted.empty() || c.predicted.size() != c.deviation.size()) refuse("a calibration without points");
        for (std::size_t k = 1; k < c.predicted.size(); ++k)
            if (!(c.predicted[k] > c.predicted[k - 1])) refuse("a calibration that is not in order");
    }
    finite(file.least_share, "a composition");
    finite(file.largest_share, "a composition");
    if (file.least_share.size() != file.largest_share.size() ||
        (!file.least_share.empty() && file.least_share.size() != file.elements.size()))
        refuse("a composition of another number of species");
    const auto check_covariance = [&](const Novelty& n, std::size_t width) {
        if (!n.calibrated()) return;
        for (const std::vector<double>* v : {&n.mean, &n.deviation, &n.factor}) finite(*v, "a covariance");
        const auto m = static_cast<std::size_t>(
            std::count_if(n.deviation.begin(), n.deviation.end(), [](double x) { return x > 0; }));
        if (n.mean.size() != width || n.deviation.size() != width || n.factor.size() != m * m)
            refuse("a covariance that does not fit the inputs");
        for (std::size_t k = 0; k < m; ++k)
            if (!(n.factor[k * m + k] > 0)) refuse("a covariance that is not positive");
    };
    check_covariance(file.novelty, static_cast<std::size_t>(file.ensemble[0].inputs()));
    if (!file.known.species.empty() && file.known.species.size() != file.elements.size())
        refuse("surroundings of another number of species");
    for (const Novelty& n : file.known.species) check_covariance(n, 2 * file.elements.size());
    if (!(file.known.least_volume >= 0 && file.known.largest_volume >= file.known.least_volume) ||
        !std::isfinite(file.known.largest_volume))
        refuse("volumes that are none");
    if (!file.potential_bytes.empty() && sha256_of_bytes(file.potential_bytes) != file.potential_sha256)
        refuse("the bytes of its potential have another hash than it says");
}

void write_network(io::H5File& h5, const std::string& group, const Model& model) {
    h5.create_group(group);
    h5.write_attribute(group, "activation", activation_name(model.activation));
    h5.write_attribute(group, "widths", std::vector<long>(model.layers.widths.begin(), model.layers.widths.end()));
    h5.write_attribute(group, "target_mean_eV_per_A2", model.target_mean);
    h5.write_attribute(group, "target_std_eV_per_A2", model.target_std);
    h5.write_attribute(group, "best_epoch", model.best_epoch);
    h5.write_attribute(group, "seed", std::to_string(model.seed));
    h5.write(group + "/input_mean", model.input_mean);
    h5.write(group + "/input_std", model.input_std);
    h5.write_attribute(group + "/input_std", "meaning",
                       "0 marks a feature that was constant in training; its standardised value is 0");
    for (int l = 0; l < model.layers.count(); ++l) {
        const std::size_t inputs = model.layers.inputs(l), outputs = model.layers.outputs(l);
        std::vector<double> weight, bias;
        for (std::size_t i = 0; i < outputs; ++i) {
            for (std::size_t j = 0; j < inputs; ++j) weight.push_back(model.weight(l, i, j));
            bias.push_back(model.bias(l, i));
        }
        const std::string layer = group + "/layers/" + std::to_string(l);
        h5.write(layer + "/weight", weight, {outputs, inputs});
        h5.write(layer + "/bias", bias);
    }
    std::vector<double> history;
    for (const EpochRecord& e : model.history)
        history.insert(history.end(),
                       {static_cast<double>(e.epoch), e.learning_rate, e.training_loss, e.validation_loss});
    if (!history.empty()) {
        h5.write(group + "/history", history, {model.history.size(), 4});
        h5.write_attribute(group + "/history", "columns",
                           std::vector<std::string>{"epoch", "learning_rate", "training_loss", "validation_loss"});
    }
}

Model read_network(const io::H5File& h5, const std::string& group) {
    const auto refuse = [&](const std::string& why) {
        throw InputError("the model " + h5.path() + " is not usable", group + ": " + why, "train it again");
    };
    Model model;
    model.activation = activation_from_name(h5.read_string(group, "activation"));
    const std::vector<long> widths = h5.read_longs(group, "widths");
    if (widths.size() < 2 || widths.size() > most_layers) refuse(std::to_string(widths.size()) + " layers of units");
    for (long width : widths)
        if (width < 1 || width > 100'000'000) refuse("a layer of width " + std::to_string(width));
    model.layers = make_layers(static_cast<int>(widths.front()), {widths.begin() + 1, widths.end() - 1});
    model.target_mean = h5.read_double(group, "target_mean_eV_per_A2");
    model.target_std = h5.read_double(group, "target_std_eV_per_A2");
    model.best_epoch = static_cast<int>(h5.read_long(group, "best_epoch"));
    const std::string seed = h5.read_string(group, "seed");
    if (seed.empty() || seed.size() > 20 || seed.find_first_not_of("0123456789") != std::string::npos)
        refuse("the seed \"" + seed + "\"");
    for (char digit : seed) model.seed = 10 * model.seed + static_cast<std::uint64_t>(digit - '0');
    model.input_mean = h5.read<double>(group + "/input_mean");
    model.input_std = h5.read<double>(group + "/input_std");
    for (int l = 0; l < model.layers.count(); ++l) {
        const std::size_t inputs = model.layers.inputs(l), outputs = model.layers.outputs(l);
        const std::string layer = group + "/layers/" + std::to_string(l);
        const std::vector<double> weight = h5.read<double>(layer + "/weight"), bias = h5.read<double>(layer + "/bias");
        if (weight.size() != outputs * inputs || bias.size() != outputs) refuse("weights that do not fit the layers");
        for (std::size_t i = 0; i < outputs; ++i) {
            model.parameters.insert(model.parameters.end(), weight.begin() + i * inputs,
                                    weight.begin() + (i + 1) * inputs);
            model.parameters.push_back(bias[i]);
        }
    }
    if (h5.exists(group + "/history")) {
        const std::vector<double> history = h5.read<double>(group + "/history");
        if (history.size() % 4 != 0) refuse("a history without four columns");
        for (std::size_t k = 0; k < history.size(); k += 4) {
            // Converting an int from a number outside its range would be undefined.
            if (!(history[k] >= 0 && history[k] < 2e9)) refuse("a history with a bad epoch");
            model.history.push_back({static_cast<int>(history[k]), history[k + 1], history[k + 2], history[k + 3]});
        }
    }
    return model;
}

}  // namespace

double share_of_species(std::span<const int> species, int of) {
    return static_cast<double>(std::count(species.begin(), species.end(), of)) / static_cast<double>(species.size());
}

double composition_novelty(const ModelFile& model, std::span<const int> species) {
    constexpr double reach = 0.05;  // a twentieth of the atoms
    double novelty = 0;
    for (std::size_t s = 0; s < model.least_share.size(); ++s) {
        const double share = share_of_species(species, static_cast<int>(s));
        novelty = std::max({novelty, (model.least_share[s] - share) / reach, (share - model.largest_share[s]) / reach});
    }
    return novelty;
}

bool predicts(const ModelFile& model, int species) {
    return model.learned.empty() ||
           std::find(model.learned.begin(), model.learned.end(), model.elements.at(species)) != model.learned.end();
}

template <class Space>
Prediction predict_atoms(Space space, const ModelFile& model, const AtomInputs& atoms) {
    const auto& [features, species, around, volume] = atoms;
    const EnsemblePrediction e = predict_ensemble(space, model.ensemble, features);
    Prediction p{e.mean, {}, e.deviation, {}, {}};
    const auto inputs = static_cast<std::size_t>(model.ensemble.at(0).inputs());
    const double foreign = std::max(composition_novelty(model, species), model.known.novelty_of_volume(volume)),
                 none = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < e.mean.size(); ++i) {
        if (!predicts(model, species[i])) {
            for (std::vector<double>* const of : {&p.deviation, &p.interval_90, &p.novelty}) of->push_back(none);
            p.value[i] = p.ensemble_deviation[i] = none;
            continue;
        }
        p.deviation.push_back(model.errors.deviation(species[i], e.mean[i], e.deviation[i]));
        p.interval_90.push_back(model.errors.interval_90 * p.deviation.back());
        const double own = model.novelty.calibrated()
                               ? model.novelty.distance(features.data() + i * inputs) / model.novelty.limit
                               : 0.0;
        const double near =
            around.empty() ? 0.0 : model.known.novelty(species[i], around.data() + i * 2 * model.elements.size());
        p.novelty.push_back(std::max({own, near, foreign}));
    }
    return p;
}

#define MG_PREDICT_ATOMS(Space) template Prediction predict_atoms<Space>(Space, const ModelFile&, const AtomInputs&);
MG_INSTANTIATE(MG_PREDICT_ATOMS)

OnnxDescription onnx_description(const ModelFile& model) {
    OnnxDescription description{
        build::version,
        model.property.is_stiffness()
            ? "Stiffness of the atoms of a metallic glass, K = k_B T / <|dr|^2>, from the structure around them"
            : model.property.name + " of the atoms of a metallic glass, from the structure around them",
        {{"descriptor", model.descriptor.kind}, {"positions", model.positions}},
        model.property};
    auto& properties = description.metadata;
    Descriptor::visit(model.descriptor, [&](const char* name, const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>)
            properties.emplace_back(name, fmt::format("{:.17g}", value));
        else
            properties.emplace_back(name, std::to_string(value));
    });
    const std::vector<std::string> names = input_names(model, model.elements);
    properties.emplace_back("features", fmt::format("{}", fmt::join(names, ",")));
    properties.emplace_back("elements", fmt::format("{}", fmt::join(model.elements, ",")));
    properties.emplace_back("unit", model.property.unit);
    properties.emplace_back("potential", model.potential_name);
    properties.emplace_back("potential_sha256", model.potential_sha256);
    properties.emplace_back("training_sha256", model.training_sha256);
    properties.emplace_back("provenance", model.provenance_json);
    return description;
}

void write_model(const std::string& path, const ModelFile& model) {
    check<Error>(model, path);
    io::H5File h5 = io::H5File::create(path, true);
    h5.write_attribute("/", "format", format_name);
    h5.write_attribute("/", "format_version", format_version);
    h5.write_attribute("/", "networks", static_cast<long>(model.ensemble.size()));
    h5.write_attribute("/", "prediction", model.property.name + " [" + model.property.unit + "]");
    h5.write_attribute("/", "property", model.property.name);
    h5.write_attribute("/", "unit", model.property.unit);
    h5.write_attribute("/", "training_sha256", model.training_sha256);
    h5.write_attribute("/", "metrics_json", model.metrics_json);
    h5.write_attribute("/", "provenance_json", model.provenance_json);
    h5.create_group("/descriptor");
    h5.write_attribute("/descriptor", "kind", model.descriptor.kind);
    h5.write_attribute("/descriptor", "positions", model.positions);
    Descriptor::visit(model.descriptor,
                      [&](const char* name, const auto& value) { h5.write_attribute("/descriptor", name, value); });
    h5.write_attribute("/descriptor", "feature_names", input_names(model, model.elements));
    if (model.averages > 0) {
        h5.write_attribute("/descriptor", "averages", static_cast<long>(model.averages));
        h5.write_attribute("/descriptor", "average_A", model.average_reach);
    }
    if (model.elastic) {
        result_file::Writer writer{h5};
        visit_network(writer, "/elastic", *model.elastic);
    }
    h5.create_group("/species");
    h5.write_attribute("/species", "elements", model.elements);
    h5.write_attribute("/species", "masses_u", model.masses);
    if (!model.learned.empty()) h5.write_attribute("/species", "learned", model.learned);
    h5.create_group("/potential");
    h5.write_attribute("/potential", "name", model.potential_name);
    h5.write_attribute("/potential", "sha256", model.potential_sha256);
    if (!model.potential_bytes.empty()) h5.write("/potential/bytes", model.potential_bytes);
    for (std::size_t k = 0; k < model.ensemble.size(); ++k)
        write_network(h5, "/networks/" + std::to_string(k), model.ensemble[k]);
    if (model.errors.calibrated()) {
        h5.create_group("/errors");
        h5.write_attribute("/errors", "interval_90", model.errors.interval_90);
        h5.write_attribute("/errors", "ensemble_variance", model.errors.ensemble_variance);
        for (std::size_t s = 0; s < model.errors.species.size(); ++s) {
            const std::string group = "/errors/" + std::to_string(s);
            h5.write(group + "/predicted", model.errors.species[s].predicted, {}, model.property.unit);
            h5.write(group + "/deviation", model.errors.species[s].deviation, {}, model.property.unit);
        }
    }
    if (model.novelty.calibrated()) {
        h5.create_group("/novelty");
        h5.write_attribute("/novelty", "limit", model.novelty.limit);
        if (!model.novelty.factor.empty()) h5.write("/novelty/factor", model.novelty.factor);
    }
    for (std::size_t s = 0; s < model.known.species.size(); ++s) {
        const Novelty& n = model.known.species[s];
        if (!n.calibrated()) continue;
        const std::string group = "/surroundings/" + std::to_string(s);
        if (!h5.exists("/surroundings")) h5.create_group("/surroundings");
        h5.write(group + "/mean", n.mean);
        h5.write(group + "/deviation", n.deviation);
        h5.write(group + "/factor", n.factor);
        h5.write_attribute(group, "limit", n.limit);
    }
    if (model.known.largest_volume > 0) {
        h5.write_attribute("/species", "least_volume_A3", model.known.least_volume);
        h5.write_attribute("/species", "largest_volume_A3", model.known.largest_volume);
    }
    if (!model.least_share.empty()) {
        h5.write("/species/least_share", model.least_share);
        h5.write("/species/largest_share", model.largest_share);
    }
    h5.close();
}

ModelFile read_model(const std::string& path) {
    const io::H5File h5 = io::H5File::open(path, true);
    const auto refuse = [&](const std::string& why, const std::string& remedy) {
        throw InputError("the model " + path + " is not usable", why, remedy);
    };
    if (h5.has_attribute("/", "file") && h5.has_attribute("/", "stage"))
        refuse(fmt::format("it is {}, what the stage {} wrote for sample {}", h5.read_string("/", "file"),
                           h5.read_string("/", "stage"), h5.read_long("/", "sample")),
               "give the model.h5 or elastic_model.h5 of the study");
    if (!h5.has_attribute("/", "format") || h5.read_string("/", "format") != format_name)
        refuse("the file is no model of mgstiff-gpu", "give the model.h5 of a study");
    const long version = h5.read_long("/", "format_version");
    if (version != format_version)
        refuse(
            "format version " + std::to_string(version) + " where this program knows " + std::to_string(format_version),
            "use the program that wrote it");
    ModelFile model;
    if (h5.has_attribute("/", "property"))  // older files are all of stiffness
        model.property = {h5.read_string("/", "property"), h5.read_string("/", "unit")};
    model.training_sha256 = h5.read_string("/", "training_sha256");
    model.metrics_json = h5.read_string("/", "metrics_json");
    model.provenance_json = h5.read_string("/", "provenance_json");
    model.descriptor.kind = h5.read_string("/descriptor", "kind");
    model.positions = h5.read_string("/descriptor", "positions");
    Descriptor::visit(model.descriptor, [&](const char* name, auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) {
            value = h5.read_double("/descriptor", name);
        } else {
            const long number = h5.read_long("/descriptor", name);
            if (number < 1 || number > 1'000'000)
                refuse("a descriptor of " + std::to_string(number) + " numbers", "train it again");
            value = static_cast<int>(number);
        }
    });
    if (h5.has_attribute("/descriptor", "averages")) {
        model.averages = static_cast<int>(std::clamp(h5.read_long("/descriptor", "averages"), -1L, 1000L));
        model.average_reach = h5.read_double("/descriptor", "average_A");
    }
    if (h5.exists("/elastic")) {
        const std::set<std::string> all;
        result_file::Reader reader{h5, all};
        visit_network(reader, "/elastic", model.elastic.emplace());
    }
    model.elements = h5.read_strings("/species", "elements");
    model.masses = h5.read_doubles("/species", "masses_u");
    if (h5.has_attribute("/species", "learned")) model.learned = h5.read_strings("/species", "learned");
    model.potential_name = h5.read_string("/potential", "name");
    model.potential_sha256 = h5.read_string("/potential", "sha256");
    if (h5.exists("/potential/bytes")) model.potential_bytes = h5.read<unsigned char>("/potential/bytes");
    const long networks = h5.read_long("/", "networks");
    if (networks < 1 || networks > most_networks) refuse(std::to_string(networks) + " networks", "train it again");
    for (long k = 0; k < networks; ++k) model.ensemble.push_back(read_network(h5, "/networks/" + std::to_string(k)));
    if (h5.exists("/errors")) {
        model.errors.interval_90 = h5.read_double("/errors", "interval_90");
        model.errors.ensemble_variance = h5.read_double("/errors", "ensemble_variance");
        for (std::size_t s = 0; s < model.elements.size(); ++s) {
            const std::string group = "/errors/" + std::to_string(s);
            model.errors.species.push_back(
                {h5.read<double>(group + "/predicted"), h5.read<double>(group + "/deviation")});
        }
    }
    if (h5.exists("/novelty")) {
        model.novelty.mean = model.ensemble[0].input_mean;
        model.novelty.deviation = model.ensemble[0].input_std;
        model.novelty.limit = h5.read_double("/novelty", "limit");
        if (h5.exists("/novelty/factor")) model.novelty.factor = h5.read<double>("/novelty/factor");
    }
    if (h5.exists("/surroundings")) model.known.species.resize(model.elements.size());
    for (std::size_t s = 0; s < model.known.species.size(); ++s)
        if (const std::string group = "/surroundings/" + std::to_string(s); h5.exists(group))
            model.known.species[s] = {h5.read<double>(group + "/mean"), h5.read<double>(group + "/deviation"),
                                      h5.read<double>(group + "/factor"), h5.read_double(group, "limit")};
    if (h5.has_attribute("/species", "largest_volume_A3")) {
        model.known.least_volume = h5.read_double("/species", "least_volume_A3");
        model.known.largest_volume = h5.read_double("/species", "largest_volume_A3");
    }
    if (h5.exists("/species/least_share")) {
        model.least_share = h5.read<double>("/species/least_share");
        model.largest_share = h5.read<double>("/species/largest_share");
    }
    check<InputError>(model, path);
    return model;
}

}  // namespace mg::study
