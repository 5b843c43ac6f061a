#pragma once
/// \file Elementwise ops of the network. Matrix products are in ops/gemm.hpp.

#include "core/array.hpp"
#include "core/space.hpp"
#include "ops/gemm.hpp"
#include "physics/activation.hpp"

namespace mg {

/// Constants of Adam (Kingma and Ba, arXiv:1412.6980).
struct AdamConstants {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

/// Rows order[first + at + i], i = 0 .. rows - 1, of the data set become rows at + i of the batch: `batch`
/// (.., columns + 1), contiguous, with a last column of ones, and `batch_targets`. An empty `order` means the rows as
/// they stand.
template <class Space>
void gather_rows(const Array<double, Space>& inputs, const Array<double, Space>& targets,
                 const Array<int, Space>& order, int first, int at, int rows, int columns, Array<double, Space>& batch,
                 Array<double, Space>& batch_targets);

/// Fills column `column` of a matrix.
template <class Space>
void fill_column(Matrix<double, Space> matrix, int column, double value);

/// x = f(x).
template <class Space>
void activate(Activation activation, Matrix<double, Space> x);

/// delta *= f'(x), where `values` holds f(x).
template <class Space>
void multiply_by_slope(Activation activation, Matrix<const double, Space> values, Matrix<double, Space> delta);

/// For rows i = at .. at + rows - 1 of a batch: delta[i] = 2 (prediction - target) / batch_rows and
/// squared_error[first + i] = (prediction - target)^2.
template <class Space>
void squared_error(const Array<double, Space>& prediction, const Array<double, Space>& target, int at, int rows,
                   int batch_rows, Array<double, Space>& delta, Array<double, Space>& squared_error, int first);

/// One Adam step. `partials` (blocks, parameters) are partial gradients, summed in the order of blocks; `rates` is
/// (steps, 3), of which row `step` is read: learning rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t), and what is left of
/// each parameter before the step.
template <class Space>
void adam_step(const AdamConstants& constants, const Array<double, Space>& partials, int blocks,
               const Array<double, Space>& rates, int step, Array<double, Space>& parameters,
               Array<double, Space>& first_moment, Array<double, Space>& second_moment);

/// The sum of the first n values, in fixed blocks: the same bits for any number of threads. Waits for the device.
template <class Space>
double sum(const Array<double, Space>& values, int n, Array<double, Space>& scratch);

}  // namespace mg
