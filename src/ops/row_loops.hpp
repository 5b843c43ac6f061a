#pragma once
/// \file The tuned host loop that writes neighbour rows, one per instruction set (simd/eam.cpp).

#include <vector>

#include "sweeps/neighbors.hpp"

namespace mg {

struct Slab;
template <class Space>
struct HalfRows;

/// Writes a slab's half rows one behind the other, and their lengths by slot.
using RowLoop = void (*)(const RowSweep<Host>&, const HalfRows<Host>&, const Slab&, std::vector<int>& entries,
                         int* length);

/// That of this machine's instruction set; null where the generic sweep runs instead.
RowLoop host_row_loop();

}  // namespace mg
