// Steps of the saddle search, from the generic sweeps: one thread per movable atom, one reduction launch for each group
// of 13 Lanczos vectors and pass. Bound: launches (ten per force evaluation) for few searches, the memory's rate for
// many: a search of 416 atoms in Lanczos streams 24 bytes per atom and vector four times, 1 MB at 25 vectors, where its
// force evaluation issues some 6 million instructions. On an H200 64 searches side by side make 52,000 evaluations per
// second, a step of all 64 each 1.2 ms. Tests: tests/parity/artn_cuda.cpp.

#include <algorithm>

#include "for_each.cuh"

#include "ops/artn.inl"

MG_ARTN_OPS(Cuda)
