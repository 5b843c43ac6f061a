/// \file The stage `elastic`: an elastic network learned from the stiffness of a few atoms, and what it predicts.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "config/samples.hpp"
#include "config/words.hpp"
#include "core/macros.hpp"
#include "core/units.hpp"
#include "elastic/training.hpp"
#include "nn/metrics.hpp"
#include "study/context.hpp"
#include "study/learning.hpp"
#include "study/results/elastic_file.hpp"
#include "study/results/stiffness_file.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

/// Products of a Hessian with a vector that a training asks for each label, about, and operations of one for each atom.
constexpr double products_per_label = 600, held_products = 6e4, operations_per_atom = 7000;
constexpr double product_rate = 2.6e10;  // [operations/s] of a host's core, about
constexpr int atoms_with_shares = 30;    // of each tenth
constexpr int most_held_out = 3;         // samples of the training whose errors are taken without them

/// What the training leaves in checkpoints/.
struct NetworkFile {
    ElasticNetwork network;

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        visit_network(v, "/network", f.network);
    }
};

/// A training on its way. Steps are rows of `record`, and of `parameter` as many numbers as `length` says.
struct JournalFile {
    static constexpr double ElasticRecord::*measures[] = {
        &ElasticRecord::on_site,    &ElasticRecord::label_rms, &ElasticRecord::correlation, &ElasticRecord::force_rms,
        &ElasticRecord::virial_rms, &ElasticRecord::damping,   &ElasticRecord::loss};

    std::vector<int> found, labels, length;            ///< (steps)
    std::vector<double> damping, measured, parameter;  ///< (steps), (steps, measures)

    explicit JournalFile(const ElasticJournal& journal = {}) {
        for (const ElasticStep& s : journal) {
            found.push_back(s.found ? 1 : 0);
            labels.push_back(s.record.labels);
            length.push_back(static_cast<int>(s.parameter.size()));
            damping.push_back(s.damping);
            for (const auto measure : measures) measured.push_back(s.record.*measure);
            parameter.insert(parameter.end(), s.parameter.begin(), s.parameter.end());
        }
    }

    ElasticJournal journal() const {
        ElasticJournal steps;
        auto measure_at = measured.begin();
        auto parameter_at = parameter.begin();
        for (std::size_t k = 0; k < found.size(); ++k) {
            ElasticStep s{found[k] != 0, {}, damping.at(k), {parameter_at, parameter_at + length.at(k)}};
            s.record.labels = labels.at(k);
            for (const auto measure : measures) s.record.*measure = *measure_at++;
            parameter_at += length[k];
            steps.push_back(std::move(s));
        }
        return steps;
    }

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/found", f.found);
        v.data("/labels", f.labels);
        v.data("/length", f.length);
        v.data("/damping", f.damping);
        v.data("/measured", f.measured);
        v.data("/parameter", f.parameter);
    }
};

/// The structure that a sample's label belongs to: where there is a Hessian, the minimum of that.
Structure labelled_structure(const Context& c, int sample, const StiffnessFile& f) {
    Structure s = c.inherent_structure(sample);
    s.velocity.clear();
    if (!f.minimum.empty()) s.position = f.minimum;
    return s;
}
/// [eV/A^3] of the inherent structure.
double pressure_of(const Context& c, int sample) {
    const std::vector<double> stress = c.read<GlassFile>(sample, "glass.h5", {"/inherent/stress"}).inherent_stress;
    if (stress.empty()) return 0;  // of a file of before it was kept
    return -(stress.at(0) + stress.at(4) + stress.at(8)) / 3 / units::gigapascal_per_pressure;
}
/// The label: noise-free where there is a Hessian.
std::vector<double> label_of(const StiffnessFile& f) { return f.harmonic.empty() ? f.stiffness : f.harmonic; }

nlohmann::json agreement(const std::vector<double>& real, const std::vector<double>& predicted,
                         const std::vector<int>& species, const std::vector<std::string>& elements) {
    const Metrics m = evaluate(real, predicted, species, static_cast<int>(elements.size()));
    double relative = 0;
    for (std::size_t i = 0; i < real.size(); ++i)
        relative += (predicted[i] / real[i] - 1) * (predicted[i] / real[i] - 1) / static_cast<double>(real.size());
    nlohmann::json j{{"pearson", m.all.pearson},
                     {"slope", m.all.slope},
                     {"rmse_eV_per_A2", m.all.rmse},
                     {"bias_eV_per_A2", m.all.bias},
                     {"relative_rms", std::sqrt(relative)},
                     {"mean_ratio", mean(predicted) / mean(real)}};
    for (std::size_t t = 0; t < elements.size(); ++t)
        if (m.species[t].atoms > 2) j["pearson_of"][elements[t]] = m.species[t].pearson;
    return j;
}

