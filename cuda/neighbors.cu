#include "for_each.cuh"

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Cuda)
