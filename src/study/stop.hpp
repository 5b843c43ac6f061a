#pragma once
/// \file Stopping a run at a checkpoint: signals and the wall-clock limit.

#include <optional>
#include <stdexcept>
#include <string>

#include "core/comm.hpp"

namespace mg::study {

/// Thrown where a run has stopped at a checkpoint on request: exit code 75, submit again.
class Stopped : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// From here on SIGUSR1, SIGTERM and SIGINT ask for a stop instead of ending the process.
void catch_stop_signals();

/// Wall-clock seconds of "90", "90s", "10m", "2h" or "HH:MM:SS". Throws InputError for anything else.
double wall_seconds(const std::string& text);

/// Whether a run is to stop: a signal, --max-wall, or the end of the SLURM job (SLURM_JOB_END_TIME), less a minute.
class StopRequest {
public:
    /// `max_wall` [s] counts from now.
    StopRequest(Comm& world, std::optional<double> max_wall);
    /// Whether any rank has been asked to stop by now. Cheap: ranks call it again and again, each when it likes.
    bool now();
    /// What asked for the stop, for people.
    std::string reason() const;

private:
    Comm& world_;
    double deadline_;  ///< [s] since the epoch
    const char* limit_;
};

}  // namespace mg::study
