// Bond-orientational order, from the generic sweeps: one thread per slot. Bound: per slot some 60 candidates within the
// cells around, 13 neighbours (Cu50Zr50, 3.9 A) with 100 double operations each in the first sweep and 192 B each in
// the second, which ends with two sums of 127 products: predicted below 0.1 ms for a glass of 20,000 atoms, once per
// glass. Tests: tests/parity/bond_order_cuda.cpp. Ran under the emulation on the CPU alone.

#include "for_each.cuh"

#include "ops/bond_order.inl"

MG_BOND_ORDER_OPS(Cuda)
