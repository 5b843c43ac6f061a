#include "study/stop.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "core/error.hpp"

namespace mg::study {

namespace {

volatile std::sig_atomic_t signal_seen = 0;

template <class Clock>
double seconds_of() {
    return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}
/// A clock that nobody sets. What SLURM says is of the wall's, and is taken over once.
double now_s() { return seconds_of<std::chrono::steady_clock>(); }

/// [s] between the end of a SLURM job and the last step: a checkpoint of any size is written in it.
constexpr double slurm_margin = 60;

}  // namespace

void catch_stop_signals() {
    struct sigaction action = {};
    action.sa_handler = [](int number) { signal_seen = number; };
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGUSR1, SIGTERM, SIGINT}) sigaction(number, &action, nullptr);
}

double wall_seconds(const std::string& text) {
    const auto refuse = [&]() -> double {
        throw InputError("--max-wall " + text + " is no time", "it takes 90, 90s, 10m, 2h or HH:MM:SS",
                         "give one of these, above zero");
    };
    double seconds = 0;
    if (text.find(':') != std::string::npos) {
        std::size_t from = 0;
        int parts = 0;
        for (;; ++parts) {
            const std::size_t colon = text.find(':', from);
            const std::string part = text.substr(from, colon - from);
            if (part.empty() || part.size() > 6 || part.find_first_not_of("0123456789") != std::string::npos)
                return refuse();
            seconds = 60 * seconds + std::atof(part.c_str());
            if (colon == std::string::npos) break;
            from = colon + 1;
        }
        if (parts > 2) return refuse();
    } else {
        char* end = nullptr;
        seconds = std::strtod(text.c_str(), &end);
        const std::string unit = end;
        if (end == text.c_str()) return refuse();
        if (unit == "m")
            seconds *= 60;
        else if (unit == "h")
            seconds *= 3600;
        else if (!unit.empty() && unit != "s")
            return refuse();
    }
    return seconds > 0 && seconds < 1e9 ? seconds : refuse();
}

StopRequest::StopRequest(Comm& world, std::optional<double> max_wall)
    : world_(world), deadline_(std::numeric_limits<double>::max()), limit_("--max-wall") {
    if (max_wall) deadline_ = now_s() + *max_wall;
    if (const char* end = std::getenv("SLURM_JOB_END_TIME")) {
        const double at = std::atof(end), slurm = now_s() + at - slurm_margin - seconds_of<std::chrono::system_clock>();
        if (at > 0 && slurm < deadline_) deadline_ = slurm, limit_ = "the end of the SLURM job";
    }
}

bool StopRequest::now() {
    if (signal_seen || now_s() >= deadline_) world_.announce_stop();
    return world_.stop_announced();
}

std::string StopRequest::reason() const {
    if (signal_seen) return std::string("signal ") + strsignal(signal_seen);
    if (now_s() >= deadline_) return limit_;
    return "another rank was asked to";
}

}  // namespace mg::study
