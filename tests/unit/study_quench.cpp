/// \file Melt and quench: the cell of a liquid keeps its shape, that of a glass does not; stops.

#include <gtest/gtest.h>

#include "study/protocols.hpp"
#include "support/engine_cases.hpp"

namespace mg {
namespace {

const EamPotential& melted_potential() {
    static const EamPotential p = cu_zr();
    return p;
}

study::QuenchProtocol quench_protocol(CellMode cell, double free_below) {
    StudyFile::Quench q;
    q.melt_ps = 0.4;
    q.final_K = 300;
    q.cell = cell;
    q.free_cell_below_K = free_below;
    return {q, 2e15};  // 425 steps from 2,000 K
}

struct Quenched {
    Structure structure;
    study::ThermoHistory history;
    std::vector<double> shear;  ///< [A] largest of the cell's off-diagonal elements, at each question
};

/// With `stops`, a stop at every other question, from which other dynamics go on.
Quenched quench(const study::QuenchProtocol& p, bool stops) {
    Structure s = oracle::fcc(5, 5, 5, 4.05);
    for (int i = 0; i < s.size(); ++i) s.species[i] = i * 7 % 2;
    Quenched q;
    study::QuenchProgress progress;
    DynamicsState saved;
    for (int asked = 0, round = 0;; ++round) {
        Dynamics<Host> d(cases::batch_of({s}, melted_potential()), melted_potential(), Precision::mixed, 0.4);
        if (round > 0) d.restore(saved);
        const auto pause = [&] {
            const Mat3 h = to_host(d.batch().box).at(0).h;
            double shear = 0;
            for (int k : {1, 2, 3, 5, 6, 7}) shear = std::max(shear, std::abs(h.m[k]));
            q.shear.push_back(shear);
            if (!stops || ++asked % 2 == 0) return false;
            saved = d.state();
            return true;
        };
        if (study::melt_and_quench(
                d, p, 3, {0}, 10, progress, [](double) {}, pause)) {
            q.structure = to_structure(d.batch(), 0);
            q.history = progress.history;
            return q;
        }
    }
}

TEST(Quench, ALiquidsCellKeepsItsShape) {
    const study::QuenchProtocol iso = quench_protocol(CellMode::iso, 600), never = quench_protocol(CellMode::tri, 100),
                                half = quench_protocol(CellMode::tri, 1000),
                                always = quench_protocol(CellMode::tri, 3000);
    EXPECT_EQ(iso.held_steps(), iso.cooling_steps());
    EXPECT_EQ(never.held_steps(), never.cooling_steps());
    EXPECT_EQ(half.held_steps(), std::lround(425 * 10.0 / 17));
    EXPECT_EQ(always.held_steps(), 0);
    const Quenched one = quench(iso, false), held = quench(never, false), freed = quench(half, false),
                   free = quench(always, false);
    // Where it never gets free it is the quench of a cell that keeps its shape, to the bit.
    EXPECT_TRUE(cases::same_bits(one.structure.position, held.structure.position));
    EXPECT_EQ(one.shear.back(), 0);
    EXPECT_GT(freed.shear.back(), 1e-3);
    EXPECT_GT(free.shear.front(), 0);
    // Freed at 1,000 K: not before, and soon after.
    const auto first = std::find_if(freed.shear.begin(), freed.shear.end(), [](double x) { return x > 0; });
    const double share = static_cast<double>(first - freed.shear.begin()) / static_cast<double>(freed.shear.size());
    EXPECT_NEAR(share, (200 + 250) / 625.0, 0.1);
    // Time and target temperature run on through all phases.
    for (const Quenched* q : {&one, &freed, &free}) {
        const std::vector<Thermo>& rows = q->history.rows.at(0);
        ASSERT_GE(rows.size(), 10u);
        for (std::size_t k = 1; k < rows.size(); ++k) EXPECT_GT(rows[k].time, rows[k - 1].time);
        EXPECT_NEAR(rows.back().time, 1.25, 0.01);
    }
}

TEST(Quench, StopsChangeNoBit) {
    const study::QuenchProtocol p = quench_protocol(CellMode::tri, 1000);
    const Quenched through = quench(p, false), stopped = quench(p, true);
    EXPECT_TRUE(cases::same_bits(through.structure.position, stopped.structure.position));
    EXPECT_TRUE(cases::same_bits(through.structure.velocity, stopped.structure.velocity));
    ASSERT_EQ(through.history.rows.at(0).size(), stopped.history.rows.at(0).size());
    for (std::size_t k = 0; k < through.history.rows[0].size(); ++k)
        EXPECT_EQ(through.history.rows[0][k].time, stopped.history.rows[0][k].time);
}

}  // namespace
}  // namespace mg
