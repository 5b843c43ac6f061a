#pragma once
/// \file for_each_row on the host: sweeps over rows of Panels, all vectors of a panel at a time.

#include "ops/for_each_host.hpp"

#include <algorithm>

#include "sweeps/hessian.hpp"

namespace mg {

constexpr int columns_at_a_time(Host) { return panel_width; }

/// Compiled for several instruction sets: rows are whole vectors.
template <class Sweep>
MG_CLONED void run_of_rows(const Sweep& sweep, int begin, int end) {
    for (int i = begin; i < end; ++i) sweep(i);
}

/// sweep(i) for i in [0, rows), in any order.
template <class Sweep>
void for_each_row(Host, int rows, const Sweep& sweep) {
    constexpr int run_length = 64;  // rows that one thread takes at a time
#pragma omp parallel for schedule(static)
    for (int begin = 0; begin < rows; begin += run_length)
        run_of_rows(sweep, begin, std::min(rows, begin + run_length));
}

}  // namespace mg
