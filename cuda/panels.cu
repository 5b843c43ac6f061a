// Sums and combinations of panels, from the generic sweeps: one thread per row and vector. Bound: the memory's rate, 16
// to 24 bytes for each element; predicted 0.1 ms for 48 vectors of a glass of 20,000 atoms. Tests:
// tests/parity/hessian_cuda.cpp. Never ran on a GPU.

#include "for_each_row.cuh"

#include "ops/panels.inl"

MG_PANELS_OPS(Cuda)
