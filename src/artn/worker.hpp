#pragma once
/// \file One thread's saddle searches: batches of running searches, and queues of waiting ones.

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "artn/polish.hpp"

namespace mg {

/// Takes an event into its centre.
using Found = std::function<void(CenterEvents&, Event)>;

/// Searches side by side in three batches: of regions, of larger regions, and of whole systems.
template <class Space>
class Worker {
public:
    /// `slots`: number of attempts under way at a time; the other arguments are those of search_events.
    Worker(const EamTables<Space>& tables, double skin, std::shared_ptr<const Minimum> minimum, std::uint32_t sample,
           const EventOptions& options, int slots);

    /// Searches around the centres that next() gives, until it gives null; returns false where stopped. `found` gets
    /// the event of an attempt before the next attempt at its centre begins.
    bool run(const std::function<CenterEvents*()>& next, const Found& found, const std::function<bool()>& stop);

private:
    /// Searches of one size, running and waiting.
    struct Queue {
        SearchBatch<Space> batch;
        std::vector<SearchStart> waiting;
        int running = 0;
        Queue(const EamTables<Space>& tables, double skin, const SearchOptions& options)
            : batch(tables, skin, options) {}
    };
    /// The attempt that is under way at one centre.
    struct Job {
        CenterEvents* center = nullptr;
        Attempt attempt;
    };

    void fill(const std::function<CenterEvents*()>& next);
    void begin_attempt(long ticket, std::shared_ptr<const Region> region);
    void take(SearchResult result, const Found& found);

    const EventOptions& options_;
    std::shared_ptr<const Minimum> minimum_;
    std::uint32_t sample_;
    double cutoff_;  // [A]
    int slots_;
    Polish polish_;
    Queue regions_, larger_, wholes_;
    long tickets_ = 0;
    std::map<long, Job> jobs_;  // by the tickets of their searches
};

}  // namespace mg
