// Displacement windows, from the generic sweeps: one thread per atom. Bound: the memory's rate; a sample streams 60
// bytes per atom into the sum of masses (one reduction launch) and 130 through the accumulators, so that 200,000 atoms
// are predicted to take 8 us beside two launches. A kernel of its own could only save the second read of the positions,
// which the L2 serves up to half a million atoms. Tests: tests/parity/engine_cuda.cpp. Ran on an H200, not timed.

#include "for_each.cuh"

#include "ops/displacement.inl"

MG_DISPLACEMENT_OPS(Cuda)
