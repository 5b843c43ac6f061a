// Every lookup of a number in a table: the same place, and none that is outside.
#include "physics/table_place.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/oracle.hpp"

namespace {

using namespace mg;

constexpr int pieces = 1000;

SplitRoot root_of(double t) { return split_root(t * t, static_cast<float>(t * t), static_cast<float>(1 / t)); }

TEST(TablePlace, AllLookupsAgree) {
    oracle::Random random(11);
    for (int k = 0; k < 20000; ++k) {
        const double t = random.between(1, pieces - 1);
        const GridPoint<double> exact = locate<double>(t / 8, 8.0, pieces);
        EXPECT_EQ(exact.piece, static_cast<int>(t));
        EXPECT_NEAR(exact.piece + exact.fraction, t, 1e-12);
        const PairPlace<double> full = place_on_grid<double>(t * t, 1 / t, pieces);
        EXPECT_NEAR(full.piece + full.fraction, t, 1e-12);
        const PairPlace<float> mixed = place_on_grid<float>(t * t, static_cast<float>(1 / t), pieces);
        EXPECT_NEAR(mixed.piece + double{mixed.fraction}, t, 1e-6);
        const TablePlace fine = interval(root_of(t), pieces);
        EXPECT_NEAR(fine.piece + double{fine.offset}, t, 1e-6);
        const TablePlace coarse = nearest_piece(static_cast<float>(t), 16.0f, 1.0f / 16, pieces / 16 + 1);
        EXPECT_NEAR(16.0 * coarse.piece + coarse.offset, t, 1e-4);
    }
}

TEST(TablePlace, NothingLeavesTheTable) {
    // The compiler must not know the value: what it folds is not what the machine does.
    for (volatile const double wild :
         {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300, -1e12, -0.5, 0.0, 999.9, 1000.0, 1001.0}) {
        const double t = wild;
        const auto single = static_cast<float>(t);
        for (const int piece :
             {locate<double>(t, 1.0, pieces).piece, locate<float>(t, 1.0, pieces).piece,
              place_on_grid<double>(t * t, 1 / t, pieces).piece,
              place_on_grid<float>(t * t, static_cast<float>(1 / t), pieces).piece, interval(root_of(t), pieces).piece,
              interval({single, 0.0f}, pieces).piece, nearest_piece(single, 16.0f, 1.0f / 16, pieces).piece}) {
            EXPECT_GE(piece, 0) << t;
            EXPECT_LT(piece, pieces) << t;
        }
        EXPECT_FALSE(locate<double>(t, 1.0, pieces).fraction > 1);
    }
    for (const int piece : {-2147483647 - 1, -1, 0, 5, 999, 1000, 2147483647})
        EXPECT_EQ(clamp_piece(piece, pieces), std::max(0, std::min(piece, pieces - 1)));
}

}  // namespace
