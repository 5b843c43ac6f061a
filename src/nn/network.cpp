#include "nn/network.hpp"

#include <cassert>

#include "core/macros.hpp"
#include "ops/network.hpp"

namespace mg {

template <class Space>
Network<Space>::Network(const Layers& layers, Activation activation, int max_rows)
    : layers_(layers), activation_(activation), max_rows_(max_rows), parameters_(layers.parameter_count()),
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
Matrix<double, Space> Network<Space>::values(int layer, bool with_ones) {
    const int width = layers_.widths[layer];
    if (layer == layers_.count()) return {values_[layer].data(), rows_, width, width};
    return {values_[layer].data(), rows_, width + (with_ones ? 1 : 0), width + 1};
}

template <class Space>
Matrix<double, Space> Network<Space>::delta(int layer) {
    const int width = layers_.widths[layer];
    return {deltas_[layer].data(), rows_, width, width};
}

template <class Space>
Matrix<double, Space> Network<Space>::weights(int layer, bool with_bias) {
    const int inputs = layers_.inputs(layer);
    return {parameters_.data() + layers_.offset(layer), layers_.outputs(layer), inputs + (with_bias ? 1 : 0),
            inputs + 1};
}

template <class Space>
void Network<Space>::load(const Array<double, Space>& inputs, const Array<double, Space>& targets,
                          const Array<int, Space>& order, int first, int rows) {
    assert(rows >= 1 && rows <= max_rows_);
    rows_ = rows;
    gather_rows(inputs, targets, order, first, rows, layers_.inputs(0), values_[0], targets_);
}

template <class Space>
void Network<Space>::forward() {
    for (int l = 0; l < layers_.count(); ++l) {
        multiply_transposed(values(l, true), weights(l, true), values(l + 1, false));
        if (l + 1 < layers_.count()) activate(activation_, values(l + 1, false));
    }
}

template <class Space>
void Network<Space>::loss(Array<double, Space>& squared_error, int first) {
    mg::squared_error(values_.back(), targets_, rows_, deltas_.back(), squared_error, first);
}

template <class Space>
void Network<Space>::backward() {
    const long parameters = layers_.parameter_count();
    partials_.resize(blocks() * parameters);
    for (int l = layers_.count() - 1; l >= 0; --l) {
        multiply_blocks(delta(l + 1), values(l, true), partials_.data() + layers_.offset(l), parameters);
        if (l == 0) break;
        multiply(delta(l + 1), weights(l, false), delta(l));
        multiply_by_slope<Space>(activation_, values(l, false), delta(l));
    }
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
