#include "study/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "core/error.hpp"
#include "io/json.hpp"

namespace mg::study {

namespace {

double seconds_since(std::chrono::steady_clock::time_point t) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count();
}

}  // namespace

std::string duration_text(double seconds) {
    const long s = std::lround(std::max(0.0, seconds));
    if (s < 120) return fmt::format("{} s", s);
    if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
    if (s < 86400) return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
    if (seconds < 2 * 365.25 * 86400) return fmt::format("{:.1f} days", seconds / 86400);
    return fmt::format("{:.3g} years", seconds / (365.25 * 86400));
}

Progress::Progress(const std::string& directory, int rank)
    : directory_(directory), rank_(rank), terminal_(rank == 0 && isatty(STDERR_FILENO)) {
    start_ = last_line_ = last_status_ = Clock::now();
    if (rank_ != 0) return;
    const std::string path = directory + "/log.txt";
    log_ = std::fopen(path.c_str(), "a");
    if (!log_) throw Error("cannot write " + path, std::strerror(errno), "check the output directory");
    stage_ = "start";
    write_status("running", "");
}

Progress::~Progress() {
    if (live_) std::fputc('\n', stderr);
    if (log_) std::fclose(log_);
}

void Progress::say(const std::string& line) {
    if (rank_ != 0) return;
    if (live_) std::fputs("\r\033[K", stderr);
    live_ = false;
    std::fprintf(stderr, "%s\n", line.c_str());
    std::fprintf(log_, "%s\n", line.c_str());
    std::fflush(log_);
}

void Progress::warn(const std::string& line) {
    if (rank_ == 0) return say("warning: " + line);
    std::fprintf(stderr, "rank %d: warning: %s\n", rank_, line.c_str());
}

void Progress::begin(const std::string& stage, double work, const std::string& unit, double ns_per_work) {
    stage_ = stage;
    unit_ = unit;
    work_ = work;
    done_ = 0;
    ns_per_work_ = ns_per_work;
    start_ = last_line_ = Clock::now();
    write_status("running", "");
}

std::string Progress::line() const {
    const double seconds = seconds_since(start_), rate = seconds > 0 ? done_ / seconds : 0.0;
    const double fraction = work_ > 0 ? std::min(1.0, done_ / work_) : 0.0;
    std::string text = fmt::format("{}: {:.0f} %, {:.3g} {}/s", stage_, 100 * fraction, rate, unit_);
    if (ns_per_work_ > 0) text += fmt::format(", {:.3g} ns/day", rate * ns_per_work_ * 86400);
    if (rate > 0) text += ", " + duration_text((work_ - done_) / rate) + " left";
    return text;
}

void Progress::advance(double done) {
    done_ = done;
    if (rank_ != 0) return;
    if (seconds_since(last_status_) > 2) write_status("running", "");
    if (terminal_ && seconds_since(last_line_) > 0.2) {
        std::fprintf(stderr, "\r\033[K%s", line().c_str());
        std::fflush(stderr);
        live_ = true;
        last_line_ = Clock::now();
    } else if (!terminal_ && seconds_since(last_line_) > 30) {
        say(line());
        last_line_ = Clock::now();
    }
}

void Progress::end() {
    const double seconds = seconds_since(start_);
    const double rate = seconds > 0 ? done_ / seconds : 0.0;
    std::string text = stage_ + ": done in " + duration_text(seconds);
    if (done_ > 0) text += fmt::format(" ({:.3g} {}/s)", rate, unit_);
    say(text);
}

void Progress::finish(const std::string& state, const std::string& reason) { write_status(state, reason); }

void Progress::write_status(const std::string& state, const std::string& reason) {
    // What a rank alone fails at, it alone can tell.
    if (rank_ != 0 && state != "failed") return;
    last_status_ = Clock::now();
    const double seconds = seconds_since(start_), rate = seconds > 0 ? done_ / seconds : 0.0;
    nlohmann::json status{{"state", state}, {"stage", stage_},    {"done", done_},     {"work", work_},
                          {"unit", unit_},  {"seconds", seconds}, {"rate_per_s", rate}};
    if (rate > 0) status["seconds_left"] = std::max(0.0, (work_ - done_) / rate);
    if (!reason.empty()) status["reason"] = reason;
    io::write_json(directory_ + "/status.json", status);
}

}  // namespace mg::study
