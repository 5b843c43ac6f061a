#include "artn/events.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <type_traits>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/random.hpp"
#include "md/dynamics.hpp"

namespace mg {

int CenterEvents::accepted() const {
    return static_cast<int>(std::count_if(events.begin(), events.end(), [](const Event& e) { return e.accepted(); }));
}
bool CenterEvents::done(const EventOptions& o) const {
    return static_cast<int>(events.size()) >= o.max_attempts || accepted() >= o.events_per_atom;
}

namespace {
/// Streams of velocities below belong to the quench, and those from 2^16 on to the stiffness runs.
constexpr std::uint32_t settle_stream = 1u << 31;
}  // namespace

template <class Space>
std::shared_ptr<const Minimum> find_minimum(const Structure& structure, const EamPotential& potential, double skin,
                                            std::uint64_t seed, const SettleOptions& settle,
                                            const std::function<bool()>& give_up) {
    Structure at_rest = structure;
    at_rest.velocity.clear();
    Batch<Space> batch = make_batch<Space>({at_rest}, potential.elements, potential.masses);
    batch.density.resize(batch.atoms);
    Dynamics<Space> d(std::move(batch), potential, Precision::full, skin);
    FireOptions options;
    options.force_norm = 1e-4;
    options.force_max = 1e-5;
    const auto relax = [&](std::vector<Vec3>& position) {
        copy(to_space<Space>(position), d.batch().position);
        const std::vector<FireState> state = d.minimize(options, 100000, give_up);
        if (state.empty()) return false;
        if (!state[0].converged)
            throw PhysicsError("no minimum was found for saddle searches to begin at",
                               "after 100000 steps the largest force is " + shown(state[0].force_max) + " eV/A",
                               "check the structure");
        position = to_host(d.batch().position);
        return true;
    };
    const auto energy = [&] { return to_host(d.batch().potential_energy)[0]; };
    const RandomStream stream(seed, RandomUse::kick, ~0u);
    std::uint64_t drawn = 0;
    std::vector<Vec3> position = at_rest.position;
    if (!relax(position)) return nullptr;
    double lowest = energy();
    const long steps = std::lround(settle.time / settle.timestep), every = std::lround(settle.every / settle.timestep);
    if (steps > 0) {
        EnsembleOptions nvt;
        nvt.kind = EnsembleKind::nvt;
        nvt.temperature_begin = nvt.temperature_end = settle.temperature;
        nvt.timestep = settle.timestep;
        Structure start = at_rest;
        start.position = position;
        Dynamics<Space> thermal(make_batch<Space>({start}, potential.elements, potential.masses), potential,
                                Precision::full, skin);
        // Half of what a minimum is given goes into its potential energy.
        thermal.draw_velocities({2 * settle.temperature}, seed, {settle_stream});
        thermal.set_ensembles({nvt});
        for (long step = 0; step < steps;) {
            RunSchedule schedule;
            schedule.steps = std::min(every, steps - step);
            schedule.pause = [&](long) { return give_up && give_up(); };
            if (!thermal.run(schedule)) return nullptr;
            step += schedule.steps;
            std::vector<Vec3> now = to_host(thermal.batch().position);
            if (!relax(now)) return nullptr;
            if (energy() >= lowest) continue;
            lowest = energy();
            position = now;
        }
    }
    for (int turn = 0; turn < 5; ++turn) {
        std::vector<Vec3> shaken = position;
        for (Vec3& x : shaken) {
            Vec3 u{stream.normal(drawn), stream.normal(drawn + 1), stream.normal(drawn + 2)};
            drawn += 3;
            x += (0.01 / std::sqrt(norm2(u))) * u;
        }
        if (!relax(shaken)) return nullptr;
        const double again = energy();
        const bool stands = std::abs(again - lowest) <= 1e-6;
        if (!stands && again > lowest) continue;
        if (!stands) {
            position = shaken;
            lowest = again;
            continue;
        }
        copy(to_space<Space>(position), d.batch().position);
        d.evaluate();
        auto minimum = std::make_shared<Minimum>();
        minimum->structure = d.structures()[0];
        minimum->structure.id = structure.id;
        minimum->structure.velocity.clear();
        minimum->density = to_host(d.batch().density);
        minimum->energy = energy();
        return minimum;
    }
    throw PhysicsError("no stable minimum was found for saddle searches to begin at",
                       "moved by 0.01 A per atom, it relaxed to another energy five times over",
                       "anneal the structure, or check it for atoms in impossible places");
}

namespace {

constexpr double kept_displacement = 0.02;                            // [A]
constexpr double moved_displacement = 0.1;                            // [A]
constexpr double duplicate_barrier = 0.01, duplicate_energy = 0.005;  // [eV]
constexpr double duplicate_distance = 0.1;                            // [A]
constexpr double local_margin = 3.0;                                  // [A] beyond the kick's radius

Vec3 rounded(Vec3 v) {
    return {static_cast<double>(static_cast<float>(v.x)), static_cast<double>(static_cast<float>(v.y)),
            static_cast<double>(static_cast<float>(v.z))};
}

/// |a - b|^2 of two confined saddles.
double squared_difference(const Event& a, const Event& b) {
    std::map<int, Vec3> difference;
    for (std::size_t k = 0; k < a.atom.size(); ++k) difference[a.atom[k]] = a.confined_saddle[k];
    for (std::size_t k = 0; k < b.atom.size(); ++k) difference[b.atom[k]] -= b.confined_saddle[k];
    double sum = 0;
    for (const auto& [atom, d] : difference) sum += norm2(d);
    return sum;
}

/// Along a soft mode of 0.01 eV/A^2 the region's |F| < 0.01 eV/A leaves 5 meV, and a quarter of it 0.3 meV.
SearchOptions sharper(SearchOptions o) {
    o.saddle_force *= 0.25;
    o.relax_force = std::min(o.relax_force, 0.5 * o.saddle_force);
    o.second_energy *= 0.1;
    return o;
}

/// Takes an event into its centre.
using Found = std::function<void(CenterEvents&, Event)>;

/// What is on its way at one centre.
struct Job {
    CenterEvents* center = nullptr;
    std::shared_ptr<const Region> region;
    Event event;                             // of the present attempt
    Event confined;                          // while it is being polished: what the region alone has
    SearchResult before;                     // while it is being polished: the saddle with fewer atoms moving
    double overlap = 1, shift = 0;           // [A] of the last release, as in Event
    std::shared_ptr<const Region> released;  // what moves at present: a larger region, or the whole
    bool descending = false;                 // followed down to both sides
};

/// Searches side by side in three batches: of regions, of larger regions, and of whole systems.
template <class Space>
class Worker {
public:
    Worker(const EamTables<Space>& tables, double skin, std::shared_ptr<const Minimum> minimum, std::uint32_t sample,
           const EventOptions& options, int slots)
        : options_(options),
          minimum_(std::move(minimum)),
          sample_(sample),
          cutoff_(tables.cutoff),
          slots_(slots),
          regions_(tables, skin, options.search),
          larger_(tables, skin, options.search),
          wholes_(tables, skin, sharper(options.search)) {}

