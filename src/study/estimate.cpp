#include "study/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>

#include "core/box.hpp"
#include "core/error.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "physics/eam_potential.hpp"
#include "study/barriers.hpp"
#include "study/learning.hpp"
#include "study/progress.hpp"
#include "study/protocols.hpp"

namespace mg {
namespace {

/// A typical number of force evaluations until FIRE has a glass at rest.
constexpr double minimiser_steps = 1500;
/// Floating-point operations per second that small matrix products reach on one core, at least.
constexpr double training_flops_per_second = 5e9;
/// Pairs per second of the shell counts, at least.
constexpr double pairs_per_second = 5e7;
/// Bytes of positions, velocities, forces, energies, virials, their snapshot and accumulators of one atom, and of the
/// host loops' windows (40 bytes for each of up to nine slabs that touch it).
constexpr double state_bytes_per_atom = 960;
/// Numbers stored per mean neighbour: rows a quarter longer; on the host half of them, and a copy of those within the
/// cutoff.
constexpr double row_margin = 1.6;
/// Saddle searches as measured in a glass quenched at 1.5e13 K/s (benchmarks/README.md): force evaluations of one, the
/// share that is polished and accepted, what the polish takes, and how much longer `double` takes than `mixed`.
constexpr double search_evaluations = 2000, accepted_share = 0.3, polished_share = 0.65, larger_evaluations = 600,
                 whole_evaluations = 250, double_over_mixed = 1.5;
constexpr double GiB = 1024.0 * 1024 * 1024;

double sphere(double radius) { return 4.0 / 3.0 * std::numbers::pi * radius * radius * radius; }

std::string size_text(double gibibytes) {
    return gibibytes < 0.1 ? fmt::format("{:.0f} MiB", std::max(1.0, gibibytes * 1024))
                           : fmt::format("{:.1f} GiB", gibibytes);
}

/// Simulated time in a unit that fits.
std::string picoseconds_text(double ps) {
    return ps < 1000 ? fmt::format("{:.4g} ps", ps) : fmt::format("{:.4g} ns", ps / 1000);
}

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

}  // namespace

Estimate estimate(const StudyFile& study, double atom_steps_per_second) {
    if (!(atom_steps_per_second > 0) || !std::isfinite(atom_steps_per_second))
        throw InputError(fmt::format("a rate of {} atom-steps/s", atom_steps_per_second), "it is a measured speed",
                         "give a positive number");
    Estimate result;
    result.atom_steps_per_second = atom_steps_per_second;
    result.samples = samples_of(study);
    result.timestep_fs = study.quench.timestep_fs;
    result.quench_K = study.quench.melt_K - study.quench.final_K;
    result.skin_A = study.compute.skin_A.value_or(1.0);
    const EamPotential potential = read_potential(study.system.potential, study.system.elements);
    result.elements = potential.elements;
    result.cutoff_A = potential.cutoff;

    const double samples = static_cast<double>(result.samples.size());
    double atoms_of_all = 0;
    if (study.quenches()) {
        result.atoms = study.system.atoms;
        result.counts = composition_counts(study.system.fractions, result.atoms);
        result.lattice = fcc_cells(result.atoms).value();
        for (int s = 0; s < potential.species(); ++s) {
            double volume = crystal_volume(potential, s);
            if (volume == 0) {
                volume = unknown_crystal_volume;
                result.warnings.push_back(fmt::format(
                    "the potential names no crystal of {}; 17.5 A^3 per atom were assumed", result.elements[s]));
            }
            result.volume_per_atom_A3 += volume * result.counts[s] / result.atoms;
        }
        const double edge = std::cbrt(4 * result.volume_per_atom_A3);
        for (int k = 0; k < 3; ++k) result.cell_A[k] = edge * result.lattice[k];
        atoms_of_all = samples * result.atoms;
    } else {
        double narrowest = 0, volume = 0;
        for (const std::string& path : study.system.structures) {
            const Structure structure = read_structure(path, study.system.elements);
            const int atoms = static_cast<int>(structure.position.size());
            result.atoms = std::max(result.atoms, atoms);
            atoms_of_all += atoms;
            volume += structure.box.volume;
            const Vec3 widths = perpendicular_widths(structure.box);
            if (narrowest == 0 || smallest_width(structure.box) < narrowest) {
                narrowest = smallest_width(structure.box);
                result.cell_A = {widths.x, widths.y, widths.z};
            }
        }
        result.volume_per_atom_A3 = volume / atoms_of_all;
    }
    const double width = *std::min_element(result.cell_A.begin(), result.cell_A.end());
    const double needed = 2 * (result.cutoff_A + result.skin_A);
    if (width < needed) {
        const int larger = static_cast<int>(std::ceil(needed / std::cbrt(4 * result.volume_per_atom_A3) * 1.01));
        result.warnings.push_back(
            fmt::format("the cell is {:.1f} A wide, narrower than 2 (cutoff {} + skin {}) = {:.1f} A; "
                        "{} atoms would do",
                        width, result.cutoff_A, result.skin_A, needed, 4L * larger * larger * larger));
    }

    const double step = study.quench.timestep_fs / 1000;  // [ps]
    const auto steps_in = [&](double ps) { return std::ceil(ps / step - 1e-9); };
    const auto add = [&](const char* name, double replicas, double steps, double atom_steps, double seconds,
                         const std::string& note) {
        result.stages.push_back(
            {name, static_cast<int>(replicas), static_cast<long>(steps), atom_steps, seconds, note});
    };

    // Quench: melt, ramp, and the inherent structure of each glass.
    const double minimisation = atoms_of_all * minimiser_steps;
    if (study.quenches()) {
        double longest = 0, steps = 0;
        for (const Sample& sample : result.samples) {
            const double mine = steps_in(study.quench.melt_ps) + steps_in(result.quench_K / sample.rate_K_per_s * 1e12);
            steps += mine;
            longest = std::max(longest, mine);
        }
        const double atom_steps = steps * result.atoms + minimisation;
        add("quench", samples, longest, atom_steps, atom_steps / atom_steps_per_second,
            fmt::format("{} of melt, {} of cooling", picoseconds_text(study.quench.melt_ps),
                        picoseconds_text(result.quench_K / study.quench.rate_K_per_s * 1e12)));
    } else {
        add("quench", samples, minimiser_steps, minimisation, minimisation / atom_steps_per_second,
            "given structures, minimised only");
    }

    const double temperatures = static_cast<double>(study.stiffness.temperatures_K.size());
    const double runs = temperatures * study.stiffness.seeds;
    const double run_steps = 2 * steps_in(study.stiffness.equilibrate_ps) + steps_in(study.stiffness.window_ps);
    const double stiffness_atom_steps = atoms_of_all * runs * run_steps;
    add("stiffness", samples * runs, run_steps, stiffness_atom_steps, stiffness_atom_steps / atom_steps_per_second,
        fmt::format("{} x {} temperatures x {} seeds, {} each", result.samples.size(),
                    study.stiffness.temperatures_K.size(), study.stiffness.seeds, picoseconds_text(run_steps * step)));

    const int shells = static_cast<int>(
        std::lround((study.descriptors.r_max_A - study.descriptors.r_min_A) / study.descriptors.bin_A));
    const int species = potential.species();
    const int features = study.descriptors.kind == "rdf" ? shells : shells * species + species;
    const double shell_pairs = atoms_of_all * sphere(study.descriptors.r_max_A) / result.volume_per_atom_A3;
    add("descriptors", samples, 0, 0, shell_pairs / pairs_per_second, fmt::format("{} features per atom", features));

    if (study.barriers.enabled) {
        const StudyFile::Barriers& b = study.barriers;
        double centers = 0;
        const double selected = static_cast<double>(searched_samples(study).size());
        centers = b.atoms.kind == Selection::Kind::list     ? static_cast<double>(b.atoms.list.size())
                  : b.atoms.kind == Selection::Kind::number ? b.atoms.number * atoms_of_all / samples
                                                            : atoms_of_all / samples;
        centers *= selected;
        const double attempts = centers * std::min<double>(b.max_attempts, b.events_per_atom / accepted_share);
        const double whole = atoms_of_all / samples;
        const double moving = std::min(whole, sphere(b.region) / result.volume_per_atom_A3);
        // A pair with one moving atom is met once; a larger region moves 3.4 times as many atoms.
        const double per_attempt =
            search_evaluations * 1.4 * moving +
            (b.polish && moving < whole ? polished_share * (larger_evaluations * 1.3 * std::min(whole, 3.4 * moving) +
                                                            whole_evaluations * whole)
                                        : 0.0);
        add("barriers", centers, 0, attempts * per_attempt,
            double_over_mixed * attempts * per_attempt / atom_steps_per_second,
            fmt::format("{:.0f} atoms, about {:.0f} searches", centers, attempts));
    }

    // Every network, on the atoms of its samples outside its fold.
    const std::vector<Training> plan = plan_trainings(study);
    const double atoms_of_sample = atoms_of_all / samples,
                 training_atoms = atoms_of_sample * static_cast<double>(plan.at(0).samples.size());
    double flops = 0;
    for (const Training& t : plan) {
        const double share = t.fold < 0 ? 1.0 : 1.0 - 1.0 / t.folds;
        const double within = t.reach > 0 ? (t.reach - study.descriptors.r_min_A) /
                                                (study.descriptors.r_max_A - study.descriptors.r_min_A)
                                          : 1.0;
        flops += training_flops(t.hidden, static_cast<int>(within * features),
                                share * atoms_of_sample * static_cast<double>(t.samples.size()), study.train.epochs);
    }
    add("train", static_cast<int>(plan.size()), study.train.epochs, 0, flops / training_flops_per_second,
        fmt::format("{:.0f} atoms, {} epochs at most", training_atoms, study.train.epochs));
    for (const StageEstimate& stage : result.stages) result.seconds += stage.seconds;

    // Memory: rows of 4-byte indices, and the state. The descriptor's rows come on top for one sample at a time.
    const double neighbours = sphere(result.cutoff_A + result.skin_A) / result.volume_per_atom_A3;
    const double bytes_per_atom = neighbours * row_margin * 4 + state_bytes_per_atom;
    double replicas = std::max(samples, samples * runs);
    if (study.compute.replicas_per_batch)
        replicas = std::min(replicas, static_cast<double>(*study.compute.replicas_per_batch));
    const double training_bytes = (features + 2.0) * 8 * training_atoms;
    result.memory_GiB = std::max(replicas * atoms_of_all / samples * bytes_per_atom, training_bytes) / GiB;
    // Disk: the glass twice with ids and cells in HDF5 and as text, per temperature displacements, stiffness and mean
    // positions, the shells, the prediction.
    const double results = 250 + 150 + temperatures * 5 * 8 + 24 + (shells * species * 4 + features * 8.0) + 40;
    result.disk_GiB = atoms_of_all * results / GiB;
    return result;
}

std::string to_table(const Estimate& e) {
    std::string text;
    const auto line = [&](const std::string& name, const std::string& value) {
        text += fmt::format("{:<12}{}\n", name, value);
    };
    std::string sample = fmt::format("{} atoms", e.atoms);
    for (std::size_t s = 0; s < e.counts.size(); ++s)
        sample += fmt::format("{} {} {}", s == 0 ? ":" : ",", e.counts[s], e.elements[s]);
    line("sample", sample);
    std::string cell = fmt::format("{:.1f} x {:.1f} x {:.1f} A, {:.2f} A^3 per atom", e.cell_A[0], e.cell_A[1],
                                   e.cell_A[2], e.volume_per_atom_A3);
    if (e.lattice[0] > 0)
        cell =
            fmt::format("about {}; starts as {} x {} x {} fcc cells", cell, e.lattice[0], e.lattice[1], e.lattice[2]);
    line("cell", cell);
    line("potential", fmt::format("cutoff {} A, skin {} A", e.cutoff_A, e.skin_A));
    for (std::size_t k = 0; k < e.samples.size();) {
        std::size_t end = k;
        while (end < e.samples.size() && e.samples[end].rate_K_per_s == e.samples[k].rate_K_per_s &&
               e.samples[end].is_further_test == e.samples[k].is_further_test)
            ++end;
        const double rate = e.samples[k].rate_K_per_s;
        std::string how = fmt::format("{:>2} given", end - k);
        if (rate > 0) {
            const double ps = e.quench_K / rate * 1e12;
            how = fmt::format("{:>2} at {:.4g} K/s: {}, {:.4g} steps of {} fs{}", end - k, rate, picoseconds_text(ps),
                              std::ceil(ps / (e.timestep_fs / 1000)), e.timestep_fs,
                              e.samples[k].is_further_test ? " (further testing set)" : "");
        }
        line(k == 0 ? "samples" : "", how);
        k = end;
    }
    text +=
        fmt::format("\n{:<12}{:>9}{:>13}{:>13}{:>13}  {}\n", "stage", "replicas", "steps", "atom-steps", "time", "");
    for (const StageEstimate& stage : e.stages)
        text += fmt::format("{:<12}{:>9}{:>13}{:>13}{:>13}  {}\n", stage.name, stage.replicas,
                            stage.steps > 0 ? std::to_string(stage.steps) : "",
                            stage.atom_steps > 0 ? fmt::format("{:.3g}", stage.atom_steps) : "",
                            duration_text(stage.seconds), stage.note);
    text += fmt::format("{:<12}{:>48}\n\n", "all", duration_text(e.seconds));
    line("rate", fmt::format("{:.3g} atom-steps/s", e.atom_steps_per_second));
    line("memory", "about " + size_text(e.memory_GiB));
    line("disk", "about " + size_text(e.disk_GiB));
    for (const std::string& warning : e.warnings) line("WARNING", warning);
    return text;
}

}  // namespace mg
