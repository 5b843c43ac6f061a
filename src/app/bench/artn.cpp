/// \file `bench artn`: how many saddle searches an hour holds, and what they cost.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <memory>

#include "app/bench/arguments.hpp"
#include "app/bench/head.hpp"
#include "app/bench/kinds.hpp"
#include "app/bench/system.hpp"
#include "artn/events.hpp"
#include "study/barriers.hpp"

namespace mg {
namespace {

struct ArtnArguments : BenchArguments {
    int attempts = 32;
    double region = 12;  // [A]
    std::vector<int> searches;
    int whole = 0;
};

void check_arguments(const ArtnArguments& a) {
    require_range("--attempts", a.attempts, 1, 1'000'000);
    require_range("--region", a.region, 3.0, 1000.0);
    require_range("--whole", a.whole, 0, 1'000'000);
    for (const int n : a.searches) require_range("--searches", n, 1, 100'000);
}

/// Attempts at as many atoms, one each, and what came of them.
template <class Space>
Json searched(const BenchSystem& system, const EamTables<Space>& tables, const std::shared_ptr<const Minimum>& minimum,
              EventOptions options, int attempts, const char* mode) {
    options.events_per_atom = options.max_attempts = 1;
    std::vector<CenterEvents> centers(attempts);
    // Spread over the structure, each atom once while there are enough.
    const long n = minimum->structure.size();
    for (int k = 0; k < attempts; ++k) centers[k].center = static_cast<int>(k * (n / std::min<long>(n, attempts)) % n);
    const auto begin = std::chrono::steady_clock::now();
    search_events<Space>(
        tables, system.skin, minimum, 0, centers, options, [](const CenterEvents&) {}, [] { return false; });
    const double seconds = seconds_since(begin);
    const study::BarrierSummary s = study::summarise(centers);
    double evaluations = 0, whole = 0, larger = 0, cost[search_costs] = {};
    std::vector<double> by_status(s.by_status.size());
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events) {
            evaluations += static_cast<double>(e.evaluations);
            larger += static_cast<double>(e.larger_evaluations);
            whole += static_cast<double>(e.whole_evaluations);
            by_status[static_cast<std::size_t>(e.status)] += static_cast<double>(e.evaluations);
            for (int k = 0; k < search_costs; ++k) cost[k] += static_cast<double>(e.cost[k]) / attempts;
        }
    Json j;
    j["mode"] = mode;
    j["region_A"] = std::isfinite(options.region) ? Json(options.region) : Json(nullptr);
    j["movable_atoms"] = carve(minimum, centers[0].center, options.region, tables.cutoff).movable;
    j["searches"] = options.searches;
    j["polish"] = options.polish;
    j["attempts"] = attempts;
    j["seconds"] = seconds;
    j["attempts_per_h"] = attempts / seconds * 3600;
    j["connected"] = s.accepted;
    j["evaluations_per_attempt"] = evaluations / attempts;
    j["larger_evaluations_per_attempt"] = larger / attempts;
    j["whole_evaluations_per_attempt"] = whole / attempts;
    j["evaluations_per_s"] = (evaluations + larger + whole) / seconds;
    for (int k = 0; k < search_costs; ++k) j["evaluations"][study::search_cost_names()[k]] = cost[k];
    for (std::size_t k = 0; k < by_status.size(); ++k)
        if (s.by_status[k] > 0)
            j["status"][study::search_status_names()[k]] = {
                {"attempts", s.by_status[k]}, {"evaluations", by_status[k] / static_cast<double>(s.by_status[k])}};
    j["mean_barrier_eV"] = s.mean;
    j["median_barrier_eV"] = s.median;
    j["deviation_eV"] = s.deviation;
    std::cerr << fmt::format(
        "{}, {} at a time{}: {:.0f} attempts/h, {} of {} connected, {:.0f} evaluations per attempt ({:.0f} with all "
        "atoms), {:.4g} evaluations/s\n",
        mode, options.searches > 0 ? std::to_string(options.searches) : "one per thread",
        options.polish ? ", polished" : "", attempts / seconds * 3600, s.accepted, attempts, evaluations / attempts,
        whole / attempts, j["evaluations_per_s"].get<double>());
    return j;
}

template <class Space>
Json bench_artn(const ArtnArguments& a, Comm& alone) {
    const BenchSystem system = make_system<Space>(a, alone);
    const long atoms = system.structure.size();
    const EamTables<Space> tables = make_eam_tables<Space>(system.potential);
    SettleOptions settle;
    settle.time = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto minimum = find_minimum<Space>(system.structure, system.potential, system.skin, bench_seed, settle);
    Json j = head<Space>("artn", a, system, atoms, alone);
    j["minimum_s"] = seconds_since(begin);
    j["runs"] = Json::array();
    EventOptions options;
    options.seed = bench_seed;
    options.region = a.region;
    options.check_fraction = 0;
    for (const int searches : a.searches.empty() ? std::vector<int>{0} : a.searches) {
        options.searches = searches;
        options.polish = false;
        j["runs"].push_back(searched<Space>(system, tables, minimum, options, a.attempts, "region"));
    }
    options.polish = true;
    j["runs"].push_back(searched<Space>(system, tables, minimum, options, a.attempts, "region"));
    if (a.whole > 0) {
        options.polish = false;
        options.searches = 1;
        options.region = std::numeric_limits<double>::infinity();
        j["runs"].push_back(searched<Space>(system, tables, minimum, options, a.whole, "whole system"));
    }
    return j;
}

}  // namespace

void add_bench_artn(CLI::App& bench, Comm& world) {
    const auto a = std::make_shared<ArtnArguments>();
    CLI::App* artn = bench.add_subcommand("artn", "saddle searches in a glass: attempts per hour, success, cost");
    add_common_arguments(*artn, *a);
    artn->add_option("--attempts", a->attempts, "searches of each run")->capture_default_str();
    artn->add_option("--region", a->region, "radius of what a search moves [A]")->capture_default_str();
    artn->add_option("--searches", a->searches, "searches side by side, a run for each, e.g. 1,8,64")
        ->delimiter(',')
        ->allow_extra_args(false);
    artn->add_option("--whole", a->whole, "searches of the whole system one at a time, for comparison")
        ->capture_default_str();
    artn->callback([a, &world] {
        if (world.rank() != 0) return;
        SerialComm alone;
        check_arguments(*a);
        check_common_arguments(*a, alone);
        run_and_say(a->backend, a->json, alone, [&](auto space) { return bench_artn<decltype(space)>(*a, alone); });
    });
}

}  // namespace mg
