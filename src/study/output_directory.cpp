#include "study/output_directory.hpp"
#include "config/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/hdf5.hpp"
#include "io/text.hpp"
#include "study/directory_lock.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

namespace fs = std::filesystem;

/// Whether a directory is empty but for what a run killed while it claimed the directory left behind, or for one that
/// is about to.
bool nothing_but_a_first_write(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        const std::string name = entry.path().filename().string();
        if (name != "config.resolved.toml.tmp" && !is_directory_lock(name)) return false;
    }
    return !error;
}

/// "table.key" and value of the tables that the glasses follow from.
std::vector<std::pair<std::string, std::string>> settings_of_glasses(const StudyFile& study) {
    std::vector<std::pair<std::string, std::string>> list;
    std::string table;
    const std::string text = resolved_toml(study);
    io::LineReader lines(text);
    std::string_view line;
    while (lines.next(line)) {
        const std::size_t equals = line.find(" = ");
        if (line.starts_with("["))
            table = std::string(line.substr(1, line.find(']') - 1));
        else if (equals != std::string_view::npos && !line.starts_with("#") &&
                 (table == "study" || table == "system" || table == "quench"))
            list.emplace_back(table + "." + std::string(line.substr(0, equals)), line.substr(equals + 3));
    }
    return list;
}

/// The first setting of the glasses in which another study differs, for people.
std::string difference(const StudyFile& study, const StudyFile& old) {
    const auto mine = settings_of_glasses(study), others = settings_of_glasses(old);
    const std::map<std::string, std::string> other(others.begin(), others.end());
    for (const auto& [key, value] : mine) {
        if (key == "study.output" || key == "system.potential") continue;
        const auto found = other.find(key);
        if (found == other.end()) return "it has no " + key;
        if (found->second != value) return "its " + key + " is " + found->second + ", not " + value;
    }
    return "the potential or structure files have changed";
}

/// Throws InputError where the directory of a study holds the glasses of another one.
void check_glasses(const OutputDirectory& directory, const StudyFile& study, bool keeps) {
    // Glasses are told apart by the hash they were made under: the files behind it may have changed since.
    // Later stages may change and run again. Where no glass exists yet there is nothing to lose.
    std::error_code error;
    const Ledger ledger(directory.file("stages.json"));
    const std::string samples = directory.file("samples");
    if (!ledger.contains("quench") && (!fs::exists(samples, error) || fs::is_empty(samples, error))) return;
    std::optional<StudyFile> old;
    try {
        old = read_study(directory.file("config.resolved.toml"));
    } catch (const InputError&) {
        // What it names may have moved since; its glasses are known by their hash.
        if (!ledger.contains("quench")) throw;
    }
    std::string glasses = ledger.entry("quench").made_under();
    if (!ledger.contains("quench")) glasses = stage_hash(*old, "quench");
    const bool other_name = old && old->study.name != study.study.name;
    const auto goes = [&] {  // where other samples came or went, it may be that none does
        return !ledger.contains("quench") ||
               !directory.stale_files(stage_named("quench"), study, ledger.entry("quench")).empty();
    };
    if (other_name || (glasses != stage_hash(study, "quench") && !keeps && goes()))
        throw InputError(
            directory.path() + " holds another study" + (old ? ", \"" + old->study.name + "\"" : ""),
            old ? difference(study, *old) : "its glasses have other settings",
            "results are never overwritten: choose another --out, or run with --on-change keep, which sets them aside");
}

}  // namespace

std::string OutputDirectory::sample(std::size_t k) const { return fmt::format("{}/samples/{:04}", path_, k); }

std::string OutputDirectory::checkpoint(const std::string& stage, const char* kind, int task) const {
    return fmt::format("{}/checkpoints/{}-{}-{:05}.h5", path_, stage, kind, task);
}

std::vector<std::string> OutputDirectory::checkpoints(const std::string& stage, const std::string& kind) const {
    std::vector<std::string> paths;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(path_ + "/checkpoints", none)) {
        std::string path = entry.path().string();
        for (const char* ending : {".before", ".next"})
            if (path.ends_with(ending)) path.resize(path.size() - std::string(ending).size());
        if (entry.path().filename().string().starts_with(stage + "-" + kind + "-") && path.ends_with(".h5"))
            paths.push_back(path);
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    return paths;
}

