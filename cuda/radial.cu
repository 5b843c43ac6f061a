// Radial functions, from the generic sweep: one thread per slot. Bound: some 240 neighbours of 900 candidates within
// 10 A (Cu50Zr50), with a cosine and a dozen exponentials in double each, 4e4 double operations per slot: predicted
// 0.5 ms for a glass of 20,000 atoms (67 Tflop/s less what divergence costs), once per glass. Tests:
// tests/parity/engine_cuda.cpp. Ran on an H200, not timed.

#include "for_each.cuh"

#include "ops/radial.inl"

MG_RADIAL_OPS(Cuda)
