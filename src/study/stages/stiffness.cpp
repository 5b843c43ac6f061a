/// \file The stage `stiffness`: the stiffness of every atom from its vibration, every glass at every temperature, or
/// from the Hessian of the inherent structure.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/macros.hpp"
#include "core/units.hpp"
#include "nn/metrics.hpp"
#include "physics/displacement.hpp"
#include "study/context.hpp"
#include "study/harmonic_labels.hpp"
#include "study/reference_basin.hpp"
#include "study/results/stiffness_file.hpp"
#include "study/stages.hpp"

namespace mg {
namespace {

constexpr double harmonic_rate = 2e10;  // [operations/s] of a host's core, about

/// The runs of a stage are numbered in the order sample, temperature, seed.
struct Runs {
    int samples, temperatures, seeds;

    int count() const { return samples * temperatures * seeds; }
    int of(int sample, int temperature, int seed) const { return (sample * temperatures + temperature) * seeds + seed; }
    int sample(int run) const { return run / (temperatures * seeds); }
    int temperature(int run) const { return run / seeds % temperatures; }
};

/// What a run leaves in checkpoints/.
struct RunFile {
    std::vector<double> whole, first_half, second_half;  ///< [A^2] (n)
    std::vector<Vec3> mean_position;                     ///< [A] (n)
    std::vector<double> cell;                            ///< [A] (3, 3)

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/whole", f.whole);
        v.data("/first_half", f.first_half);
        v.data("/second_half", f.second_half);
        v.data("/mean_position", f.mean_position);
        v.data("/cell", f.cell, "A", {3, 3});
    }
};

bool asks_hessian(const StudyFile& study) { return study.stiffness.method != StiffnessMethod::dynamics; }

/// Samples that dynamics measures: the first ones.
int measured_samples(const StudyFile& study, int samples) {
    return study.stiffness.method == StiffnessMethod::harmonic ? std::min(study.stiffness.check_samples, samples)
                                                               : samples;
}

/// Adds what the Hessian gives; it makes the label where dynamics is not asked for one.
void add_harmonic(const StudyFile& study, const HarmonicFile& h, StiffnessFile& f) {
    f.harmonic = h.stiffness();
    f.compliance = h.compliance;
    f.minimum = h.position;
    f.scheme = h.scheme;
    f.harmonic_error = h.error;
    f.harmonic_force = h.force_max;
    if (!f.stiffness.empty()) {
        f.harmonic_correlation = pearson(f.stiffness, f.harmonic);
        f.harmonic_ratio = mean(f.stiffness) / mean(f.harmonic);
    }
    if (study.stiffness.method != StiffnessMethod::harmonic) return;
    f.method = word_of(StiffnessMethod::harmonic);
    f.stiffness = f.harmonic;
    const double average = mean(f.harmonic), error = h.error * average;
    double variance = 0;
    for (const double k : f.harmonic)
        variance += (k - average) * (k - average) / static_cast<double>(f.harmonic.size());
    f.reliability = {variance > 0 ? 1 - error * error / variance : 0.0};
}

/// Mean correlation of the labels of different seeds, as that of their mean: it sees what a run keeps for all of its
/// window, as a basin of its own. `of_seed` (seeds, n).
double reliability_of(const std::vector<std::vector<double>>& of_seed) {
    double sum = 0;
    int pairs = 0;
    for (std::size_t a = 0; a < of_seed.size(); ++a)
        for (std::size_t b = 0; b < a; ++b, ++pairs) sum += pearson(of_seed[a], of_seed[b]);
    return spearman_brown(sum / pairs, static_cast<double>(of_seed.size()));
}

/// What dynamics gives of stiffness.h5 of a sample of n atoms, from the results of all runs.
StiffnessFile measured_stiffness(const StudyFile& study, int sample, int n, const Runs& index,
                                 const std::vector<RunFile>& runs) {
    StiffnessFile f;
    f.method = word_of(StiffnessMethod::dynamics);
    f.temperature = study.stiffness.temperatures_K;
    f.estimator = word_of(study.stiffness.estimator);
    const int n_t = index.temperatures;
    const std::vector<double> none(n, 0.0);
    f.stiffness = none;
    std::vector<double> overall_half[2] = {none, none};
    std::vector<std::vector<double>> overall_seed(index.seeds, none);
    for (int t = 0; t < n_t; ++t) {
        const double kT = units::boltzmann * f.temperature[t];
        std::vector<double> halves[2];
        std::vector<std::vector<double>> of_seed(index.seeds);
        for (int i = 0; i < n; ++i) {
            double sum = 0, sum_first = 0, sum_second = 0;
            for (int seed = 0; seed < index.seeds; ++seed) {
                const RunFile& run = runs[index.of(sample, t, seed)];
                sum += run.whole[i];
                sum_first += run.first_half[i];
                sum_second += run.second_half[i];
                of_seed[seed].push_back(stiffness(kT, run.whole[i]));
                overall_seed[seed][i] += of_seed[seed][i] / n_t;
            }
            f.msd.push_back(sum / index.seeds);
            f.stiffness_at.push_back(stiffness(kT, sum / index.seeds));
            halves[0].push_back(stiffness(kT, sum_first / index.seeds));
            halves[1].push_back(stiffness(kT, sum_second / index.seeds));
            f.stiffness[i] += f.stiffness_at.back() / n_t;
            for (int h = 0; h < 2; ++h) overall_half[h][i] += halves[h][i] / n_t;
        }
        f.reliability_of_halves.push_back(spearman_brown(pearson(halves[0], halves[1])));
        if (index.seeds > 1) f.reliability_of_seeds.push_back(reliability_of(of_seed));
        const RunFile& first = runs[index.of(sample, t, 0)];
        f.mean_position.insert(f.mean_position.end(), first.mean_position.begin(), first.mean_position.end());
        f.cell.insert(f.cell.end(), first.cell.begin(), first.cell.end());
    }
    f.reliability_of_halves.push_back(spearman_brown(pearson(overall_half[0], overall_half[1])));
    if (index.seeds > 1) f.reliability_of_seeds.push_back(reliability_of(overall_seed));
    f.reliability = f.reliability_of_halves;
    for (std::size_t k = 0; k < f.reliability_of_seeds.size(); ++k)
        f.reliability[k] = std::min(f.reliability[k], f.reliability_of_seeds[k]);
    return f;
}

/// Adds the Hessian of the basin that the run at temperature `t` was in.
void add_visited(const Structure& inherent, const Structure& visited, const HarmonicFile& h, int t, StiffnessFile& f) {
    const std::vector<double> k = h.stiffness();
    const auto begin = f.stiffness_at.begin() + static_cast<std::ptrdiff_t>(t * k.size());
    const std::vector<double> measured(begin, begin + static_cast<std::ptrdiff_t>(k.size()));
    f.visited.insert(f.visited.end(), k.begin(), k.end());
    f.visited_correlation.push_back(pearson(measured, k));
    f.visited_ratio.push_back(mean(measured) / mean(k));
    Structure at_rest = visited;
    at_rest.position = h.position;
    for (const bool hopped : hopped_atoms(inherent, at_rest)) f.visited_hopped.push_back(hopped ? 1 : 0);
}

/// How many atoms of n had moved away at each temperature.
std::vector<long> hopped_by_temperature(const StiffnessFile& f) {
    const auto n = static_cast<std::ptrdiff_t>(f.stiffness.size());
    std::vector<long> count;
    for (auto at = f.visited_hopped.begin(); at != f.visited_hopped.end(); at += n)
        count.push_back(std::count(at, at + n, 1));
    return count;
}

/// "0.98 at 100 K (12 atoms moved), 0.91 at 300 K (85 atoms moved)"
std::string by_temperature(const StiffnessFile& f) {
    const std::vector<long> hopped = hopped_by_temperature(f);
    std::string text;
    for (std::size_t t = 0; t < f.temperature.size(); ++t)
        text += fmt::format("{}{:.3f} at {:g} K ({} atoms moved)", t > 0 ? ", " : "", f.visited_correlation[t],
                            f.temperature[t], hopped[t]);
    return text;
}

template <class Space>
class StiffnessStage final : public Stage {
public:
    std::string name() const override { return "stiffness"; }
    std::vector<std::string> needs(const StudyFile&) const override { return {"quench"}; }
    std::set<std::string> tables() const override { return {name(), "harmonic"}; }
    StageFiles files() const override { return {{"stiffness.h5"}, {}, {}}; }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        const StudyFile::Stiffness& s = study.stiffness;
        const double samples = static_cast<double>(size.samples.size()),
                     measured = measured_samples(study, static_cast<int>(size.samples.size()));
        const double temperatures = static_cast<double>(s.temperatures_K.size());
        const double runs = temperatures * s.seeds;
        const double steps = 2 * size.steps_in(s.equilibrate_ps) + size.steps_in(s.window_ps);
        StageEstimate e{.name = name(),
                        .replicas = static_cast<int>(measured * runs),
                        .steps = measured > 0 ? static_cast<long>(steps) : 0,
                        .atom_steps = size.atoms_of_all * measured / samples * runs * steps};
        e.seconds = e.atom_steps / size.atom_steps_per_second;
        if (measured > 0)
            e.note = fmt::format("{:g} x {} temperatures x {} seeds, {}{}", measured, s.temperatures_K.size(), s.seeds,
                                 picoseconds_text(steps * size.timestep_fs / 1000),
                                 asks_hessian(study) ? ", Hessians" : " each");
        e.memory_bytes = size.batch_bytes(measured * runs);
        // Displacement, stiffness and mean positions of each temperature; the label.
        e.disk_bytes_per_atom = (measured > 0 ? temperatures * 5 * 8 : 0) + 24;
        if (asks_hessian(study)) {
            const int atoms = static_cast<int>(size.atoms_of_all / samples);
            e.seconds += samples * harmonic_operations(atoms, study.harmonic) / harmonic_rate;
            if (measured == 0) e.note = fmt::format("Hessians of {:g} samples", samples);
            e.disk_bytes_per_atom += 10 * 8;
        }
        return e;
    }

