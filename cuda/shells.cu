#include "for_each.cuh"

#include "ops/shells.inl"

MG_SHELL_OPS(Cuda)
