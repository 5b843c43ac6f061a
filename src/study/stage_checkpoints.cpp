#include "study/stage_checkpoints.hpp"

#include <filesystem>

#include "core/error.hpp"

namespace mg::study {

bool StageCheckpoints::is_current(const std::string& path, std::optional<int> task) const {
    if (!std::filesystem::exists(path)) return false;
    try {
        const io::H5File f = io::H5File::open(path, true);
        const bool is_checkpoint = f.exists("/tasks");
        const bool mine =
            !task || (is_checkpoint ? f.read<int>("/tasks") == Unit{*task} : f.read_long("/", "sample") == *task);
        return mine && f.read_string("/", "stage_hash") == (is_checkpoint || !task ? hash_ : hash_of_(*task));
    } catch (const Error& e) {
        warn(std::string(e.what()) + "; it is made again");
        return false;
    }
}

void StageCheckpoints::mark(io::H5File& file, const Unit& tasks) const {
    file.write_attribute("/", "stage_hash", hash_);
    file.write("/tasks", tasks);
}

Unit StageCheckpoints::tasks_in(const io::H5File& file) const {
    if (file.read_string("/", "stage_hash") != hash_)
        throw InputError("the checkpoint " + file.path() + " is of other settings", "the study has changed",
                         "it is not used");
    return file.read<int>("/tasks");
}

void StageCheckpoints::resume(const CheckpointFile& file, const Unit& unit,
                              const std::function<void(const io::H5File&)>& get) const {
    file.read(
        [&](const io::H5File& f) {
            if (tasks_in(f) != unit)
                throw InputError("the checkpoint " + f.path() + " is of other work", "its tasks differ",
                                 "it is not used");
            get(f);
        },
        [&](const std::string& text) { warn(text); });
}

Unit StageCheckpoints::tasks_of(const CheckpointFile& file) const {
    Unit tasks;
    const bool whole =
        file.read([&](const io::H5File& f) { tasks = tasks_in(f); }, [&](const std::string& text) { warn(text); });
    return whole ? tasks : Unit{};
}

}  // namespace mg::study
