// The learned elastic network's ops, from the generic sweeps: springs and forces with one thread per slot, derivatives
// with one thread for each panel and 128 slots, whose sums stand in memory. Training asks for them a few dozen times;
// what takes its time are products with the Hessian (hessian.cu). Tests: tests/parity/elastic_cuda.cpp. Never ran on a
// GPU.

#include "for_each.cuh"

#include "ops/elastic.inl"

MG_ELASTIC_OPS(Cuda)
