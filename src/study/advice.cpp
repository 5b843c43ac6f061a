#include "study/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "config/samples.hpp"
#include "core/error.hpp"
#include "core/units.hpp"
#include "io/structure_reader.hpp"
#include "md/chebyshev.hpp"
#include "md/dynamics.hpp"
#include "ops/smooth_potential.hpp"
#include "study/inputs.hpp"
#include "study/learning.hpp"
#include "study/protocols.hpp"
#include "study/start.hpp"

namespace mg::study {
namespace {

/// k_B T_m over the cohesive energy: 0.032 for elements (F. Guinea, J. H. Rose, J. R. Smith, J. Ferrante, Appl. Phys.
/// Lett. 44, 53 (1984)). Cu50Zr50, of 4.8 eV, melts at 1,200 K instead of 1,800.
constexpr double melting_share = 0.032;
/// Of the guess: below it a melt may stay a crystal; above it a sample is a liquid, whatever the guess is worth; and
/// glasses soften (T_g is some 0.6 of the real melting point, 0.4 of the guess).
constexpr double melts_above = 0.65, liquid_above = 0.8, softens_above = 0.4;
/// Steps per period of the fastest vibration. Measured on Cu50Zr50 (7 THz, melt at 2,000 K, tests/regression/
/// bad_physics.sh): 2 fs, 72 steps, 6e-4 kT per atom and ps; 8 fs, 18 steps, 0.01; 10 fs, 14 steps, 0.05, where some
/// runs are stopped.
constexpr double least_steps = 20, useless_steps = 500;
constexpr double thermostat_time = 0.1;  // [ps] of EnsembleOptions
constexpr double largest_lag = 50;       // [K]
constexpr double shortest_melt = 1;      // [ps] in which a lattice at 2,000 K is forgotten
constexpr double rough_window = 50;      // [ps] and how many temperatures: as the summary calls labels rough
constexpr std::size_t rough_temperatures = 3;

/// A start lattice of the study's composition, as small as the cutoff allows.
Structure small_lattice(const StudyFile& study, const EamPotential& potential) {
    std::vector<double> fractions = study.system.fractions;
    if (!study.quenches()) {
        fractions.assign(potential.species(), 0.0);
        const Structure given = io::read_structure(study.system.structures.at(0), potential.elements);
        for (const int t : given.species) fractions.at(t) += 1.0 / given.size();
    }
    for (int n = 3;; ++n) {
        Structure s = start_lattice(potential, composition_counts(fractions, 4 * n * n * n), n, n, n, 1, 0);
        if (smallest_width(s.box) > 2.001 * (potential.cutoff + least_skin)) return s;
    }
}

bool measures_dynamics(const StudyFile& s) {
    return s.measures_stiffness() && s.stiffness.method != StiffnessMethod::harmonic;
}

}  // namespace

CrystalGuess guess_crystal(const StudyFile& study, const EamPotential& potential) {
    const Structure s = small_lattice(study, potential);
    CrystalGuess guess;
    const Dynamics<Host> d(make_batch<Host>({s}, potential.elements, potential.masses), potential, Precision::full,
                           least_skin);
    const Batch<Host> batch = make_batch<Host>({s}, potential.elements, potential.masses);
    guess.cohesive_energy = -d.thermo()[0].potential / s.size();
    guess.melting_point = melting_share * guess.cohesive_energy / units::boltzmann;
    const Hessian<Host> h = make_hessian(batch, make_eam_tables<Host>(smooth_potential(potential).potential));
    std::vector<Mat3> inverse_mass;
    const std::vector<double> mass = to_host(batch.mass);
    for (const int atom : h.atom_of_slot) inverse_mass.push_back((1 / mass[atom]) * identity());
    const double squared = largest_eigenvalue(h, to_space<Host>(inverse_mass));  // [1/ps^2]
    guess.highest_frequency = std::sqrt(std::max(0.0, squared)) / (2 * std::numbers::pi);
    return guess;
}

void check_temperatures(const StudyFile& study, const CrystalGuess& guess) {
    if (!study.measures_stiffness()) return;
    const double highest =
        *std::max_element(study.stiffness.temperatures_K.begin(), study.stiffness.temperatures_K.end());
    const bool measured = measures_dynamics(study) || study.stiffness.check_samples > 0;
    if (!measured) return;
    const auto refuse = [&](const std::string& why) {
        throw InputError(fmt::format("stiffness.temperatures_K = {:g} is no temperature of a solid", highest), why,
                         "a label is the stiffness of a glass: give temperatures well below the glass transition");
    };
    if (study.quenches() && highest >= study.quench.melt_K)
        refuse(fmt::format("the sample is molten at melt_K = {:g}", study.quench.melt_K));
    if (highest > liquid_above * guess.melting_point)
        refuse(fmt::format("a cohesive energy of {:.2f} eV means melting at {:.0f} K at most", guess.cohesive_energy,
                           guess.melting_point));
}

std::vector<std::string> advice(const StudyFile& study, const EamPotential& potential, const CrystalGuess& guess) {
    std::vector<std::string> lines = potential.warnings;
    const auto say = [&](const std::string& problem, const std::string& why, const std::string& remedy) {
        lines.push_back(fmt::format("{} ({}); {}", problem, why, remedy));
    };
    const StudyFile::Quench& q = study.quench;
    const bool runs_dynamics =
        study.quenches() || q.anneal_ps > 0 || measures_dynamics(study) || study.stiffness.check_samples > 0;
    if (const double steps = 1e3 / (guess.highest_frequency * q.timestep_fs);
        runs_dynamics && guess.highest_frequency > 0) {
        if (steps < least_steps)
            say(fmt::format("quench.timestep_fs = {:g} is long", q.timestep_fs),
                fmt::format("the fastest vibration, {:.1f} THz, has a period of {:.1f} steps; with 18 the energy of a "
                            "melt drifts by 0.01 kT per atom and ps, with 14 by 0.05",
                            guess.highest_frequency, steps),
                fmt::format("{:.2g} fs would do", 1e3 / (guess.highest_frequency * 2 * least_steps)));
        if (steps > useless_steps)
            say(fmt::format("quench.timestep_fs = {:g} is short", q.timestep_fs),
                fmt::format("the fastest vibration, {:.1f} THz, has a period of {:.0f} steps", guess.highest_frequency,
                            steps),
                fmt::format("{:.2g} fs would do", 1e3 / (guess.highest_frequency * 2 * least_steps)));
    }
    if (study.quenches()) {
        if (q.melt_K < melts_above * guess.melting_point)
            say(fmt::format("quench.melt_K = {:g} may not melt the start lattice", q.melt_K),
                fmt::format("its cohesive energy of {:.2f} eV means melting at about {:.0f} K", guess.cohesive_energy,
                            melts_above * guess.melting_point),
                "use a higher one; crystalline samples are reported");
        if (q.melt_ps < shortest_melt)
            say(fmt::format("quench.melt_ps = {:g} is short", q.melt_ps),
                "a lattice takes about 1 ps to be forgotten, and a liquid longer to find its volume", "use 4 or more");
        if (q.cell != CellMode::iso && std::min(q.free_cell_below_K, q.melt_K) > softens_above * guess.melting_point)
            say(fmt::format("quench.free_cell_below_K = {:g} frees the cell of a liquid", q.free_cell_below_K),
                fmt::format("glasses soften near {:.0f} K, and a liquid holds no shape: its cell runs away",
                            softens_above * guess.melting_point),
                "use a lower one");
        for (const double rate : [&] {
                 std::vector<double> rates{q.rate_K_per_s};
                 rates.insert(rates.end(), q.test_rates_K_per_s.begin(), q.test_rates_K_per_s.end());
                 return rates;
             }())
            if (const double lag = rate / units::second * thermostat_time; lag > largest_lag)
                say(fmt::format("a rate of {:g} K/s is faster than the thermostat", rate),
                    fmt::format("it follows within {:g} ps, {:.0f} K behind", thermostat_time, lag),
                    fmt::format("below {:.1g} K/s samples end at final_K",
                                largest_lag / thermostat_time * units::second));
    }
    if (measures_dynamics(study)) {
        const StudyFile::Stiffness& s = study.stiffness;
        if (s.window_ps < rough_window || s.temperatures_K.size() < rough_temperatures)
            say(fmt::format("labels will be rough: {} temperature{}, windows of {:g} ps", s.temperatures_K.size(),
                            s.temperatures_K.size() == 1 ? "" : "s", s.window_ps),
                "the noise of a window falls with its length, that of a mean with the number of temperatures",
                "use six temperatures and 100 ps as the paper does, or method = \"harmonic\", which has no noise");
        const double highest = *std::max_element(s.temperatures_K.begin(), s.temperatures_K.end());
        if (highest > softens_above * guess.melting_point)
            say(fmt::format("stiffness.temperatures_K = {:g} is near the glass transition", highest),
                fmt::format(
                    "glasses soften near {:.0f} K, 0.4 of the melting point that a cohesive energy of {:.2f} eV "
                    "means; atoms leave their wells within a window",
                    softens_above * guess.melting_point, guess.cohesive_energy),
                "use lower ones");
    }
    const double width = expected_width(study, potential);
    if (study.descriptors.r_max_A > 0.5 * width)
        say(fmt::format("descriptors.r_max_A = {:g} is more than half the cell", study.descriptors.r_max_A),
            fmt::format("the cell is about {:.1f} A wide, and an atom's outer shells hold images of its inner ones",
                        width),
            "use a shorter one, or more atoms");
    long trained = 0;
    for (int k = 0; k < static_cast<int>(samples_of(study).size()); ++k) trained += split_of(study, k) == 0 ? 1 : 0;
    long parameters = 0, inputs = static_cast<long>(input_names(input_recipe(study, false), potential.elements).size());
    for (const int hidden : study.train.hidden) {
        parameters += (inputs + 1) * hidden;
        inputs = hidden;
    }
    parameters += inputs + 1;
    if (const long atoms = trained * study.system.atoms; study.quenches() && trained > 0 && atoms < parameters)
        say(fmt::format("train.hidden has {} parameters for {} atoms", parameters, atoms),
            "a network with more parameters than atoms learns their noise by heart",
            "use fewer hidden units, or more samples");
    return lines;
}

}  // namespace mg::study
