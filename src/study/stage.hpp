#pragma once
/// \file Stage: one step of a study, and all that the others must know of it.
///
/// What a stage needs, what its results follow from and which files they are is said here and nowhere else: the ledger,
/// `--stage`, hashes, the voiding of stale results, `check`'s estimate and the summary ask the stage. A further stage
/// is a file in study/stages/ and a line in study/stages.cpp.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "study/study_size.hpp"

namespace mg::study {

class Context;

/// Names of the files that a stage writes.
struct StageFiles {
    std::vector<std::string> of_sample;      ///< in the folder of each of its samples; it has finished where all exist
    std::vector<std::string> beside_sample;  ///< in the same folders, made along with those
    std::vector<std::string> of_study;       ///< in the output directory
};

/// What a stage will cost.
struct StageEstimate {
    std::string name;
    int replicas = 0;       ///< that run side by side
    long steps = 0;         ///< of the longest replica
    double atom_steps = 0;  ///< force evaluations of single atoms
    double seconds = 0;
    std::string note = {};           ///< for people
    double memory_bytes = 0;         ///< on the device
    double disk_bytes_per_atom = 0;  ///< of a sample's results, all samples alike
};

class Stage {
public:
    virtual ~Stage() = default;

    /// The name in `--stage`, in stages.json and in the names of checkpoints.
    virtual std::string name() const = 0;
    /// Whether the study has this stage; false where the study file lacks the optional table [name].
    virtual bool is_part_of(const StudyFile&) const { return true; }
    /// Stages whose results it reads, and the stages that those need.
    virtual std::vector<std::string> needs(const StudyFile& study) const = 0;
    /// Tables of the study file that its results follow from, beside those of the stages that it needs.
    virtual std::set<std::string> tables() const { return {name()}; }
    /// What else its results follow from, a line of text each: the version of their format, single keys of other
    /// tables.
    virtual std::string hashed_besides(const StudyFile&) const { return ""; }
    virtual StageFiles files() const = 0;
    /// Indices of the samples that it makes results for.
    virtual std::vector<int> samples(const StudyFile& study) const;
    /// Whether the results of each sample follow from that sample alone: then they stay where other samples come or go.
    virtual bool goes_by_samples() const { return false; }

    virtual StageEstimate estimate(const StudyFile& study, const StudySize& size) const = 0;
    /// Collective. Makes all results that do not exist yet with the present settings. Throws Stopped at a checkpoint.
    virtual void run(Context& context) const = 0;
    /// Adds the stage's results to summary.json.
    virtual void summarise(const Context&, nlohmann::json&) const {}
};

}  // namespace mg::study
