/// \file The stage `quench`: melt and quench of every sample, and its inherent structure; or given structures.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "core/macros.hpp"
#include "core/units.hpp"
#include "io/structure_reader.hpp"
#include "nn/metrics.hpp"
#include "ops/local_structure.hpp"
#include "ops/shells.hpp"
#include "study/context.hpp"
#include "study/results/thermo_file.hpp"
#include "study/stages.hpp"
#include "study/start.hpp"

namespace mg {
namespace {

namespace fs = std::filesystem;

/// A typical number of force evaluations until FIRE has a glass at rest.
constexpr double minimiser_steps = 1500;

ThermoFile thermo_file(const std::vector<Thermo>& rows, long atoms) {
    ThermoFile f;
    for (const Thermo& t : rows) {
        f.time.push_back(t.time);
        f.temperature.push_back(t.temperature);
        f.target_temperature.push_back(t.target);
        f.potential_energy.push_back(t.potential);
        f.kinetic_energy.push_back(t.kinetic);
        f.pressure.push_back(t.mean_pressure() * units::gigapascal_per_pressure);
        f.volume.push_back(t.volume);
        f.conserved.push_back(t.conserved);
    }
    f.n_atoms = atoms;
    return f;
}

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
    StageFiles files() const override { return {{"glass.h5"}, {"thermo.h5", "glass.xyz"}, {}}; }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        StageEstimate e{.name = name(), .replicas = static_cast<int>(size.sample_count())};
        e.memory_bytes = size.batch_bytes(size.sample_count());
        e.disk_bytes_per_atom = 250 + 150;  // the glass twice, with ids and cells in HDF5 and as text
        const double minimisation = size.atoms_of_all * minimiser_steps;
        double longest = minimiser_steps, steps = 0;
        e.note = "given structures, minimised only";
        if (study.quenches()) {
            longest = 0;
            for (const Sample& sample : size.samples) {
                const double mine =
                    size.steps_in(study.quench.melt_ps) + size.steps_in(size.quench_K / sample.rate_K_per_s * 1e12);
                steps += mine;
                longest = std::max(longest, mine);
            }
            e.note = fmt::format("{} of melt, {} of cooling", picoseconds_text(study.quench.melt_ps),
                                 picoseconds_text(size.quench_K / study.quench.rate_K_per_s * 1e12));
        }
        e.steps = static_cast<long>(longest);
        e.atom_steps = steps * size.atoms + minimisation;
        e.seconds = e.atom_steps / size.atom_steps_per_second;
        return e;
    }

    void run(Context& c) const override {
        // Slow rates first: what takes long is not to come last.
        std::map<double, Unit> by_rate;
        double work = 0;
        for (int k = 0; k < c.sample_count(); ++k) {
            if (c.checkpoints.is_current(c.sample_file(k, "glass.h5"))) continue;
            by_rate[c.samples[k].rate_K_per_s].push_back(k);
            const QuenchProtocol p(c.study.quench, c.samples[k].rate_K_per_s);
            work += static_cast<double>(p.melt_steps() + p.cooling_steps()) * c.study.system.atoms;
        }
        std::vector<Unit> groups;
        for (const auto& [rate, samples] : by_rate) groups.push_back(samples);
        const double dt_ns = c.study.quench.timestep_fs * 1e-6;
        if (c.study.quenches())
            c.progress.begin(name(), work / c.farm.teams(), "atom-steps",
                             dt_ns / (static_cast<double>(c.study.system.atoms) * c.sample_count()));
        else
            c.progress.begin(name(), 1, "structures");
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
            const auto f = read_result<GlassFile>(c.sample_file(k, "glass.h5"), {"/inherent/energy"});
            glasses.push_back(
                {{"sample", k},
                 {"rate_K_per_s", c.study.quenches() ? nlohmann::json(c.samples[k].rate_K_per_s) : nlohmann::json()},
                 {"volume_per_atom", s.box.volume / s.size()},
                 {"crystalline_fraction", c.crystalline_fraction(k)},
                 {"inherent_energy_per_atom", mean(f.inherent_energy)}});
        }
        summary["glass"] = glasses;
    }

