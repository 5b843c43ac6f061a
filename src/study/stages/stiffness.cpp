/// \file The stage `stiffness`: the stiffness of every atom from its vibration, every glass at every temperature, or
/// from the Hessian of the inherent structure.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/macros.hpp"
#include "nn/metrics.hpp"
#include "study/context.hpp"
#include "study/results/glass_file.hpp"
#include "study/stages.hpp"
#include "study/stiffness_labels.hpp"

namespace mg::study {
namespace {

bool asks_hessian(const StudyFile& study) { return study.stiffness.method != StiffnessMethod::dynamics; }

/// Samples that dynamics measures: the first ones.
int measured_samples(const StudyFile& study, int samples) {
    return study.stiffness.method == StiffnessMethod::harmonic ? std::min(study.stiffness.check_samples, samples)
                                                               : samples;
}

template <class Space>
class StiffnessStage final : public Stage {
public:
    std::string name() const override { return "stiffness"; }
    bool is_part_of(const StudyFile& study) const override { return study.measures_stiffness(); }
    std::vector<std::string> needs(const StudyFile&) const override { return {"quench"}; }
    std::set<std::string> tables() const override { return {name(), "harmonic"}; }
    std::string hashed_besides(const StudyFile&) const override { return "hops of windows"; }
    bool goes_by_samples() const override { return true; }
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
            e.seconds += samples * harmonic_seconds(atoms, study.harmonic);
            if (measured == 0) e.note = fmt::format("Hessians of {:g} samples", samples);
            e.disk_bytes_per_atom += 10 * 8;
        }
        return e;
    }

    void run(Context& c) const override {
        c.require("quench");
        std::vector<int> missing;  // samples that have no result yet
        for (const int k : all_samples(c.study))
            if (!c.checkpoints.is_current(c.sample_file(k, "stiffness.h5"), k)) missing.push_back(k);
        c.farm.world().barrier();  // all have seen what there is before anything is added
        if (asks_hessian(c.study))
            ask_hessians(c, "hessian", missing, "the inherent structure of sample", c.study.harmonic.modes,
                         [&](int k) { return c.inherent_structure(k); });
        const StiffnessProtocol protocol(c.study.quench, c.study.stiffness);
        const StiffnessRuns index{measured_samples(c.study, c.sample_count()),
                                  static_cast<int>(c.study.stiffness.temperatures_K.size()), c.study.stiffness.seeds};
        const double steps = static_cast<double>(2 * protocol.equilibrate_steps() + protocol.window_steps());
        std::vector<Structure> glasses(index.samples);
        Unit runs, open;
        double atoms = 0, work = 0;
        for (const int k : missing) {
            if (k >= index.samples) continue;
            glasses[k] = c.inherent_structure(k);
            atoms += glasses[k].size();
            for (int run = index.of(k, 0, 0); run < index.of(k + 1, 0, 0); ++run) {
                runs.push_back(run);
                if (c.checkpoints.is_current(c.checkpoints.path("run", run), run)) continue;
                open.push_back(run);
                work += steps * glasses[k].size();
            }
        }
        if (!runs.empty()) {
            c.progress.begin(name(), work / c.farm.teams(), "atom-steps",
                             c.study.quench.timestep_fs * 1e-6 / (atoms * index.temperatures * index.seeds));
            const std::vector<Unit> units =
                c.farm.units_of(c.checkpoints, {open}, c.farm.even_split(c.study.compute.replicas_per_batch));
            double done = 0;
            c.farm.run(units, [&](const Unit& unit) { return measure_unit(c, unit, index, protocol, glasses, done); });
            c.progress.end();
            find_hops(c, runs, index);
            if (asks_hessian(c.study))
                ask_hessians(c, "visited", runs, "the basin visited in run", 0, [&](int run) {
                    const RunFile f = c.checkpoints.read<RunFile>("run", run);
                    return structure_of_run(c.inherent_structure(index.sample(run)), f, f.mean_position);
                });
        }
        on_first(c.farm.world(), [&] { write_samples(c, missing, runs, index); });
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        nlohmann::json by_sample = nlohmann::json::array();
        for (const int k : samples(c.study)) {
            const auto f = c.read<StiffnessFile>(k, "stiffness.h5");
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
                                    {"dynamics_over_harmonic", f.visited_ratio}};
                }
            }
            if (!f.temperature.empty()) {
                const AtomsThatHopped atoms = atoms_that_hopped(f);
                j["conserved_drift_eV_per_atom_ps"] = f.conserved_drift;
                j["hops"] = {{"temperature_K", f.temperature},
                             {"atoms_moved_before", atoms.before},
                             {"atoms_hopped_within", atoms.within}};
            }
            if (!f.mode_frequency.empty())
                j["modes"] = {{"count", f.mode_frequency.size()},
                              {"lowest_THz", f.mode_frequency.front()},
                              {"highest_THz", f.mode_frequency.back()},
                              {"mean_participation_ratio", mean(f.participation_ratio)}};
            by_sample.push_back(j);
        }
        summary["stiffness"] = by_sample;
    }