    /// Centres from next() (null: none is left) until all are done; false where stopped.
    bool run(const std::function<CenterEvents*()>& next, const Found& found, const std::function<bool()>& stop) {
        for (long turn = 0;; ++turn) {
            if (turn % 64 == 0 && stop()) return false;
            fill(next);
            if (jobs_.empty()) return true;
            for (Queue* q : {&regions_, &larger_, &wholes_})
                if (q->running) q->batch.step();
            // The device is asked now and then.
            if (std::is_same_v<Space, Cuda> && turn % 8 != 0) continue;
            for (Queue* q : {&regions_, &larger_, &wholes_}) {
                if (!q->running) continue;
                for (SearchResult& r : q->batch.collect()) {
                    --q->running;
                    if (q == &regions_)
                        after_search(std::move(r), found);
                    else
                        after_polish(std::move(r), found);
                }
            }
        }
    }

private:
    /// Searches of one size, running and waiting.
    struct Queue {
        SearchBatch<Space> batch;
        std::vector<SearchStart> waiting;
        int running = 0;
        Queue(const EamTables<Space>& tables, double skin, const SearchOptions& options)
            : batch(tables, skin, options) {}
    };

    void fill(const std::function<CenterEvents*()>& next) {
        while (static_cast<int>(jobs_.size()) < slots_) {
            CenterEvents* const center = next();
            if (!center) break;
            Job job;
            job.center = center;
            job.region = std::make_shared<const Region>(carve(minimum_, center->center, options_.region, cutoff_));
            const long ticket = tickets_++;
            jobs_[ticket] = std::move(job);
            begin_attempt(ticket);
        }
        // A batch is put together anew when enough is waiting, or nothing else is to be done.
        for (Queue* q : {&regions_, &larger_, &wholes_}) {
            if (q->waiting.empty() || (q->running > 0 && static_cast<int>(q->waiting.size()) * 16 < slots_)) continue;
            q->running += static_cast<int>(q->waiting.size());
            q->batch.add(std::exchange(q->waiting, {}));
        }
    }

