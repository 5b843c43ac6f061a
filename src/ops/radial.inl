/// \file Generic body of sum_radial_functions; compiled for Host by radial.cpp and for Cuda by cuda/radial.cu.

#include "ops/neighbor_scan.hpp"
#include "ops/radial.hpp"
#include "sweeps/radial.hpp"

namespace mg {

template <class Space>
void sum_radial_functions(const Batch<Space>& b, const RadialFunctions& f, Array<double, Space>& values) {
    const ScannedCells<Space> c(b, f.r_max);
    values.resize(static_cast<std::size_t>(b.atoms) * f.count * b.species);
    for_each(Space{}, b.atoms,
             RadialSweep{c.scan, f.r_min + 0.5 * f.spacing(), f.spacing(), f.width, f.count, b.species, values.data()});
}

}  // namespace mg

#define MG_RADIAL_OPS(Space) \
    template void mg::sum_radial_functions(const Batch<mg::Space>&, const RadialFunctions&, Array<double, mg::Space>&);
