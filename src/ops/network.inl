// Generic bodies of ops/network.hpp; included after a for_each.

#include <vector>

#include "ops/network.hpp"
#include "sweeps/network.hpp"

namespace mg {
namespace network_detail {

/// Indices per row: the columns are an inner loop on the host and neighbouring threads on the device.
constexpr int row_lanes(Host) { return 1; }
constexpr int row_lanes(Cuda) { return 32; }
/// Parameters per index of the optimiser: a loop that vectorises on the host, one thread each on the device.
constexpr int adam_strip(Host) { return 64; }
constexpr int adam_strip(Cuda) { return 1; }
constexpr int sum_block = 256;

template <class Body>
void with_activation(Activation activation, const Body& body) {
    switch (activation) {
        case Activation::relu:
            body(Relu{});
            return;
        case Activation::sigmoid:
            body(Sigmoid{});
            return;
        case Activation::tanh:
            body(HyperbolicTangent{});
            return;
    }
}

}  // namespace network_detail

template <class Space>
void gather_rows(const Array<double, Space>& inputs, const Array<double, Space>& targets,
                 const Array<int, Space>& order, int first, int at, int rows, int columns, Array<double, Space>& batch,
                 Array<double, Space>& batch_targets) {
    constexpr int lanes = network_detail::row_lanes(Space{});
    for_each(Space{}, rows * lanes,
             GatherRowsSweep<lanes>{inputs.data(), targets.data(), order.empty() ? nullptr : order.data(), first + at,
                                    columns, batch.data() + static_cast<long>(at) * (columns + 1),
                                    batch_targets.data() + at});
}

template <class Space>
void fill_column(Matrix<double, Space> matrix, int column, double value) {
    for_each(Space{}, matrix.rows, FillColumnSweep{matrix.data + column, matrix.stride, value});
}

template <class Space>
void activate(Activation activation, Matrix<double, Space> x) {
    constexpr int lanes = network_detail::row_lanes(Space{});
    network_detail::with_activation(activation, [&](auto function) {
        for_each(Space{}, x.rows * lanes, ActivateSweep<decltype(function), lanes>{x.data, x.columns, x.stride});
    });
}

template <class Space>
void multiply_by_slope(Activation activation, Matrix<const double, Space> values, Matrix<double, Space> delta) {
    constexpr int lanes = network_detail::row_lanes(Space{});
    network_detail::with_activation(activation, [&](auto function) {
        for_each(Space{}, delta.rows * lanes,
                 ActivationSlopeSweep<decltype(function), lanes>{values.data, values.stride, delta.data, delta.columns,
                                                                 delta.stride});
    });
}

template <class Space>
void squared_error(const Array<double, Space>& prediction, const Array<double, Space>& target, int at, int rows,
                   int batch_rows, Array<double, Space>& delta, Array<double, Space>& squared_error, int first) {
    for_each(Space{}, rows,
             SquaredErrorSweep{prediction.data() + at, target.data() + at, 2.0 / batch_rows, delta.data() + at,
                               squared_error.data() + first + at});
}

template <class Space>
void adam_step(const AdamConstants& constants, const Array<double, Space>& partials, int blocks,
               const Array<double, Space>& rates, int step, Array<double, Space>& parameters,
               Array<double, Space>& first_moment, Array<double, Space>& second_moment) {
    constexpr int strip = network_detail::adam_strip(Space{});
    const int n = static_cast<int>(parameters.size());
    for_each(Space{}, (n + strip - 1) / strip,
             AdamSweep<strip>{partials.data(), blocks, n, rates.data() + 3 * step, constants.beta1, constants.beta2,
                              constants.epsilon, parameters.data(), first_moment.data(), second_moment.data()});
}

template <class Space>
double sum(const Array<double, Space>& values, int n, Array<double, Space>& scratch) {
    const int blocks = (n + network_detail::sum_block - 1) / network_detail::sum_block;
    scratch.resize(blocks);
    for_each(Space{}, blocks, BlockSumSweep{values.data(), n, network_detail::sum_block, scratch.data()});
    double total = 0;
    for (double part : to_host(scratch)) total += part;
    return total;
}

#define MG_NETWORK_OPS(Space)                                                                                      \
    template void gather_rows<Space>(const Array<double, Space>&, const Array<double, Space>&,                     \
                                     const Array<int, Space>&, int, int, int, int, Array<double, Space>&,          \
                                     Array<double, Space>&);                                                       \
    template void fill_column<Space>(Matrix<double, Space>, int, double);                                          \
    template void activate<Space>(Activation, Matrix<double, Space>);                                              \
    template void multiply_by_slope<Space>(Activation, Matrix<const double, Space>, Matrix<double, Space>);        \
    template void squared_error<Space>(const Array<double, Space>&, const Array<double, Space>&, int, int, int,    \
                                       Array<double, Space>&, Array<double, Space>&, int);                         \
    template void adam_step<Space>(const AdamConstants&, const Array<double, Space>&, int,                         \
                                   const Array<double, Space>&, int, Array<double, Space>&, Array<double, Space>&, \
                                   Array<double, Space>&);                                                         \
    template double sum<Space>(const Array<double, Space>&, int, Array<double, Space>&);

}  // namespace mg
