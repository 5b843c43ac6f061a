// Averages over spheres, against all pairs.
#include "ops/coarse_grain.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/box.hpp"
#include "core/error.hpp"
#include "support/oracle.hpp"

namespace {

using namespace mg;

std::vector<double> some_values(int n) {
    oracle::Random random(21);
    std::vector<double> values;
    for (int i = 0; i < n; ++i) values.push_back(random.between(0.5, 3));
    return values;
}

double largest_relative(const std::vector<double>& a, const std::vector<double>& b) {
    EXPECT_EQ(a.size(), b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] / b[i] - 1));
    return largest;
}

/// Up to half of the smallest width, where the cells of the search meet themselves, and in a skewed cell with atoms
/// outside of it.
TEST(CoarseGrain, IsThatOfAllPairs) {
    for (const int cells : {3, 4, 6}) {
        Structure s = oracle::triclinic_alloy(cells, 2, 31 + cells);
        oracle::unwrap_randomly(s, 2, 41);
        const std::vector<double> values = some_values(s.size());
        const double half = 0.5 * smallest_width(s.box);
        for (const double radius : {0.1, 0.3 * half, 0.7 * half, half})
            EXPECT_LT(largest_relative(coarse_grain(s, values, radius),
                                       oracle::coarse_grain(values, s.position, s.box, radius)),
                      1e-13)
                << cells << " cells, " << radius << " A";
    }
}

/// Atoms at the radius itself count, once each although two of their images are there.
TEST(CoarseGrain, CountsAnAtomAtHalfTheWidthOnce) {
    Structure s;
    s.elements = {"Cu"};
    s.masses = {63.546};
    s.box = orthorhombic(8, 8, 8);
    for (int k = 0; k < 64; ++k) {
        s.id.push_back(k + 1);
        s.species.push_back(0);
        s.position.push_back({2.0 * (k % 4), 2.0 * (k / 4 % 4), 2.0 * (k / 16)});
    }
    std::vector<double> values(64, 0.0);
    values[0] = 1;
    const std::vector<double> mean = coarse_grain(s, values, 4);
    // Within 4 A of a site: 1, 6 at 2, 12 at 2.83, 8 at 3.46, and 3 at 4 A, of which either side is the same atom.
    EXPECT_DOUBLE_EQ(mean[0], 1.0 / 30);
    EXPECT_DOUBLE_EQ(mean[2], 1.0 / 30);
    EXPECT_EQ(mean[2 + 4], 0);
}

TEST(CoarseGrain, RefusesARadiusBeyondHalfTheWidth) {
    const Structure s = oracle::triclinic_alloy(3, 2, 5);
    const double half = 0.5 * smallest_width(s.box);
    try {
        coarse_grain(s, some_values(s.size()), half * 1.001);
        FAIL();
    } catch (const InputError& e) {
        EXPECT_NE(std::string(e.what()).find("half the smallest width of the cell is"), std::string::npos);
        EXPECT_NE(std::string(e.what()).find("report.coarse_grain_A"), std::string::npos);
    }
}

}  // namespace
