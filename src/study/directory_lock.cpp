#include "study/directory_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.hpp"
#include "io/text.hpp"

namespace mg::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int heartbeat = 15, silence = 120;  // [s]
constexpr int time_to_write = 10;             // [s] in which a new file may still be empty

std::string first_line(const char* path) {
    std::ifstream stream(path);
    std::string line;
    std::getline(stream, line);
    return line;
}

/// When a process began, in ticks of the machine since its start; "" where there is none. A number is given to another
/// process one day, a number and a time are not.
std::string process_start(long pid) {
    const std::string line = first_line(fmt::format("/proc/{}/stat", pid).c_str());
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return "";
    const std::vector<std::string_view> words = io::split_words(std::string_view(line).substr(name_end + 1));
    return words.size() > 19 && words[0] != "Z" ? std::string(words[19]) : "";  // field 22 of proc(5)
}

/// The machine as far as its process numbers reach: since this start of it, in this container.
std::string machine() {
    std::error_code none;
    return first_line("/proc/sys/kernel/random/boot_id") + " " + fs::read_symlink("/proc/self/ns/pid", none).string();
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

json myself() {
    char host[256] = "unknown";
    gethostname(host, sizeof host - 1);
    char since[32] = "";
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    std::strftime(since, sizeof since, "%F %T", &local);
    return {{"host", host},
            {"pid", getpid()},
            {"process_start", process_start(getpid())},
            {"machine", machine()},
            {"slurm_job", environment("SLURM_JOB_ID")},
            {"slurm_restarts", environment("SLURM_RESTART_COUNT")},
            {"since", since}};
}

/// Seconds since a file was touched, by the clock of its own file system; nothing where it is gone.
std::optional<double> age_of(const std::string& path) {
    const std::string probe = fmt::format("{}.probe.{}", path, getpid());
    const int file = ::open(probe.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    struct stat now {};
    const bool known = file >= 0 && fstat(file, &now) == 0;
    if (file >= 0) ::close(file);
    ::unlink(probe.c_str());
    struct stat then {};
    if (::stat(path.c_str(), &then) != 0) return std::nullopt;
    const double clock = known ? static_cast<double>(now.st_mtime) : static_cast<double>(std::time(nullptr));
    return clock - static_cast<double>(then.st_mtime);
}

/// Who holds the directory by this file; nothing where that run has ended.
std::optional<json> holder_of(const std::string& path, const json& me) {
    const std::optional<double> age = age_of(path);
    if (!age) return std::nullopt;
    std::ifstream stream(path);
    const json holder = json::parse(stream, nullptr, false);
    if (!holder.is_object()) return *age < time_to_write ? std::optional(json::object()) : std::nullopt;
    if (holder.value("machine", "") == me["machine"])
        return process_start(holder.value("pid", 0L)) == holder.value("process_start", "?") ? std::optional(holder)
                                                                                            : std::nullopt;
    const bool same_job = holder.value("slurm_job", "") == me["slurm_job"] && me["slurm_job"] != "";
    if (same_job && holder.value("slurm_restarts", "") != me["slurm_restarts"]) return std::nullopt;
    return *age < silence ? std::optional(holder) : std::nullopt;
}

/// N of running.N.json; 0 for another name.
long number_of(const std::string& name) {
    constexpr std::string_view front = "running.", back = ".json";
    if (!name.starts_with(front) || !name.ends_with(back) || name.size() <= front.size() + back.size()) return 0;
    return io::parse_integer(std::string_view(name).substr(front.size(), name.size() - front.size() - back.size()))
        .value_or(0);
}

std::string path_of(const std::string& directory, long number) {
    return fmt::format("{}/running.{}.json", directory, number);
}

std::vector<long> numbers_in(const std::string& directory) {
    std::vector<long> numbers;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(directory, none))
        if (const long number = number_of(entry.path().filename().string()); number > 0) numbers.push_back(number);
    return numbers;
}

[[noreturn]] void refuse(const std::string& directory, const std::string& path, const json& holder) {
    std::string who = "another run";
    if (holder.contains("pid"))
        who = fmt::format("process {} on {}{}, since {}", holder.value("pid", 0L), holder.value("host", "unknown"),
                          holder.value("slurm_job", "").empty() ? "" : ", SLURM job " + holder.value("slurm_job", ""),
                          holder.value("since", "unknown"));
    throw InputError("another run works in " + directory, who,
                     fmt::format("wait for its end, or choose another --out; where that run is gone, delete {} (one on "
                                 "another machine that is silent for {} s counts as gone)",
                                 path, silence));
}

/// Throws InputError where a file but `mine` is of a run that lives. Returns the largest number there is.
long require_free(const std::string& directory, long mine, const json& me) {
    long largest = 0;
    for (const long number : numbers_in(directory)) {
        largest = std::max(largest, number);
        if (number == mine) continue;
        if (const auto holder = holder_of(path_of(directory, number), me))
            refuse(directory, path_of(directory, number), *holder);
    }
    return largest;
}

[[noreturn]] void fail(const std::string& directory, const std::string& why) {
    throw InputError("cannot write into the directory " + directory, why, "choose another --out");
}

}  // namespace

bool is_directory_lock(const std::string& name) { return number_of(name) > 0; }

DirectoryLock::DirectoryLock(const std::string& directory) {
    const auto give_up = [&] {
        if (!path_.empty()) ::unlink(path_.c_str());
        for (auto d = made_.rbegin(); d != made_.rend(); ++d) ::rmdir(d->c_str());
    };
    std::error_code error;
    for (fs::path d = fs::path(directory).lexically_normal(); !d.empty() && !fs::exists(d, error); d = d.parent_path())
        made_.insert(made_.begin(), d.string());
    fs::create_directories(directory, error);
    if (error) {
        give_up();
        throw InputError("cannot make the directory " + directory, error.message(), "choose another --out");
    }
    try {
        const json me = myself();
        const std::string text = me.dump(1) + "\n";
        const long mine = require_free(directory, 0, me) + 1;
        const std::string path = path_of(directory, mine);
        const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (file < 0 && errno == EEXIST) {  // another was faster, and has to say who it is
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            require_free(directory, 0, me);
            refuse(directory, path, json::object());
        }
        if (file < 0) fail(directory, std::strerror(errno));
        path_ = path;
        const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        const int why = errno;
        ::close(file);
        if (!written) fail(directory, std::strerror(why));
        // One that has seen the same ended run as we, or none, may have taken another number meanwhile.
        require_free(directory, mine, me);
        for (const long number : numbers_in(directory))
            if (number < mine) ::unlink(path_of(directory, number).c_str());
    } catch (...) {
        give_up();
        throw;
    }
    heart_ = std::jthread([this](const std::stop_token& stop) { touch_while_alive(stop); });
}

DirectoryLock::~DirectoryLock() {
    heart_.request_stop();
    heart_.join();
    ::unlink(path_.c_str());
    for (auto d = made_.rbegin(); d != made_.rend(); ++d) ::rmdir(d->c_str());
}

void DirectoryLock::touch_while_alive(const std::stop_token& stop) const {
    // Signals that stop a run are for its main thread.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, std::chrono::seconds(heartbeat), [&] { return stop.stop_requested(); }))
        utimensat(AT_FDCWD, path_.c_str(), nullptr, 0);
}

}  // namespace mg::study
