// Steps of the minimisers, from the generic sweeps: reductions (FIRE one, L-BFGS two), one thread per atom after.
// Bound: the memory's rate, beside the force kernels' time a few per cent. Tests: tests/parity/engine_cuda.cpp. Ran on
// an H200 (FIRE), not timed.

#include "for_each.cuh"

#include "ops/minimize.inl"

MG_MINIMIZE_OPS(Cuda)
