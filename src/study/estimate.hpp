#pragma once
/// \file What a study will cost: steps, time, memory and disk, before anything runs.

#include "study/stage.hpp"

namespace mg::study {

struct Estimate : StudySize {
    std::vector<StageEstimate> stages;
    double seconds = 0;     ///< of all stages
    double memory_GiB = 0;  ///< of the largest stage, on the device
    double disk_GiB = 0;    ///< of the results
};

/// Estimates a study from the rate [atom-steps/s] that its caller measured, as study_size() and its stages say. Throws
/// as study_size().
Estimate estimate(const StudyFile& study, double atom_steps_per_second);

/// The estimate as lines of text for people, at most 110 columns wide.
std::string to_table(const Estimate& estimate);

}  // namespace mg::study
