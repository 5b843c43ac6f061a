#include "study/stiffness_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/words.hpp"
#include "core/macros.hpp"
#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "nn/metrics.hpp"
#include "physics/displacement.hpp"
#include "study/protocols.hpp"
#include "study/reference_basin.hpp"
#include "study/results/glass_file.hpp"

namespace mg::study {
namespace {

/// Mean correlation of the labels of different seeds, as that of their mean: it sees what a run keeps for all of its
/// window, as a basin of its own. `of_seed` (seeds, n).
double reliability_of(const std::vector<std::vector<double>>& of_seed) {
    double sum = 0;
    int pairs = 0;
    for (std::size_t a = 0; a < of_seed.size(); ++a)
        for (std::size_t b = 0; b < a; ++b, ++pairs) sum += pearson(of_seed[a], of_seed[b]);
    return spearman_brown(sum / pairs, static_cast<double>(of_seed.size()));
}

/// Stiffness of n atoms from the mean over seeds of their displacements [A^2]; `msd` gives those (n) of a seed.
template <class MeanSquares>
std::vector<double> stiffness_of_seeds(double kT, int seeds, std::size_t n, const MeanSquares& msd) {
    std::vector<double> k(n, 0.0);
    for (int seed = 0; seed < seeds; ++seed) {
        const double* const of_seed = msd(seed);
        for (std::size_t i = 0; i < n; ++i) k[i] += of_seed[i] / seeds;
    }
    for (double& x : k) x = stiffness(kT, x);
    return k;
}

std::vector<double> row(const std::vector<double>& values, int t, std::size_t n) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(t * n);
    return {begin, begin + static_cast<std::ptrdiff_t>(n)};
}

/// Stiffness at temperature number `t` from the beginnings of the windows: of each early step, of the first half, and
/// of the whole.
std::vector<std::vector<double>> stiffness_of_beginnings(const StiffnessRuns& index, int sample, int t,
                                                         const std::vector<RunFile>& runs, const StiffnessFile& f) {
    const double kT = units::boltzmann * f.temperature[t];
    const auto run = [&](int seed) -> const RunFile& { return runs[index.of(sample, t, seed)]; };
    const std::size_t n = run(0).atoms(), early = run(0).early.size() / n;
    std::vector<std::vector<double>> k;
    for (std::size_t part = 0; part < early; ++part)
        k.push_back(
            stiffness_of_seeds(kT, index.seeds, n, [&](int seed) { return run(seed).early.data() + part * n; }));
    k.push_back(stiffness_of_seeds(kT, index.seeds, n, [&](int seed) { return run(seed).first_half.data(); }));
    k.push_back(row(f.stiffness_at, t, n));
    return k;
}

std::vector<long> count_by_row(const std::vector<int>& values, std::size_t n) {
    std::vector<long> count;
    for (auto at = values.begin(); at != values.end(); at += static_cast<std::ptrdiff_t>(n))
        count.push_back(std::count_if(at, at + static_cast<std::ptrdiff_t>(n), [](int seeds) { return seeds > 0; }));
    return count;
}

}  // namespace

Structure structure_of_run(Structure sample, const RunFile& run, const std::vector<Vec3>& position) {
    sample.position = position;
    sample.velocity.clear();
    sample.box = box_of_rows(run.cell.data());
    return sample;
}

template <class Space>
std::optional<WindowEndsFile> window_ends(const Structure& inherent, const RunFile& run, const EamPotential& potential,
                                          double skin, const std::function<bool()>& give_up) {
    Dynamics<Space> d(make_batch<Space>({structure_of_run(inherent, run, run.first_position),
                                         structure_of_run(inherent, run, run.last_position)},
                                        potential.elements, potential.masses),
                      potential, Precision::full, skin);
    if (d.relax(LbfgsOptions{}, 20000, give_up).empty()) return std::nullopt;
    const std::vector<Structure> at_rest = d.structures();
    WindowEndsFile ends;
    for (const bool moved : hopped_atoms(inherent, at_rest.at(0))) ends.moved.push_back(moved ? 1 : 0);
    for (const bool hopped : hopped_atoms(at_rest.at(0), at_rest.at(1))) ends.hopped.push_back(hopped ? 1 : 0);
    return ends;
}

