// The Hessian's ops, from the generic sweeps: bonds and blocks with one thread per slot; products with one thread per
// slot and vector, so that half a warp reads a neighbour's row of 128 bytes at once and shares its bond. Bound: for
// each bond and vector 32 operations in double and 32 bytes from a row that 16 threads share; bonds (64 bytes) and the
// rows of near slots come from the caches: predicted 7 ms for 48 vectors of a glass of 20,000 atoms (3.2e9 operations
// at half of 67 Tflop/s would be 0.1 ms; 2.1 million bonds x 48 x 32 bytes through L2 at some 5 TB/s are 0.7 ms; the
// rest is what latencies of one row after the other cost). Tests: tests/parity/hessian_cuda.cpp. Never ran on a GPU.

#include "for_each_row.cuh"

#include "ops/hessian.inl"

MG_HESSIAN_OPS(Cuda)
