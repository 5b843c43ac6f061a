#include "artn/worker.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/macros.hpp"

namespace mg {

namespace {

/// Along a soft mode of 0.01 eV/A^2 the region's |F| < 0.01 eV/A leaves 5 meV, and a quarter of it 0.3 meV.
SearchOptions sharper(SearchOptions o) {
    o.saddle_force *= 0.25;
    o.relax_force = std::min(o.relax_force, 0.5 * o.saddle_force);
    o.second_energy *= 0.1;
    return o;
}

constexpr long steps_per_collect = 8;  ///< on a device, which waits for the host at each
constexpr long steps_per_stop = 64;    ///< between two questions whether to stop

}  // namespace

template <class Space>
Worker<Space>::Worker(const EamTables<Space>& tables, double skin, std::shared_ptr<const Minimum> minimum,
                      std::uint32_t sample, const EventOptions& options, int slots)
    : options_(options),
      minimum_(std::move(minimum)),
      sample_(sample),
      cutoff_(tables.cutoff),
      slots_(slots),
      polish_(options, minimum_, sample, tables.cutoff),
      regions_(tables, skin, options.search),
      larger_(tables, skin, options.search),
      wholes_(tables, skin, sharper(options.search)) {}

template <class Space>
bool Worker<Space>::run(const std::function<CenterEvents*()>& next, const Found& found,
                        const std::function<bool()>& stop) {
    for (long turn = 0;; ++turn) {
        if (turn % steps_per_stop == 0 && stop()) return false;
        fill(next);
        if (jobs_.empty()) return true;
        for (Queue* q : {&regions_, &larger_, &wholes_})
            if (q->running) q->batch.step();
        if (std::is_same_v<Space, Cuda> && turn % steps_per_collect != 0) continue;
        for (Queue* q : {&regions_, &larger_, &wholes_}) {
            if (!q->running) continue;
            for (SearchResult& r : q->batch.collect()) {
                --q->running;
                take(std::move(r), found);
            }
        }
    }
}

/// Begins attempts at further centres, and the searches that wait.
template <class Space>
void Worker<Space>::fill(const std::function<CenterEvents*()>& next) {
    while (static_cast<int>(jobs_.size()) < slots_) {
        CenterEvents* const center = next();
        if (!center) break;
        const long ticket = tickets_++;
        jobs_[ticket].center = center;
        begin_attempt(ticket,
                      std::make_shared<const Region>(carve(minimum_, center->center, options_.region, cutoff_)));
    }
    // A batch is put together anew when enough is waiting, or nothing else is to be done.
    for (Queue* q : {&regions_, &larger_, &wholes_}) {
        if (q->waiting.empty() || (q->running > 0 && static_cast<int>(q->waiting.size()) * 16 < slots_)) continue;
        q->running += static_cast<int>(q->waiting.size());
        q->batch.add(std::exchange(q->waiting, {}));
    }
}

template <class Space>
void Worker<Space>::begin_attempt(long ticket, std::shared_ptr<const Region> region) {
    Job& job = jobs_.at(ticket);
    job.attempt = Attempt{};
    job.attempt.region = std::move(region);
    job.attempt.event.center = job.center->center;
    job.attempt.event.attempt = static_cast<int>(job.center->events.size());
    SearchStart start = random_start(job.attempt.region, options_.kick_radius, options_.kick_length, options_.seed,
                                     sample_, job.attempt.event.attempt);
    start.ticket = ticket;
    regions_.waiting.push_back(std::move(start));
}

/// Sends an attempt on; where it has ended, records it and begins the next.
template <class Space>
void Worker<Space>::take(SearchResult result, const Found& found) {
    const long ticket = result.ticket;
    Job& job = jobs_.at(ticket);
    if (std::optional<SearchStart> start = polish_.next(job.attempt, std::move(result), job.center->events)) {
        start->ticket = ticket;
        (start->region->whole ? wholes_ : larger_).waiting.push_back(std::move(*start));
        return;
    }
    found(*job.center, std::move(job.attempt.event));
    if (job.center->done(options_))
        jobs_.erase(ticket);
    else
        begin_attempt(ticket, std::shared_ptr(job.attempt.region));
}

#define MG_WORKER(Space) template class Worker<Space>;
MG_INSTANTIATE(MG_WORKER)

}  // namespace mg
