// One run at a time in an output directory, and what a killed one leaves is no obstacle.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "io/json.hpp"
#include "io/text.hpp"
#include "study/directory_lock.hpp"
#include "support/paths.hpp"

namespace {

using namespace mg;
namespace fs = std::filesystem;
using study::DirectoryLock;

std::vector<std::string> locks_in(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string refusal(const std::string& directory) {
    try {
        const DirectoryLock lock(directory);
    } catch (const InputError& e) {
        return e.what();
    }
    return "";
}

void age(const std::string& path, int seconds) {
    timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(DirectoryLock, OneAtATimeAndNothingStays) {
    const TemporaryDirectory t;
    const std::string directory = t / "a/b/c";
    {
        const DirectoryLock lock(directory);
        EXPECT_EQ(locks_in(directory), std::vector<std::string>{"running.1.json"});
        EXPECT_TRUE(study::is_directory_lock("running.1.json"));
        EXPECT_FALSE(study::is_directory_lock("running.json") || study::is_directory_lock("running.x.json") ||
                     study::is_directory_lock("status.json"));
        const std::string text = refusal(directory);
        EXPECT_NE(text.find("another run works in " + directory), std::string::npos) << text;
        EXPECT_NE(text.find("process " + std::to_string(getpid()) + " on "), std::string::npos) << text;
        EXPECT_NE(text.find("delete " + directory + "/running.1.json"), std::string::npos) << text;
        EXPECT_EQ(locks_in(directory), std::vector<std::string>{"running.1.json"});
    }
    EXPECT_FALSE(fs::exists(t / "a"));  // made for the lock alone
    fs::create_directories(directory);
    { const DirectoryLock lock(directory); }
    EXPECT_TRUE(fs::exists(directory));
    EXPECT_TRUE(fs::is_empty(directory));
}

TEST(DirectoryLock, AKilledRunIsNoObstacle) {
    const TemporaryDirectory t;
    const std::string directory = t / "study";
    fs::create_directories(directory);
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const DirectoryLock lock(directory);
        if (write(ready[1], "x", 1) != 1) _exit(1);
        pause();
        _exit(0);
    }
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    EXPECT_NE(refusal(directory), "");
    kill(child, SIGSTOP);  // a run that is halted is none that has ended
    age(directory + "/running.1.json", 10000);
    EXPECT_NE(refusal(directory), "");
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    {
        const DirectoryLock lock(directory);
        EXPECT_EQ(locks_in(directory), std::vector<std::string>{"running.2.json"});
    }
    EXPECT_TRUE(fs::is_empty(directory));
    close(ready[0]);
    close(ready[1]);
}

TEST(DirectoryLock, OnAnotherMachineSilenceTells) {
    const TemporaryDirectory t;
    const std::string directory = t / "study", path = directory + "/running.4.json";
    fs::create_directories(directory);
    io::write_json(path, {{"host", "elsewhere"},
                          {"pid", getpid()},
                          {"process_start", "1"},
                          {"machine", "another start"},
                          {"slurm_job", "17"},
                          {"slurm_restarts", ""},
                          {"since", "2026-01-01 00:00:00"}});
    age(path, 60);
    const std::string text = refusal(directory);
    EXPECT_NE(text.find("on elsewhere, SLURM job 17, since 2026-01-01"), std::string::npos) << text;
    setenv("SLURM_JOB_ID", "17", 1);  // the same job on the same machine could be two steps
    EXPECT_NE(refusal(directory), "");
    setenv("SLURM_RESTART_COUNT", "1", 1);  // requeued: the one before was killed
    EXPECT_EQ(refusal(directory), "");
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
    EXPECT_TRUE(fs::is_empty(directory));
    // What was killed before a word was written is waited for a moment.
    const std::string begun = t.write("study/running.9.json", "");
    EXPECT_NE(refusal(directory), "");
    age(begun, 60);
    EXPECT_EQ(refusal(directory), "");
    io::write_json(path, {{"machine", "another start"}, {"pid", 1}});
    age(path, 300);
    EXPECT_EQ(refusal(directory), "");
}

TEST(DirectoryLock, OfManyAtOnceOneWorks) {
    const TemporaryDirectory t;
    const std::string directory = t / "study";
    for (int round = 0; round < 10; ++round) {
        fs::create_directories(directory);
        // What an ended run has left is seen by all of them.
        io::write_json(directory + "/running.3.json", {{"machine", "another start"}});
        age(directory + "/running.3.json", 10000);
        int done[2];
        ASSERT_EQ(pipe(done), 0);
        std::vector<pid_t> children;
        for (int k = 0; k < 6; ++k) {
            children.push_back(fork());
            if (children.back() != 0) continue;
            int code = 2;
            try {
                const DirectoryLock lock(directory);
                close(done[1]);
                char byte;
                if (read(done[0], &byte, 1) == 0) code = 0;  // the parent has closed its end
            } catch (const InputError&) {
            }
            _exit(code);
        }
        int refused = 0, status = 0;
        for (; refused < 5 && waitpid(-1, &status, 0) > 0; ++refused) EXPECT_EQ(WEXITSTATUS(status), 2);
        close(done[1]);
        close(done[0]);
        ASSERT_GT(waitpid(-1, &status, 0), 0);
        EXPECT_EQ(WEXITSTATUS(status), 0);
        EXPECT_TRUE(fs::is_empty(directory)) << round;
    }
}

}  // namespace
