#include "for_each.cuh"

#include "ops/neighbors.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {
namespace {

void build_rows(Cuda, int slots, const RowSweep<Cuda>& sweep) { for_each(Cuda{}, slots, sweep); }

}  // namespace
}  // namespace mg

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Cuda)
