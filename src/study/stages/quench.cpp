/// \file The stage `quench`: melt and quench of every sample, and the inherent structure of its reference basin; or
/// given structures.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/macros.hpp"
#include "core/units.hpp"
#include "io/structure_reader.hpp"
#include "nn/metrics.hpp"
#include "ops/local_structure.hpp"
#include "ops/shells.hpp"
#include "ops/voronoi.hpp"
#include "study/context.hpp"
#include "study/reference_basin.hpp"
#include "study/results/thermo_file.hpp"
#include "study/stages.hpp"
#include "study/start.hpp"

namespace mg::study {
namespace {

namespace fs = std::filesystem;

/// Fills in the total and partial pair distributions g(r) of a structure from its atoms' shell counts (n, shells,
/// species).
void add_pair_distributions(GlassFile& f, const Structure& s, const Shells& shells, const std::vector<int>& counts) {
    const int n = static_cast<int>(f.elements.size()), atoms = s.size();
    std::vector<double> number(n);
    for (const int t : s.species) number[t] += 1;
    std::vector<std::vector<double>> pair(n * n, std::vector<double>(shells.count));
    for (int i = 0; i < atoms; ++i)
        for (int k = 0; k < shells.count; ++k)
            for (int t = 0; t < n; ++t)
                pair[s.species[i] * n + t][k] += counts[(static_cast<std::size_t>(i) * shells.count + k) * n + t];
    f.rdf_r.resize(shells.count);
    f.rdf_total.resize(shells.count);
    for (int k = 0; k < shells.count; ++k) {
        f.rdf_r[k] = shells.r_min + (k + 0.5) * shells.width();
        double sum = 0;
        for (const auto& p : pair) sum += p[k];
        f.rdf_total[k] = radial_distribution(sum / atoms, f.rdf_r[k], shells.width(), atoms / s.box.volume);
    }
    for (int a = 0; a < n; ++a)
        for (int b = a; b < n; ++b) {
            std::vector<double> g(shells.count);
            for (int k = 0; k < shells.count; ++k)
                g[k] = number[a] > 0 && number[b] > 0 ? radial_distribution(pair[a * n + b][k] / number[a], f.rdf_r[k],
                                                                            shells.width(), number[b] / s.box.volume)
                                                      : 0.0;
            f.rdf_partial[f.elements[a] + "-" + f.elements[b]] = g;
        }
}

template <class Space>
class QuenchStage final : public Stage {
public:
    std::string name() const override { return "quench"; }
    std::vector<std::string> needs(const StudyFile&) const override { return {}; }
    std::set<std::string> tables() const override { return {"system", "quench"}; }
    std::string hashed_besides(const StudyFile&) const override {
        return "format 3\n";  // the cell keeps its shape in the liquid; Voronoi cells
    }
    bool goes_by_samples() const override { return true; }
    StageFiles files() const override { return {{"glass.h5"}, {"thermo.h5", "glass.xyz"}, {}}; }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        StageEstimate e{.name = name(), .replicas = static_cast<int>(size.sample_count())};
        e.memory_bytes = size.batch_bytes(size.sample_count());
        e.disk_bytes_per_atom = 250 + 150;  // the glass twice, with ids and cells in HDF5 and as text
        const BasinProtocol basin(study);
        const double to_basin = static_cast<double>(basin.anneal_steps()) + basin.relaxations() * relaxation_steps;
        double longest = to_basin, cooling = 0;
        e.note = "given structures, relaxed";
        if (study.quenches()) {
            longest = 0;
            for (const Sample& sample : size.samples) {
                const double mine =
                    size.steps_in(study.quench.melt_ps) + size.steps_in(size.quench_K / sample.rate_K_per_s * 1e12);
                cooling += mine;
                longest = std::max(longest, mine + to_basin);
            }
            e.note = fmt::format("{} melt, {} cooling", picoseconds_text(study.quench.melt_ps),
                                 picoseconds_text(size.quench_K / study.quench.rate_K_per_s * 1e12));
        }
        if (basin.anneal_steps() > 0) e.note += fmt::format(", {} annealing", picoseconds_text(study.quench.anneal_ps));
        e.steps = static_cast<long>(longest);
        e.atom_steps = cooling * size.atoms + to_basin * size.atoms_of_all;
        e.seconds = e.atom_steps / size.atom_steps_per_second;
        return e;
    }