    void run(Context& c) const override {
        c.require("quench");
        if (asks_hessian(c.study))
            ask_hessians(c, "hessian", c.sample_count(), "the inherent structure of sample",
                         [&](int k) { return c.inherent_structure(k); });
        const StiffnessProtocol protocol(c.study.quench, c.study.stiffness);
        const Runs index{measured_samples(c.study, c.sample_count()),
                         static_cast<int>(c.study.stiffness.temperatures_K.size()), c.study.stiffness.seeds};
        std::vector<Structure> glasses;
        double atoms = 0;
        for (int k = 0; k < index.samples; ++k) {
            glasses.push_back(c.inherent_structure(k));
            atoms += glasses.back().size();
        }
        const double steps = static_cast<double>(2 * protocol.equilibrate_steps() + protocol.window_steps());
        Unit open;
        double work = 0;
        for (int run = 0; run < index.count(); ++run) {
            if (c.checkpoints.is_current(c.checkpoints.path("run", run))) continue;
            open.push_back(run);
            work += steps * glasses[index.sample(run)].size();
        }
        if (index.samples > 0) {
            c.progress.begin(name(), work / c.farm.teams(), "atom-steps",
                             c.study.quench.timestep_fs * 1e-6 / (atoms * index.temperatures * index.seeds));
            const std::vector<Unit> units =
                c.farm.units_of(c.checkpoints, {open}, c.farm.even_split(c.study.compute.replicas_per_batch));
            double done = 0;
            c.farm.run(units, [&](const Unit& unit) { return measure_unit(c, unit, index, protocol, glasses, done); });
            c.progress.end();
            if (asks_hessian(c.study))
                ask_hessians(c, "visited", index.samples * index.temperatures, "the basin visited in run", [&](int k) {
                    const int sample = k / index.temperatures;
                    return visited(c.inherent_structure(sample),
                                   c.checkpoints.read<RunFile>("run", index.of(sample, k % index.temperatures, 0)));
                });
        }
        on_first(c.farm.world(), [&] { write_samples(c, index); });
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        nlohmann::json by_sample = nlohmann::json::array();
        for (const int k : samples(c.study)) {
            const auto f = read_result<StiffnessFile>(c.sample_file(k, "stiffness.h5"));
            nlohmann::json j{{"sample", k},
                             {"method", f.method},
                             {"mean_stiffness_eV_per_A2", mean(f.stiffness)},
                             {"reliability", f.reliability.back()}};
            if (!f.reliability_of_seeds.empty()) j["reliability_of_seeds"] = f.reliability_of_seeds.back();
            if (!f.reliability_of_halves.empty()) j["reliability_of_halves"] = f.reliability_of_halves.back();
            if (!f.harmonic.empty()) {
                j["harmonic"] = {{"mean_stiffness_eV_per_A2", mean(f.harmonic)},
                                 {"scheme", f.scheme},
                                 {"relative_error", f.harmonic_error}};
                if (!f.temperature.empty()) {
                    j["harmonic"]["pearson_with_dynamics"] = f.harmonic_correlation;
                    j["harmonic"]["dynamics_over_harmonic"] = f.harmonic_ratio;
                    j["visited"] = {{"temperature_K", f.temperature},
                                    {"pearson_with_dynamics", f.visited_correlation},
                                    {"dynamics_over_harmonic", f.visited_ratio},
                                    {"atoms_hopped", hopped_by_temperature(f)}};
                }
            }
            by_sample.push_back(j);
        }
        summary["stiffness"] = by_sample;
    }

private:
    /// The Hessians of tasks 0 to count - 1, each of structure_of(task), by the first rank of a team; results go to
    /// checkpoints of that kind.
    void ask_hessians(Context& c, const char* kind, int count, const std::string& what,
                      const std::function<Structure(int)>& structure_of) const {
        std::vector<Unit> open;
        for (int k = 0; k < count; ++k)
            if (!c.checkpoints.is_current(c.checkpoints.path(kind, k))) open.push_back({k});
        c.progress.begin(name(), static_cast<double>(open.size()) / c.farm.teams(), "Hessians");
        c.farm.world().barrier();  // all have seen what there is before anything is added
        const SmoothPotential smooth = smooth_potential(c.potential);
        double done = 0;
        c.farm.run_alone(open, [&](const Unit& unit) {
            const int k = unit[0];
            const std::optional<HarmonicFile> f =
                harmonic_labels<Space>(structure_of(k), smooth, c.skin(), c.study.harmonic, c.study.study.seed, k,
                                       [&] { return c.farm.must_stop(); });
            if (!f) return false;
            if (f->shakes > 0)
                c.progress.warn(
                    fmt::format("{} {} stands on a saddle; the Hessian is that of a minimum beside it", what, k));
            if (f->error > c.study.harmonic.tolerance)
                c.progress.warn(
                    fmt::format("{} {}: the harmonic stiffness has a relative error of {:.2g}, more than "
                                "the tolerance of {:g}",
                                what, k, f->error, c.study.harmonic.tolerance));
            c.checkpoints.write(kind, k, *f);
            c.progress.advance(++done);
            return true;
        });
        c.progress.end();
    }