    void begin_attempt(long ticket) {
        Job& job = jobs_.at(ticket);
        job.event = Event{};
        job.event.center = job.center->center;
        job.event.attempt = static_cast<int>(job.center->events.size());
        SearchStart start = random_start(job.region, options_.kick_radius, options_.kick_length, options_.seed, sample_,
                                         job.event.attempt);
        start.ticket = ticket;
        regions_.waiting.push_back(std::move(start));
    }

    /// Records the attempt, and goes on to the next.
    void record(long ticket, const Found& found) {
        Job& job = jobs_.at(ticket);
        found(*job.center, std::move(job.event));
        if (job.center->done(options_))
            jobs_.erase(ticket);
        else
            begin_attempt(ticket);
    }

    void after_search(SearchResult r, const Found& found) {
        Job& job = jobs_.at(r.ticket);
        Event& e = job.event;
        const Region& region = *job.region;
        e.status = r.status;
        e.evaluations = r.evaluations;
        std::copy(std::begin(r.cost), std::end(r.cost), std::begin(e.cost));
        if (r.at_saddle) {
            e.confined_barrier = r.saddle_energy;
            e.eigenvalue = r.eigenvalue;
            e.second_eigenvalue = r.second_eigenvalue;
            e.force = r.force;
            double farthest = -1;
            for (int m = 0; m < region.movable; ++m)
                if (norm2(r.saddle[m]) > farthest) {
                    farthest = norm2(r.saddle[m]);
                    e.most_displaced = region.atom[m];
                }
        }
        const long ticket = r.ticket;
        if (e.status != SearchStatus::connected) return record(ticket, found);
        e.barrier = e.confined_barrier;
        e.final_energy = r.final_energy;
        for (int m = 0; m < region.movable; ++m) {
            const double end = norm2(r.final_state[m]);
            if (end > moved_displacement * moved_displacement) ++e.moved;
            if (std::max(end, norm2(r.saddle[m])) < kept_displacement * kept_displacement) continue;
            e.atom.push_back(region.atom[m]);
            e.confined_saddle.push_back(rounded(r.saddle[m]));
            e.final_state.push_back(rounded(r.final_state[m]));
        }
        e.saddle = e.confined_saddle;
        if (!is_local(e)) {
            e.status = SearchStatus::not_local;
            return record(ticket, found);
        }
        for (const Event& before : job.center->events) {
            const bool same = !before.confined_saddle.empty() && before.duplicate_of < 0 &&
                              std::abs(before.confined_barrier - e.confined_barrier) < duplicate_barrier &&
                              std::abs(before.final_energy - e.final_energy) < duplicate_energy &&
                              squared_difference(before, e) < duplicate_distance * duplicate_distance;
            if (!same) continue;
            if (options_.polish && !region.whole) {
                // What the first one became, this one would become.
                const Event own = std::exchange(e, before);
                e.attempt = own.attempt;
                e.evaluations = own.evaluations;
                std::copy(std::begin(own.cost), std::end(own.cost), std::begin(e.cost));
                e.larger_evaluations = e.whole_evaluations = 0;
                e.checked = 0;
            }
            e.duplicate_of = before.attempt;
            return record(ticket, found);
        }
        if (!options_.polish || region.whole) return record(ticket, found);
        e.overlap = 1;
        job.confined = e;
        job.released = enlarged(*job.region);
        begin_polish(job, r, false, ticket);
        job.before = std::move(r);
    }

