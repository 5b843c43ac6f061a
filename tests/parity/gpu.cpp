// In every build: says whether the device could be tested at all.
#include "support/gpu.hpp"

using mg::GpuTest;

TEST_F(GpuTest, IsPresent) { EXPECT_GT(mg::gpu_count(), 0); }
