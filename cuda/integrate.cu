#include "for_each.cuh"

#include "ops/integrate.inl"

MG_INTEGRATE_OPS(Cuda)