StiffnessFile measured_stiffness(const StudyFile& study, int sample, const StiffnessRuns& index,
                                 const std::vector<RunFile>& runs, const std::vector<WindowEndsFile>& ends) {
    StiffnessFile f;
    f.method = io::word_of(StiffnessMethod::dynamics);
    f.temperature = study.stiffness.temperatures_K;
    f.estimator = io::word_of(study.stiffness.estimator);
    const int temperatures = index.temperatures;
    const std::size_t n = runs[index.of(sample, 0, 0)].atoms();
    const std::vector<double> none(n, 0.0);
    f.stiffness = none;
    std::vector<double> overall_half[2] = {none, none};
    std::vector<std::vector<double>> overall_seed(index.seeds, none);
    const StiffnessProtocol protocol(study.quench, study.stiffness);
    for (const long steps : protocol.early_steps())
        f.convergence_window.push_back(static_cast<double>(steps) * protocol.timestep);
    for (const double part : {0.5, 1.0})
        f.convergence_window.push_back(part * static_cast<double>(protocol.window_steps()) * protocol.timestep);
    for (int t = 0; t < temperatures; ++t) {
        const double kT = units::boltzmann * f.temperature[t];
        const auto run = [&](int seed) -> const RunFile& { return runs[index.of(sample, t, seed)]; };
        const std::vector<double> halves[2] = {
            stiffness_of_seeds(kT, index.seeds, n, [&](int seed) { return run(seed).first_half.data(); }),
            stiffness_of_seeds(kT, index.seeds, n, [&](int seed) { return run(seed).second_half.data(); })};
        std::vector<std::vector<double>> of_seed(index.seeds);
        std::vector<int> moved(n, 0), hopped(n, 0);
        double drift = 0;
        for (int seed = 0; seed < index.seeds; ++seed)
            if (std::abs(run(seed).drift.at(0)) > std::abs(drift)) drift = run(seed).drift[0];
        f.conserved_drift.push_back(drift);
        for (int seed = 0; seed < index.seeds; ++seed) f.thermo.push_back(run(seed).thermo);
        for (std::size_t i = 0; i < n; ++i) {
            double sum = 0;
            for (int seed = 0; seed < index.seeds; ++seed) {
                sum += run(seed).whole[i];
                of_seed[seed].push_back(stiffness(kT, run(seed).whole[i]));
                overall_seed[seed][i] += of_seed[seed][i] / temperatures;
                moved[i] += ends[index.of(sample, t, seed)].moved[i];
                hopped[i] += ends[index.of(sample, t, seed)].hopped[i];
            }
            f.msd.push_back(sum / index.seeds);
            f.stiffness_at.push_back(stiffness(kT, sum / index.seeds));
            f.stiffness[i] += f.stiffness_at.back() / temperatures;
            for (int h = 0; h < 2; ++h) overall_half[h][i] += halves[h][i] / temperatures;
        }
        f.moved_before.insert(f.moved_before.end(), moved.begin(), moved.end());
        f.hopped_within.insert(f.hopped_within.end(), hopped.begin(), hopped.end());
        f.reliability_of_halves.push_back(spearman_brown(pearson(halves[0], halves[1])));
        if (index.seeds > 1) f.reliability_of_seeds.push_back(reliability_of(of_seed));
        f.mean_position.insert(f.mean_position.end(), run(0).mean_position.begin(), run(0).mean_position.end());
        f.cell.insert(f.cell.end(), run(0).cell.begin(), run(0).cell.end());
        const std::vector<std::vector<double>> beginnings = stiffness_of_beginnings(index, sample, t, runs, f);
        for (const std::vector<double>& k : beginnings) {
            f.convergence_mean.push_back(mean(k));
            f.convergence_correlation.push_back(pearson(k, beginnings.back()));
        }
    }
    // Runs that an earlier version has left in checkpoints/ have none.
    for (const ThermoColumns& run : f.thermo)
        if (run.time.size() != f.thermo[0].time.size() || run.time.empty()) {
            f.thermo.clear();
            break;
        }
    f.reliability_of_halves.push_back(spearman_brown(pearson(overall_half[0], overall_half[1])));
    if (index.seeds > 1) f.reliability_of_seeds.push_back(reliability_of(overall_seed));
    f.reliability = f.reliability_of_halves;
    for (std::size_t k = 0; k < f.reliability_of_seeds.size(); ++k)
        f.reliability[k] = std::min(f.reliability[k], f.reliability_of_seeds[k]);
    return f;
}

