#include "study/farm.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace mg::study {

void on_first(Comm& world, const std::function<void()>& f) {
    std::string problem;
    if (world.rank() == 0) try {
            f();
        } catch (const InputError& e) {
            problem = std::string("2") + e.what();
        } catch (const std::exception& e) {
            problem = std::string("1") + e.what();
        }
    world.broadcast(problem, 0);
    if (problem.empty()) return;
    if (problem[0] == '2') throw InputError(problem.substr(1));
    throw Error(problem.substr(1));
}

Farm::Farm(Comm& world, std::optional<double> max_wall_s) : world_(world), stop_(world, max_wall_s) {}

void Farm::make_teams(int ranks, double checkpoint_minutes) {
    checkpoint_minutes_ = checkpoint_minutes;
    teams_ = world_.size() / ranks;
    if (ranks == 1) return;
    // Ranks that are left over have nothing to do.
    idle_ = world_.rank() / ranks >= teams_;
    team_ = world_.split(idle_ ? teams_ : world_.rank() / ranks);
}

long Farm::agreed(long mine) {
    if (!team_) return mine;
    std::string text = std::to_string(mine);
    team_->broadcast(text, 0);
    return std::stol(text);
}

Split Farm::even_split(std::optional<int> replicas_per_batch) const {
    return [this, replicas_per_batch](int tasks) {
        const int even = std::max(1, (tasks + teams_ - 1) / teams_);
        const int size = team_ ? 1 : replicas_per_batch.value_or(even);
        std::vector<int> sizes;
        for (int k = 0; k < tasks; k += size) sizes.push_back(std::min(size, tasks - k));
        return sizes;
    };
}

std::vector<Unit> Farm::units_of(const StageCheckpoints& checkpoints, const std::vector<Unit>& groups,
                                 const Split& split) {
    std::string text;
    on_first(world_, [&] {
        std::map<int, bool> open;  // whether an unfinished task still wants a unit
        for (const Unit& group : groups)
            for (const int task : group) open[task] = true;
        std::vector<Unit> units;
        for (const std::string& path : checkpoints.all("unit")) {
            const CheckpointFile file(path);
            const Unit tasks = checkpoints.tasks_of(file);
            if (std::none_of(tasks.begin(), tasks.end(), [&](int k) { return open.count(k) && open[k]; })) {
                file.remove();
                continue;
            }
            for (const int k : tasks) open[k] = false;
            units.push_back(tasks);
        }
        for (const Unit& group : groups) {
            Unit rest;
            for (const int k : group)
                if (open[k]) rest.push_back(k);
            auto at = rest.begin();
            for (const int size : split(static_cast<int>(rest.size()))) {
                units.emplace_back(at, at + size);
                at += size;
            }
        }
        text = nlohmann::json(units).dump();
    });
    world_.broadcast(text, 0);
    return nlohmann::json::parse(text).get<std::vector<Unit>>();
}

void Farm::deal(const std::vector<Unit>& units, const std::function<bool(const Unit&)>& one, bool alone) {
    const std::unique_ptr<Tickets> tickets = world_.tickets();
    bool stopped = false;
    while (!idle_ && !stopped && (leads() || !alone)) {
        const long mine = !leads() ? 0 : stop_.now() ? -1 : tickets->next();
        const long k = alone ? mine : agreed(mine);
        if (k >= static_cast<long>(units.size())) break;
        stopped = k < 0 || !one(units[k]);
    }
    bool any = false;
    for (const char other : world_.all_gather_value(static_cast<char>(stopped))) any = any || other;
    if (any) throw Stopped("stopped at a checkpoint (" + stop_.reason() + "): submit again to go on");
}

Pause Farm::pause(const std::function<void()>& save, bool alone) {
    last_checkpoint_ = std::chrono::steady_clock::now();
    return [this, save, alone] {
        const double minutes =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - last_checkpoint_).count() / 60;
        const long mine = !leads() ? 0 : stop_.now() ? 2 : minutes >= checkpoint_minutes_ ? 1 : 0;
        const long what = alone ? mine : agreed(mine);
        if (what == 0) return false;
        save();
        last_checkpoint_ = std::chrono::steady_clock::now();
        return what == 2;
    };
}

}  // namespace mg::study
