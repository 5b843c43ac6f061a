/// \file Generic body of count_shells; compiled for Host by shells.cpp and for Cuda by cuda/shells.cu.

#include "ops/neighbor_scan.hpp"
#include "ops/shells.hpp"
#include "sweeps/shells.hpp"

namespace mg {

template <class Space>
void count_shells(const Batch<Space>& b, const Shells& shells, Array<int, Space>& counts) {
    const ScannedCells<Space> c(b, shells.r_max);
    counts.resize(static_cast<std::size_t>(b.atoms) * shells.count * b.species);
    count_neighbors(Space{}, b.atoms,
                    ShellSweep{c.scan, shells.r_min, 1.0 / shells.width(), shells.count, b.species, counts.data()});
}

}  // namespace mg

#define MG_SHELL_OPS(Space) \
    template void mg::count_shells(const Batch<mg::Space>&, const Shells&, Array<int, mg::Space>&);
