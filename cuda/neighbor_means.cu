// Means of per-atom values over neighbours, from the generic sweep: one thread per slot, which adds whole rows. Bound:
// memory; a glass of 20,000 atoms with 90 columns and 13 neighbours reads 190 MB, uncoalesced but from rows that the
// cache has, and writes 14 MB: predicted below 1 ms, twice per glass. Tests: tests/parity/neighbor_means_cuda.cpp. Ran
// under the emulation on the CPU alone.

#include "for_each.cuh"

#include "ops/neighbor_means.inl"

MG_NEIGHBOR_MEANS_OPS(Cuda)
