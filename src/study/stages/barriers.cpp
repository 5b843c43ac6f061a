/// \file The stage `barriers`: saddle searches around atoms, dealt out by atoms.

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "artn/search_events.hpp"
#include "config/samples.hpp"
#include "core/macros.hpp"
#include "io/atomic_file.hpp"
#include "study/barriers.hpp"
#include "study/context.hpp"
#include "study/results/events_text.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

/// Saddle searches as measured in a glass quenched at 1.5e13 K/s (benchmarks/README.md): force evaluations of one, the
/// share that is polished and accepted, what the polish takes, and how much longer `double` takes than `mixed`.
constexpr double search_evaluations = 2000, accepted_share = 0.3, polished_share = 0.65, larger_evaluations = 600,
                 whole_evaluations = 250, double_over_mixed = 1.5;

/// Task of the farm: all attempts at one atom.
struct Search {
    int sample, atom;
};

/// All searches of a study, and those that are left to make, by sample; none of a sample that has its results.
struct Plan {
    std::vector<Search> searches;
    std::vector<Unit> groups;
    std::map<int, std::vector<long>> ids;  ///< of the atoms, by sample
};

bool has_barriers(const Context& c, int k) { return c.checkpoints.is_current(c.sample_file(k, "barriers.h5"), k); }

Plan plan_searches(const Context& c) {
    Plan plan;
    for (const int k : searched_samples(c.study)) {
        plan.ids[k] = c.glass(k).id;
        plan.groups.emplace_back();
        const bool is_made = has_barriers(c, k);
        for (const int atom : searched_atoms(c.study, plan.ids[k], static_cast<std::uint32_t>(k))) {
            if (!is_made) plan.groups.back().push_back(static_cast<int>(plan.searches.size()));
            plan.searches.push_back({k, atom});
        }
    }
    return plan;
}

/// Takes out what has been made: every file of finished searches says which they are, so that however they were dealt
/// out, none is made twice.
void drop_finished(Context& c, Plan& plan) {
    std::vector<char> finished(plan.searches.size());
    for (const std::string& path : c.checkpoints.all("run")) {
        if (!c.checkpoints.is_current(path, {})) {
            c.progress.warn(path + " is damaged or of other settings; its searches are made again");
            std::filesystem::remove(path);
            continue;
        }
        for (const int task : io::H5File::open(path, true).read<int>("/tasks")) finished.at(task) = 1;
    }
    for (Unit& group : plan.groups) std::erase_if(group, [&](int task) { return finished[task] != 0; });
}

std::shared_ptr<const Minimum> read_minimum(const Context& c, int sample) {
    return std::make_shared<const Minimum>(get_minimum(io::H5File::open(c.checkpoints.path("minimum", sample), true),
                                                       c.potential.elements, c.potential.masses));
}

void say_summary(Context& c, int k, const std::vector<CenterEvents>& events) {
    const BarrierSummary s = summarise(events);
    std::string classes;
    for (std::size_t i = 0; i < s.by_status.size(); ++i)
        if (s.by_status[i] > 0)
            classes += fmt::format("{}{} {}", classes.empty() ? "" : ", ", search_status_names()[i], s.by_status[i]);
    c.progress.say(fmt::format("sample {}: {} events from {} attempts ({})", k, s.accepted, s.attempts, classes));
    if (s.accepted > 0)
        c.progress.say(fmt::format(
            "sample {}: barriers mean {:.3f}, median {:.3f}, spread {:.3f} eV; {:.0f} force evaluations per "
            "attempt, {:.0f} with all atoms",
            k, s.mean, s.median, s.deviation, s.evaluations, s.whole_evaluations));
}

void write_sample(Context& c, int k, const std::vector<CenterEvents>& events) {
    const Minimum minimum = *read_minimum(c, k);
    const std::string xyz = c.sample_file(k, "events.xyz");
    io::write_file_atomically(c.sample_file(k, "events.txt"), events_table(events, minimum.structure.id));
    io::write_file_atomically(xyz, events_xyz(xyz, minimum, events, 12));
    io::H5File f = io::H5File::create(c.sample_file(k, "barriers.h5"), true);
    write_barriers(f, minimum, events, c.study);
    write_stamp(f, c.stamp(k, "barriers.h5"));
    f.close();
    c.write_xyz(k);
    say_summary(c, k, events);
}

