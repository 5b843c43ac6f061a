#include "for_each.cuh"
#include "ops/network.inl"

namespace mg {
MG_NETWORK_OPS(Cuda)
}  // namespace mg
