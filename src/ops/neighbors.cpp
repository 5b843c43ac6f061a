#include "ops/for_each_host.hpp"

#include <algorithm>

#include "ops/eam_loops.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {
namespace {

/// The rows of all slots: tuned loops where there are some.
void build_rows(Host, int slots, const RowSweep<Host>& sweep) {
    const EamLoops* loops = host_eam_loops();
    if (!loops) return for_each(Host{}, slots, sweep);
    constexpr int block = 64;
    const int blocks = (slots + block - 1) / block;
#pragma omp parallel for schedule(static)
    for (int k = 0; k < blocks; ++k) loops->rows(sweep, k * block, std::min((k + 1) * block, slots));
}

}  // namespace
}  // namespace mg

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Host)
