/// \file Neighbour rows: exactly the oracle's pairs, rebuilt when they must be and not otherwise; shell counts;
/// displacement windows.

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "ops/displacement.hpp"
#include "ops/neighbors.hpp"
#include "ops/shells.hpp"
#include "physics/pair_geometry.hpp"
#include "support/engine_cases.hpp"

namespace mg {
namespace {

constexpr double cutoff = 6.0, skin = 0.5;

Batch<Host> batch_of(const std::vector<Structure>& s) { return make_batch<Host>(s, s[0].elements, s[0].masses); }

/// Neighbours of each atom as the full rows list them, as atoms of the batch, in the rows' order.
std::vector<std::vector<int>> full_rows_of(const Neighbors<Host>& n, const Batch<Host>& b) {
    const FullRows<Host> rows = full_rows(b, n);
    std::vector<std::vector<int>> out(b.atoms);
    for (int slot = 0; slot < b.atoms; ++slot) {
        const int i = n.cells.atom_of_slot[slot];
        int k = 0;
        for (int t = 0; t < n.species; ++t)
            for (; k < rows.row_end[slot * n.species + t]; ++k) {
                const int j = n.cells.atom_of_slot[rows.row[rows.layout(slot, k)]];
                EXPECT_EQ(b.species_of[j], t);
                out[i].push_back(j);
            }
    }
    return out;
}

/// The same from the half rows, where there are some: each pair is given to both of its atoms, so that one that stands
/// twice, or nowhere, shows. Every neighbour must lie in the window of its slab. Pairs beyond the reach by less than a
/// millionth may stand in half rows, and are left out.
std::vector<std::vector<int>> rows_of(const Neighbors<Host>& n, const Batch<Host>& b) {
    const HalfRows<Host>& h = n.half;
    if (!h.used) return full_rows_of(n, b);
    std::vector<std::vector<int>> out(b.atoms);
    for (std::size_t s = 0; s < h.slabs.size(); ++s) {
        const Slab& slab = h.slabs[s];
        const int* row = h.entries[s].data();
        for (int slot = slab.begin; slot < slab.end; row += h.length[slot++])
            for (int k = 0; k < h.length[slot]; ++k) {
                const int entry = row[k];
                const int neighbor = HalfRows<Host>::slot_of(entry);
                const int i = n.cells.atom_of_slot[slot], j = n.cells.atom_of_slot[neighbor];
                EXPECT_EQ(HalfRows<Host>::species_of(entry), b.species_of[j]);
                EXPECT_EQ(b.replica_of[i], b.replica_of[j]);
                EXPECT_LT(slab.place(slot), slab.window);
                EXPECT_LT(slab.place(neighbor), slab.window);
                const Box& box = n.reference_box[b.replica_of[i]];
                const Vec3 d = n.reference_position[j] - n.reference_position[i];
                const double squared = norm2(box.h * nearest_difference(Vec3{}, box.inverse * d));
                const double reach2 = (n.cutoff + n.skin) * (n.cutoff + n.skin);
                EXPECT_LT(squared, reach2 * (1 + 2e-6));
                if (squared >= reach2) continue;
                out[i].push_back(j);
                out[j].push_back(i);
            }
    }
    return out;
}

std::vector<std::vector<int>> sorted(std::vector<std::vector<int>> rows) {
    for (auto& row : rows) std::sort(row.begin(), row.end());
    return rows;
}

/// The oracle's pairs within `reach`, as atoms of the batch.
std::vector<std::vector<int>> expected_rows(const std::vector<Structure>& structures, double reach) {
    std::vector<std::vector<int>> out;
    for (const Structure& s : structures) {
        const int first = static_cast<int>(out.size());
        out.resize(first + s.size());
        for (const oracle::Neighbor& p : oracle::neighbors(s.position, s.box, reach))
            out[first + p.i].push_back(first + p.j);
    }
    return sorted(out);
}

/// Cells of every number from one to seven along each direction, some of which meet themselves: all pairs once.
TEST(EngineNeighbors, HalfRowsOfBoxesOfAnyNumberOfCells) {
    for (const double a : {13.1, 15.9, 17.7, 20.4, 24.0})
        for (const double c : {13.2, 16.4, 20.1}) {
            const auto atoms = static_cast<int>(0.03 * a * a * c);
            const Structure s = oracle::gas(atoms, orthorhombic(a, a + 0.7, c), 1.5, 2, 31);
            Batch<Host> b = batch_of({s});
            const Neighbors<Host> n = make_neighbors(b, cutoff, skin);
            EXPECT_EQ(sorted(rows_of(n, b)), expected_rows({s}, cutoff + skin)) << a << ' ' << c;
            EXPECT_EQ(sorted(full_rows_of(n, b)), expected_rows({s}, cutoff + skin)) << a << ' ' << c;
        }
}

/// A replica of several slabs: windows shorter than the replica, and one that wraps around its end.
TEST(EngineNeighbors, SlabsOfALongBox) {
    const Structure s = oracle::gas(3000, orthorhombic(16, 17, 600), 1.5, 2, 33);
    Batch<Host> b = batch_of({s});
    const Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    EXPECT_EQ(sorted(rows_of(n, b)), sorted(full_rows_of(n, b)));
    if (!n.half.used) return;
    ASSERT_EQ(n.half.slabs.size(), 3u);
    for (const Slab& slab : n.half.slabs) {
        EXPECT_LT(slab.window, 1200);
        EXPECT_GE(slab.window, slab.end - slab.begin);
    }
    EXPECT_GT(n.half.slabs.back().window_begin + n.half.slabs.back().window, 3000);
}

void move_to(Batch<Host>& b, const std::vector<Structure>& s) {
    int i = 0;
    for (int r = 0; r < b.replicas; ++r) {
        b.box[r] = s[r].box;
        for (const Vec3& x : s[r].position) b.position[i++] = x;
    }
}

/// Every pair of the oracle within the cutoff is in the rows.
void expect_rows_hold(const Neighbors<Host>& n, const Batch<Host>& b, const std::vector<Structure>& s) {
    const auto have = sorted(rows_of(n, b)), need = expected_rows(s, cutoff);
    for (int i = 0; i < b.atoms; ++i)
        ASSERT_TRUE(std::includes(have[i].begin(), have[i].end(), need[i].begin(), need[i].end())) << "atom " << i;
}

std::vector<Structure> various() {
    std::vector<Structure> s = {
        oracle::triclinic_alloy(4, 2, 1),                                           // the stencil meets itself
        oracle::gas(300, orthorhombic(13.2, 14, 60), 1.8, 2, 2),                    // elongated
        oracle::gas(500, make_box({{30, 9, -6, 0, 28, 8, 0, 0, 27}}), 1.8, 2, 3),   // tilted, several cells wide
        oracle::gas(60, make_box({{17.5, 8, -6, 0, 16, 7, 0, 0, 14}}), 2.0, 2, 4),  // small and strongly tilted
        oracle::triclinic_alloy(7, 2, 5)};
    oracle::unwrap_randomly(s[2], 4, 6);
    oracle::deform(s[3], cases::rotation(1.9));
    return s;
}

TEST(EngineNeighbors, RowsAreTheOraclesPairs) {
    for (const Structure& s : various()) {
        ASSERT_GE(smallest_width(s.box), 2 * (cutoff + skin));
        Batch<Host> b = batch_of({s});
        const Neighbors<Host> n = make_neighbors(b, cutoff, skin);
        EXPECT_EQ(sorted(rows_of(n, b)), expected_rows({s}, cutoff + skin));
        EXPECT_EQ(b.incident[0].count, 0);
    }
}

TEST(EngineNeighbors, RowsDoNotDependOnOtherReplicas) {
    const std::vector<Structure> all = various();
    Batch<Host> together = batch_of(all);
    const auto rows = rows_of(make_neighbors(together, cutoff, skin), together);
    for (std::size_t r = 0; r < all.size(); ++r) {
        Batch<Host> alone = batch_of({all[r]});
        auto mine = rows_of(make_neighbors(alone, cutoff, skin), alone);
        const int first = together.first_atom_host[r];
        for (std::size_t i = 0; i < mine.size(); ++i) {
            for (int& j : mine[i]) j += first;
            ASSERT_EQ(mine[i], rows[first + i]) << "replica " << r << ", atom " << i;  // order included
        }
    }
}

TEST(EngineNeighbors, SmallMovesKeepTheRowsAndTheyHold) {
    std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 11), oracle::triclinic_alloy(5, 2, 12)};
    Batch<Host> b = batch_of(s);
    Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    // The longest move is 0.14 sqrt(3) = 0.243 A, less than half the skin.
    for (int k = 0; k < 2; ++k) oracle::displace(s[k], 0.14, 13 + k);
    move_to(b, s);
    update_neighbors(b, n);
    EXPECT_EQ(n.builds[0], 0);
    EXPECT_EQ(n.builds[1], 0);
    expect_rows_hold(n, b, s);
}

