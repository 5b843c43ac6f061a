#pragma once
/// \file Farm: hands the units of work of a stage out to teams of MPI ranks.

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "core/comm.hpp"
#include "study/protocols.hpp"
#include "study/stage_checkpoints.hpp"
#include "study/stop.hpp"

namespace mg::study {

/// Collective: f() on rank 0 while the others wait. Where it throws, all ranks throw.
void on_first(Comm& world, const std::function<void()>& f);

/// Sizes of the units that a number of tasks is split into.
using Split = std::function<std::vector<int>(int tasks)>;

/// A *team* is the ranks that share a replica (compute.domains), most often one rank. Load is balanced while it runs: a
/// team that is free takes the next unit from a shared counter (Comm::tickets). Results do not depend on which team did
/// what, to the bit.
class Farm {
public:
    /// Collective. `max_wall_s` [s] counts from now.
    Farm(Comm& world, std::optional<double> max_wall_s);
    /// Collective: teams of `ranks` ranks each, whose checkpoints are due every `checkpoint_minutes`.
    void make_teams(int ranks, double checkpoint_minutes);

    Comm& world() const { return world_; }
    int teams() const { return teams_; }
    /// The ranks that share a replica with this one; null where each has its own.
    Comm* team() const { return team_.get(); }
    /// Whether this rank writes for its team.
    bool leads() const { return !team_ || team_->rank() == 0; }
    /// Whether the run is to stop at its next safe step.
    bool must_stop() { return stop_.now(); }

    /// As many tasks for each team, or units of compute.replicas_per_batch tasks where that is given.
    Split even_split(std::optional<int> replicas_per_batch) const;
    /// Collective: the units of a stage. `groups` are its unfinished tasks, those of equal cost together. A unit that
    /// has a checkpoint keeps its tasks; what is left of each group is split by `split`. Rank 0's groups count.
    std::vector<Unit> units_of(const StageCheckpoints& checkpoints, const std::vector<Unit>& groups,
                               const Split& split);

    /// Collective: calls one(unit) for every unit, on all ranks of the team that takes it. It returns false where it
    /// has stopped at a checkpoint; then all ranks throw Stopped.
    void run(const std::vector<Unit>& units, const std::function<bool(const Unit&)>& one) { deal(units, one, false); }
    /// Likewise, but on the first rank of the team alone; the others wait for the end of the stage.
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

}  // namespace mg::study