    /// Half as large again where that is much less than the whole: most of the elastic relaxation is cheap there.
    std::shared_ptr<const Region> enlarged(const Region& region) {
        const double largest = 0.499 * (smallest_width(minimum_->structure.box) - cutoff_);
        const double radius = std::min(1.5 * options_.region, largest);
        if (radius < 1.25 * options_.region) return whole();
        Region larger = carve(minimum_, region.center, radius, cutoff_);
        return larger.whole ? whole() : std::make_shared<const Region>(std::move(larger));
    }

    std::shared_ptr<const Region> whole() {
        if (!whole_) {
            whole_ =
                std::make_shared<const Region>(carve(minimum_, 0, std::numeric_limits<double>::infinity(), cutoff_));
            noise_ = random_start(whole_, 1e9, 0.1, options_.seed, sample_, 0).noise;
        }
        return whole_;
    }

    /// A vector over the movable atoms of a region, as one over all atoms.
    std::vector<Vec3> over_all(const Region& region, const std::vector<Vec3>& of_region) const {
        std::vector<Vec3> all(minimum_->structure.size());
        for (int m = 0; m < region.movable; ++m) all[region.atom[m]] = of_region[m];
        return all;
    }

    /// Sends a saddle to where job.released moves.
    void begin_polish(Job& job, const SearchResult& from, bool descend, long ticket) {
        const Region& to = *job.released;
        const std::vector<Vec3> displacement = over_all(*from.region, from.saddle),
                                direction = over_all(*from.region, from.mode),
                                second = over_all(*from.region, from.second);
        SearchStart start;
        start.ticket = ticket;
        start.region = job.released;
        for (int m = 0; m < to.movable; ++m) {
            start.displacement.push_back(displacement[to.atom[m]]);
            start.kick.push_back(direction[to.atom[m]]);
            start.second.push_back(second[to.atom[m]]);
        }
        if (to.whole)
            start.noise = noise_;
        else
            start.noise = random_start(job.released, 1e9, 0.1, options_.seed, sample_, job.event.attempt).noise;
        start.polish = true;
        start.descend = job.descending = descend;
        (to.whole ? wholes_ : larger_).waiting.push_back(std::move(start));
    }

    bool same_saddle(const Job& job) const {
        return job.overlap > options_.polish_overlap && job.shift < options_.polish_distance;
    }
    /// A share of the events is followed down with all atoms in any case.
    bool to_be_checked(const Event& e) const {
        const RandomStream stream(options_.seed, RandomUse::kick, sample_);
        const std::uint64_t place = static_cast<std::uint64_t>(minimum_->structure.id[e.center]) << 36 |
                                    static_cast<std::uint64_t>(e.attempt) << 22 | ((1u << 22) - 1);
        return stream.uniform(place) < options_.check_fraction;
    }

