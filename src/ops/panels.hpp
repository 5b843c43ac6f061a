#pragma once
/// \file Sums and combinations of vectors that stand side by side, column by column.

#include "ops/hessian.hpp"

namespace mg {

/// Numbers of the columns of panels, (panels, panel_width).
template <class Space>
using ColumnNumbers = Array<double, Space>;

/// sum_c = x_c . y_c; the same bits for any number of threads. `work` is the op's own.
template <class Space>
void dot(const Panels<Space>& x, const Panels<Space>& y, ColumnNumbers<Space>& sum, Array<double, Space>& work);

/// y_c = a_c x_c + b_c y_c; null stands for 1.
template <class Space>
void combine(const ColumnNumbers<Space>* a, const Panels<Space>& x, const ColumnNumbers<Space>* b, Panels<Space>& y);

/// z = D^-1 r by blocks (slots).
template <class Space>
void precondition(const Array<Mat3, Space>& inverse_blocks, const Panels<Space>& r, Panels<Space>& z);

/// Rows of `n` chosen slots of the first `columns` vectors: row 3 k + i and column c go to out[(3 k + i) row_stride +
/// c column_stride]. To each direction i `added` (3, columns) is added, where it is not null.
template <class Space>
void gather_rows(const Panels<Space>& v, int columns, const int* chosen, int n, const double* added, double* out,
                 long row_stride, long column_stride);

}  // namespace mg
