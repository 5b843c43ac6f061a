#include "for_each.cuh"

#include "ops/neighbors.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {
namespace {

void reserve_half_rows(const Batch<Cuda>&, HalfRows<Cuda>&, int) {}

void build_rows(const Batch<Cuda>& b, Neighbors<Cuda>&, const RowSweep<Cuda>& sweep) {
    for_each(Cuda{}, b.atoms, sweep);
}

}  // namespace
}  // namespace mg

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Cuda)