    /// The event's saddle, or its final state, is now this one, of all atoms.
    static void put(Event& e, std::vector<Vec3> Event::*which, const std::vector<Vec3>& displacement) {
        constexpr std::vector<Vec3> Event::*all[] = {&Event::saddle, &Event::confined_saddle, &Event::final_state};
        const std::vector<int> atom = std::exchange(e.atom, {});
        std::vector<Vec3> dense[3];
        for (int m = 0; m < 3; ++m) {
            dense[m].resize(displacement.size());
            for (std::size_t k = 0; k < atom.size(); ++k) dense[m][atom[k]] = (e.*all[m])[k];
            if (all[m] == which) dense[m] = displacement;
            (e.*all[m]).clear();
        }
        double farthest = -1;
        e.moved = 0;
        for (std::size_t i = 0; i < displacement.size(); ++i) {
            double most = 0;
            for (const std::vector<Vec3>& of : dense) most = std::max(most, norm2(of[i]));
            if (norm2(dense[0][i]) > farthest) {
                farthest = norm2(dense[0][i]);
                e.most_displaced = static_cast<int>(i);
            }
            e.moved += norm2(dense[2][i]) > moved_displacement * moved_displacement;
            if (most < kept_displacement * kept_displacement) continue;
            e.atom.push_back(static_cast<int>(i));
            for (int m = 0; m < 3; ++m) (e.*all[m]).push_back(rounded(dense[m][i]));
        }
    }

    bool is_local(const Event& e) const {
        const Structure& s = minimum_->structure;
        const Vec3 d = nearest_image(s.box, s.position[e.center], s.position[e.most_displaced]);
        return std::sqrt(norm2(d)) <= options_.kick_radius + local_margin;
    }

    /// How far the release of further atoms changed the saddle.
    void compare_with_before(Job& job, const SearchResult& r) const {
        const std::vector<Vec3> saddle = over_all(*r.region, r.saddle), mode = over_all(*r.region, r.mode);
        double overlap = 0, farthest = 0;
        for (int m = 0; m < job.before.region->movable; ++m) {
            const int i = job.before.region->atom[m];
            overlap += dot(mode[i], job.before.mode[m]);
            farthest = std::max(farthest, norm2(saddle[i] - job.before.saddle[m]));
        }
        job.overlap = std::abs(overlap);
        job.shift = std::sqrt(farthest);
        job.event.overlap = std::min(job.event.overlap, job.overlap);
        job.event.shift = std::max(job.event.shift, job.shift);
    }

    /// One step of a polish has ended: from the region to a larger one, from there to the whole, or the ways down from
    /// a saddle to both sides. Where a step has changed much, the saddle may have become another's: its own two sides
    /// tell, at the step where it happened, which in the larger region costs a fraction of what it costs in the whole.
    void after_polish(SearchResult r, const Found& found) {
        const long ticket = r.ticket;
        Job& job = jobs_.at(ticket);
        Event& e = job.event;
        const bool all = r.region->whole;
        (all ? e.whole_evaluations : e.larger_evaluations) += r.evaluations;
        const auto finish = [&](SearchStatus status) {
            if (status != SearchStatus::connected) {
                // Where the polish led is no event: all is said of the region's.
                Event lost = std::move(job.confined);
                lost.larger_evaluations = e.larger_evaluations;
                lost.whole_evaluations = e.whole_evaluations;
                lost.overlap = e.overlap;
                lost.shift = e.shift;
                lost.checked = e.checked;
                lost.whole_final_energy = e.whole_final_energy;
                lost.barrier = 0;
                e = std::move(lost);
            }
            e.status = status;
            job.before = SearchResult{};
            record(ticket, found);
        };
        if (job.descending) {
            const bool connected = r.status == SearchStatus::connected;
            if (all && same_saddle(job)) e.checked = connected ? 1 : 2;
            if (all) e.whole_final_energy = r.final_energy;
            if (!connected && !same_saddle(job)) return finish(SearchStatus::polish_lost);
            if (connected) {
                put(e, &Event::final_state, over_all(*r.region, r.final_state));
                e.final_energy = r.final_energy;
            }
        } else {
            if (!r.at_saddle) return finish(SearchStatus::polish_lost);
            compare_with_before(job, r);
            if (all) {
                e.barrier = r.saddle_energy;
                e.eigenvalue = r.eigenvalue;
                e.second_eigenvalue = r.second_eigenvalue;
                e.force = r.force;
                put(e, &Event::saddle, r.saddle);
                if (e.barrier < 0) return finish(SearchStatus::negative_barrier);
                if (!is_local(e)) return finish(SearchStatus::not_local);
                if (!(e.barrier >= options_.search.min_barrier && e.barrier <= options_.search.max_barrier))
                    return finish(SearchStatus::out_of_range);
            }
            if (!same_saddle(job) || (all && to_be_checked(e))) return begin_polish(job, r, true, ticket);
        }
        if (all) return finish(SearchStatus::connected);
        job.released = whole();
        begin_polish(job, r, false, ticket);
        job.before = std::move(r);
    }

