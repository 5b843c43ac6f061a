// Distances of pairs as the device's kernels form them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "physics/pair_metric.hpp"
#include "physics/spline.hpp"
#include "support/oracle.hpp"

namespace {

using namespace mg;

const Mat3 cell{{31.0, 4.0, -7.0, 0.5, 28.0, 3.0, -1.0, 2.0, 40.0}};

TEST(PairMetric, SquaredDistancesAreThoseOfTheDisplacements) {
    oracle::Random random(3);
    for (int k = 0; k < 1000; ++k) {
        const double a = random.between(0, 1), b = random.between(0, 1), c = random.between(0, 1);
        const Vec3 from{a, b, c};
        const double u = random.between(0, 1), v = random.between(0, 1), w = random.between(0, 1);
        const Vec3 to{u, v, w};
        const double x = coordinate_difference(from.x, to.x), y = coordinate_difference(from.y, to.y),
                     z = coordinate_difference(from.z, to.z);
        const double expected = norm2(cell * Vec3{x, y, z}), inverse_dr = 1000.0;
        EXPECT_NEAR(squared_distance(pair_metric<double>(cell, inverse_dr), x, y, z) / 1e6, expected, 1e-13 * 2000);
        const auto whole = [](double s) { return to_pair_coordinate<float>(s); };
        const int i = coordinate_difference(whole(from.x), whole(to.x)),
                  j = coordinate_difference(whole(from.y), whole(to.y)),
                  l = coordinate_difference(whole(from.z), whole(to.z));
        const Vec3 d = pair_cell<float>(cell) * Vec3{double(i), double(j), double(l)};
        EXPECT_NEAR(squared_distance(pair_metric<float>(cell, inverse_dr), i, j, l) / 1e6, norm2(d), 1e-13 * 2000);
    }
}

/// The inverse root may be off by a few units in the last place: the place on the grid is not.
TEST(PairMetric, PlacesAreThoseOfTheExactRoot) {
    oracle::Random random(4);
    for (int pieces : {1024, 10000})
        for (int k = 0; k < 10000; ++k) {
            const double t = random.between(0.1 * pieces, 1.001 * pieces);
            const GridPoint<double> exact = locate<double>(t, 1.0, pieces);
            const double off = random.between(-3, 3);
            const auto single = static_cast<float>((1.0 + off * 6e-8) / t);
            const PairPlace<float> p = place_on_grid<float>(t * t, single, pieces);
            const double beyond = t > pieces ? t - pieces : 0.0;
            const double bound = std::min(beyond, 1.0 / 64);
            EXPECT_NEAR(p.piece + double{p.fraction}, exact.piece + exact.fraction, 3e-7 + bound) << t;
            EXPECT_GT(p.fraction, -0.004f);
            const PairPlace<double> q = place_on_grid<double>(t * t, (1.0 + off * 1e-16) / t, pieces);
            EXPECT_NEAR(q.piece + q.fraction, exact.piece + exact.fraction, 1e-11 + bound) << t;
        }
}

/// Atoms on top of each other must not leave the table.
TEST(PairMetric, NonsenseStaysOnTheTable) {
    for (double squared : {0.0, 1e30, std::nan("")}) {
        const PairPlace<float> p = place_on_grid<float>(squared, static_cast<float>(1.0 / std::sqrt(squared)), 1000);
        EXPECT_GE(p.piece, 0);
        EXPECT_LT(p.piece, 1000);
        EXPECT_LT(p.fraction, 1.1f);
    }
}

/// The metric in float gives t^2 to a few times float's rounding, in skewed cells as well.
TEST(PairMetric, RoughDistancesAreGoodToFloat) {
    oracle::Random random(5);
    Mat3 h = diagonal(70, 65, 80);
    h(0, 1) = 20;
    h(0, 2) = -15;
    h(1, 2) = 10;
    const PairMetric metric = pair_metric<float>(h, 1.0 / 0.00076);
    for (int k = 0; k < 10000; ++k) {
        const auto coordinate = [&] { return static_cast<int>(random.between(-0.1, 0.1) * 4294967296.0); };
        const int x = coordinate(), y = coordinate(), z = coordinate();
        const double exact = squared_distance(metric, exact_double(x), exact_double(y), exact_double(z));
        const float found =
            squared_distance(rough(metric), static_cast<float>(x), static_cast<float>(y), static_cast<float>(z));
        EXPECT_NEAR(found, exact, 1e-6 * exact);
    }
}

TEST(PairMetric, IntegersAreExactDoubles) {
    for (int i : {0, 1, -1, 12345, -12345, 2147483647, -2147483647 - 1}) EXPECT_EQ(exact_double(i), double{1} * i);
}

/// Piece and offset are t again, whatever the inverse root's last digits, and pieces are those about t.
TEST(PairMetric, PlacesInCoarseAndFineTables) {
    oracle::Random random(6);
    for (int k = 0; k < 100000; ++k) {
        const double t = random.between(500, 10000), squared = t * t;
        const auto rounded = static_cast<float>(squared);
        const auto inverse = static_cast<float>((1.0 + random.between(-2, 2) * 1.2e-7) / t);
        const SplitRoot root = split_root(squared, rounded, inverse);
        EXPECT_NEAR(double{root.root} + root.rest, t, 3e-7 * 10);
        const TablePlace fine = interval(root, 10001);
        EXPECT_NEAR(fine.piece + double{fine.offset}, t, 1e-6);
        EXPECT_GT(fine.offset, -0.01f);
        EXPECT_LT(fine.offset, 1.01f);
        for (int knots : {1, 16, 64}) {
            const auto size = static_cast<float>(knots);
            const TablePlace coarse = nearest_piece(root.root, size, 1.0f / size, 10001);
            EXPECT_NEAR(double{size} * coarse.piece + coarse.offset + root.rest, t, 1e-5);
            EXPECT_LE(std::abs(coarse.offset), 0.5f * size + 0.01f);
        }
    }
}

/// A float of t^2 just below the cutoff's may have a root that rounds to the cutoff itself, and to the interval behind
/// it: tables have that one too (make_eam_tables). Without it such a pair met the next table's first row.
TEST(PairMetric, PairsJustWithinTheCutoffStayOnTheTable) {
    const float cutoff = 10000;
    const int intervals = 10000 + 2;
    float squared = cutoff * cutoff;
    int farthest = 0;
    for (int k = 0; k < 1000; ++k) {
        squared = std::nextafter(squared, 0.0f);
        for (const double off : {-2.0, 0.0, 2.0}) {
            const auto inverse = static_cast<float>((1.0 + off * 1.2e-7) / std::sqrt(double{squared}));
            const TablePlace fine = interval(split_root(squared, squared, inverse), intervals);
            EXPECT_NEAR(fine.piece + double{fine.offset}, std::sqrt(double{squared}), 1e-5);
            farthest = std::max(farthest, fine.piece);
        }
    }
    EXPECT_EQ(farthest, 10000);  // it does happen
}

TEST(PairMetric, NonsenseStaysInCoarseAndFineTables) {
    for (const float root : {0.0f, 1e30f, std::nanf(""), -std::nanf("")})
        for (const TablePlace& p : {interval({root, 0.0f}, 1000), nearest_piece(root, 16.0f, 1.0f / 16, 1000)}) {
            EXPECT_GE(p.piece, 0);
            EXPECT_LT(p.piece, 1000);
        }
}

}  // namespace
