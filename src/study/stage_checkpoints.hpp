#pragma once
/// \file Files of one stage in checkpoints/: states of unfinished units of work, and results of finished tasks.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "study/checkpoint.hpp"
#include "study/output_directory.hpp"
#include "study/progress.hpp"
#include "study/results/result_file.hpp"

namespace mg::study {

using Unit = std::vector<int>;  ///< tasks of one stage that are done together, in one batch

/// Every file holds the hash of the stage's settings, a sample's results that of the sample; files with another hash
/// are not used.
class StageCheckpoints {
public:
    /// `hash` is of the stage, hash_of(k) of its results for sample k.
    StageCheckpoints(const OutputDirectory& directory, std::string stage, std::string hash,
                     std::function<std::string(int)> hash_of, Progress& progress)
        : directory_(directory),
          stage_(std::move(stage)),
          hash_(std::move(hash)),
          hash_of_(std::move(hash_of)),
          progress_(progress) {}

    const std::string& stage() const { return stage_; }
    /// Kinds are "unit" (a CheckpointFile), "run" (results of a finished task) and others of single stages.
    std::string path(const char* kind, int task) const { return directory_.checkpoint(stage_, kind, task); }
    std::vector<std::string> all(const std::string& kind) const { return directory_.checkpoints(stage_, kind); }

    /// Whether the file exists, is whole, and was made by this stage with the present settings, and of this task; or a
    /// result of this sample. One that is damaged is reported.
    bool is_current(const std::string& path, std::optional<int> task) const;
    /// Writes the hash of the present settings into a file, and which tasks it holds.
    void mark(io::H5File& file, const Unit& tasks) const;
    /// Tasks that a file holds. Throws InputError where it was made with other settings.
    Unit tasks_in(const io::H5File& file) const;

    /// Calls get(file) with the newest undamaged checkpoint of the unit, where there is one.
    void resume(const CheckpointFile& file, const Unit& unit, const std::function<void(const io::H5File&)>& get) const;
    /// Tasks in the newest undamaged checkpoint of a unit; empty where there is none.
    Unit tasks_of(const CheckpointFile& file) const;

    /// Writes the results of a finished task as a sealed file; File shows its fields as in results/result_file.hpp.
    template <class File>
    void write(const char* kind, int task, const File& file) const {
        io::H5File h5 = io::H5File::create(path(kind, task), true);
        result_file::Writer writer{h5};
        File::visit(writer, file);
        mark(h5, {task});
        h5.close();
    }
    template <class File>
    File read(const char* kind, int task) const {
        return read_fields<File>(io::H5File::open(path(kind, task), true));
    }

private:
    void warn(const std::string& text) const { progress_.warn(text); }

    const OutputDirectory& directory_;
    std::string stage_, hash_;
    std::function<std::string(int)> hash_of_;
    Progress& progress_;
};

}  // namespace mg::study
