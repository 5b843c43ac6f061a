/// \file The stage `train`: the networks of a study, their predictions and metrics, and the model file.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/samples.hpp"
#include "core/error.hpp"
#include "core/macros.hpp"
#include "io/atomic_file.hpp"
#include "io/compressed.hpp"
#include "io/json.hpp"
#include "io/sha256.hpp"
#include "io/structure_reader.hpp"
#include "nn/onnx.hpp"
#include "study/context.hpp"
#include "study/evaluation.hpp"
#include "study/inputs.hpp"
#include "study/results/descriptors_file.hpp"
#include "study/results/prediction_file.hpp"
#include "study/results/stiffness_file.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

namespace fs = std::filesystem;

/// Floating-point operations per second that small matrix products reach on one core, at least.
constexpr double training_flops_per_second = 5e9;

/// Multiplications and additions of the training of one network.
double training_flops(const std::vector<int>& hidden, int features, double atoms, int epochs) {
    double weights = 0;
    int inputs = features;
    for (int width : hidden) {
        weights += static_cast<double>(inputs + 1) * width;
        inputs = width;
    }
    weights += inputs + 1;
    return 6 * weights * atoms * epochs;  // forward, and backward to weights and to inputs
}

TrainOptions train_options(const StudyFile& study) {
    TrainOptions o = study.train;
    o.seed = study.study.seed;
    return o;
}

/// Samples that no network sees: they are no glasses any more.
std::vector<int> crystalline_samples(Context& c) {
    std::vector<int> excluded;
    for (int k = 0; k < c.sample_count(); ++k) {
        const double share = c.crystalline_fraction(k);
        if (share <= c.study.train.max_crystalline) continue;
        const std::string what =
            fmt::format("{:.1f} % of the atoms of sample {} are in crystalline surroundings", 100 * share, k);
        if (k == test_sample_of(c.study))
            throw PhysicsError("the test sample has crystallised", what,
                               "choose another train.test_sample, or raise train.max_crystalline");
        c.progress.warn(what + ": no network sees it (train.max_crystalline)");
        excluded.push_back(k);
    }
    if (plan_trainings(c.study, excluded).at(0).samples.empty())
        throw PhysicsError("no sample is left to train on", "all others have crystallised",
                           "cool faster, or raise train.max_crystalline");
    return excluded;
}

LearningData learning_data(Context& c) {
    const std::vector<bool> learned = learned_species(c.study, c.potential.elements);
    LearningData data{c.study, c.potential.elements, c.samples, {}, crystalline_samples(c), {}};
    for (int k = 0; k < c.sample_count(); ++k) {
        StiffnessFile labels;
        if (c.study.train.label.is_stiffness())
            labels = c.read<StiffnessFile>(k, "stiffness.h5", {"/stiffness", "/reliability"});
        else
            labels.stiffness = io::read_property(c.study.system.structures.at(k), c.study.train.label.name);
        auto described = c.read<DescriptorsFile>(k, "descriptors.h5", {"/features", "/surroundings"});
        data.labelled.push_back({std::move(described.features), std::move(labels.stiffness),
                                 std::move(labels.reliability), c.read<GlassFile>(k, "glass.h5", {"/species"}).species,
                                 std::move(described.around), described.volume_per_atom});
        Labelled& l = data.labelled.back();
        for (std::size_t i = 0; i < l.target.size(); ++i)
            if (!learned[l.species[i]]) l.target[i] = std::numeric_limits<double>::quiet_NaN();
    }
    data.plan = plan_trainings(c.study, data.excluded);
    return data;
}

/// Of all atoms of the training samples, with a label or without.
KnownSurroundings known_surroundings(const LearningData& data, std::size_t species_count) {
    std::vector<double> around, volumes;
    std::vector<int> species;
    for (const int k : data.plan.at(0).samples) {
        const Labelled& l = data.labelled.at(k);
        around.insert(around.end(), l.around.begin(), l.around.end());
        species.insert(species.end(), l.species.begin(), l.species.end());
        volumes.push_back(l.volume_per_atom);
    }
    const auto [least, largest] = std::minmax_element(volumes.begin(), volumes.end());
    return {measure_surroundings(around, species, species_count), *least, *largest};
}

/// What a training reads, and what it is tested on.
struct TrainingSets {
    Dataset train;
    std::vector<Dataset> tests;
};

TrainingSets sets_of(const LearningData& data, const Training& training) {
    TrainingSets sets{data.of(training.samples), {}};
    for (const int k : training.tests) sets.tests.push_back(data.of({k}));
    if (training.fold >= 0) {
        const std::vector<int> fold = assign_folds(sets.train, training.folds, training.seed);
        sets.tests.push_back(inside_fold(sets.train, fold, training.fold));
        sets.train = outside_fold(sets.train, fold, training.fold);
    }
    if (training.reach > 0) {
        const std::vector<int> within = features_within(data.study.descriptors.descriptor(),
                                                        static_cast<int>(data.elements.size()), training.reach);
        sets.train = select_columns(sets.train, within);
        for (Dataset& test : sets.tests) test = select_columns(test, within);
    }
    return sets;
}

