#include "for_each.cuh"

#include "ops/minimize.inl"

MG_MINIMIZE_OPS(Cuda)
