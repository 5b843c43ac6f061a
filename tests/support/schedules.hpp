#pragma once
/// \file Runs a test's body under several schedules of the SIMT emulation. A real GPU makes its own.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#if defined(MG_SIMT)
#include "support/simt/scheduler.hpp"
#endif

namespace mg {

/// body() under `count` seeds from MG_SIMT_SEED (default 1) on; stops at the first that fails, and names its seed. On a
/// real GPU twice, so that a body which compares its results with those of its first call sees whether they repeat.
template <class Body>
void for_schedules(int count, const Body& body) {
#if defined(MG_SIMT)
    for (std::uint64_t seed = simt::first_seed(); count > 0; --count, ++seed) {
        SCOPED_TRACE("MG_SIMT_SEED=" + std::to_string(seed));
        simt::set_seed(seed);
        body();
        if (testing::Test::HasFailure()) return;
    }
#else
    for (int k = 0; k < std::min(count, 2); ++k) body();
#endif
}

/// Schedules under which a kernel is tested.
inline constexpr int schedules = 10;

}  // namespace mg
