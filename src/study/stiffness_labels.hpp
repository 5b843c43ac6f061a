#pragma once
/// \file From what runs and Hessians of a sample leave to its stiffness.h5: labels, how reliable they are, and how they
/// compare.

#include <cstddef>
#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "study/harmonic_labels.hpp"
#include "study/results/stiffness_file.hpp"

namespace mg::study {

/// The runs of a stage are numbered in the order sample, temperature, seed.
struct StiffnessRuns {
    int samples, temperatures, seeds;

    int count() const { return samples * temperatures * seeds; }
    int of(int sample, int temperature, int seed) const { return (sample * temperatures + temperature) * seeds + seed; }
    int sample(int run) const { return run / (temperatures * seeds); }
    int temperature(int run) const { return run / seeds % temperatures; }
};

/// What a run leaves in checkpoints/.
struct RunFile {
    std::vector<double> whole, first_half, second_half;  ///< [A^2] (n) mean-squared displacements
    std::vector<double> early;                           ///< [A^2] (early steps, n) likewise, from the beginning on
    std::vector<Vec3> mean_position;                     ///< [A] (n) over the window
    std::vector<Vec3> first_position, last_position;     ///< [A] (n) at its ends
    std::vector<double> cell;                            ///< [A] (3, 3) in which it was measured
    std::vector<double> drift;                           ///< [eV/ps] (1) of the conserved quantity of an atom
    ThermoColumns thermo;                                ///< (reports)

    std::size_t atoms() const { return whole.size(); }

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/whole", f.whole);
        v.data("/first_half", f.first_half);
        v.data("/second_half", f.second_half);
        v.optional_data("/early", f.early);
        v.data("/mean_position", f.mean_position);
        v.data("/first_position", f.first_position);
        v.data("/last_position", f.last_position);
        v.data("/cell", f.cell, "A", {3, 3});
        v.data("/drift", f.drift, "eV/ps");
        ThermoColumns::each(f.thermo, [&](const char* name, auto& values, const char* unit) {
            v.optional_data(std::string("/thermo/") + name, values, unit);
        });
    }
};

/// The inherent structures at the ends of a run's window, against each other and the sample's own.
struct WindowEndsFile {
    std::vector<int> moved;   ///< (n) 1: the atom had left its well before the window began
    std::vector<int> hopped;  ///< (n) 1: it did within the window, and was not back at the end

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/moved", f.moved);
        v.data("/hopped", f.hopped);
    }
};

/// Where a run was: the sample's structure with other positions [A] (n), in the run's cell.
Structure structure_of_run(Structure sample, const RunFile& run, const std::vector<Vec3>& position);

/// The ends of a run's window, relaxed at fixed cell to 1e-6 eV/A. Nothing where `give_up` said so.
template <class Space>
std::optional<WindowEndsFile> window_ends(const Structure& inherent, const RunFile& run, const EamPotential& potential,
                                          double skin, const std::function<bool()>& give_up);

/// What dynamics gives of stiffness.h5 of a sample, from the results of all runs and of the ends of their windows.
StiffnessFile measured_stiffness(const StudyFile& study, int sample, const StiffnessRuns& index,
                                 const std::vector<RunFile>& runs, const std::vector<WindowEndsFile>& ends);

/// Adds what the Hessian of the inherent structure gives; it makes the label where dynamics is not asked for one.
void add_harmonic(const StudyFile& study, const HarmonicFile& h, StiffnessFile& f);

/// Adds the Hessians (seeds) of the basins that the runs of `sample` at temperature number `t` were in, in the order of
/// temperatures.
void add_visited(const StiffnessRuns& index, int sample, int t, const std::vector<RunFile>& runs,
                 const std::vector<HarmonicFile>& visited, StiffnessFile& f);

/// Atoms that left their wells in one seed's run or another, at each temperature.
struct AtomsThatHopped {
    std::vector<long> before, within;  ///< (temperatures)
};
AtomsThatHopped atoms_that_hopped(const StiffnessFile& f);

/// What is said of a sample when it is done.
std::string description(const StiffnessFile& f);

}  // namespace mg::study
