#pragma once
/// \file for_each_row on the device: one thread per row of Panels and vector; the twin of ops/for_each_row.hpp.

#include "for_each.cuh"
#include "sweeps/hessian.hpp"

namespace mg {

constexpr int columns_at_a_time(Cuda) { return 1; }

/// sweep(i) for i in [0, rows * panel_width): half a warp works on a row.
template <class Sweep>
void for_each_row(Cuda, int rows, const Sweep& sweep) {
    for_each(Cuda{}, rows * panel_width, sweep);
}

}  // namespace mg
