#include "report/report.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "io/share_folders.hpp"

namespace mg {
namespace {

namespace fs = std::filesystem;

constexpr const char* packages = "apt-get install python3-matplotlib python3-h5py python3-scipy";

/// The environment of the scripts: ours, without what makes Python believe it is an MPI rank (Debian's h5py would then
/// load its MPI form and start MPI again), and with no byte code written beside the scripts.
std::vector<std::string> script_environment() {
    std::vector<std::string> result;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text = *entry;
        bool keep = true;
        for (const std::string_view prefix :
             {"OMPI_", "PMIX_", "PMI_", "MPI_LOCAL", "PYTHONDONTWRITEBYTECODE=", "MPLBACKEND="})
            keep = keep && text.substr(0, prefix.size()) != prefix;
        if (keep) result.emplace_back(text);
    }
    result.emplace_back("PYTHONDONTWRITEBYTECODE=1");
    result.emplace_back("MPLBACKEND=Agg");
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (std::string& s : strings) result.push_back(s.data());
    result.push_back(nullptr);
    return result;
}

/// Run a program found on the PATH and wait for it; returns its exit status, 127 where it could not be started, and
/// 128 + the signal where one ended it. Output goes to standard error, or nowhere when `quiet`.
int run_program(std::vector<std::string> arguments, bool quiet) {
    std::vector<std::string> environment = script_environment();
    const std::vector<char*> argv = pointers(arguments), envp = pointers(environment);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (quiet) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    // The program may block or handle signals for its checkpoints; the child starts with the defaults.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int s : {SIGUSR1, SIGTERM, SIGINT, SIGPIPE}) sigaddset(&defaults, s);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t child = 0;
    const int failure = posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), envp.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure) return 127;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The shortest text that reads back as the same number, whatever the locale.
std::string text_of(double value) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

}  // namespace

std::string find_report_scripts() {
    std::string looked;
    for (const fs::path share : io::share_folders()) {
        const std::string folder = share / "figures";
        std::error_code ignored;
        if (fs::is_regular_file(folder + "/make_report.py", ignored)) return folder;
        looked += (looked.empty() ? "" : ", ") + folder;
    }
    const std::string problem = "The report's scripts were not found";
    if (io::share_is_chosen())
        throw Error(problem, "MGSTIFF_SHARE is set and " + looked + " has no make_report.py",
                    "correct MGSTIFF_SHARE or unset it");
    throw Error(problem, "no make_report.py in " + looked,
                "set MGSTIFF_SHARE to the folder that holds figures/make_report.py");
}

std::string find_report_python() {
    const auto works = [](const std::string& python) {
        return run_program({python, "-c", "import matplotlib, h5py, numpy, scipy"}, true) == 0;
    };
    if (const char* chosen = std::getenv("MGSTIFF_PYTHON"); chosen && *chosen) {
        if (!works(chosen))
            throw Error(std::string("The report cannot be drawn with MGSTIFF_PYTHON=") + chosen,
                        "it does not start, or does not import matplotlib, h5py, numpy and scipy",
                        std::string("unset MGSTIFF_PYTHON, or install them there; on Debian: ") + packages);
        return chosen;
    }
    for (const char* candidate : {"python3", "/usr/bin/python3"})
        if (works(candidate)) return candidate;
    throw Error("The report cannot be drawn",
                "neither python3 on the PATH nor /usr/bin/python3 imports matplotlib, h5py, numpy and scipy",
                std::string(packages) + ", or name a Python that has them in MGSTIFF_PYTHON");
}

void make_report(const std::string& directory, const ReportOptions& options) {
    const auto length_is_good = [](double x) { return std::isfinite(x) && x > 0; };
    if (options.bin_atoms < 1 || !length_is_good(options.coarse_grain) || !length_is_good(options.slice))
        throw InputError("The report's options are out of range",
                         "bin_atoms = " + std::to_string(options.bin_atoms) + ", coarse_grain_A = " +
                             text_of(options.coarse_grain) + ", slice_A = " + text_of(options.slice),
                         "give at least one atom per bin and positive lengths");
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored))
        throw InputError(directory + " is not a directory", "the output of a study is expected",
                         "give the directory named by [study] output");
    const std::string script = (fs::path(find_report_scripts()) / "make_report.py").string();
    // An absolute path cannot be taken for an option, whatever the directory is called.
    const int status = run_program(
        {find_report_python(), script, "--bin-atoms", std::to_string(options.bin_atoms), "--coarse-grain",
         text_of(options.coarse_grain), "--slice", text_of(options.slice), fs::absolute(directory).string()},
        false);
    if (status == 2)
        throw InputError("There is no report of " + directory, "it holds no study, as said above",
                         "give the directory named by [study] output");
    if (status != 0)
        throw Error("The report of " + directory + " is not complete",
                    (status > 128 ? "make_report.py was ended by signal " + std::to_string(status - 128)
                                  : "make_report.py ended with status " + std::to_string(status)),
                    "see its messages above; the study's data are untouched");
}

}  // namespace mg
