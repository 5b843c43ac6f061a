#include "study/set_aside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "io/json.hpp"

namespace mg::study {
namespace {

namespace fs = std::filesystem;

constexpr const char* record_name = "settings.json";
constexpr const char* root = "set-aside";

void move_file(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (!error) fs::rename(from, to, error);
    if (error)
        throw Error("cannot move " + from.string() + " to " + to.string(), error.message(),
                    "make room there; nothing is lost, and the next run goes on");
}

LedgerEntry entry_of(const nlohmann::json& j) {
    return {j.value("hash", ""), j.value("begun", ""), j.value("seconds", 0.0), j.value("settings", "")};
}

/// All files below a folder, relative to it.
std::vector<fs::path> files_below(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::recursive_directory_iterator(folder, none))
        if (entry.is_regular_file() && entry.path().filename() != record_name)
            files.push_back(fs::relative(entry.path(), folder));
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::string SetAside::folder(const std::string& stage, const std::string& hash) const {
    return fmt::format("{}/{}-{}", root, stage, hash.empty() ? "unknown" : hash.substr(0, 12));
}

bool SetAside::holds(const std::string& stage, const std::string& hash) const {
    return fs::exists(directory_.file(folder(stage, hash) + "/" + record_name));
}

std::string SetAside::take(const Stage& stage, const LedgerEntry& entry, bool same_settings,
                           const std::vector<std::string>& files) const {
    if (files.empty()) return "";
    const std::string name = folder(stage.name(), entry.made_under());
    std::string to = name;
    // Where a kill came between two moves, a part of the files is there, and they are other ones.
    const auto taken = [&] {
        if (same_settings && to == name) return true;
        return std::any_of(files.begin(), files.end(),
                           [&](const std::string& f) { return fs::exists(directory_.file(to + "/" + f)); });
    };
    for (int k = 1; taken(); ++k) to = fmt::format("{}.{}", name, k);
    std::error_code none;
    fs::create_directories(directory_.file(to), none);
    // On their way back when a kill came, they are known there as what they are, and here as begun only.
    const std::string record = directory_.file(to + "/" + record_name);
    if (!fs::exists(record) || entry_of(io::read_json(record)).hash.empty())
        io::write_json(record, {{"stage", stage.name()},
                                {"hash", entry.hash},
                                {"begun", entry.begun},
                                {"seconds", entry.seconds.value_or(0)},
                                {"settings", entry.settings}});
    for (const std::string& f : files) move_file(directory_.file(f), directory_.file(to + "/" + f));
    return to;
}

LedgerEntry SetAside::entry(const std::string& stage, const std::string& hash) const {
    return entry_of(io::read_json(directory_.file(folder(stage, hash) + "/" + record_name)));
}

bool SetAside::collides(const std::string& stage, const std::string& hash) const {
    const std::vector<fs::path> files = files_below(directory_.file(folder(stage, hash)));
    return std::any_of(files.begin(), files.end(),
                       [&](const fs::path& f) { return fs::exists(fs::path(directory_.path()) / f); });
}

void SetAside::give_back(const std::string& stage, const std::string& hash, const std::function<void()>& noted) const {
    const fs::path from = directory_.file(folder(stage, hash));
    for (const fs::path& f : files_below(from)) move_file(from / f, fs::path(directory_.path()) / f);
    noted();
    std::error_code none;
    fs::remove_all(from, none);
}

bool SetAside::give_back_sample(const Stage& stage, int sample, const std::string& hash) const {
    const StageFiles files = stage.files();
    const std::string folder_of_sample = fmt::format("samples/{:04}/", sample);
    for (const Record& record : list()) {
        if (record.stage != stage.name()) continue;
        const fs::path from = directory_.file(record.folder), to = directory_.path();
        const auto is_whole = [&](const std::string& name) {
            return settings_hash_of((from / (folder_of_sample + name)).string()) == hash;
        };
        if (!std::all_of(files.of_sample.begin(), files.of_sample.end(), is_whole)) continue;
        // What tells that the sample is done comes last.
        for (const auto* names : {&files.beside_sample, &files.of_sample})
            for (const std::string& name : *names)
                if (fs::exists(from / (folder_of_sample + name)))
                    move_file(from / (folder_of_sample + name), to / (folder_of_sample + name));
        std::error_code none;
        if (files_below(from).empty()) fs::remove_all(from, none);
        return true;
    }
    return false;
}

std::vector<SetAside::Record> SetAside::list() const {
    std::vector<Record> records;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(directory_.file(root), none)) {
        const std::string record = (entry.path() / record_name).string();
        if (!fs::exists(record)) continue;
        const nlohmann::json j = io::read_json(record);
        records.push_back(
            {j.value("stage", ""), fmt::format("{}/{}", root, entry.path().filename().string()), entry_of(j)});
    }
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.folder < b.folder; });
    return records;
}

}  // namespace mg::study
