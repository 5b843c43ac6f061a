// What follows a search, from made-up results of searches: no batch, and no force.
#include "artn/polish.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace mg;

constexpr double cutoff = 3;

/// 10^3 atoms 2 A apart: the whole is much larger than a region of 4 A, and one of 6 A lies between.
std::shared_ptr<const Minimum> lattice() {
    auto m = std::make_shared<Minimum>();
    Structure& s = m->structure;
    s.elements = {"Cu"};
    s.masses = {63.546};
    s.box = orthorhombic(20, 20, 20);
    for (int k = 0; k < 1000; ++k) {
        s.id.push_back(k + 1);
        s.species.push_back(0);
        s.position.push_back({2.0 * (k % 10), 2.0 * (k / 10 % 10), 2.0 * (k / 100)});
    }
    m->density.assign(1000, 1.0);
    return m;
}

EventOptions options() {
    EventOptions o;
    o.region = 4;
    o.check_fraction = 0;
    return o;
}

constexpr int center = 555;

struct PolishOfAnAttempt : testing::Test {
    std::shared_ptr<const Minimum> minimum = lattice();
    EventOptions o = options();
    Attempt attempt;
    std::vector<Event> earlier;

    void SetUp() override { begin(0); }
    void begin(int number) {
        attempt = Attempt{};
        attempt.region = std::make_shared<const Region>(carve(minimum, center, o.region, cutoff));
        attempt.event.center = center;
        attempt.event.attempt = number;
    }
    /// A search whose saddle has the atom `far` displaced by `length` along x, and whose mode is the atom `mode` alone.
    SearchResult result(std::shared_ptr<const Region> region, SearchStatus status, double energy, double length = 0.5,
                        int far = center, int mode = center) const {
        SearchResult r;
        r.region = region;
        r.status = status;
        r.saddle_energy = energy;
        r.eigenvalue = -1;
        r.second_eigenvalue = 0.5;
        r.force = 0.001;
        r.final_energy = 0.25;
        r.evaluations = 100;
        r.cost[2] = 100;
        r.at_saddle = status == SearchStatus::connected || status == SearchStatus::disconnected;
        r.saddle.resize(region->movable);
        r.mode.resize(region->movable);
        r.second.resize(region->movable);
        r.final_state.resize(region->movable);
        for (int m = 0; m < region->movable; ++m) {
            if (region->atom[m] == far) {
                r.saddle[m].x = length;
                r.final_state[m].x = 2 * length;
            }
            if (region->atom[m] == mode) r.mode[m].x = 1;
        }
        return r;
    }
    std::optional<SearchStart> next(const SearchResult& r) {
        return Polish(o, minimum, 0, cutoff).next(attempt, r, earlier);
    }
};

TEST_F(PolishOfAnAttempt, EndsWithASearchThatDidNotConnect) {
    EXPECT_FALSE(next(result(attempt.region, SearchStatus::mode_lost, 0)));
    EXPECT_EQ(attempt.event.status, SearchStatus::mode_lost);
    EXPECT_EQ(attempt.event.evaluations, 100);
    EXPECT_EQ(attempt.event.barrier, 0);
    EXPECT_TRUE(attempt.event.atom.empty());
}

TEST_F(PolishOfAnAttempt, IsLeftOutWhereNotWanted) {
    o.polish = false;
    EXPECT_FALSE(next(result(attempt.region, SearchStatus::connected, 0.7)));
    EXPECT_TRUE(attempt.event.accepted());
    EXPECT_EQ(attempt.event.barrier, 0.7);
    EXPECT_EQ(attempt.event.confined_barrier, 0.7);
    EXPECT_EQ(attempt.event.moved, 1);
    EXPECT_EQ(attempt.event.atom, std::vector<int>{center});
    EXPECT_EQ(attempt.event.whole_evaluations, 0);
}

TEST_F(PolishOfAnAttempt, ReleasesALargerRegionAndThenTheWhole) {
    const std::optional<SearchStart> larger = next(result(attempt.region, SearchStatus::connected, 0.7));
    ASSERT_TRUE(larger);
    EXPECT_FALSE(larger->region->whole);
    EXPECT_GT(larger->region->movable, attempt.region->movable);
    EXPECT_TRUE(larger->polish);
    EXPECT_FALSE(larger->descend);
    // It begins at the saddle, along its mode.
    for (int m = 0; m < larger->region->movable; ++m) {
        const double here = larger->region->atom[m] == center ? 1 : 0;
        EXPECT_EQ(larger->displacement[m].x, 0.5 * here);
        EXPECT_EQ(larger->kick[m].x, here);
    }
    const std::optional<SearchStart> whole = next(result(larger->region, SearchStatus::connected, 0.65));
    ASSERT_TRUE(whole);
    EXPECT_TRUE(whole->region->whole);
    EXPECT_FALSE(whole->descend);
    EXPECT_FALSE(next(result(whole->region, SearchStatus::connected, 0.6, 0.6)));
    const Event& e = attempt.event;
    EXPECT_TRUE(e.accepted());
    EXPECT_EQ(e.barrier, 0.6);
    EXPECT_EQ(e.confined_barrier, 0.7);
    EXPECT_EQ(e.larger_evaluations, 100);
    EXPECT_EQ(e.whole_evaluations, 100);
    EXPECT_EQ(e.overlap, 1);
    EXPECT_NEAR(e.shift, 0.1, 1e-12);
    ASSERT_EQ(e.saddle.size(), 1u);
    EXPECT_EQ(e.saddle[0].x, static_cast<double>(0.6f));
    EXPECT_EQ(e.confined_saddle[0].x, 0.5);
    EXPECT_EQ(e.checked, 0);
}