/// The results of all samples from the files of their finished searches.
void write_samples(Context& c, const Plan& plan) {
    std::map<int, std::vector<CenterEvents>> events;
    for (const std::string& path : c.checkpoints.all("run")) {
        const io::H5File f = io::H5File::open(path, true);
        const int sample = plan.searches.at(f.read<int>("/tasks").at(0)).sample;
        for (CenterEvents& center : get_events(f, "/events", plan.ids.at(sample)))
            events[sample].push_back(std::move(center));
    }
    for (auto& [sample, of_sample] : events) {
        std::sort(of_sample.begin(), of_sample.end(),
                  [](const CenterEvents& a, const CenterEvents& b) { return a.center < b.center; });
        write_sample(c, sample, of_sample);
    }
}

template <class Space>
class BarriersStage final : public Stage {
public:
    std::string name() const override { return "barriers"; }
    bool is_part_of(const StudyFile& study) const override { return study.barriers.enabled; }
    std::vector<std::string> needs(const StudyFile&) const override { return {"quench"}; }
    std::string hashed_besides(const StudyFile&) const override {
        return "format 3\n";  // saddles that their second mode was asked
    }
    bool goes_by_samples() const override { return true; }
    StageFiles files() const override { return {{"barriers.h5"}, {"events.txt", "events.xyz"}, {}}; }
    std::vector<int> samples(const StudyFile& study) const override { return searched_samples(study); }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        const StudyFile::Barriers& b = study.barriers;
        const double whole = size.atoms_of_sample();
        double centers = b.atoms.kind == io::Selection::Kind::list     ? static_cast<double>(b.atoms.list.size())
                         : b.atoms.kind == io::Selection::Kind::number ? b.atoms.number * whole
                                                                       : whole;
        centers *= static_cast<double>(searched_samples(study).size());
        const double attempts = centers * std::min<double>(b.max_attempts, b.events_per_atom / accepted_share);
        const double moving = std::min(whole, size.atoms_within(b.region));
        // A pair with one moving atom is met once; a larger region moves 3.4 times as many atoms.
        const double per_attempt =
            search_evaluations * 1.4 * moving +
            (b.polish && moving < whole ? polished_share * (larger_evaluations * 1.3 * std::min(whole, 3.4 * moving) +
                                                            whole_evaluations * whole)
                                        : 0.0);
        StageEstimate e{.name = name(),
                        .replicas = static_cast<int>(centers),
                        .atom_steps = attempts * per_attempt,
                        .seconds = double_over_mixed * attempts * per_attempt / size.atom_steps_per_second};
        e.note = fmt::format("{:.0f} atoms, about {:.0f} searches", centers, attempts);
        return e;
    }

    void run(Context& c) const override {
        c.require("quench");
        Plan plan = plan_searches(c);
        const EventOptions options = event_options(c.study);
        std::vector<Unit> unsettled;
        for (const int k : searched_samples(c.study))
            if (!has_barriers(c, k) && !c.checkpoints.is_current(c.checkpoints.path("minimum", k), k))
                unsettled.push_back({k});
        on_first(c.farm.world(), [&] { drop_finished(c, plan); });
        const std::vector<Unit> units = c.farm.units_of(c.checkpoints, plan.groups, guided_split(c.farm.teams()));
        double atoms = 0;
        for (const Unit& unit : units) atoms += static_cast<double>(unit.size());
        c.progress.begin(name(), atoms * options.events_per_atom / c.farm.teams(), "events");
        c.farm.run_alone(unsettled, [&](const Unit& unit) { return settle_sample(c, unit[0]); });
        const EamTables<Space> tables = make_eam_tables<Space>(c.potential);
        double done = 0;
        c.farm.run_alone(units, [&](const Unit& unit) {
            if (!search_unit(c, unit, plan, tables, options, done)) return false;
            done += static_cast<double>(unit.size()) * options.events_per_atom;
            return true;
        });
        on_first(c.farm.world(), [&] { write_samples(c, plan); });
        c.progress.end();
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        nlohmann::json all = nlohmann::json::array();
        for (const int k : searched_samples(c.study)) {
            const io::H5File f = c.open(k, "barriers.h5");
            const BarrierSummary s = study::summarise(get_events(f, "/events", f.read<long>("/minimum/id")));
            nlohmann::json classes = nlohmann::json::object();
            for (std::size_t i = 0; i < s.by_status.size(); ++i) classes[search_status_names()[i]] = s.by_status[i];
            all.push_back({{"sample", k},
                           {"attempts", s.attempts},
                           {"accepted", s.accepted},
                           {"status", classes},
                           {"checked", s.checked},
                           {"check_failed", s.check_failed},
                           {"mean_barrier_eV", s.mean},
                           {"median_barrier_eV", s.median},
                           {"deviation_eV", s.deviation},
                           {"evaluations_per_attempt", s.evaluations},
                           {"larger_evaluations_per_attempt", s.larger_evaluations},
                           {"whole_evaluations_per_attempt", s.whole_evaluations},
                           {"viscosity_K", c.study.report.viscosity_K}});
        }
        summary["barriers"] = all;
    }