TEST(EngineNeighbors, OneAtomMayGoFurtherIfNoOtherMoved) {
    std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 15)};
    Batch<Host> b = batch_of(s);
    Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    s[0].position[17] += Vec3{0.49, 0, 0};  // the two largest displacements together stay below the skin
    move_to(b, s);
    update_neighbors(b, n);
    EXPECT_EQ(n.builds[0], 0);
    expect_rows_hold(n, b, s);
    s[0].position[18] += Vec3{0, 0.02, 0};
    move_to(b, s);
    update_neighbors(b, n);
    EXPECT_EQ(n.builds[0], 1);
    EXPECT_EQ(sorted(rows_of(n, b)), expected_rows(s, cutoff + skin));
}

TEST(EngineNeighbors, OnlyTheReplicaThatMovedIsRebuilt) {
    std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 21), oracle::triclinic_alloy(4, 2, 22),
                                oracle::triclinic_alloy(5, 2, 23)};
    Batch<Host> b = batch_of(s);
    Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    const auto before = rows_of(n, b);
    oracle::displace(s[1], 0.5, 24);
    move_to(b, s);
    update_neighbors(b, n);
    EXPECT_EQ(to_host(n.builds), (std::vector<int>{0, 1, 0}));
    const auto after = rows_of(n, b);
    EXPECT_EQ(sorted(after), expected_rows(s, cutoff + skin));
    for (int i = 0; i < b.first_atom_host[1]; ++i) ASSERT_EQ(before[i], after[i]);
    for (int i = b.first_atom_host[2]; i < b.atoms; ++i) ASSERT_EQ(before[i], after[i]);
}

