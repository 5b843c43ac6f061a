#pragma once
/// \file The output directory of a study: paths of its files, which study it belongs to, and when it is refused.

#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "study/ledger.hpp"
#include "study/stage.hpp"

namespace mg::study {

/// What `--on-change` says of results of other settings.
enum class OnChange {
    automatic,  ///< refuse where they took longer than ten minutes or are glasses, else set them aside
    keep,       ///< set them aside
    refuse,     ///< run nothing
};

/// What `--resume` says.
enum class Resume {
    automatic,  ///< skip finished stages
    never,      ///< refuse a directory that holds results
    force,      ///< run all asked-for stages again
};

class OutputDirectory {
public:
    explicit OutputDirectory(std::string path) : path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    /// DIR/FILE.
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    /// DIR/samples/NNNN, and a file in it.
    std::string sample(std::size_t k) const;
    std::string sample_file(std::size_t k, const std::string& name) const { return sample(k) + "/" + name; }
    /// DIR/checkpoints/STAGE-KIND-NNNNN.h5.
    std::string checkpoint(const std::string& stage, const char* kind, int task) const;
    /// Such paths of a stage and kind, in the order of tasks, where the checkpoint itself or the one before it exists.
    std::vector<std::string> checkpoints(const std::string& stage, const std::string& kind) const;

    /// Whether all files of a stage's samples are there.
    bool has_results(const Stage& stage, const StudyFile& study) const;
    /// All results and checkpoints of a stage that are there, of however many samples, relative to the directory.
    std::vector<std::string> files_of(const Stage& stage) const;
    void remove_checkpoints(const std::string& stage) const;
    /// Lets report.html, where there is one, say itself that results have changed since it was drawn. Nothing else
    /// of it changes, and the next one drawn takes its place.
    void mark_report() const;

    /// Throws InputError for a directory that holds anything but this study's results; changes nothing. `keeps`:
    /// glasses of other settings may be set aside.
    void check(const StudyFile& study, Resume resume, bool keeps) const;
    /// Creates the directory and writes the study file into it. Throws InputError where it cannot be made.
    void claim(const StudyFile& study) const;

private:
    std::string path_;
};

/// Whether a stage has finished with the study's present settings.
bool is_finished(const Ledger& ledger, const Stage& stage, const OutputDirectory& directory, const StudyFile& study);

}  // namespace mg::study
