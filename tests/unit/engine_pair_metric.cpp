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

}  // namespace
