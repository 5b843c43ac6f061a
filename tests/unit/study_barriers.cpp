// What the stage barriers keeps and sums up.
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "study/barriers.hpp"
#include "support/paths.hpp"

namespace {

using namespace mg;

const std::vector<long> ids{3, 5, 8, 13, 21};

Event event(int center, int attempt, SearchStatus status, double barrier, int duplicate_of = -1) {
    Event e;
    e.center = center;
    e.attempt = attempt;
    e.status = status;
    e.barrier = e.confined_barrier = barrier;
    e.duplicate_of = duplicate_of;
    e.evaluations = 100 * (attempt + 1);
    e.cost[1] = 60;
    e.cost[3] = e.evaluations - 60;
    return e;
}

std::vector<CenterEvents> some_events() {
    Event moving = event(1, 0, SearchStatus::connected, 0.5);
    moving.eigenvalue = -0.75;
    moving.force = 0.004;
    moving.final_energy = 0.125;
    moving.overlap = 0.97;
    moving.shift = 0.2;
    moving.whole_evaluations = 321;
    moving.larger_evaluations = 99;
    moving.checked = 2;
    moving.whole_final_energy = 0.1;
    moving.moved = 1;
    moving.most_displaced = 4;
    moving.atom = {2, 4};
    moving.saddle = {{0.25, 0, -0.5}, {1, 0.125, 0}};
    moving.confined_saddle = {{0.125, 0, -0.5}, {1, 0.25, 0}};
    moving.final_state = {{0.5, 0, 0}, {2, 0, -0.0625}};
    return {{1,
             {moving, event(1, 1, SearchStatus::mode_lost, 0), event(1, 2, SearchStatus::connected, 0.5, 0),
              event(1, 3, SearchStatus::connected, 1.1)}},
            {3, {event(3, 0, SearchStatus::disconnected, 0)}}};
}

TEST(Barriers, EventsComeBack) {
    const TemporaryDirectory directory;
    const std::vector<CenterEvents> events = some_events();
    io::H5File f = io::H5File::create(directory / "events.h5");
    study::put_events(f, "/events", events, ids);
    study::put_events(f, "/none", {}, ids);
    f.close();
    const io::H5File g = io::H5File::open(directory / "events.h5");
    EXPECT_EQ(g.read<long>("/events/center"), (std::vector<long>{5, 5, 5, 5, 13}));
    EXPECT_EQ(g.read<long>("/events/displaced_atom"), (std::vector<long>{8, 21}));
    EXPECT_TRUE(study::get_events(g, "/none", ids).empty());
    const std::vector<CenterEvents> back = study::get_events(g, "/events", ids);
    ASSERT_EQ(back.size(), 2u);
    ASSERT_EQ(back[0].events.size(), 4u);
    for (std::size_t c = 0; c < 2; ++c)
        for (std::size_t k = 0; k < events[c].events.size(); ++k) {
            const Event &a = events[c].events[k], &b = back[c].events[k];
            EXPECT_EQ(a.center, b.center);
            EXPECT_EQ(a.attempt, b.attempt);
            EXPECT_EQ(a.status, b.status);
            EXPECT_EQ(a.barrier, b.barrier);
            EXPECT_EQ(a.confined_barrier, b.confined_barrier);
            EXPECT_EQ(a.eigenvalue, b.eigenvalue);
            EXPECT_EQ(a.force, b.force);
            EXPECT_EQ(a.final_energy, b.final_energy);
            EXPECT_EQ(a.evaluations, b.evaluations);
            EXPECT_TRUE(std::equal(std::begin(a.cost), std::end(a.cost), std::begin(b.cost)));
            EXPECT_EQ(a.larger_evaluations, b.larger_evaluations);
            EXPECT_EQ(a.whole_evaluations, b.whole_evaluations);
            EXPECT_EQ(a.overlap, b.overlap);
            EXPECT_EQ(a.shift, b.shift);
            EXPECT_EQ(a.duplicate_of, b.duplicate_of);
            EXPECT_EQ(a.moved, b.moved);
            EXPECT_EQ(a.most_displaced, b.most_displaced);
            EXPECT_EQ(a.checked, b.checked);
            EXPECT_EQ(a.whole_final_energy, b.whole_final_energy);
            EXPECT_EQ(a.atom, b.atom);
            ASSERT_EQ(a.saddle.size(), b.saddle.size());
            for (std::size_t m = 0; m < a.saddle.size(); ++m) {
                EXPECT_EQ(norm2(a.saddle[m] - b.saddle[m]), 0);
                EXPECT_EQ(norm2(a.confined_saddle[m] - b.confined_saddle[m]), 0);
                EXPECT_EQ(norm2(a.final_state[m] - b.final_state[m]), 0);
            }
        }
    EXPECT_THROW(study::get_events(g, "/events", {3, 8, 13, 21}), InputError);
}

TEST(Barriers, MeansAndErrorsOfAnAtom) {
    const std::vector<CenterEvents> events = some_events();
    const study::AtomBarriers a = study::atom_barriers(events[0]), none = study::atom_barriers(events[1]);
    EXPECT_EQ(a.attempts, 4);
    EXPECT_EQ(a.accepted, 3);
    EXPECT_EQ(a.distinct, 2);
    EXPECT_NEAR(a.mean, 0.7, 1e-14);  // duplicates count
    EXPECT_NEAR(a.mean_distinct, 0.8, 1e-14);
    EXPECT_NEAR(a.standard_error, std::sqrt((0.04 + 0.04 + 0.16) / 2 / 3), 1e-14);
    EXPECT_EQ(none.attempts, 1);
    EXPECT_EQ(none.accepted, 0);
    EXPECT_EQ(none.mean, 0);
    const study::BarrierSummary s = study::summarise(events);
    EXPECT_EQ(s.attempts, 5);
    EXPECT_EQ(s.accepted, 3);
    EXPECT_EQ(s.by_status[static_cast<int>(SearchStatus::disconnected)], 1);
    EXPECT_EQ(s.checked, 1);
    EXPECT_EQ(s.check_failed, 1);
    EXPECT_NEAR(s.median, 0.5, 1e-14);
    EXPECT_NEAR(s.evaluations, (100 + 200 + 300 + 400 + 100) / 5.0, 1e-12);
}

TEST(Barriers, AttemptsEndWithEnoughEvents) {
    const std::vector<CenterEvents> events = some_events();
    EventOptions o;
    o.events_per_atom = 3;
    o.max_attempts = 10;
    EXPECT_TRUE(events[0].done(o));
    EXPECT_FALSE(events[1].done(o));
    o.max_attempts = 1;
    EXPECT_TRUE(events[1].done(o));
}

TEST(Barriers, NamesFollowTheNumbers) {
    EXPECT_EQ(study::search_status_names().size(), static_cast<std::size_t>(SearchStatus::running));
    EXPECT_EQ(study::search_status_names()[static_cast<int>(SearchStatus::connected)], "CONNECTED");
    EXPECT_EQ(study::search_status_names()[static_cast<int>(SearchStatus::disconnected)], "DISCONNECTED");
    EXPECT_EQ(study::search_status_names()[static_cast<int>(SearchStatus::polish_lost)], "POLISH_LOST");
    EXPECT_EQ(study::search_cost_names().size(), static_cast<std::size_t>(search_costs));
}

TEST(Barriers, AtomsAreSelected) {
    StudyFile study;
    study.study.seed = 4;
    std::vector<long> id(200);
    for (int k = 0; k < 200; ++k) id[k] = 2 * k + 1;
    EXPECT_EQ(study::searched_atoms(study, id, 0).size(), 200u);
    study.barriers.atoms = {io::Selection::Kind::number, "", 0.1, {}};
    const std::vector<int> some = study::searched_atoms(study, id, 0);
    EXPECT_EQ(some.size(), 20u);
    EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
    EXPECT_EQ(some, study::searched_atoms(study, id, 0));
    EXPECT_NE(some, study::searched_atoms(study, id, 1));
    study.barriers.atoms = {io::Selection::Kind::list, "", 0, {7, 3, 7}};
    EXPECT_EQ(study::searched_atoms(study, id, 0), (std::vector<int>{1, 3}));
    study.barriers.atoms.list = {4};
    EXPECT_THROW(study::searched_atoms(study, id, 0), InputError);
}

}  // namespace
