/// \file Sweeps and generic body of compute_bond_order; compiled for Host by bond_order.cpp and for Cuda by
/// cuda/bond_order.cu.

#include "ops/bond_order.hpp"
#include "ops/neighbor_scan.hpp"

namespace mg {

/// One slot: the mean of the harmonics over its neighbours.
struct BondHarmonicsSweep {
    NeighborScan neighbors;
    BondHarmonics* mean;  ///< (atoms)

    MG_HD void operator()(int slot) const {
        BondHarmonics sum;
        int count = 0;
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            neighbors.scan(c, which, [&](double r, int, Vec3 d) {
                if (!(r > 0)) return;  // a bond without a direction
                add(sum, bond_harmonics((1 / r) * d));
                ++count;
            });
        if (count > 0) scale(sum, 1.0 / count);
        mean[neighbors.atom_of_slot[slot]] = sum;
    }
};

/// One slot, after all means are there: its order, and that of the mean over itself and its neighbours.
struct BondOrderSweep {
    NeighborScan neighbors;
    const BondHarmonics* mean;  ///< (atoms)
    ThreeJ6 three_j;
    BondOrder* values;  ///< (atoms, 2)

    MG_HD void operator()(int slot) const {
        const int atom = neighbors.atom_of_slot[slot];
        BondHarmonics sum = mean[atom];
        int count = 1;
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            neighbors.images(c, which, [&](int k, Vec3 difference) {
                if (!(norm2(c.h * difference) < neighbors.reach * neighbors.reach)) return;
                add(sum, mean[neighbors.atom_of_slot[k]]);
                ++count;
            });
        scale(sum, 1.0 / count);
        values[2L * atom] = bond_order(mean[atom], three_j);
        values[2L * atom + 1] = bond_order(sum, three_j);
    }
};

template <class Space>
void compute_bond_order(const Batch<Space>& b, double reach, Array<BondOrder, Space>& values) {
    const ScannedCells<Space> c(b, reach);
    Array<BondHarmonics, Space> mean(static_cast<std::size_t>(b.atoms));
    values.resize(2 * static_cast<std::size_t>(b.atoms));
    for_each(Space{}, b.atoms, BondHarmonicsSweep{c.scan, mean.data()});
    for_each(Space{}, b.atoms, BondOrderSweep{c.scan, mean.data(), wigner_3j_of_6(), values.data()});
}

}  // namespace mg

#define MG_BOND_ORDER_OPS(Space) \
    template void mg::compute_bond_order(const Batch<mg::Space>&, double, Array<BondOrder, mg::Space>&);
