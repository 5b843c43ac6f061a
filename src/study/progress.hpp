#pragma once
/// \file Progress of a running study: a live line on a terminal, else a line every 30 s; log.txt and status.json in the
/// output directory.

#include <chrono>
#include <cstdio>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace mg::study {

/// A time [s] in a unit that fits: "75 s", "12 min 05 s", "3 h 20 min", "4.5 days", "20.1 years".
std::string duration_text(double seconds);

class Progress {
public:
    /// Opens DIR/log.txt for appending and writes DIR/status.json. Of ranks other than 0 only
    /// warnings are printed, with the rank's number.
    explicit Progress(const std::string& directory, int rank = 0);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// A line for people: to standard error and the log.
    void say(const std::string& line);
    void warn(const std::string& line);

    /// Starts a stage of `work` units ("atom-steps", "epochs", ...). For molecular dynamics `ns_per_work` turns a rate
    /// of atom-steps per second into ns/day; 0: none.
    void begin(const std::string& stage, double work, const std::string& unit, double ns_per_work = 0);
    /// Work done so far in this stage.
    void advance(double done);
    /// Ends the stage.
    void end();

    /// Writes the final state into status.json: "done", or "failed" with a reason.
    void finish(const std::string& state, const std::string& reason = "");

private:
    using Clock = std::chrono::steady_clock;
    void write_status(const std::string& state, const std::string& reason);
    std::string line() const;

    std::string directory_;
    int rank_;
    std::FILE* log_ = nullptr;
    bool terminal_ = false;
    bool live_ = false;
    std::string stage_, unit_;
    double work_ = 0, done_ = 0, ns_per_work_ = 0;
    Clock::time_point start_, last_line_, last_status_;
};

}  // namespace mg::study
