#pragma once
/// \file What a study will cost: steps, time, memory and disk, before anything runs.

#include <array>
#include <string>
#include <vector>

#include "config/samples.hpp"
#include "config/study_file.hpp"

namespace mg {

struct StageEstimate {
    std::string name;
    int replicas = 0;       ///< that run side by side
    long steps = 0;         ///< of the longest replica
    double atom_steps = 0;  ///< force evaluations of single atoms
    double seconds = 0;
    std::string note;  ///< for people
};

struct Estimate {
    std::vector<StageEstimate> stages;
    double seconds = 0;     ///< of all stages
    double memory_GiB = 0;  ///< of the largest stage, on the device
    double disk_GiB = 0;    ///< of the results

    double atom_steps_per_second = 0;
    std::vector<std::string> elements;
    std::vector<int> counts;         ///< (elements) of one sample; empty where structures were given
    int atoms = 0;                   ///< of the largest sample
    std::array<double, 3> cell_A{};  ///< widths of the narrowest sample's cell
    std::array<int, 3> lattice{};    ///< fcc cells of the start; 0 where structures were given
    double cutoff_A = 0;             ///< of the potential
    double skin_A = 0;               ///< asked for, else what was assumed
    double volume_per_atom_A3 = 0;
    std::vector<Sample> samples;
    double quench_K = 0;  ///< melt_K - final_K
    double timestep_fs = 0;
    std::vector<std::string> warnings;
};

/// Estimates a study from the rate [atom-steps/s] that its caller measured. The volume per atom is the mean of the
/// elements' own crystals, from the potential's lattice constants (for Cu50Zr50 within 3 % of the glass).
///
/// Throws InputError for a rate that is not positive and for a potential or structure that cannot be read.
Estimate estimate(const StudyFile& study, double atom_steps_per_second);

/// The estimate as lines of text for people, at most 110 columns wide.
std::string to_table(const Estimate& estimate);

}  // namespace mg
