#pragma once
/// \file Sweeps over vectors that stand side by side (Panels): sums and combinations, column by column.

#include "core/mat3.hpp"
#include "sweeps/hessian.hpp"

namespace mg {

/// Rows of a panel that one index sums.
inline constexpr int dot_rows = 768;

/// partial (panels, chunks, panel_width): sums over the chunk's rows of x y.
template <int columns>
struct DotSweep {
    int rows, chunks;  ///< of a panel
    const double *x, *y;
    double* partial;

    MG_HD void operator()(int index) const {
        constexpr int parts = panel_width / columns;
        const int piece = index / parts, offset = index % parts * columns;
        const int panel = piece / chunks, chunk = piece % chunks;
        const int begin = chunk * dot_rows, end = begin + dot_rows < rows ? begin + dot_rows : rows;
        double sum[columns];
        for (int c = 0; c < columns; ++c) sum[c] = 0;
        for (int row = begin; row < end; ++row) {
            const long at = (static_cast<long>(panel) * rows + row) * panel_width + offset;
            for (int c = 0; c < columns; ++c) sum[c] += x[at + c] * y[at + c];
        }
        for (int c = 0; c < columns; ++c) partial[static_cast<long>(piece) * panel_width + offset + c] = sum[c];
    }
};
/// sum (panels, panel_width) of the chunks' sums, in their order.
struct DotFinishSweep {
    int chunks;
    const double* partial;
    double* sum;

    MG_HD void operator()(int index) const {
        const int panel = index / panel_width, column = index % panel_width;
        double total = 0;
        for (int k = 0; k < chunks; ++k)
            total += partial[(static_cast<long>(panel) * chunks + k) * panel_width + column];
        sum[index] = total;
    }
};

/// y = a x + b y with numbers of each column (panels, panel_width), or null where it is 1.
template <int columns>
struct CombineSweep {
    int rows;  ///< of a panel
    const double *a, *b, *x;
    double* y;

    MG_HD void operator()(int index) const {
        constexpr int parts = panel_width / columns;
        const int row = index / parts, offset = index % parts * columns;
        const long at = static_cast<long>(row) * panel_width + offset;
        const int first = row / rows * panel_width + offset;
        for (int c = 0; c < columns; ++c)
            y[at + c] = (a ? a[first + c] : 1.0) * x[at + c] + (b ? b[first + c] : 1.0) * y[at + c];
    }
};

/// z = D^-1 r, with the inverse of each slot's diagonal block.
template <int columns>
struct PreconditionSweep {
    int slots;
    const Mat3* inverse;
    const double* r;
    double* z;

    MG_HD void operator()(int index) const {
        constexpr int parts = panel_width / columns;
        const int row = index / parts, offset = index % parts * columns;
        const Mat3& m = inverse[row % slots];
        const long at = 3L * row * panel_width + offset;
        for (int c = 0; c < columns; ++c) {
            const double x = r[at + c], y = r[at + panel_width + c], w = r[at + 2 * panel_width + c];
            for (int k = 0; k < 3; ++k)
                z[at + k * panel_width + c] = m.m[3 * k] * x + m.m[3 * k + 1] * y + m.m[3 * k + 2] * w;
        }
    }
};

/// Element (row, column) of `out` at [row * row_stride + column * column_stride]: the rows of the chosen slots, 3 k + i
/// for the k-th, plus for each direction i what `added` (3, columns) has, or nothing where it is null.
struct GatherRowsSweep {
    int slots, columns;
    const int* chosen;
    const double* value;
    const double* added;
    double* out;
    long row_stride, column_stride;

    MG_HD void operator()(int k) const {
        for (int c = 0; c < columns; ++c) {
            const long from =
                (3L * (c / panel_width * static_cast<long>(slots) + chosen[k])) * panel_width + c % panel_width;
            for (int i = 0; i < 3; ++i)
                out[(3L * k + i) * row_stride + c * column_stride] =
                    value[from + i * panel_width] + (added ? added[3L * c + i] : 0.0);
        }
    }
};

}  // namespace mg
