#pragma once
/// \file How large a study is: its samples and their atoms, before anything runs.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "config/samples.hpp"
#include "config/study_file.hpp"

namespace mg::study {

struct StudySize {
    double atom_steps_per_second = 0;
    std::vector<std::string> elements;
    std::vector<int> counts;         ///< (elements) of one sample; empty where structures were given
    int atoms = 0;                   ///< of the largest sample
    double atoms_of_all = 0;         ///< of all samples
    std::array<double, 3> cell_A{};  ///< widths of the narrowest sample's cell
    std::array<int, 3> lattice{};    ///< fcc cells of the start; 0 where structures were given
    double cutoff_A = 0;             ///< of the potential
    double skin_A = 0;               ///< as given, else what is assumed
    double volume_per_atom_A3 = 0;
    std::vector<Sample> samples;
    double quench_K = 0;  ///< melt_K - final_K
    double timestep_fs = 0;
    std::optional<int> replicas_per_batch;  ///< where the user has given it
    std::vector<std::string> warnings;

    double sample_count() const { return static_cast<double>(samples.size()); }
    double atoms_of_sample() const { return atoms_of_all / sample_count(); }
    /// Whole time steps in a time [ps].
    double steps_in(double ps) const;
    /// Atoms within a distance [A] of one.
    double atoms_within(double radius) const;
    /// Bytes of neighbour rows and state of that many replicas of a sample side by side, no more than a batch holds.
    double batch_bytes(double replicas) const;
};

/// The size of a study on a machine of that speed [atom-steps/s]. The volume per atom is the mean of the elements' own
/// crystals, from the potential's lattice constants (for Cu50Zr50 within 3 % of the glass).
///
/// Throws InputError for a rate that is not positive and for a potential or structure that cannot be read.
StudySize study_size(const StudyFile& study, double atom_steps_per_second);

/// Simulated time in a unit that fits.
std::string picoseconds_text(double ps);

}  // namespace mg::study
