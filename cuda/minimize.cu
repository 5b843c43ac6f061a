// Steps of the minimiser, from the generic sweeps: one reduction launch, one thread per atom after it. Bound: the
// memory's rate, beside the force kernels' time a few per cent. Tests: tests/parity/engine_cuda.cpp. Ran on an
// H200, not timed.

#include "for_each.cuh"

#include "ops/minimize.inl"

MG_MINIMIZE_OPS(Cuda)