double share(std::size_t count, std::size_t of) { return static_cast<double>(count) / static_cast<double>(of); }

template <class Space>
class ElasticStage final : public Stage {
public:
    std::string name() const override { return "elastic"; }
    bool is_part_of(const StudyFile& study) const override { return study.elastic.enabled; }
    std::vector<std::string> needs(const StudyFile&) const override { return {"quench", "stiffness"}; }
    std::set<std::string> tables() const override { return {name(), "harmonic"}; }
    std::string hashed_besides(const StudyFile& study) const override {
        return fmt::format("refined knots, shares of springs, Gruneisen parameters; learned from samples {}\n",
                           fmt::join(plan_trainings(study).at(0).samples, " "));
    }
    StageFiles files() const override { return {{"elastic.h5"}, {}, {"elastic_model.h5"}}; }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        const double samples = static_cast<double>(size.samples.size()), atoms = size.atoms_of_all / samples;
        StageEstimate e{.name = name()};
        e.seconds =
            (held_products + products_per_label * study.elastic.labels) * atoms * operations_per_atom / product_rate +
            2 * samples * harmonic_seconds(static_cast<int>(atoms), study.harmonic);
        e.note = fmt::format("{} labels, prediction of {:g} samples", study.elastic.labels, samples);
        e.memory_bytes = 106 * 300.0 * size.atoms_of_all;
        e.disk_bytes_per_atom = 7 * 8;
        return e;
    }

    void run(Context& c) const override {
        c.require("quench");
        c.require("stiffness");
        const std::vector<int> trained = plan_trainings(c.study).at(0).samples;
        if (!c.checkpoints.is_current(c.checkpoints.path("network", 0), 0)) train(c, trained);
        const ElasticNetwork network = c.checkpoints.read<NetworkFile>("network", 0).network;
        predict(c, {network, {}}, trained);
        predict_held_out(c, network, trained);
        on_first(c.farm.world(), [&] { write(c, network, trained); });
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        summary["elastic"] = nlohmann::json::parse(read_elastic_model(c.directory.file("elastic_model.h5")).metrics);
    }

