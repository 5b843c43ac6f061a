/// \file `bench rdf`: how fast the shells around every atom are counted.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>

#include "app/bench/arguments.hpp"
#include "app/bench/head.hpp"
#include "app/bench/kinds.hpp"
#include "app/bench/system.hpp"
#include "ops/shells.hpp"

namespace mg {
namespace {

template <class Space>
Json bench_rdf(const BenchArguments& a, Comm& world) {
    const BenchSystem system = make_system<Space>(a, world);
    const long atoms = system.structure.size();
    const Batch<Space> batch = batch_of<Space>(system.structure, system.potential, a.replicas);
    const Shells shells;
    Array<int, Space> counts;
    const auto once = [&] { count_shells(batch, shells, counts); };
    once();  // working arrays take their size
    // Small systems are counted several times over, for clocks are coarse.
    const int calls = std::clamp(static_cast<int>(0.2 / timed<Space>(world, once)), 1, 100);
    const Repeats repeats = repeat_timed<Space>(world, a.repeat, [&] {
        for (int k = 0; k < calls; ++k) once();
    });
    const std::vector<int> host = to_host(counts);
    const long pairs = std::accumulate(host.begin(), host.end(), 0L);

    Json j = head<Space>("rdf", a, system, atoms, world);
    j["r_min_A"] = shells.r_min;
    j["r_max_A"] = shells.r_max;
    j["shells"] = shells.count;
    j["repeats"] = a.repeat;
    j["calls"] = calls;
    add_rates(j, "atoms", static_cast<double>(batch.atoms) * calls, repeats);
    j["call_ms"] = 1e3 * median(repeats.wall) / calls;
    j["pairs_in_shells"] = pairs;
    j["pairs_per_s"] = static_cast<double>(pairs) * calls / median(repeats.wall);
    std::cerr << fmt::format("{} x {} atoms, {}: {:.3g} atoms/s ({:.3g} to {:.3g} in {} repeats), {:.4g} ms\n",
                             a.replicas, atoms, j["device"].get<std::string>(), j["atoms_per_s"].get<double>(),
                             j["atoms_per_s_min"].get<double>(), j["atoms_per_s_max"].get<double>(), a.repeat,
                             j["call_ms"].get<double>());
    return j;
}

}  // namespace

void add_bench_rdf(CLI::App& bench, Comm& world) {
    const auto a = std::make_shared<BenchArguments>();
    CLI::App* rdf = bench.add_subcommand("rdf", "shell counts of every atom, 2 to 10 A in 40 shells");
    add_common_arguments(*rdf, *a);
    rdf->callback([a, &world] {
        if (world.rank() != 0) return;
        SerialComm alone;
        check_common_arguments(*a, alone);
        run_and_say(a->backend, a->json, alone, [&](auto space) { return bench_rdf<decltype(space)>(*a, alone); });
    });
}

}  // namespace mg