TEST(EngineNeighbors, AffineStrainIsCounted) {
    std::vector<Structure> s = {oracle::triclinic_alloy(5, 2, 31)};
    Batch<Host> b = batch_of(s);
    Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    // 4 % compression brings atoms at 6.24 A within the cutoff: rows to 6.5 A still know them.
    const Structure start = s[0];
    for (const double strain : {-0.04, 0.05}) {
        s[0] = start;
        oracle::deform(s[0], (1 + strain) * identity());
        move_to(b, s);
        update_neighbors(b, n);
        EXPECT_EQ(n.builds[0], 0) << strain;
        expect_rows_hold(n, b, s);
    }
    // Shear and a little motion, near the criterion.
    s[0] = start;
    oracle::deform(s[0], {{1, 0.03, 0.01, 0, 1, -0.01, 0.01, 0, 0.99}});
    oracle::displace(s[0], 0.03, 33);
    move_to(b, s);
    update_neighbors(b, n);
    EXPECT_EQ(n.builds[0], 0);
    expect_rows_hold(n, b, s);
    // 9 % compression: 6.5 A becomes 5.9 A, so the rows know too little.
    s[0] = start;
    oracle::deform(s[0], 0.91 * identity());
    move_to(b, s);
    update_neighbors(b, n);
    EXPECT_EQ(n.builds[0], 1);
    EXPECT_EQ(sorted(rows_of(n, b)), expected_rows(s, cutoff + skin));
}

