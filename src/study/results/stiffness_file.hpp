#pragma once
/// \file stiffness.h5: the stiffness of every atom of a sample, K = k_B T / <|dr|^2>, and what it follows from: its
/// vibration, or the Hessian of the inherent structure.

#include "study/results/result_file.hpp"
#include "study/results/thermo_file.hpp"

namespace mg::study {

/// n atoms in the order of ids, at each temperature the mean over seeds. What comes from dynamics is empty where only
/// the Hessian was asked, and the other way round.
struct StiffnessFile {
    std::string method;                   ///< of `stiffness`: "dynamics" or "harmonic"
    std::vector<double> temperature;      ///< [K] (temperatures)
    std::vector<double> msd;              ///< [A^2] (temperatures, n)
    std::vector<double> stiffness_at;     ///< [eV/A^2] (temperatures, n)
    std::vector<double> stiffness;        ///< [eV/A^2] (n) the label: mean over temperatures, or harmonic
    std::vector<double> reliability;      ///< (temperatures + 1) of dynamics, the smaller one; (1) of the Hessian
    std::vector<Vec3> mean_position;      ///< [A] (temperatures, n) over the first seed's window
    std::vector<double> cell;             ///< [A] (temperatures, 3, 3) of that window, vectors as rows
    std::vector<double> conserved_drift;  ///< [eV/ps] (temperatures) per atom, the largest over seeds and runs
    std::string estimator;
    std::vector<double> harmonic;     ///< [eV/A^2] (n)
    std::vector<double> compliance;   ///< [A^2/eV] (n, 6) blocks of the inverse Hessian
    std::vector<Vec3> minimum;        ///< [A] (n) the positions that the Hessian is of
    std::string scheme;               ///< dense, cg or clusters
    double harmonic_error = 0;        ///< relative, root mean square
    double harmonic_force = 0;        ///< [eV/A] largest at `minimum`
    double harmonic_correlation = 0;  ///< Pearson's R of both stiffnesses over atoms, where both are there
    double harmonic_ratio = 0;        ///< and the mean of dynamics over that of the Hessian
    // Of the inherent structure's vibrations: its softest modes, and how many there are at each frequency.
    std::vector<double> mode_frequency;       ///< [THz] (modes)
    std::vector<double> participation_ratio;  ///< (modes)
    std::vector<double> participation;        ///< (n) mean over the modes of n |e_i|^2
    std::vector<double> density_frequency;    ///< [THz] (bins)
    std::vector<double> density_of_states;    ///< [1/THz] (bins)
    std::vector<double> density_of_species;   ///< [1/THz] (species, bins)
    // Of the basins that each temperature's runs were in: mean positions brought to rest in the run's cell. Harmonic
    // displacements are averaged over seeds, as measured ones are.
    std::vector<double> visited;              ///< [eV/A^2] (temperatures, n) harmonic stiffness there
    std::vector<double> visited_correlation;  ///< (temperatures) Pearson's R of stiffness_at with it
    std::vector<double> visited_ratio;        ///< (temperatures) mean of stiffness_at over its mean
    // From the inherent structures at the ends of each window: the number of seeds in whose run an atom hopped.
    std::vector<int> moved_before;   ///< (temperatures, n) away from the sample's inherent structure, before the window
    std::vector<int> hopped_within;  ///< (temperatures, n) from the beginning of the window to its end
    // What shorter windows would have given.
    std::vector<double> convergence_window;       ///< [ps] (windows) the last one is the window itself
    std::vector<double> convergence_mean;         ///< [eV/A^2] (temperatures, windows) mean stiffness
    std::vector<double> convergence_correlation;  ///< (temperatures, windows) R with what the whole window gives
    std::vector<double> convergence_visited;      ///< (temperatures, windows) R with the basins visited
    std::vector<double> reliability_of_halves,
        reliability_of_seeds;  ///< (temperatures + 1); of seeds where there are two
    /// (temperatures, seeds) of each run: ramp, hold and window. Written, and not read back.
    std::vector<ThermoColumns> thermo;

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        const std::size_t temperatures = f.temperature.size(), n = f.stiffness.size();
        v.optional_data("/temperature", f.temperature, "K");
        v.optional_data("/msd", f.msd, "A^2", {temperatures, n});
        v.optional_data("/stiffness_at", f.stiffness_at, "eV/A^2", {temperatures, n});
        v.data("/stiffness", f.stiffness, "eV/A^2");
        v.data("/reliability", f.reliability);
        v.note(
            "/reliability", "what",
            f.method == "harmonic"
                ? "1 - variance of the error of the inverse Hessian over that of the stiffness"
                : "Spearman-Brown corrected correlation of the window's halves, per temperature and last of the mean "
                  "over temperatures");
        v.optional_data("/mean_position", f.mean_position, "A", {temperatures, n, 3});
        v.optional_data("/cell", f.cell, "A", {temperatures, 3, 3});
        v.optional_data("/conserved_drift", f.conserved_drift, "eV/ps");
        v.optional_data("/harmonic/stiffness", f.harmonic, "eV/A^2");
        v.optional_data("/harmonic/compliance", f.compliance, "A^2/eV", {n, 6});
        if (!f.compliance.empty())
            v.note("/harmonic/compliance", "what", "blocks (H^-1)_ii: xx yy zz yz xz xy; <dr dr> = k_B T times it");
        v.optional_data("/harmonic/position", f.minimum, "A");
        if (!f.harmonic.empty()) {
            v.attribute("/harmonic", "scheme", f.scheme);
            v.attribute("/harmonic", "relative_error", f.harmonic_error);
            v.attribute("/harmonic", "largest_force_eV_A", f.harmonic_force);
            if (!f.temperature.empty()) {
                v.attribute("/harmonic", "pearson_with_dynamics", f.harmonic_correlation);
                v.attribute("/harmonic", "dynamics_over_harmonic", f.harmonic_ratio);
            }
        }
        v.optional_data("/modes/frequency", f.mode_frequency, "THz");
        v.optional_data("/modes/participation_ratio", f.participation_ratio);
        v.optional_data("/modes/participation", f.participation);
        v.optional_data("/density_of_states/frequency", f.density_frequency, "THz");
        v.optional_data("/density_of_states/total", f.density_of_states, "1/THz");
        if (const std::size_t bins = f.density_frequency.size())
            v.optional_data("/density_of_states/of_species", f.density_of_species, "1/THz",
                            {f.density_of_species.size() / bins, bins});
        else
            v.optional_data("/density_of_states/of_species", f.density_of_species);
        v.optional_data("/hops/moved_before", f.moved_before, "", {temperatures, n});
        v.optional_data("/hops/hopped_within", f.hopped_within, "", {temperatures, n});
        v.optional_data("/convergence/window", f.convergence_window, "ps");
        const std::size_t windows = f.convergence_window.size();
        v.optional_data("/convergence/mean_stiffness", f.convergence_mean, "eV/A^2", {temperatures, windows});
        v.optional_data("/convergence/pearson_with_window", f.convergence_correlation, "", {temperatures, windows});
        v.optional_data("/convergence/pearson_with_visited", f.convergence_visited, "", {temperatures, windows});
        v.optional_data("/visited/stiffness", f.visited, "eV/A^2", {temperatures, n});
        v.optional_data("/visited/pearson_with_dynamics", f.visited_correlation);
        v.optional_data("/visited/dynamics_over_harmonic", f.visited_ratio);
        v.optional_data("/reliability_of_halves", f.reliability_of_halves);
        v.optional_data("/reliability_of_seeds", f.reliability_of_seeds);
        if (temperatures > 0 && !f.thermo.empty()) {
            // One array for each column of all runs, (temperatures, seeds, reports).
            ThermoColumns all;
            for (const ThermoColumns& run : f.thermo) all.append(run);
            const std::size_t seeds = f.thermo.size() / temperatures, reports = all.time.size() / f.thermo.size();
            ThermoColumns::each(all, [&](const char* name, auto& values, const char* unit) {
                v.data(std::string("/thermo/") + name, values, unit, {temperatures, seeds, reports});
            });
            v.note("/thermo/time", "what",
                   "of a ramp to the temperature and a hold there (NPT), and of the window (NVT)");
        }
        v.attribute("/", "method", f.method);
        v.attribute("/", "estimator", f.estimator);
    }
};

}  // namespace mg::study
