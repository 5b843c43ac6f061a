#include "artn/search_events.hpp"

#include <omp.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "artn/worker.hpp"
#include "core/macros.hpp"

namespace mg {

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

#define MG_SEARCH_EVENTS(Space)                                                                                        \
    template bool search_events(const EamTables<Space>&, double, const std::shared_ptr<const Minimum>&, std::uint32_t, \
                                std::vector<CenterEvents>&, const EventOptions&,                                       \
                                const std::function<void(const CenterEvents&)>&, const std::function<bool()>&);
MG_INSTANTIATE(MG_SEARCH_EVENTS)

}  // namespace mg