void add_harmonic(const StudyFile& study, const HarmonicFile& h, StiffnessFile& f) {
    f.harmonic = h.stiffness();
    f.compliance = h.compliance;
    f.minimum = h.position;
    f.scheme = h.scheme;
    f.harmonic_error = h.error;
    f.harmonic_force = h.force_max;
    f.mode_frequency = h.mode_frequency;
    f.participation_ratio = h.participation_ratio;
    f.participation = h.participation;
    f.density_frequency = h.density_frequency;
    f.density_of_states = h.density_of_states;
    f.density_of_species = h.density_of_species;
    if (!f.stiffness.empty()) {
        f.harmonic_correlation = pearson(f.stiffness, f.harmonic);
        f.harmonic_ratio = mean(f.stiffness) / mean(f.harmonic);
    }
    if (study.stiffness.method != StiffnessMethod::harmonic) return;
    f.method = io::word_of(StiffnessMethod::harmonic);
    f.stiffness = f.harmonic;
    const double average = mean(f.harmonic), error = h.error * average;
    double variance = 0;
    for (const double k : f.harmonic)
        variance += (k - average) * (k - average) / static_cast<double>(f.harmonic.size());
    f.reliability = {variance > 0 ? 1 - error * error / variance : 0.0};
}

void add_visited(const StiffnessRuns& index, int sample, int t, const std::vector<RunFile>& runs,
                 const std::vector<HarmonicFile>& visited, StiffnessFile& f) {
    const std::size_t n = runs[index.of(sample, t, 0)].atoms();
    // Displacements are means over seeds, and so are those of a harmonic crystal, k_B T tr C.
    std::vector<double> k(n, 0.0);
    for (const HarmonicFile& h : visited) {
        const std::vector<double> of_seed = h.stiffness();
        for (std::size_t i = 0; i < n; ++i) k[i] += 1 / of_seed[i] / static_cast<double>(visited.size());
    }
    for (double& x : k) x = 1 / x;
    f.visited.insert(f.visited.end(), k.begin(), k.end());
    const std::vector<double> measured = row(f.stiffness_at, t, n);
    f.visited_correlation.push_back(pearson(measured, k));
    f.visited_ratio.push_back(mean(measured) / mean(k));
    for (const std::vector<double>& beginning : stiffness_of_beginnings(index, sample, t, runs, f))
        f.convergence_visited.push_back(pearson(beginning, k));
}

AtomsThatHopped atoms_that_hopped(const StiffnessFile& f) {
    return {count_by_row(f.moved_before, f.stiffness.size()), count_by_row(f.hopped_within, f.stiffness.size())};
}

std::string description(const StiffnessFile& f) {
    std::string said;
    if (!f.temperature.empty()) {
        said = fmt::format(
            "mean K {:.4f} eV/A^2, label reliability {:.3f}; atoms that hopped before and within the "
            "windows:",
            mean(f.stiffness), f.reliability.back());
        const AtomsThatHopped atoms = atoms_that_hopped(f);
        for (std::size_t t = 0; t < f.temperature.size(); ++t)
            said += fmt::format("{} {} and {} at {:g} K", t > 0 ? "," : "", atoms.before[t], atoms.within[t],
                                f.temperature[t]);
    }
    if (f.harmonic.empty()) return said;
    said += fmt::format("{}harmonic {:.4f} eV/A^2 ({}, error {:.2g})", said.empty() ? "" : "; ", mean(f.harmonic),
                        f.scheme, f.harmonic_error);
    if (f.temperature.empty()) return said;
    said += fmt::format(", R of both {:.3f}, ratio {:.3f}; in the basins visited R", f.harmonic_correlation,
                        f.harmonic_ratio);
    for (std::size_t t = 0; t < f.temperature.size(); ++t)
        said += fmt::format("{} {:.3f}, ratio {:.3f} at {:g} K", t > 0 ? ";" : "", f.visited_correlation[t],
                            f.visited_ratio[t], f.temperature[t]);
    return said;
}

#define MG_STIFFNESS_LABELS(Space)                                                                                   \
    template std::optional<WindowEndsFile> window_ends<Space>(const Structure&, const RunFile&, const EamPotential&, \
                                                              double, const std::function<bool()>&);
MG_INSTANTIATE(MG_STIFFNESS_LABELS)

}  // namespace mg::study
