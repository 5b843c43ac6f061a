#pragma once
/// \file Sweeps of the network: everything in a training step that is not a matrix product.
///
/// Sweeps over rows of a matrix take `lanes` neighbouring indices per row. With one lane (host) the columns are an
/// inner loop that vectorises; with a warp of lanes (device) neighbouring threads touch neighbouring columns. `lanes`
/// and `strip` are compile-time constants, so that no index costs a division.

#include "core/macros.hpp"
#include "physics/activation.hpp"

namespace mg {
inline namespace MG_TARGET {

/// Copies rows of the data set into a batch and appends the column of ones that carries the bias.
template <int lanes>
struct GatherRowsSweep {
    const double* inputs;   ///< (n, columns)
    const double* targets;  ///< (n)
    const int* order;       ///< rows of the data set in the order of use, or nullptr: as they stand
    int first;              ///< place in `order` of the batch's first row
    int columns;
    double* batch;          ///< (rows, columns + 1)
    double* batch_targets;  ///< (rows)

    MG_HD void operator()(int i) const {
        const int row = i / lanes, lane = i % lanes;
        const long from = order ? order[first + row] : first + row;
        const double* source = inputs + from * columns;
        double* to = batch + static_cast<long>(row) * (columns + 1);
        for (int j = lane; j < columns; j += lanes) to[j] = source[j];
        if (lane == 0) {
            to[columns] = 1.0;
            batch_targets[row] = targets[from];
        }
    }
};

/// Fills one column of a matrix.
struct FillColumnSweep {
    double* column;
    int stride;
    double value;

    MG_HD void operator()(int i) const { column[static_cast<long>(i) * stride] = value; }
};

/// x = f(x) on the columns of a layer; the bias is already in x.
template <class Function, int lanes>
struct ActivateSweep {
    double* values;
    int columns, stride;

    MG_HD void operator()(int i) const {
        double* row = values + static_cast<long>(i / lanes) * stride;
        for (int j = i % lanes; j < columns; j += lanes) row[j] = Function::value(row[j]);
    }
};

/// delta *= f'(x), where `values` holds f(x).
template <class Function, int lanes>
struct ActivationSlopeSweep {
    const double* values;
    int value_stride;
    double* delta;
    int columns, delta_stride;

    MG_HD void operator()(int i) const {
        const double* value = values + static_cast<long>(i / lanes) * value_stride;
        double* row = delta + static_cast<long>(i / lanes) * delta_stride;
        for (int j = i % lanes; j < columns; j += lanes) row[j] *= Function::slope(value[j]);
    }
};

/// Mean squared error of a batch: delta = dL/d(prediction) = 2 (prediction - target) / rows, and each row's square.
struct SquaredErrorSweep {
    const double* prediction;
    const double* target;
    double scale;  ///< 2 / rows
    double* delta;
    double* squared_error;

    MG_HD void operator()(int i) const {
        const double difference = prediction[i] - target[i];
        delta[i] = scale * difference;
        squared_error[i] = difference * difference;
    }
};

/// Adam on a flat vector of parameters. The gradient comes as the partial sums of fixed blocks of rows, which are
/// added in the order of the blocks. One index updates `strip` neighbouring parameters.
template <int strip>
struct AdamSweep {
    const double* partials;  ///< (blocks, parameters)
    int blocks;
    int parameters;
    const double* rates;  ///< (3) as in ops/network.hpp
    double beta1, beta2, epsilon;
    double* parameter;  ///< (parameters)
    double* first;      ///< (parameters)
    double* second;     ///< (parameters)

    MG_HD void operator()(int i) const {
        const int begin = i * strip;
        const int count = parameters - begin < strip ? parameters - begin : strip;
        double gradient[strip];
        for (int j = 0; j < count; ++j) gradient[j] = partials[begin + j];
        for (int b = 1; b < blocks; ++b) {
            const double* partial = partials + static_cast<long>(b) * parameters + begin;
            for (int j = 0; j < count; ++j) gradient[j] += partial[j];
        }
        const double rate = rates[0], inverse_root = rates[1], kept = rates[2];
        double p[strip], m[strip], v[strip];
        for (int j = 0; j < count; ++j) {
            p[j] = parameter[begin + j];
            m[j] = first[begin + j];
            v[j] = second[begin + j];
        }
        for (int j = 0; j < count; ++j)
            adam_update(gradient[j], rate, inverse_root, kept, beta1, beta2, epsilon, p[j], m[j], v[j]);
        for (int j = 0; j < count; ++j) {
            parameter[begin + j] = p[j];
            first[begin + j] = m[j];
            second[begin + j] = v[j];
        }
    }
};

/// sums[i] = the sum of the i-th block of `block` values, in order.
struct BlockSumSweep {
    const double* values;
    int n, block;
    double* sums;

    MG_HD void operator()(int i) const {
        const int begin = i * block;
        const int end = begin + block < n ? begin + block : n;
        double sum = 0;
        for (int k = begin; k < end; ++k) sum += values[k];
        sums[i] = sum;
    }
};

}  // namespace MG_TARGET
}  // namespace mg
