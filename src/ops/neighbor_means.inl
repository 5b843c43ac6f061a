/// \file Sweep and generic body of average_over_neighbors; compiled for Host by neighbor_means.cpp and for Cuda by
/// cuda/neighbor_means.cu.

#include "ops/neighbor_means.hpp"
#include "ops/neighbor_scan.hpp"

namespace mg {

/// One slot.
struct NeighborMeansSweep {
    NeighborScan neighbors;
    int columns;
    const double* values;  ///< (atoms, columns)
    double* means;         ///< (atoms, columns)

    MG_HD void operator()(int slot) const {
        double* const mean = means + static_cast<long>(neighbors.atom_of_slot[slot]) * columns;
        for (int k = 0; k < columns; ++k) mean[k] = 0;
        int count = 0;
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            neighbors.images(c, which, [&](int there, Vec3 difference) {
                if (!(norm2(c.h * difference) < neighbors.reach * neighbors.reach)) return;
                const double* const value = values + static_cast<long>(neighbors.atom_of_slot[there]) * columns;
                for (int k = 0; k < columns; ++k) mean[k] += value[k];
                ++count;
            });
        if (count == 0) return;
        for (int k = 0; k < columns; ++k) mean[k] /= count;
    }
};

template <class Space>
void average_over_neighbors(const Batch<Space>& b, double reach, const Array<double, Space>& values,
                            Array<double, Space>& means) {
    const ScannedCells<Space> c(b, reach);
    means.resize(values.size());
    const auto columns = static_cast<int>(values.size() / static_cast<std::size_t>(b.atoms));
    for_each(Space{}, b.atoms, NeighborMeansSweep{c.scan, columns, values.data(), means.data()});
}

}  // namespace mg

#define MG_NEIGHBOR_MEANS_OPS(Space)                                                                           \
    template void mg::average_over_neighbors(const Batch<mg::Space>&, double, const Array<double, mg::Space>&, \
                                             Array<double, mg::Space>&);
