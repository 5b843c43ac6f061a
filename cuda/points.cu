#include "for_each.cuh"

#include "ops/points.inl"

MG_POINT_OPS(Cuda)
