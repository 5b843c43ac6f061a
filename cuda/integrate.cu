// The parts of a time step, from the generic sweeps: one thread per atom or per replica; the second kick is a term of
// the reduction that ends the step. Bound: kick and drift stream 140 bytes per atom, kick and sums 84; for one glass
// that is less than the launches, and the half-step of a replica on one thread is a chain of some hundred double
// operations and exponentials (predicted 2 to 4 us). On an H200 3, 4.5 and 7.5 us for one glass of 20,000 atoms; 6, 44
// and 57 us for 64, the latter two at the memory's rate. Tests: tests/parity/engine_cuda.cpp.

#include "for_each.cuh"

#include "ops/integrate.inl"

MG_INTEGRATE_OPS(Cuda)
