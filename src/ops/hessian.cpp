// Products of the Hessian with many vectors on the host: one thread per run of slots, vectors along a panel's columns.
// Bound: for each bond and vector 32 operations on numbers of which 4 come from a neighbour's row; a panel of 20,000
// atoms takes 7.7 MB, and neighbours in space are near in memory. Measured in benchmarks/README.md.

#include "ops/for_each_row.hpp"

#include "ops/hessian.inl"

MG_HESSIAN_OPS(Host)
