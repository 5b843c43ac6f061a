#pragma once
/// \file Running a study: stages in order, each skipped where it is finished and nothing it depends on has changed.

#include <optional>
#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "core/comm.hpp"
#include "core/space.hpp"
#include "study/output_directory.hpp"

namespace mg {

struct RunOptions {
    std::vector<std::string> stages;  ///< empty: all that exist
    Resume resume = Resume::automatic;
    std::string device;                ///< what to print as the place of computation
    std::optional<double> max_wall_s;  ///< [s] stop at a checkpoint after this time
};

/// Runs a study in its output directory. Throws InputError before anything has run where the directory holds another
/// study, a stage is unknown or the potential does not fit; Stopped at a checkpoint where a signal (catch_stop_signals)
/// or a time limit asks for it; PhysicsError or Error while running. Collective: ranks share out the replicas, with the
/// same bits on any number of them; an error of one rank alone is for the caller to spread (Comm::abort).
template <class Space>
void run_study(const StudyFile& study, const RunOptions& options, Comm& world);

}  // namespace mg
