#include "for_each.cuh"

#include "ops/displacement.inl"

MG_DISPLACEMENT_OPS(Cuda)