    void run(Context& c) const override {
        // Slow rates first: what takes long is not to come last.
        std::map<double, Unit> by_rate;
        double work = 0, atoms = 0;
        const BasinProtocol basin(c.study);
        for (int k = 0; k < c.sample_count(); ++k) {
            if (c.checkpoints.is_current(c.sample_file(k, "glass.h5"), k)) continue;
            by_rate[c.samples[k].rate_K_per_s].push_back(k);
            const QuenchProtocol p(c.study.quench, c.samples[k].rate_K_per_s);
            const double mine = atoms_of(c, k);
            const long cooling = c.study.quenches() ? p.melt_steps() + p.cooling_steps() : 0;
            work +=
                mine * (static_cast<double>(cooling + basin.anneal_steps()) + basin.relaxations() * relaxation_steps);
            atoms += mine;
        }
        std::vector<Unit> groups;
        for (const auto& [rate, samples] : by_rate) groups.push_back(samples);
        c.progress.begin(name(), work / c.farm.teams(), "atom-steps",
                         atoms > 0 ? c.study.quench.timestep_fs * 1e-6 / atoms : 0);
        const std::vector<Unit> units =
            c.farm.units_of(c.checkpoints, groups, c.farm.even_split(c.study.compute.replicas_per_batch));
        double done = 0;
        c.farm.run(units, [&](const Unit& unit) { return quench_unit(c, unit, done); });
        // Killed between a glass and its picture for OVITO?
        on_first(c.farm.world(), [&] {
            for (int k = 0; k < c.sample_count(); ++k)
                if (!fs::exists(c.sample_file(k, "glass.xyz"))) c.write_xyz(k);
        });
        c.progress.end();
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        nlohmann::json glasses = nlohmann::json::array();
        for (int k = 0; k < c.sample_count(); ++k) {
            if (!fs::exists(c.sample_file(k, "glass.h5"))) continue;
            const Structure s = c.glass(k);
            const auto f = c.read<GlassFile>(k, "glass.h5",
                                             {"/inherent/energy", "/inherent/stress", "/inherent", "/",
                                              "/inherent/voronoi/faces", "/inherent/voronoi/index"});
            const double faces = std::accumulate(f.voronoi_faces.begin(), f.voronoi_faces.end(), 0.0);
            glasses.push_back(
                {{"sample", k},
                 {"rate_K_per_s", c.study.quenches() ? nlohmann::json(c.samples[k].rate_K_per_s) : nlohmann::json()},
                 {"volume_per_atom", s.box.volume / s.size()},
                 {"crystalline_fraction", c.crystalline_fraction(k)},
                 {"icosahedral_fraction", f.icosahedral_fraction},
                 {"mean_coordination", faces / s.size()},
                 {"inherent_energy_per_atom", mean(f.inherent_energy)},
                 {"inherent_volume_per_atom", c.inherent_structure(k).box.volume / s.size()},
                 {"inherent_largest_force_eV_A", f.inherent_force},
                 {"inherent_stress_GPa", f.inherent_stress},
                 {"conserved_drift_eV_per_atom_ps", f.conserved_drift},
                 {"atoms_hopped", f.hops < 0 ? nlohmann::json() : nlohmann::json(f.hops)}});
        }
        summary["glass"] = glasses;
    }

private:
    static int atoms_of(const Context& c, int k) {
        return c.study.quenches() ? c.study.system.atoms
                                  : io::read_structure(c.study.system.structures.at(k), c.potential.elements).size();
    }

    bool quench_unit(Context& c, const Unit& unit, double& done) const {
        const std::vector<std::uint32_t> samples(unit.begin(), unit.end());
        std::vector<Structure> starts;
        for (const std::uint32_t k : samples)
            starts.push_back(c.study.quenches()
                                 ? start_lattice_of(c.study, c.potential, k)
                                 : io::read_structure(c.study.system.structures.at(k), c.potential.elements));
        std::vector<std::string> names;
        for (const std::uint32_t k : samples) names.push_back(fmt::format("sample {}", k));
        Dynamics<Space> d = c.dynamics<Space>(starts, names);
        const CheckpointFile file(c.checkpoints.path("unit", unit[0]));
        QuenchProgress progress;
        if (!c.study.quenches()) progress.place = {true, QuenchProgress::relax, 0};
        c.checkpoints.resume(file, unit, [&](const io::H5File& f) {
            const DynamicsState state = get_dynamics_state(f);
            progress = get_quench_progress(f);
            d.restore(state);
        });
        const auto save = [&] {
            const DynamicsState state = d.state();
            if (c.farm.leads())
                file.write([&](io::H5File& f) {
                    c.checkpoints.mark(f, unit);
                    put(f, state);
                    put(f, progress);
                });
        };
        const Pause pause = c.farm.pause_with(save);
        const double before = d.atom_steps();
        const Ticker tick = [&](double steps) { c.progress.advance(done + steps - before); };
        std::vector<LbfgsState> relaxed;
        const bool done_all = c.watched(d, [&] {
            return melt_and_quench(d, QuenchProtocol(c.study.quench, c.samples[unit[0]].rate_K_per_s),
                                   c.study.study.seed, samples, 1000, progress, tick, pause) &&
                   find_reference_basin(
                       d, BasinProtocol(c.study), c.study.study.seed, samples, progress, tick, pause, save,
                       [&] { return c.farm.must_stop(); }, relaxed) != BasinOutcome::stopped;
        });
        if (!done_all) return false;
        done += d.atom_steps() - before;
        write_glasses(c, d, unit, progress, relaxed);
        if (c.farm.leads()) file.remove();
        return true;
    }

