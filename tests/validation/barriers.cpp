/// \file Barriers of events found in regions against searches of the whole reference glass.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "artn/events.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

TEST(Barriers, OfPolishedEventsAreThoseOfTheWholeSystem) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (ten minutes)";
    constexpr double skin = 1.0;
    const EamPotential potential = cu_zr();
    const EamTables<Host> tables = make_eam_tables<Host>(potential);
    const auto minimum = find_minimum<Host>(reference_glass(), potential, skin, 1, {});
    ASSERT_TRUE(minimum);

    EventOptions options;
    options.events_per_atom = 1;
    options.max_attempts = 4;
    std::vector<CenterEvents> centers(120);
    for (std::size_t k = 0; k < centers.size(); ++k) centers[k].center = static_cast<int>(33 * k + 3);
    constexpr int wanted = 50;
    int events = 0;
    const auto accepted = [](const CenterEvents& c) { return c.accepted() > 0; };
    search_events<Host>(
        tables, skin, minimum, 0, centers, options,
        [&](const CenterEvents& c) { events += c.events.back().accepted(); }, [&] { return events >= wanted; });
    ASSERT_GE(events, wanted);

    // From each saddle of the region at once to that of the whole system, five times as sharply: no larger region on
    // the way, no eigenvector brought along, and another first vector of the recursion.
    SearchOptions sharp = options.search;
    sharp.saddle_force *= 0.2;
    const auto whole =
        std::make_shared<const Region>(carve(minimum, 0, std::numeric_limits<double>::infinity(), potential.cutoff));
    ASSERT_TRUE(whole->whole);
    SearchBatch<Host> batch(tables, skin, sharp);
    std::vector<double> difference;
    int ways = 0;
    for (const CenterEvents& c : centers) {
        if (!accepted(c) || static_cast<int>(difference.size()) == wanted) continue;
        const Event& e = c.events.back();
        SearchStart start;
        start.region = whole;
        start.displacement.resize(whole->size());
        start.kick.resize(whole->size());
        double length = 0;
        for (std::size_t k = 0; k < e.atom.size(); ++k) {
            start.displacement[e.atom[k]] = e.saddle[k];
            length += norm2(e.saddle[k]);
        }
        for (std::size_t k = 0; k < e.atom.size(); ++k) start.kick[e.atom[k]] = (1 / std::sqrt(length)) * e.saddle[k];
        start.noise = random_start(whole, 1e9, 0.1, 77, 0, static_cast<int>(difference.size())).noise;
        start.polish = true;
        start.descend = false;
        batch.drop();
        batch.add({start});
        std::vector<SearchResult> ended;
        while ((ended = batch.collect()).empty()) batch.step();
        const SearchResult& r = ended[0];
        ASSERT_TRUE(r.at_saddle) << "atom " << e.center;
        ways += r.evaluations;
        difference.push_back(1e3 * (e.barrier - r.saddle_energy));
        std::printf("atom %d: in the region %.3f meV, polished %.3f, whole system %.3f, overlap %.3f, shift %.3f A\n",
                    minimum->structure.id[e.center], 1e3 * e.confined_barrier, 1e3 * e.barrier, 1e3 * r.saddle_energy,
                    e.overlap, e.shift);
        EXPECT_NEAR(difference.back(), 0, 1.0) << "meV, atom " << minimum->structure.id[e.center];
    }
    for (double& d : difference) d = std::abs(d);
    std::sort(difference.begin(), difference.end());
    std::printf("%zu events: median difference %.4f meV, largest %.4f meV; %d evaluations each\n", difference.size(),
                difference[difference.size() / 2], difference.back(), ways / static_cast<int>(difference.size()));
    EXPECT_EQ(static_cast<int>(difference.size()), wanted);
}

}  // namespace
}  // namespace mg