TEST_F(PolishOfAnAttempt, FollowsASaddleThatChangedToBothSides) {
    for (const SearchStatus end : {SearchStatus::connected, SearchStatus::disconnected}) {
        begin(0);
        const auto larger = next(result(attempt.region, SearchStatus::connected, 0.7));
        ASSERT_TRUE(larger);
        const auto sides = next(result(larger->region, SearchStatus::connected, 0.65, 0.9));
        ASSERT_TRUE(sides);
        EXPECT_EQ(sides->region, larger->region);
        EXPECT_TRUE(sides->descend);
        const auto whole = next(result(larger->region, end, 0.65, 0.9));
        EXPECT_EQ(attempt.event.larger_evaluations, 200);
        if (end == SearchStatus::connected) {
            ASSERT_TRUE(whole);
            EXPECT_TRUE(whole->region->whole);
        } else {
            EXPECT_FALSE(whole);
            EXPECT_EQ(attempt.event.status, SearchStatus::polish_lost);
            EXPECT_EQ(attempt.event.barrier, 0);
            EXPECT_EQ(attempt.event.confined_barrier, 0.7);  // all is said of the region's
            EXPECT_NEAR(attempt.event.shift, 0.4, 1e-12);
            EXPECT_EQ(attempt.event.confined_saddle[0].x, 0.5);
        }
    }
}

TEST_F(PolishOfAnAttempt, ChecksAShareOfTheEventsWithAllAtoms) {
    o.check_fraction = 1;
    const auto larger = next(result(attempt.region, SearchStatus::connected, 0.7));
    const auto whole = next(result(larger->region, SearchStatus::connected, 0.65));
    const auto sides = next(result(whole->region, SearchStatus::connected, 0.6));
    ASSERT_TRUE(sides);
    EXPECT_TRUE(sides->descend && sides->region->whole);
    EXPECT_FALSE(next(result(whole->region, SearchStatus::disconnected, 0.6)));
    EXPECT_TRUE(attempt.event.accepted());  // its saddle is the region's, which had connected
    EXPECT_EQ(attempt.event.checked, 2);
    EXPECT_EQ(attempt.event.whole_final_energy, 0.25);
}

TEST_F(PolishOfAnAttempt, LeavesWhatIsNoEventWithAllAtoms) {
    const auto end_at = [&](double barrier, int far, int mode) {
        begin(0);
        const auto larger = next(result(attempt.region, SearchStatus::connected, 0.7));
        const auto whole = next(result(larger->region, SearchStatus::connected, 0.65));
        EXPECT_FALSE(next(result(whole->region, SearchStatus::connected, barrier, 0.5, far, mode)));
        return attempt.event.status;
    };
    EXPECT_EQ(end_at(-0.1, center, center), SearchStatus::negative_barrier);
    EXPECT_EQ(end_at(7, center, center), SearchStatus::out_of_range);
    EXPECT_EQ(end_at(0.6, 0, center), SearchStatus::not_local);
}

TEST_F(PolishOfAnAttempt, OfAnEventThatIsKnownIsThatOfTheFirst) {
    const auto larger = next(result(attempt.region, SearchStatus::connected, 0.7));
    const auto whole = next(result(larger->region, SearchStatus::connected, 0.65));
    EXPECT_FALSE(next(result(whole->region, SearchStatus::connected, 0.6)));
    earlier.push_back(attempt.event);
    begin(1);
    EXPECT_FALSE(next(result(attempt.region, SearchStatus::connected, 0.701)));
    EXPECT_EQ(attempt.event.attempt, 1);
    EXPECT_EQ(attempt.event.duplicate_of, 0);
    EXPECT_EQ(attempt.event.barrier, 0.6);
    EXPECT_EQ(attempt.event.evaluations, 100);
    EXPECT_EQ(attempt.event.whole_evaluations, 0);
    begin(2);
    EXPECT_TRUE(next(result(attempt.region, SearchStatus::connected, 0.75)));  // another barrier, another event
}

}  // namespace
