#pragma once
/// \file Runs a test's body under several schedules of the SIMT emulation; once on a real GPU, which has its own.

#include <gtest/gtest.h>

#include <cstdint>

#if defined(MG_SIMT)
#include "support/simt/scheduler.hpp"
#endif

namespace mg {

/// body() under `count` seeds from MG_SIMT_SEED (default 1) on. Stops at the first that fails, and names its seed.
template <class Body>
void for_schedules([[maybe_unused]] int count, const Body& body) {
#if defined(MG_SIMT)
    for (std::uint64_t seed = simt::first_seed(); count > 0; --count, ++seed) {
        SCOPED_TRACE("MG_SIMT_SEED=" + std::to_string(seed));
        simt::set_seed(seed);
        body();
        if (testing::Test::HasFailure()) return;
    }
#else
    body();
#endif
}

/// Schedules under which a kernel is tested.
inline constexpr int schedules = 10;

}  // namespace mg
