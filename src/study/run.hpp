#pragma once
/// \file Running a study: its stages in order. A stage that has finished is skipped unless something that it depends on
/// has changed.

#include <optional>
#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "core/comm.hpp"
#include "core/space.hpp"
#include "study/output_directory.hpp"

namespace mg::study {

struct RunOptions {
    std::vector<std::string> stages;  ///< empty: all that exist
    Resume resume = Resume::automatic;
    OnChange on_change = OnChange::automatic;
    std::string device;                ///< where it computes, to be printed
    std::optional<double> max_wall_s;  ///< [s] stop at a checkpoint after this time
};

/// Runs a study in its output directory. Throws InputError before anything has run where the directory holds another
/// study, a stage is unknown or the potential does not fit; Stopped at a checkpoint where a signal (catch_stop_signals)
/// or a time limit asks for it; PhysicsError or Error while running. Collective: ranks share out the replicas, with the
/// same bits on any number of them; where one rank alone throws, the caller must end the others (Comm::abort).
template <class Space>
void run_study(const StudyFile& study, const RunOptions& options, Comm& world);

/// For people.
struct StudyPlan {
    std::vector<std::string> stages;  ///< what is in the output directory and becomes of it, a line for each stage
    std::vector<std::string> advice;  ///< what the study will do badly
};
/// What run_study() would find and do. Throws what run_study() would throw before anything has run, but for the number
/// of ranks.
template <class Space>
StudyPlan plan_study(const StudyFile& study, const RunOptions& options, Comm& world);

}  // namespace mg::study