private:
    /// Large parts first and small ones last, so that ranks end together; on the host a part keeps every thread busy,
    /// on a device it fills a batch.
    static Split guided_split(int teams) {
        return [teams](int atoms) {
            const int least = std::is_same_v<Space, Cuda> ? 256 : 2 * omp_get_max_threads();
            std::vector<int> sizes;
            while (atoms > 0) {
                const int share = teams == 1 ? atoms : atoms / (2 * teams);
                sizes.push_back(std::min(atoms, std::max(least, share)));
                atoms -= sizes.back();
            }
            return sizes;
        };
    }

    /// The minimum that the searches of a sample begin at; false where stopped, then it starts again.
    bool settle_sample(Context& c, int k) const {
        const auto minimum =
            find_minimum<Space>(c.inherent_structure(static_cast<std::size_t>(k)), c.potential, c.skin(),
                                c.study.study.seed, settle_options(c.study), [&] { return c.farm.must_stop(); });
        if (!minimum) return false;
        io::H5File f = io::H5File::create(c.checkpoints.path("minimum", k), true);
        put_minimum(f, *minimum);
        c.checkpoints.mark(f, {k});
        f.close();
        return true;
    }

    /// All attempts that are left at the atoms of a unit; false where stopped at a checkpoint.
    bool search_unit(Context& c, const Unit& unit, const Plan& plan, const EamTables<Space>& tables,
                     const EventOptions& options, double done) const {
        const int sample = plan.searches.at(unit[0]).sample;
        const std::vector<long>& id = plan.ids.at(sample);
        std::vector<CenterEvents> events;
        for (const int task : unit) events.push_back({plan.searches.at(task).atom, {}});
        const CheckpointFile file(c.checkpoints.path("unit", unit[0]));
        c.checkpoints.resume(file, unit, [&](const io::H5File& f) {
            for (CenterEvents& found : get_events(f, "/events", id))
                for (CenterEvents& here : events)
                    if (here.center == found.center) here.events = found.events;
        });
        const auto put = [&](io::H5File& f) {
            c.checkpoints.mark(f, unit);
            put_events(f, "/events", events, id);
        };
        const Pause pause = c.farm.pause_alone_with([&] { file.write(put); });
        const auto found = [&](const CenterEvents&) {
            double sum = 0;
            for (const CenterEvents& e : events) sum += e.done(options) ? options.events_per_atom : e.accepted();
            c.progress.advance(done + sum);
        };
        if (!search_events<Space>(tables, c.skin(), read_minimum(c, sample), static_cast<std::uint32_t>(sample), events,
                                  options, found, pause))
            return false;
        io::H5File f = io::H5File::create(c.checkpoints.path("run", unit[0]), true);
        put(f);
        f.close();
        file.remove();
        return true;
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_barriers_stage() {
    return std::make_unique<BarriersStage<Space>>();
}

#define MG_BARRIERS(Space) template std::unique_ptr<Stage> make_barriers_stage<Space>();
MG_INSTANTIATE(MG_BARRIERS)

}  // namespace mg::study
