#pragma once
/// \file Times of repeated work, and the JSON that tells them.

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "app/backend.hpp"
#include "core/comm.hpp"
#include "core/device.hpp"
#include "core/memory.hpp"

namespace mg {

using Json = nlohmann::ordered_json;

double seconds_since(std::chrono::steady_clock::time_point begin);

/// Seconds of the process's processors so far, of all its threads.
double cpu_seconds();

/// Wall seconds of f(), with the space at rest before and after; of the slowest rank, and known to all. Collective.
template <class Space, class F>
double timed(Comm& world, const F& f) {
    synchronize(Space{});
    world.barrier();
    const auto begin = std::chrono::steady_clock::now();
    f();
    synchronize(Space{});
    double slowest = 0;
    for (const double s : world.all_gather_value(seconds_since(begin))) slowest = s > slowest ? s : slowest;
    return slowest;
}

/// Collective.
double sum_over_ranks(Comm& world, double mine);

/// Of at least one value.
double median(std::vector<double> values);

/// The same work timed several times over.
struct Repeats {
    std::vector<double> wall;  ///< [s] each
    double cpu = 0;            ///< [s] all, of all ranks

    double fastest() const;
    double slowest() const;
    double total() const;
};

/// Collective.
template <class Space, class F>
Repeats repeat_timed(Comm& world, int times, const F& f) {
    Repeats result;
    const double before = cpu_seconds();
    for (int k = 0; k < times; ++k) result.wall.push_back(timed<Space>(world, f));
    result.cpu = sum_over_ranks(world, cpu_seconds() - before);
    return result;
}

/// Rates of `atom_calls` atoms (atom-steps, or atoms counted) per timed repeat under `unit`.
void add_rates(Json& j, const std::string& unit, double atom_calls, const Repeats& r);

/// Writes a result to stdout and, where the name is not empty, to the file.
void say_result(const Json& result, const std::string& file);

/// Calls measure(space) on the backend asked for; the first rank says the result.
template <class F>
void run_and_say(const std::string& backend, const std::string& file, const Comm& world, const F& measure) {
    with_space(use_cuda(backend), [&](auto space) {
        const Json result = measure(space);
        if (world.rank() == 0) say_result(result, file);
    });
}

}  // namespace mg
