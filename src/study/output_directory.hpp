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
    /// All folders of samples, also of more than the study has, by number.
    std::vector<int> sample_numbers() const;
    /// DIR/checkpoints/STAGE-KIND-NNNNN.h5.
    std::string checkpoint(const std::string& stage, const char* kind, int task) const;
    /// Such paths of a stage and kind, in the order of tasks, where the checkpoint itself or the one before it exists.
    std::vector<std::string> checkpoints(const std::string& stage, const std::string& kind) const;

    /// Whether all files of a stage and of its samples are there.
    bool has_results(const Stage& stage, const StudyFile& study) const;
    /// All results and checkpoints of a stage that are there, of however many samples, relative to the directory.
    std::vector<std::string> files_of(const Stage& stage) const;
    /// Those of files_of() that are not of the study's present settings. A stage that goes by samples keeps the results
    /// of samples that are the same as before; one that is damaged is taken for current here, and named where it is
    /// read.
    std::vector<std::string> stale_files(const Stage& stage, const StudyFile& study, const LedgerEntry& made) const;
    /// How many samples of the study have results of a stage that goes by samples, of the present settings.
    int samples_there(const Stage& stage, const StudyFile& study) const;
    void remove_checkpoints(const std::string& stage) const;
    /// Lets report.html, where there is one, say itself that results have changed since it was drawn. Nothing else
    /// of it changes, and the next one drawn takes its place.
    void mark_report() const;

    /// Throws InputError for what is there and no directory of results; changes nothing.
    void check_place() const;
    /// The same, and for one that holds anything but this study's results. `keeps`: glasses of other settings may be
    /// set aside.
    void check(const StudyFile& study, Resume resume, bool keeps) const;
    /// Creates the directory and writes the study file into it. Throws InputError where it cannot be made.
    void claim(const StudyFile& study) const;

private:
    /// Whether all of a stage's results in the folder of sample k are of the present settings, as far as they are
    /// there.
    bool is_of_settings(const Stage& stage, const StudyFile& study, int k) const;

    std::string path_;
};

/// The hash of the settings that a result is of; "" where it does not say or cannot be read.
std::string settings_hash_of(const std::string& path);

/// Whether a stage has finished with the study's present settings.
bool is_finished(const Ledger& ledger, const Stage& stage, const OutputDirectory& directory, const StudyFile& study);

}  // namespace mg::study