private:
    /// The Hessians of tasks, each of structure_of(task), by the first rank of a team; results go to checkpoints of
    /// that kind.
    void ask_hessians(Context& c, const char* kind, const std::vector<int>& tasks, const std::string& what, int modes,
                      const std::function<Structure(int)>& structure_of) const {
        const SmoothPotential smooth = smooth_potential(c.potential);
        const auto file_of = [&](int k) { return c.checkpoints.path(kind, k); };
        c.run_tasks(tasks, "Hessians", file_of, [&](int k) {
            const std::optional<HarmonicFile> f = harmonic_labels<Space>(
                structure_of(k), smooth, c.skin(), c.study.harmonic, modes, [&] { return c.farm.must_stop(); });
            if (!f) return false;
            if (f->saddles > 0)
                c.progress.warn(fmt::format(
                    "{} {} stands on a saddle; the Hessian is that of the minimum that its softest mode leads to", what,
                    k));
            if (f->error > c.study.harmonic.tolerance)
                c.progress.warn(
                    fmt::format("{} {}: the harmonic stiffness has a relative error of {:.2g}, more than "
                                "the tolerance of {:g}",
                                what, k, f->error, c.study.harmonic.tolerance));
            c.checkpoints.write(kind, k, *f);
            return true;
        });
    }

    /// The ends of these runs' windows, by the first rank of a team.
    void find_hops(Context& c, const Unit& runs, const StiffnessRuns& index) const {
        const auto file_of = [&](int run) { return c.checkpoints.path("ends", run); };
        c.run_tasks(runs, "windows", file_of, [&](int run) {
            const std::optional<WindowEndsFile> ends =
                window_ends<Space>(c.inherent_structure(index.sample(run)), c.checkpoints.read<RunFile>("run", run),
                                   c.potential, c.skin(), [&] { return c.farm.must_stop(); });
            if (!ends) return false;
            c.checkpoints.write("ends", run, *ends);
            return true;
        });
    }

    bool measure_unit(Context& c, const Unit& unit, const StiffnessRuns& index, const StiffnessProtocol& protocol,
                      const std::vector<Structure>& glasses, double& done) const {
        std::vector<Structure> replicas;
        std::vector<double> at;
        std::vector<std::uint32_t> streams;
        std::vector<std::string> names;
        for (const int run : unit) {
            replicas.push_back(glasses[index.sample(run)]);
            at.push_back(c.study.stiffness.temperatures_K[index.temperature(run)]);
            // Streams below 2^16 belong to the quench.
            streams.push_back((1u << 16) + static_cast<std::uint32_t>(run));
            names.push_back(fmt::format("sample {} at {:g} K", index.sample(run), at.back()));
        }
        Dynamics<Space> d = c.dynamics<Space>(replicas, names);
        StiffnessProgress<Space> progress;
        const CheckpointFile file(c.checkpoints.path("unit", unit[0]));
        c.checkpoints.resume(file, unit, [&](const io::H5File& f) {
            d.restore(get_dynamics_state(f));
            progress = get_stiffness_progress(f, d);
        });
        const Pause pause = c.farm.pause_with([&] {
            const DynamicsState state = d.state();
            if (!c.farm.leads()) return put(static_cast<io::H5File*>(nullptr), d, progress);
            file.write([&](io::H5File& f) {
                c.checkpoints.mark(f, unit);
                put(f, state);
                put(&f, d, progress);
            });
        });
        const double before = d.atom_steps();
        const Ticker tick = [&](double now) { c.progress.advance(done + now - before); };
        const auto measure = [&] {
            return measure_displacements(d, protocol, at, c.study.study.seed, streams, progress, tick, pause);
        };
        if (!c.watched(d, measure)) return false;
        done += d.atom_steps() - before;
        write_runs(c, unit, replicas, d, displacements_of(progress, protocol), progress);
        if (c.farm.leads()) file.remove();
        return true;
    }

    /// Collective over a team: the results of a unit's runs, a file each.
    void write_runs(Context& c, const Unit& unit, const std::vector<Structure>& replicas, const Dynamics<Space>& d,
                    const Displacements& m, const StiffnessProgress<Space>& progress) const {
        const std::vector<Box> boxes = to_host(d.batch().box);
        const std::vector<double> whole = d.gather(m.whole), first = d.gather(m.first_half),
                                  second = d.gather(m.second_half);
        const std::vector<Vec3> mean_position = d.gather(m.mean_position), first_position = d.gather(m.first_position),
                                last_position = d.gather(to_host(d.batch().position));
        if (!c.farm.leads()) return;
        int end = 0;
        for (std::size_t r = 0; r < unit.size(); ++r) {
            const int begin = end;
            end += replicas[r].size();
            const auto part = [&](const auto& v) {
                return std::decay_t<decltype(v)>(v.begin() + begin, v.begin() + end);
            };
            std::vector<double> beginnings;
            for (const std::vector<double>& e : progress.early)
                beginnings.insert(beginnings.end(), e.begin() + begin, e.begin() + end);
            c.checkpoints.write("run", unit[r],
                                RunFile{part(whole),
                                        part(first),
                                        part(second),
                                        beginnings,
                                        part(mean_position),
                                        part(first_position),
                                        part(last_position),
                                        cell_rows(boxes[r]),
                                        {d.largest_drift().at(r)},
                                        ThermoColumns(progress.history.rows.at(r))});
        }
    }

    /// The results of these samples, from the files of their runs.
    void write_samples(Context& c, const std::vector<int>& missing, const Unit& made,
                       const StiffnessRuns& index) const {
        std::vector<RunFile> runs(index.count());
        std::vector<WindowEndsFile> ends(index.count());
        for (const int run : made) {
            runs[run] = c.checkpoints.read<RunFile>("run", run);
            ends[run] = c.checkpoints.read<WindowEndsFile>("ends", run);
        }
        for (const int k : missing) {
            StiffnessFile f;
            if (k < index.samples) f = measured_stiffness(c.study, k, index, runs, ends);
            if (asks_hessian(c.study)) {
                add_harmonic(c.study, c.checkpoints.read<HarmonicFile>("hessian", k), f);
                for (int t = 0; k < index.samples && t < index.temperatures; ++t) {
                    std::vector<HarmonicFile> visited;
                    for (int seed = 0; seed < index.seeds; ++seed)
                        visited.push_back(c.checkpoints.read<HarmonicFile>("visited", index.of(k, t, seed)));
                    add_visited(index, k, t, runs, visited, f);
                }
            }
            c.write(k, "stiffness.h5", f);
            c.write_xyz(k);
            c.progress.say(fmt::format("sample {}: {}", k, description(f)));
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

}  // namespace mg::study