TEST(EngineNeighbors, GrowingRowsKeepsThem) {
    const std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 41), oracle::triclinic_alloy(5, 2, 42)};
    Batch<Host> b = batch_of(s);
    Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    const auto before = rows_of(n, b);
    const int capacity = n.capacity;
    for (Vec3& x : b.position) x += Vec3{0.1, 0.1, 0.1};  // rows come from the reference, not from here
    grow_rows(b, n, 1);
    EXPECT_GT(n.capacity, capacity);
    EXPECT_EQ(rows_of(n, b), before);
    grow_rows(b, n, 3 * capacity);
    EXPECT_GE(n.capacity, 3 * capacity);
    EXPECT_EQ(rows_of(n, b), before);
}

/// A cluster in a large empty box: rows are far longer than the mean density suggests.
TEST(EngineNeighbors, FirstBuildFindsItsCapacity) {
    const std::vector<Structure> s = {[] {
        Structure c = oracle::fcc(4, 4, 4, 3.6, 2);
        oracle::displace(c, 0.1, 51);
        c.box = orthorhombic(60, 60, 60);
        return c;
    }()};
    Batch<Host> b = batch_of(s);
    const Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    EXPECT_EQ(sorted(rows_of(n, b)), expected_rows(s, cutoff + skin));
    EXPECT_EQ(b.incident[0].count, 0);
}

TEST(EngineNeighbors, OverflowIsReportedWithTheLengthNeeded) {
    std::vector<Structure> s = {oracle::gas(240, orthorhombic(26.2, 26.2, 26.2), 2.0, 2, 61)};
    Batch<Host> b = batch_of(s);
    Neighbors<Host> n = make_neighbors(b, cutoff, skin);
    oracle::deform(s[0], 0.5 * identity());
    move_to(b, s);
    update_neighbors(b, n);
    const auto expected = expected_rows(s, cutoff + skin);
    if (n.half.used) {
        // Half rows take what they need.
        EXPECT_EQ(b.incident[0].count, 0);
        EXPECT_EQ(sorted(rows_of(n, b)), expected);
        return;
    }
    ASSERT_EQ(b.incident[0].kind, static_cast<int>(IncidentKind::row_overflow));
    EXPECT_EQ(b.incident[0].value, expected[b.incident[0].atom_a].size());
    for (int rounds = 0; b.incident[0].kind != 0; ++rounds) {
        ASSERT_LT(rounds, 5);
        const int needed = static_cast<int>(b.incident[0].value);
        fill_zero(b.incident);
        grow_rows(b, n, needed);
    }
    EXPECT_EQ(sorted(rows_of(n, b)), expected);
}

TEST(EngineNeighbors, TooSmallABoxNamesTheWidthNeeded) {
    const std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 71), oracle::fcc(3, 4, 4, 3.9)};
    Batch<Host> b = batch_of(s);
    try {
        make_neighbors(b, cutoff, skin);
        FAIL() << "no error";
    } catch (const InputError& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("replica 1"), std::string::npos) << text;
        EXPECT_NE(text.find("11.7"), std::string::npos) << text;
        EXPECT_NE(text.find("13.0"), std::string::npos) << text;
    }
    // Wide vectors do not make a wide cell: a tilt can bring the faces together.
    Structure tilted = oracle::gas(20, orthorhombic(14, 14, 14), 2.5, 2, 72);
    tilted.box = make_box({{14, 12, 0, 0, 9, 0, 0, 0, 14}});
    Batch<Host> c = batch_of({tilted});
    EXPECT_THROW(make_neighbors(c, cutoff, skin), InputError);
    Structure inverted = oracle::fcc(4, 4, 4, 3.9);
    inverted.box = make_box(inverted.box.h * diagonal(1, 1, -1));
    Batch<Host> d = batch_of({inverted});
    EXPECT_THROW(make_neighbors(d, cutoff, skin), InputError);
}

// ---- Shells ------------------------------------------------------------------------------------------------------