    /// Where a run was: the structure with its mean positions in its cell.
    Structure visited(Structure s, const RunFile& run) const {
        s.position = run.mean_position;
        s.box = box_of_rows(run.cell.data());
        return s;
    }

    bool measure_unit(Context& c, const Unit& unit, const Runs& index, const StiffnessProtocol& protocol,
                      const std::vector<Structure>& glasses, double& done) const {
        std::vector<Structure> replicas;
        std::vector<double> at;
        std::vector<std::uint32_t> streams;
        for (const int run : unit) {
            replicas.push_back(glasses[index.sample(run)]);
            at.push_back(c.study.stiffness.temperatures_K[index.temperature(run)]);
            // Streams below 2^16 belong to the quench.
            streams.push_back((1u << 16) + static_cast<std::uint32_t>(run));
        }
        Dynamics<Space> d = c.dynamics<Space>(replicas);
        StiffnessProgress<Space> progress;
        const CheckpointFile file(c.checkpoints.path("unit", unit[0]));
        c.checkpoints.resume(file, unit, [&](const H5File& f) {
            d.restore(get_dynamics_state(f));
            progress = get_stiffness_progress(f, d);
        });
        const Pause pause = c.farm.pause_with([&] {
            const DynamicsState state = d.state();
            if (!c.farm.leads()) return put(static_cast<H5File*>(nullptr), d, progress);
            file.write([&](H5File& f) {
                c.checkpoints.mark(f, unit);
                put(f, state);
                put(&f, d, progress);
            });
        });
        const double before = d.atom_steps();
        if (!measure_displacements(
                d, protocol, at, c.study.study.seed, streams, progress,
                [&](double now) { c.progress.advance(done + now - before); }, pause))
            return false;
        done += d.atom_steps() - before;
        write_runs(c, unit, replicas, d, displacements_of(progress, protocol));
        if (c.farm.leads()) file.remove();
        return true;
    }

