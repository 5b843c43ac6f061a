#include "nn/network.hpp"

#include <cassert>

#include "core/macros.hpp"
#include "ops/network.hpp"

namespace mg {

template <class Space>
Network<Space>::Network(const Layers& layers, Activation activation, int max_rows)
    : layers_(layers),
      activation_(activation),
      max_rows_(max_rows),
      parameters_(layers.parameter_count()),
      targets_(max_rows) {
    for (int l = 0; l <= layers.count(); ++l) {
        const bool last = l == layers.count();
        const std::size_t width = layers.widths[l];
        values_.emplace_back(last ? max_rows : max_rows * (width + 1));
        deltas_.emplace_back(l == 0 ? 0 : max_rows * width);
        if (!last)
            fill_column(Matrix<double, Space>{values_[l].data(), max_rows, static_cast<int>(width) + 1,
                                              static_cast<int>(width) + 1},
                        static_cast<int>(width), 1.0);
    }
}

template <class Space>
void Network<Space>::set_parameters(const std::vector<double>& parameters) {
    assert(static_cast<int>(parameters.size()) == layers_.parameter_count());
    parameters_ = to_space<Space>(parameters);
}

template <class Space>
Matrix<double, Space> Network<Space>::values(int layer, int first, int rows, bool with_ones) {
    const int width = layers_.widths[layer], stride = layer == layers_.count() ? width : width + 1;
    return {values_[layer].data() + static_cast<long>(first) * stride, rows, with_ones ? stride : width, stride};
}

template <class Space>
Matrix<double, Space> Network<Space>::delta(int layer, int first, int rows) {
    const int width = layers_.widths[layer];
    return {deltas_[layer].data() + static_cast<long>(first) * width, rows, width, width};
}

template <class Space>
Matrix<double, Space> Network<Space>::weights(int layer, bool with_bias) {
    const int inputs = layers_.inputs(layer);
    return {parameters_.data() + layers_.offset(layer), layers_.outputs(layer), inputs + (with_bias ? 1 : 0),
            inputs + 1};
}

template <class Space>
void Network<Space>::begin(const BatchRows<Space>& batch) {
    assert(batch.rows >= 1 && batch.rows <= max_rows_);
    rows_ = batch.rows;
}

template <class Space>
void Network<Space>::forward_block(const BatchRows<Space>& batch, int first, int rows) {
    gather_rows(batch.inputs, batch.targets, batch.order, batch.first, first, rows, layers_.inputs(0), values_[0],
                targets_);
    for (int l = 0; l < layers_.count(); ++l) {
        multiply_transposed(values(l, first, rows, true), weights(l, true), values(l + 1, first, rows, false));
        if (l + 1 < layers_.count()) activate(activation_, values(l + 1, first, rows, false));
    }
}

template <class Space>
void Network<Space>::backward_block(int block, int first, int rows) {
    const long parameters = layers_.parameter_count();
    double* partials = partials_.data() + block * parameters;
    for (int l = layers_.count() - 1; l >= 0; --l) {
        multiply_blocks(delta(l + 1, first, rows), values(l, first, rows, true), partials + layers_.offset(l),
                        parameters);
        if (l == 0) break;
        multiply(delta(l + 1, first, rows), weights(l, false), delta(l, first, rows));
        multiply_by_slope<Space>(activation_, values(l, first, rows, false), delta(l, first, rows));
    }
}

template <class Space>
void Network<Space>::forward(const BatchRows<Space>& batch) {
    begin(batch);
    for_row_blocks(Space{}, rows_, [&](int, int first, int rows) { forward_block(batch, first, rows); });
}

template <class Space>
void Network<Space>::forward(const BatchRows<Space>& batch, Array<double, Space>& squared_error) {
    begin(batch);
    for_row_blocks(Space{}, rows_, [&](int, int first, int rows) {
        forward_block(batch, first, rows);
        mg::squared_error(values_.back(), targets_, first, rows, rows_, deltas_.back(), squared_error, batch.first);
    });
}

template <class Space>
void Network<Space>::forward_and_backward(const BatchRows<Space>& batch, Array<double, Space>& squared_error) {
    begin(batch);
    partials_.resize(static_cast<std::size_t>(blocks()) * layers_.parameter_count());
    // A block goes through all layers and back on one thread, in its caches: one barrier per batch.
    for_row_blocks(Space{}, rows_, [&](int block, int first, int rows) {
        forward_block(batch, first, rows);
        mg::squared_error(values_.back(), targets_, first, rows, rows_, deltas_.back(), squared_error, batch.first);
        backward_block(block, first, rows);
    });
}

template <class Space>
std::vector<double> Network<Space>::gradient() const {
    const std::vector<double> partials = to_host(partials_);
    const std::size_t n = layers_.parameter_count();
    std::vector<double> sum(partials.begin(), partials.begin() + n);
    for (int b = 1; b < blocks(); ++b)
        for (std::size_t i = 0; i < n; ++i) sum[i] += partials[b * n + i];
    return sum;
}

#define MG_NETWORK(Space) template class Network<Space>;
MG_INSTANTIATE(MG_NETWORK)

}  // namespace mg