std::vector<int> OutputDirectory::sample_numbers() const {
    std::vector<int> numbers;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(file("samples"), none)) {
        const std::string name = entry.path().filename().string();
        if (name.size() >= 4 && name.size() <= 6 && name.find_first_not_of("0123456789") == std::string::npos)
            numbers.push_back(std::stoi(name));
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

bool OutputDirectory::is_of_settings(const Stage& stage, const StudyFile& study, int k) const {
    const std::vector<int> samples = stage.samples(study);
    if (std::find(samples.begin(), samples.end(), k) == samples.end()) return false;
    const std::string hash = sample_hash(study, stage.name(), k);
    const StageFiles files = stage.files();
    for (const auto* names : {&files.of_sample, &files.beside_sample})
        for (const std::string& name : *names) {
            if (!name.ends_with(".h5")) continue;
            const std::string made = settings_hash_of(sample_file(static_cast<std::size_t>(k), name));
            if (!made.empty() && made != hash) return false;
        }
    return true;
}

std::vector<std::string> OutputDirectory::stale_files(const Stage& stage, const StudyFile& study,
                                                      const LedgerEntry& made) const {
    std::vector<std::string> files = files_of(stage);
    if (!stage.goes_by_samples()) return files;
    const bool same_samples = made.made_under() == stage_hash(study, stage.name());
    std::set<std::string> current;
    for (const int k : sample_numbers())
        if (is_of_settings(stage, study, k)) current.insert(fmt::format("samples/{:04}", k));
    std::erase_if(files, [&](const std::string& f) {
        return f.starts_with("checkpoints/") ? same_samples : current.count(f.substr(0, f.rfind('/'))) > 0;
    });
    return files;
}

int OutputDirectory::samples_there(const Stage& stage, const StudyFile& study) const {
    int count = 0;
    for (const int k : stage.samples(study)) {
        bool is_there = true;
        for (const std::string& name : stage.files().of_sample)
            is_there &=
                settings_hash_of(sample_file(static_cast<std::size_t>(k), name)) == sample_hash(study, stage.name(), k);
        count += is_there ? 1 : 0;
    }
    return count;
}

bool OutputDirectory::has_results(const Stage& stage, const StudyFile& study) const {
    for (const int k : stage.samples(study))
        for (const std::string& name : stage.files().of_sample)
            if (!fs::exists(sample_file(static_cast<std::size_t>(k), name))) return false;
    const std::vector<std::string> of_study = stage.files().of_study;
    // summary.json is of all stages, and written when the last of them has finished.
    return std::all_of(of_study.begin(), of_study.end(),
                       [&](const std::string& name) { return name == "summary.json" || fs::exists(file(name)); });
}

std::vector<std::string> OutputDirectory::files_of(const Stage& stage) const {
    std::vector<std::string> found;
    std::error_code none;
    const auto add = [&](const std::string& name) {
        if (fs::exists(file(name), none)) found.push_back(name);
    };
    const StageFiles files = stage.files();
    for (const auto& sample : fs::directory_iterator(file("samples"), none))
        for (const auto* names : {&files.of_sample, &files.beside_sample})
            for (const std::string& name : *names) add("samples/" + sample.path().filename().string() + "/" + name);
    for (const std::string& name : files.of_study)
        if (name != "summary.json") add(name);  // that is of all stages
    for (const auto& entry : fs::directory_iterator(file("checkpoints"), none))
        if (entry.path().filename().string().starts_with(stage.name() + "-"))
            add("checkpoints/" + entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
}

void OutputDirectory::remove_checkpoints(const std::string& stage) const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(file("checkpoints"), ignored))
        if (entry.path().filename().string().starts_with(stage + "-")) fs::remove(entry.path(), ignored);
}

void OutputDirectory::mark_report() const {
    constexpr std::string_view note =
        "<p class=\"note bad\"><b>Results of this study have changed since this report was drawn.</b> "
        "<code>mgstiff-gpu report</code> draws it again.</p>";
    std::error_code none;
    if (!fs::exists(file("report.html"), none)) return;
    std::string page = io::read_bytes(file("report.html"));
    const std::size_t body = page.find("<body>");
    if (body == std::string::npos || page.find(note) != std::string::npos) return;
    page.insert(body + 6, note);
    io::write_file_atomically(file("report.html"), page);
}

void OutputDirectory::check_place() const {
    std::error_code error;
    if (!fs::exists(path_, error) || fs::exists(file("config.resolved.toml"), error)) return;
    if (!fs::is_directory(path_, error))
        throw InputError(path_ + " is not a directory", "the results need one", "choose another --out");
    if (!nothing_but_a_first_write(path_))
        throw InputError(path_ + " is not empty and holds no study", "results are never mixed with other files",
                         "choose another --out");
}

void OutputDirectory::check(const StudyFile& study, Resume resume, bool keeps) const {
    check_place();
    std::error_code error;
    if (!fs::exists(file("config.resolved.toml"), error)) return;
    if (resume == Resume::never)
        throw InputError(path_ + " holds results already", "--resume never was given",
                         "choose another --out or leave out --resume never");
    if (resume != Resume::force) check_glasses(*this, study, keeps);
}

void OutputDirectory::claim(const StudyFile& study) const {
    const std::string resolved = file("config.resolved.toml"), text = resolved_toml(study);
    std::error_code error;
    const auto make = [&](const std::string& path) {
        fs::create_directories(path, error);
        if (error) throw InputError("cannot make the directory " + path_, error.message(), "choose another --out");
    };
    // The settings come first: they mark the directory as ours, whatever a kill leaves undone after them.
    make(path_);
    if (!fs::exists(resolved) || io::read_bytes(resolved) != text) io::write_file_atomically(resolved, text);
    make(file("samples"));
    make(file("checkpoints"));
}

std::string settings_hash_of(const std::string& path) {
    if (!fs::exists(path)) return "";
    try {
        const io::H5File h5 = io::H5File::open(path, true);
        return h5.has_attribute("/", "stage_hash") ? h5.read_string("/", "stage_hash") : "";
    } catch (const Error&) {
        return "";
    }
}

bool is_finished(const Ledger& ledger, const Stage& stage, const OutputDirectory& directory, const StudyFile& study) {
    return ledger.finished_under(stage.name()) == stage_hash(study, stage.name()) &&
           directory.has_results(stage, study);
}

}  // namespace mg::study
