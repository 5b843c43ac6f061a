// Numbers in messages.
#include <gtest/gtest.h>

#include <limits>

#include "core/error.hpp"

namespace {

using mg::shown;

TEST(Shown, NumbersKeepTheirDigits) {
    EXPECT_EQ(shown(11.7), "11.700000");
    EXPECT_EQ(shown(-0.001), "-0.001000");
    EXPECT_EQ(shown(0), "0.000000");
    EXPECT_EQ(shown(3.1e-7), "3.1e-07");
    EXPECT_EQ(shown(-1.25e-12), "-1.25e-12");
    EXPECT_EQ(shown(5.73e30), "5.73e+30");
    EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "inf");
    EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), "nan");
}

}  // namespace