private:
    static StiffnessFile labels(const Context& c, int sample) {
        return c.read<StiffnessFile>(sample, "stiffness.h5",
                                     {"/stiffness", "/harmonic/stiffness", "/harmonic/position"});
    }

    static std::vector<ElasticSample> labelled_samples(const Context& c, const std::vector<int>& of) {
        std::vector<ElasticSample> samples;
        for (const int k : of) {
            const StiffnessFile f = labels(c, k);
            samples.push_back({labelled_structure(c, k, f), label_of(f), pressure_of(c, k)});
        }
        return samples;
    }

    static ElasticTraining training_of(const StudyFile& study) {
        ElasticTraining t = study.elastic;
        t.seed = study.study.seed;
        return t;
    }

    void train(Context& c, const std::vector<int>& trained) const {
        c.progress.begin(name(), 1, "networks");
        c.farm.world().barrier();  // all have seen what there is before anything is added
        c.farm.run_alone({{0}}, [&](const Unit& unit) {
            const CheckpointFile checkpoint(c.checkpoints.path("unit", 0));
            ElasticJournal journal;
            c.checkpoints.resume(checkpoint, unit,
                                 [&](const io::H5File& f) { journal = read_fields<JournalFile>(f).journal(); });
            const Pause pause = c.farm.pause_alone_with([&] {
                checkpoint.write([&](io::H5File& f) {
                    c.checkpoints.mark(f, unit);
                    result_file::Writer writer{f};
                    const JournalFile file(journal);
                    JournalFile::visit(writer, file);
                });
            });
            const auto tell = [&](const ElasticRecord& r) {
                c.progress.say(
                    fmt::format("elastic: {} labels, springs to the spot {:.3f} eV/A^2: R {:.4f}, rms {:.4f} "
                                "eV/A^2, forces {:.4f} eV/A",
                                r.labels, r.on_site, r.correlation, r.label_rms, r.force_rms));
            };
            const std::optional<ElasticNetwork> network =
                train_elastic<Space>(labelled_samples(c, trained), training_of(c.study), journal, tell, pause);
            if (!network) return false;
            c.checkpoints.write("network", 0, NetworkFile{*network});
            checkpoint.remove();
            return true;
        });
        c.progress.end();
    }

    /// False where it was stopped.
    static bool add_shares(const Context& c, const ElasticModel& model, const Structure& s, const ElasticPrediction& p,
                           ElasticFile& f) {
        const ElasticShape shape = model.network.shape();
        ElasticGlass<Space> glass = prepare_elastic<Space>(shape, s, model.network.mean);
        set_parameters(glass, model.network.parameter);
        std::vector<StiffnessShares> of;
        for (const bool stiffest : {false, true}) {
            const auto shares = stiffness_shares(glass, shape, s, of_tenth(p.stiffness, stiffest, atoms_with_shares),
                                                 1e-3, [&] { return c.farm.must_stop(); });
            if (!shares) return false;
            of.push_back(*shares);
        }
        f.shares = of[0];
        const std::size_t rings = std::max(of[0].reach.size(), of[1].reach.size());
        f.shares.reach.resize(rings, 0.0);
        of[1].reach.resize(rings, 0.0);
        for (auto member : {&StiffnessShares::along, &StiffnessShares::across, &StiffnessShares::reach})
            (f.shares.*member).insert((f.shares.*member).end(), (of[1].*member).begin(), (of[1].*member).end());
        f.shares_density = {of[0].density, of[1].density};
        return true;
    }

    /// Of a sample, or nothing where it was stopped.
    static std::optional<ElasticFile> predicted(const Context& c, const ElasticModel& model, int k, bool shares) {
        const auto give_up = [&] { return c.farm.must_stop(); };
        Structure s = labelled_structure(c, k, labels(c, k));
        std::optional<ElasticPrediction> p;
        ElasticFile f;
        try {
            p = predict_elastic<Space>(model, s, c.study.harmonic, give_up);
        } catch (const PhysicsError&) {
            c.progress.warn(fmt::format("sample {} is not stable under the network; it is relaxed by its laws", k));
            s = relax_elastic<Space>(model.network, s);
            p = predict_elastic<Space>(model, s, c.study.harmonic, give_up);
            f.is_relaxed = 1;
        }
        if (!p || (shares && !add_shares(c, model, s, *p, f))) return std::nullopt;
        f.stiffness = p->stiffness;
        f.force = p->force;
        f.virial = p->virial;
        f.closest = p->closest;
        f.gruneisen = p->gruneisen;
        f.scheme = io::word_of(p->scheme);
        f.error = p->error;
        return f;
    }

    void predict(Context& c, const ElasticModel& model, const std::vector<int>& trained) const {
        const auto file_of = [&](int k) { return c.checkpoints.path("prediction", k); };
        c.run_tasks(samples(c.study), "samples", file_of, [&](int k) {
            const bool tested = std::find(trained.begin(), trained.end(), k) == trained.end();
            const std::optional<ElasticFile> f = predicted(c, model, k, tested);
            if (f) c.checkpoints.write("prediction", k, *f);
            return f.has_value();
        });
    }

    /// Samples of the training that a network of the others predicts, so that errors are those of unseen glasses.
    static std::vector<int> held_out(const std::vector<int>& trained) {
        if (trained.size() < 2) return {};
        return {trained.begin(), trained.begin() + std::min<std::ptrdiff_t>(most_held_out, std::ssize(trained))};
    }

    void predict_held_out(Context& c, const ElasticNetwork& network, const std::vector<int>& trained) const {
        const auto file_of = [&](int k) { return c.checkpoints.path("held-out", k); };
        c.run_tasks(held_out(trained), "held-out samples", file_of, [&](int k) {
            std::vector<int> others = trained;
            others.erase(std::find(others.begin(), others.end(), k));
            const std::optional<ElasticNetwork> of_others = retrain_elastic<Space>(
                network, labelled_samples(c, others), training_of(c.study), [&] { return c.farm.must_stop(); });
            if (!of_others) return false;
            const std::optional<ElasticFile> f = predicted(c, {*of_others, {}}, k, false);
            if (f) c.checkpoints.write("held-out", k, *f);
            return f.has_value();
        });
    }

    static ElasticPrediction prediction_of(const ElasticFile& f) {
        ElasticPrediction p;
        p.stiffness = f.stiffness;
        p.force = f.force;
        p.virial = f.virial;
        p.closest = f.closest;
        p.gruneisen = f.gruneisen;
        p.error = f.error;
        return p;
    }

    void write(Context& c, const ElasticNetwork& network, const std::vector<int>& trained) const {
        std::vector<Structure> structures;
        for (const int k : trained) structures.push_back(c.inherent_structure(k));
        const std::vector<std::vector<int>> learned = chosen_atoms(structures, training_of(c.study));
        const auto sample_of = [&](const char* kind, std::size_t k, const std::vector<int>& labelled) {
            return CalibrationSample{structures[k].species,
                                     prediction_of(c.checkpoints.read<ElasticFile>(kind, trained[k])),
                                     label_of(labels(c, trained[k])), labelled};
        };
        std::vector<CalibrationSample> own, unseen;
        for (std::size_t k = 0; k < trained.size(); ++k) own.push_back(sample_of("prediction", k, learned[k]));
        for (std::size_t k = 0; k < held_out(trained).size(); ++k) unseen.push_back(sample_of("held-out", k, {}));
        ElasticModelFile file;
        file.model = {network, calibrate(network, own, unseen)};
        file.laws = pair_laws(network, c.potential, structures);
        file.labels = io::word_of(c.study.stiffness.method == StiffnessMethod::dynamics ? StiffnessMethod::dynamics
                                                                                        : StiffnessMethod::harmonic);
        file.provenance = provenance(c.study).dump();
        nlohmann::json metrics{{"labels", c.study.elastic.labels}, {"of", file.labels}, {"trained_on", trained}};
        for (const int k : samples(c.study)) {
            const auto at = std::find(trained.begin(), trained.end(), k);
            metrics["by_sample"].push_back(
                write_sample(c, file.model, k, at == trained.end() ? nullptr : &learned[at - trained.begin()]));
        }
        const std::string text = metrics.dump();
        file.metrics.assign(text.begin(), text.end());
        write_elastic_model(c.directory.file("elastic_model.h5"), file);
    }

    /// Returns its metrics. `learned` are the atoms that were learned from, of a training's sample.
    nlohmann::json write_sample(Context& c, const ElasticModel& model, int k, const std::vector<int>* learned) const {
        auto f = c.checkpoints.read<ElasticFile>("prediction", k);
        const std::vector<int> species = c.inherent_structure(k).species;
        const std::vector<double> real = label_of(labels(c, k));
        ElasticPrediction p = prediction_of(f);
        judge(model, species, p);
        f.deviation = p.deviation;
        f.interval_90 = p.interval_90;
        f.novelty = p.novelty;
        f.split.assign(species.size(), learned ? 2 : 1);
        if (learned)
            for (const int atom : *learned) f.split[atom] = 0;
        c.write(k, "elastic.h5", f);
        c.write_xyz(k);
        std::size_t within = 0, novel = 0;
        for (std::size_t i = 0; i < real.size(); ++i) {
            if (std::abs(real[i] - p.stiffness[i]) <= p.interval_90[i]) ++within;
            if (p.novelty[i] > 1) ++novel;
        }
        nlohmann::json j = agreement(real, p.stiffness, species, c.potential.elements);
        c.progress.say(fmt::format("sample {}{}: elastic network R {:.4f}, {:.1f} % rms, mean ratio {:.3f}", k,
                                   learned ? " (trained on)" : "", j["pearson"].get<double>(),
                                   100 * j["relative_rms"].get<double>(), j["mean_ratio"].get<double>()));
        // Where dynamics has measured it as well, how much of that both know.
        const StiffnessFile truth = c.read<StiffnessFile>(k, "stiffness.h5");
        if (!truth.stiffness_at.empty() && !truth.harmonic.empty()) {
            std::vector<double> measured(real.size(), 0.0);
            for (std::size_t i = 0; i < truth.stiffness_at.size(); ++i)
                measured[i % real.size()] += truth.stiffness_at[i] / static_cast<double>(truth.temperature.size());
            j["pearson_with_dynamics"] = pearson(measured, p.stiffness);
            j["harmonic_pearson_with_dynamics"] = pearson(measured, truth.harmonic);
        }
        j["sample"] = k;
        j["rate_K_per_s"] = c.samples[k].rate_K_per_s;
        j["trained_on"] = learned != nullptr;
        j["within_interval_90"] = share(within, real.size());
        j["out_of_distribution"] = share(novel, real.size());
        j["relaxed"] = f.is_relaxed != 0;
        return j;
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_elastic_stage() {
    return std::make_unique<ElasticStage<Space>>();
}

#define MG_ELASTIC_STAGE(Space) template std::unique_ptr<Stage> make_elastic_stage<Space>();
MG_INSTANTIATE(MG_ELASTIC_STAGE)

}  // namespace mg::study