private:
    bool quench_unit(Context& c, const Unit& unit, double& done) const {
        const std::vector<std::uint32_t> samples(unit.begin(), unit.end());
        std::vector<Structure> starts;
        for (const std::uint32_t k : samples)
            starts.push_back(c.study.quenches()
                                 ? start_lattice_of(c.study, c.potential, k)
                                 : read_structure(c.study.system.structures.at(k), c.potential.elements));
        Dynamics<Space> d = c.dynamics<Space>(starts);
        if (!c.study.quenches()) return write_glasses(c, d, unit, nullptr);
        const CheckpointFile file(c.checkpoints.path("unit", unit[0]));
        QuenchProgress progress;
        c.checkpoints.resume(file, unit, [&](const H5File& f) {
            const DynamicsState state = get_dynamics_state(f);
            progress = get_quench_progress(f);
            d.restore(state);
        });
        const auto save = [&] {
            const DynamicsState state = d.state();
            if (c.farm.leads())
                file.write([&](H5File& f) {
                    c.checkpoints.mark(f, unit);
                    put(f, state);
                    put(f, progress);
                });
        };
        const Pause pause = c.farm.pause_with(save);
        const double before = d.atom_steps();
        if (!melt_and_quench(
                d, QuenchProtocol(c.study.quench, c.samples[unit[0]].rate_K_per_s), c.study.study.seed, samples, 1000,
                progress, [&](double steps) { c.progress.advance(done + steps - before); }, pause))
            return false;
        done += d.atom_steps() - before;
        // The inherent structures may take minutes, and start again where they are stopped.
        save();
        if (!write_glasses(c, d, unit, &progress.history)) return false;
        if (c.farm.leads()) file.remove();
        return true;
    }

    /// glass.h5 (with the inherent structure and its pair distributions) and thermo.h5 of a batch; false where a stop
    /// was asked for before they were there.
    bool write_glasses(Context& c, Dynamics<Space>& d, const Unit& samples, const ThermoHistory* history) const {
        d.evaluate();  // energies of atoms are in no checkpoint
        const std::vector<Structure> glass = d.structures();
        const std::vector<double> energy = d.gather(to_host(d.batch().local_energy));
        const std::vector<FireState> relaxed = d.minimize(FireOptions{}, 20000, [&] { return c.farm.must_stop(); });
        if (relaxed.empty()) return false;
        const std::vector<Structure> inherent = d.structures();
        const std::vector<double> inherent_energy = d.gather(to_host(d.batch().local_energy));
        if (!c.farm.leads()) return true;
        int end = 0;
        for (std::size_t r = 0; r < samples.size(); ++r) {
            const int begin = end;
            end += glass[r].size();
            const auto part = [&](const std::vector<double>& v) {
                return std::vector<double>(v.begin() + begin, v.begin() + end);
            };
            if (!relaxed[r].converged)
                c.progress.warn(fmt::format("the inherent structure of sample {} has a largest force of {:.1e} eV/A",
                                            samples[r], relaxed[r].force_max));
            GlassFile f = glass_file(c, samples[r], glass[r], inherent[r]);
            f.energy = part(energy);
            f.inherent_energy = part(inherent_energy);
            fs::create_directories(c.directory.sample(samples[r]));
            if (history)
                write_result(c.sample_file(samples[r], "thermo.h5"),
                             thermo_file(history->rows[r], c.study.system.atoms), c.stamp());
            // Last, for it tells that the sample is done.
            write_result(c.sample_file(samples[r], "glass.h5"), f, c.stamp());
            c.write_xyz(samples[r]);
        }
        return true;
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
        f.sample = k;
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

}  // namespace mg
