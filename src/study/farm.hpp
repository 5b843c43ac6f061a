#pragma once
/// \file Farm: a stage's units of work, dealt out to teams of ranks.

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "core/comm.hpp"
#include "study/protocols.hpp"
#include "study/stage_checkpoints.hpp"
#include "study/stop.hpp"

namespace mg {

/// f() on rank 0 while the others wait; where it fails, all fail. Collective.
void on_first(Comm& world, const std::function<void()>& f);

/// Sizes of the units that so many tasks make up.
using Split = std::function<std::vector<int>(int tasks)>;

/// A *team* is the ranks that share a replica (compute.domains), most often one rank. Units are taken by tickets, so
/// that teams end together; who does a unit makes no difference to its bits.
class Farm {
public:
    /// Collective. `max_wall_s` [s] counts from now; checkpoints are due every so many minutes.
    Farm(Comm& world, std::optional<double> max_wall_s);
    /// Collective: teams of so many ranks.
    void make_teams(int ranks, double checkpoint_minutes);

    Comm& world() const { return world_; }
    int teams() const { return teams_; }
    /// The ranks that share a replica with this one; null where each has its own.
    Comm* team() const { return team_.get(); }
    /// Whether this rank writes for its team.
    bool leads() const { return !team_ || team_->rank() == 0; }
    /// Whether the run is to stop at its next safe step.
    bool must_stop() { return stop_.now(); }

    /// Units evenly over the teams, unless the user has given a size.
    Split even_split(std::optional<int> replicas_per_batch) const;
    /// Collective: the units of a stage. Those in checkpoints go on as they are; the other unfinished tasks, in groups
    /// of equal cost, are split anew into the sizes that `split` gives for their number. The first rank's groups count.
    std::vector<Unit> units_of(const StageCheckpoints& checkpoints, const std::vector<Unit>& groups,
                               const Split& split);

    /// Collective: deals the units out. one(unit) returns false where it has stopped at a checkpoint; then Stopped is
    /// thrown, by all ranks.
    void run(const std::vector<Unit>& units, const std::function<bool(const Unit&)>& one) { deal(units, one, false); }
    /// Likewise, for work that the first rank of a team does by itself; the others wait for the end of the stage.
    void run_alone(const std::vector<Unit>& units, const std::function<bool(const Unit&)>& one) {
        deal(units, one, true);
    }

    /// For protocols: save() is called, by all ranks of a team, when a checkpoint is due or a stop is asked for.
    Pause pause_with(const std::function<void()>& save) { return pause(save, false); }
    /// Likewise, in work of run_alone.
    Pause pause_alone_with(const std::function<void()>& save) { return pause(save, true); }

private:
    void deal(const std::vector<Unit>& units, const std::function<bool(const Unit&)>& one, bool alone);
    Pause pause(const std::function<void()>& save, bool alone);
    /// What the leader of the team says.
    long agreed(long mine);

    Comm& world_;
    StopRequest stop_;
    int teams_ = 1;
    bool idle_ = false;  ///< left over: in no team
    std::unique_ptr<Comm> team_;
    double checkpoint_minutes_ = 0;
    std::chrono::steady_clock::time_point last_checkpoint_;
};

}  // namespace mg
