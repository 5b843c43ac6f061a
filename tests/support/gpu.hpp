#pragma once
/// \file Tests that need a GPU: they skip aloud without one, and fail where MG_REQUIRE_GPU=1.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/memory.hpp"

namespace mg {

#if defined(MG_WITH_CUDA)
/// Devices that this process can use.
inline int gpu_count() { return device_count(Cuda{}); }
inline constexpr const char* why_no_gpu = "the driver shows no device";
#else
inline int gpu_count() { return 0; }
inline constexpr const char* why_no_gpu = "built without CUDA";
#endif

/// Fixture of tests on the device. Files named *_cuda.cpp are compiled only with CUDA.
class GpuTest : public testing::Test {
protected:
    void SetUp() override {
        if (gpu_count() > 0) return;
        const char* required = std::getenv("MG_REQUIRE_GPU");
        if (required && std::string(required) == "1") FAIL() << "no GPU (" << why_no_gpu << "), and MG_REQUIRE_GPU=1";
        GTEST_SKIP() << "SKIPPED: no GPU (" << why_no_gpu << "); nothing was tested on the device";
    }
};

}  // namespace mg