    /// Collective over a team: the results of a unit's runs, a file each.
    void write_runs(Context& c, const Unit& unit, const std::vector<Structure>& replicas, const Dynamics<Space>& d,
                    const Displacements& m) const {
        const std::vector<Box> boxes = to_host(d.batch().box);
        const std::vector<double> whole = d.gather(m.whole), first = d.gather(m.first_half),
                                  second = d.gather(m.second_half);
        const std::vector<Vec3> mean_position = d.gather(m.mean_position);
        if (!c.farm.leads()) return;
        int end = 0;
        for (std::size_t r = 0; r < unit.size(); ++r) {
            const int begin = end;
            end += replicas[r].size();
            const auto part = [&](const auto& v) {
                return std::decay_t<decltype(v)>(v.begin() + begin, v.begin() + end);
            };
            c.checkpoints.write(
                "run", unit[r],
                RunFile{part(whole), part(first), part(second), part(mean_position), cell_rows(boxes[r])});
        }
    }

    void write_samples(Context& c, const Runs& index) const {
        std::vector<RunFile> runs;
        for (int run = 0; run < index.count(); ++run) runs.push_back(c.checkpoints.read<RunFile>("run", run));
        for (int k = 0; k < c.sample_count(); ++k) {
            StiffnessFile f;
            std::string said;
            if (k < index.samples) {
                f = measured_stiffness(c.study, k, static_cast<int>(runs[index.of(k, 0, 0)].whole.size()), index, runs);
                said = fmt::format("mean K {:.4f} eV/A^2, label reliability {:.3f}", mean(f.stiffness),
                                   f.reliability.back());
            }
            if (asks_hessian(c.study)) {
                add_harmonic(c.study, c.checkpoints.read<HarmonicFile>("hessian", k), f);
                const Structure inherent = c.inherent_structure(k);
                for (int t = 0; k < index.samples && t < index.temperatures; ++t)
                    add_visited(inherent, visited(inherent, runs[index.of(k, t, 0)]),
                                c.checkpoints.read<HarmonicFile>("visited", k * index.temperatures + t), t, f);
                said += fmt::format("{}harmonic {:.4f} eV/A^2 ({}, error {:.2g})", said.empty() ? "" : "; ",
                                    mean(f.harmonic), f.scheme, f.harmonic_error);
                if (k < index.samples)
                    said += fmt::format(", R of both {:.3f}, ratio {:.3f}; in the basins visited R {}",
                                        f.harmonic_correlation, f.harmonic_ratio, by_temperature(f));
            }
            write_result(c.sample_file(k, "stiffness.h5"), f, c.stamp());
            c.write_xyz(k);
            c.progress.say(fmt::format("sample {}: {}", k, said));
        }
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_stiffness_stage() {
    return std::make_unique<StiffnessStage<Space>>();
}

#define MG_STIFFNESS(Space) template std::unique_ptr<Stage> make_stiffness_stage<Space>();
MG_INSTANTIATE(MG_STIFFNESS)

}  // namespace mg