    /// Collective over a team: glass.h5 (with the inherent structure, which the batch holds, and its pair
    /// distributions) and thermo.h5 of a batch.
    void write_glasses(Context& c, Dynamics<Space>& d, const Unit& samples, const QuenchProgress& progress,
                       const std::vector<LbfgsState>& relaxed) const {
        const std::vector<Structure> inherent = d.structures();
        const std::vector<double> inherent_energy = d.gather(to_host(d.batch().local_energy));
        const std::vector<Sym3> virial = to_host(d.batch().virial);
        if (!c.farm.leads()) return;
        int end = 0;
        for (std::size_t r = 0; r < samples.size(); ++r) {
            const int begin = end;
            end += inherent[r].size();
            const auto part = [&](const auto& v) {
                return std::decay_t<decltype(v)>(v.begin() + begin, v.begin() + end);
            };
            const auto at = [&](const Frame& frame) {
                Structure s = inherent[r];
                s.position = part(frame.position);
                s.velocity = part(frame.velocity);
                s.box = frame.box.at(r);
                return s;
            };
            if (!relaxed[r].converged)
                c.progress.warn(fmt::format(
                    "the inherent structure of sample {} has a largest force of {:.1e} eV/A and a stress of {:.1e} GPa",
                    samples[r], relaxed[r].force_max, relaxed[r].stress * units::gigapascal_per_pressure));
            GlassFile f = glass_file(c, samples[r], at(progress.glass), inherent[r]);
            f.energy = part(progress.glass.energy);
            f.inherent_energy = part(inherent_energy);
            f.inherent_force = relaxed[r].force_max;
            f.conserved_drift = d.largest_drift().at(r);
            const Mat3 stress = (-units::gigapascal_per_pressure / inherent[r].box.volume) * to_matrix(virial[r]);
            f.inherent_stress.assign(stress.m, stress.m + 9);
            if (!progress.relaxed.position.empty()) f.hops = count_hops(at(progress.relaxed), inherent[r]);
            fs::create_directories(c.directory.sample(samples[r]));
            if (c.study.quenches())
                c.write(samples[r], "thermo.h5",
                        ThermoFile{ThermoColumns(progress.history.rows[r]), c.study.system.atoms});
            // Last, for it tells that the sample is done.
            c.write(samples[r], "glass.h5", f);
            c.write_xyz(samples[r]);
        }
    }

    /// All of it but the energies.
    GlassFile glass_file(Context& c, int k, const Structure& glass, const Structure& inherent) const {
        GlassFile f;
        f.id = glass.id;
        f.species = glass.species;
        f.elements = c.potential.elements;
        f.position = glass.position;
        f.velocity = glass.velocity;
        f.cell = cell_rows(glass.box);
        f.inherent_position = inherent.position;
        f.inherent_cell = cell_rows(inherent.box);
        const std::vector<LocalStructure> surroundings = local_structures(inherent);
        for (const LocalStructure s : surroundings) f.local_structure.push_back(static_cast<int>(s));
        f.crystalline_fraction = crystalline_fraction(surroundings);
        VoronoiCells cells = voronoi_cells(inherent);
        f.icosahedral_fraction = cells.icosahedral_fraction();
        f.voronoi_volume = std::move(cells.volume);
        f.voronoi_faces = std::move(cells.faces);
        f.voronoi_index = std::move(cells.index);
        if (f.crystalline_fraction > doubtful_crystalline)
            c.progress.warn(fmt::format(
                "sample {}: {:.1f} % of the atoms are in crystalline surroundings (adaptive common-neighbour analysis)",
                k, 100 * f.crystalline_fraction));
        Shells fine;
        fine.r_min = 0;
        fine.r_max = 10;
        fine.count = 200;
        Array<int, Space> counts;
        count_shells(make_batch<Space>({inherent}, c.potential.elements, c.potential.masses), fine, counts);
        add_pair_distributions(f, inherent, fine, to_host(counts));
        f.rate_K_per_s = c.samples[k].rate_K_per_s;
        f.test_rate = c.samples[k].is_further_test ? 1 : 0;
        return f;
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_quench_stage() {
    return std::make_unique<QuenchStage<Space>>();
}

#define MG_QUENCH(Space) template std::unique_ptr<Stage> make_quench_stage<Space>();
MG_INSTANTIATE(MG_QUENCH)

}  // namespace mg::study