std::string trained_path(const Context& c, std::size_t task) {
    return c.checkpoints.path("run", static_cast<int>(task));
}

/// A file that is damaged is of a training that has to be done again.
bool is_trained(const Context& c, std::size_t task) {
    if (!fs::exists(trained_path(c, task))) return false;
    try {
        io::H5File::open(trained_path(c, task), true);
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// The model file of an ensemble, but for what its metrics say.
ModelFile model_file(const Context& c, const Dataset& train, std::vector<Model> ensemble) {
    ModelFile file;
    file.ensemble = std::move(ensemble);
    file.property = c.study.train.label;
    file.learned = c.study.train.species;
    static_cast<InputRecipe&>(file) = input_recipe(c.study, true);
    file.positions = io::word_of(c.study.descriptors.positions);
    file.elements = c.potential.elements;
    file.masses = c.potential.masses;
    file.potential_name = fs::path(c.potential.path).filename().string();
    file.potential_sha256 = c.potential.sha256;
    const std::string bytes = io::read_text(c.potential.path);
    file.potential_bytes.assign(bytes.begin(), bytes.end());
    std::string training_set(reinterpret_cast<const char*>(train.features.data()),
                             train.features.size() * sizeof(double));
    training_set.append(reinterpret_cast<const char*>(train.target.data()), train.target.size() * sizeof(double));
    file.training_sha256 = io::sha256_of(training_set);
    file.provenance_json = provenance(c.study).dump();
    return file;
}

template <class Space>
class TrainStage final : public Stage {
public:
    std::string name() const override { return "train"; }
    std::vector<std::string> needs(const StudyFile& study) const override {
        if (study.train.label.is_stiffness()) return {"quench", "stiffness", "descriptors"};
        return {"quench", "descriptors"};
    }
    /// Its metrics bin and average as the report does.
    std::string hashed_besides(const StudyFile& study) const override {
        return fmt::format("{} {:.17g}\n", study.report.bin_atoms, study.report.coarse_grain_A);
    }
    StageFiles files() const override {
        return {{"prediction.h5"}, {}, {"model.h5", "model.onnx", "metrics.json", "summary.json"}};
    }

    /// Every network, on the atoms of its samples outside its fold.
    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        const std::vector<Training> plan = plan_trainings(study);
        const Descriptor d = study.descriptors.descriptor();
        const auto features = static_cast<int>(input_names(input_recipe(study, false), size.elements).size());
        const double training_atoms = size.atoms_of_sample() * static_cast<double>(plan.at(0).samples.size());
        double flops = 0;
        for (const Training& t : plan) {
            const double share = t.fold < 0 ? 1.0 : 1.0 - 1.0 / t.folds;
            const double within = t.reach > 0 ? (t.reach - d.r_min) / (d.r_max - d.r_min) : 1.0;
            flops += training_flops(t.hidden, static_cast<int>(within * features),
                                    share * size.atoms_of_sample() * static_cast<double>(t.samples.size()),
                                    study.train.epochs);
        }
        StageEstimate e{.name = name(),
                        .replicas = static_cast<int>(plan.size()),
                        .steps = study.train.epochs,
                        .seconds = flops / training_flops_per_second};
        e.note = fmt::format("{:.0f} atoms, {} epochs at most", training_atoms, study.train.epochs);
        e.memory_bytes = (features + 2.0) * 8 * training_atoms;
        e.disk_bytes_per_atom = 40;
        return e;
    }

    void run(Context& c) const override {
        for (const std::string& need : needs(c.study)) c.require(need);
        const LearningData data = learning_data(c);
        std::vector<Unit> open;
        for (std::size_t task = 0; task < data.plan.size(); ++task)
            if (!is_trained(c, task)) open.push_back({static_cast<int>(task)});
        c.progress.begin(name(), static_cast<double>(open.size()) * c.study.train.epochs / c.farm.teams(), "epochs");
        double done = 0;
        c.farm.world().barrier();  // all have seen what there is before anything is added
        c.farm.run_alone(open, [&](const Unit& unit) {
            const bool finished = train_one(c, unit[0], data, done);
            done += c.study.train.epochs;
            return finished;
        });
        on_first(c.farm.world(), [&] { finish(c, data); });
        c.progress.end();
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        const std::string path = c.directory.file("metrics.json");
        if (fs::exists(path)) (summary["metrics"] = io::read_sealed_json(path)).erase("provenance");
    }

private:
    /// One training from its checkpoint, where there is one; false where it stopped at one.
    bool train_one(Context& c, int task, const LearningData& data, double done) const {
        const Training& training = data.plan.at(task);
        TrainOptions o = train_options(c.study);
        o.hidden = training.hidden;
        o.activation = activation_from_name(training.activation);
        o.seed = training.seed;
        const TrainingSets sets = sets_of(data, training);

        bool stopped = false;
        const CheckpointFile file(c.checkpoints.path("unit", task));
        std::optional<TrainState> start;
        c.checkpoints.resume(file, {task}, [&](const io::H5File& f) { start = get_train_state(f); });
        const TrainProgress* present = nullptr;
        const Pause pause = c.farm.pause_alone_with([&] {
            const TrainState state = present->state();
            file.write([&](io::H5File& f) {
                c.checkpoints.mark(f, {task});
                put(f, state);
            });
        });
        const Model model = train<Space>(
            sets.train, o,
            [&](const TrainProgress& p) {
                present = &p;
                c.progress.advance(done + p.epoch.epoch + 1);
                stopped = pause();
                return !stopped;
            },
            start ? &*start : nullptr);
        if (stopped) return false;
        if (training.purpose == TrainingPurpose::member) {
            ModelFile member;
            member.ensemble = {model};
            static_cast<InputRecipe&>(member) = input_recipe(c.study, true);
            member.elements = c.potential.elements;
            member.masses = c.potential.masses;
            write_model(trained_path(c, task), member);
        } else {
            io::H5File f = io::H5File::create(trained_path(c, task), true);
            for (std::size_t t = 0; t < sets.tests.size(); ++t)
                f.write(fmt::format("/predicted/{}", t), predict(Space{}, model, sets.tests[t].features));
            f.close();
        }
        file.remove();
        return true;
    }

    /// Predictions, metrics and model from the trained networks.
    void finish(Context& c, const LearningData& data) const {
        std::vector<Model> ensemble;
        for (int k = 0; k < c.study.train.seeds; ++k) ensemble.push_back(read_model(trained_path(c, k)).ensemble.at(0));
        const HeldOutPrediction held_out = [&](std::size_t task, std::size_t test) {
            return io::H5File::open(trained_path(c, task), true).read<double>(fmt::format("/predicted/{}", test));
        };
        const NetworkPrediction predicted = [](const Model& model, std::span<const double> features) {
            return predict(Space{}, model, features);
        };
        const Dataset train = data.of(data.plan.at(0).samples);
        ModelFile file = model_file(c, train, std::move(ensemble));
        file.errors = calibrated_errors(data, file.ensemble, train_options(c.study), held_out, predicted);
        double squares = 0;
        for (const double d : predict_ensemble(Space{}, file.ensemble, train.features).deviation) squares += d * d;
        file.errors.ensemble_variance = squares / train.size();
        file.novelty = measure_novelty(file.ensemble[0], train.features);
        for (std::size_t s = 0; s < file.elements.size(); ++s) {
            std::vector<double> share;
            for (const int k : data.plan.at(0).samples)
                share.push_back(share_of_species(data.labelled.at(k).species, static_cast<int>(s)));
            file.least_share.push_back(*std::min_element(share.begin(), share.end()));
            file.largest_share.push_back(*std::max_element(share.begin(), share.end()));
        }
        file.known = known_surroundings(data, file.elements.size());

        std::vector<Prediction> predictions;
        for (int k = 0; k < c.sample_count(); ++k) {
            const Labelled& l = data.labelled[k];
            predictions.push_back(predict_atoms(Space{}, file, {l.features, l.species, l.around, l.volume_per_atom}));
            c.write(k, "prediction.h5",
                    PredictionFile{
                        file.property, predictions.back(), std::vector<int>(l.target.size(), data.split_of(k)),
                        file.errors.calibrated(),
                        file.property.is_stiffness() && file.learned.empty() ? std::vector<double>() : l.target});
            c.write_xyz(k);
        }
        nlohmann::json metrics = ensemble_metrics(
            data, predictions, file.errors.calibrated(), [&](int k) { return c.inherent_structure(k); },
            [&](const std::string& line) { c.progress.say(line); });
        metrics["training"] = {{"epochs", file.ensemble[0].history.size()},
                               {"best_epoch", file.ensemble[0].best_epoch}};
        add_held_out_metrics(metrics, data, file.ensemble[0], held_out, predicted);
        metrics["provenance"] = provenance(c.study);
        io::write_sealed_json(c.directory.file("metrics.json"), metrics);
        file.metrics_json = metrics.dump();
        write_model(c.directory.file("model.h5"), file);
        io::write_file_atomically(c.directory.file("model.onnx"), onnx_model(file.ensemble, onnx_description(file)));
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_train_stage() {
    return std::make_unique<TrainStage<Space>>();
}

#define MG_TRAIN(Space) template std::unique_ptr<Stage> make_train_stage<Space>();
MG_INSTANTIATE(MG_TRAIN)

}  // namespace mg::study