    const EventOptions& options_;
    std::shared_ptr<const Minimum> minimum_;
    std::uint32_t sample_;
    double cutoff_;
    int slots_;
    Queue regions_, larger_, wholes_;
    long tickets_ = 0;
    std::map<long, Job> jobs_;
    std::shared_ptr<const Region> whole_;
    std::vector<Vec3> noise_;
};

}  // namespace

template <class Space>
bool search_events(const EamTables<Space>& tables, double skin, const std::shared_ptr<const Minimum>& minimum,
                   std::uint32_t sample, std::vector<CenterEvents>& centers, const EventOptions& options,
                   const std::function<void(const CenterEvents&)>& found, const std::function<bool()>& stop) {
    constexpr bool on_host = std::is_same_v<Space, Host>;
    const int threads = on_host ? omp_get_max_threads() : 1;
    const int all = options.searches > 0 ? options.searches : on_host ? threads : 256;
    // One search alone: the threads share the work on it.
    const int workers = on_host && all == 1 ? 1 : threads;
    const int slots = (all + workers - 1) / workers;
    std::mutex mutex;
    std::size_t taken = 0;
    std::atomic<bool> stopped = false;
    std::atomic<int> working = workers;
    std::exception_ptr failure;
    const auto next = [&]() -> CenterEvents* {
        const std::lock_guard lock(mutex);
        while (taken < centers.size() && centers[taken].done(options)) ++taken;
        return taken < centers.size() ? &centers[taken++] : nullptr;
    };
    const Found found_one = [&](CenterEvents& center, Event event) {
        const std::lock_guard lock(mutex);
        center.events.push_back(std::move(event));
        found(center);
    };
    const auto stop_all = [&] {
        // Asked by the first thread alone, which may be the only one allowed to.
        if (omp_get_thread_num() == 0) {
            const std::lock_guard lock(mutex);
            if (stop()) stopped = true;
        }
        return stopped.load();
    };
#pragma omp parallel num_threads(workers)
    {
        try {
            Worker<Space>(tables, skin, minimum, sample, options, slots).run(next, found_one, stop_all);
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            stopped = true;
        }
        --working;
        // The first thread goes on listening while others work.
        while (omp_get_thread_num() == 0 && working > 0 && !stopped) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            try {
                stop_all();
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
                stopped = true;
            }
        }
    }
    if (failure) std::rethrow_exception(failure);
    return !stopped;
}

#define MG_EVENTS(Space)                                                                                               \
    template std::shared_ptr<const Minimum> find_minimum<Space>(const Structure&, const EamPotential&, double,         \
                                                                std::uint64_t, const SettleOptions&,                   \
                                                                const std::function<bool()>&);                         \
    template bool search_events(const EamTables<Space>&, double, const std::shared_ptr<const Minimum>&, std::uint32_t, \
                                std::vector<CenterEvents>&, const EventOptions&,                                       \
                                const std::function<void(const CenterEvents&)>&, const std::function<bool()>&);
MG_INSTANTIATE(MG_EVENTS)

}  // namespace mg