TEST(EngineShells, CountsAreTheOracles) {
    std::vector<Structure> s = various();
    s.push_back(oracle::triclinic_alloy(2, 2, 81));  // every width below r_max: many images, self-images included
    s.push_back(oracle::gas(30, orthorhombic(5.3, 11, 34), 1.8, 2, 82));
    const Shells shells{2.0, 10.0, 40};
    Batch<Host> b = batch_of(s);
    Array<int, Host> counts;
    count_shells(b, shells, counts);
    ASSERT_EQ(counts.size(), static_cast<std::size_t>(b.atoms) * 40 * 2);
    std::size_t at = 0;
    for (std::size_t r = 0; r < s.size(); ++r) {
        const oracle::Shells o = oracle::shell_counts(s[r], 2, shells.r_min, shells.r_max, shells.width());
        ASSERT_GT(o.edge_distance, 1e-11);
        for (const int expected : o.count) ASSERT_EQ(counts[at++], expected) << "replica " << r;
    }
}

TEST(EngineShells, OneShellOfThreeSpecies) {
    const std::vector<Structure> s = {oracle::triclinic_alloy(3, 3, 91)};
    Batch<Host> b = batch_of(s);
    Array<int, Host> counts;
    count_shells(b, Shells{0.0, 7.3, 1}, counts);
    const oracle::Shells o = oracle::shell_counts(s[0], 3, 0.0, 7.3, 7.3);
    EXPECT_EQ(to_host(counts), o.count);
}

// ---- Displacement windows ----------------------------------------------------------------------------------------

TEST(EngineDisplacement, WindowsAreDirectStatisticsOfTheFrames) {
    std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 101), oracle::triclinic_alloy(5, 2, 102)};
    for (Vec3& x : s[0].position) x += Vec3{1e4, -3e4, 2e4};  // long diffusion: the sums must not cancel
    Batch<Host> b = batch_of(s);
    DisplacementWindow<Host> w;
    start_window(b, w);
    EXPECT_EQ(w.frames[0] + w.frames[1], 0);
    constexpr int frames = 24;
    std::vector<std::vector<Vec3>> relative;  // without the centre of mass, as stored frames would have it
    std::vector<Vec3> first;
    for (int f = 0; f < frames; ++f) {
        if (f > 0)
            for (int r = 0; r < 2; ++r) {
                oracle::displace(s[r], 0.1, 200 + 2 * f + r);
                for (Vec3& x : s[r].position) x += Vec3{0.3, -0.2, 0.05 * r};  // a drift that must not count
            }
        move_to(b, s);
        accumulate_displacements(b, w, f < frames / 2 ? 0 : 1);
        auto& frame = relative.emplace_back();
        for (int r = 0; r < 2; ++r) {
            Vec3 moment;
            double mass = 0;
            for (int i = 0; i < s[r].size(); ++i) {
                const double m = s[r].masses[s[r].species[i]];
                moment += m * s[r].position[i];
                mass += m;
            }
            for (const Vec3& x : s[r].position) frame.push_back(x - (1 / mass) * moment);
        }
    }
    EXPECT_EQ(w.frames[0], frames / 2);
    EXPECT_EQ(w.frames[1], frames / 2);
    for (int i = 0; i < b.atoms; i += 7) {
        const auto direct = [&](int from, int to) {
            Vec3 mean;
            for (int f = from; f < to; ++f) mean += (1.0 / (to - from)) * relative[f][i];
            double variance = 0;
            for (int f = from; f < to; ++f) variance += norm2(relative[f][i] - mean) / (to - from);
            return variance;
        };
        const DisplacementSums a = w.half[0][i], c = w.half[1][i];
        EXPECT_NEAR(variance_about_mean(a, frames / 2), direct(0, frames / 2), 1e-9);
        EXPECT_NEAR(variance_about_mean(c, frames / 2), direct(frames / 2, frames), 1e-9);
        EXPECT_NEAR(variance_about_mean(a + c, frames), direct(0, frames), 1e-9);
        double squares = 0;
        for (int f = 1; f < frames; ++f) squares += norm2(relative[f][i] - relative[0][i]) / (frames - 1);
        EXPECT_NEAR(from_first_frame(a + c, frames), squares, 1e-9);
        EXPECT_GT(squares, 1e-3);
    }
}

}  // namespace
}  // namespace mg
