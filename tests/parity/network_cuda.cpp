// The network on the device against the host, which tests/unit holds against finite differences and NumPy.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "core/array.hpp"
#include "core/random.hpp"
#include "core/space.hpp"
#include "nn/network.hpp"
#include "nn/training.hpp"
#include "support/deviation.hpp"
#include "support/gpu.hpp"

namespace {

struct Pass {
    std::vector<double> prediction, squares, gradient;
};

template <class Space>
Pass pass(const mg::Layers& layers, mg::Activation activation, const std::vector<double>& parameters,
          const std::vector<double>& x, const std::vector<double>& y, const std::vector<int>& order) {
    const int rows = static_cast<int>(order.size());
    mg::Network<Space> network(layers, activation, rows);
    network.set_parameters(parameters);
    const auto inputs = mg::to_space<Space>(x), targets = mg::to_space<Space>(y);
    const auto device_order = mg::to_space<Space>(order);
    mg::Array<double, Space> squares(rows);
    network.forward_and_backward({inputs, targets, device_order, 0, rows}, squares);
    return {mg::to_host(network.prediction()), mg::to_host(squares), network.gradient()};
}

void expect_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
    ASSERT_EQ(a.size(), b.size());
    double largest = 0, deviation = 0;
    for (double v : a) largest = std::max(largest, std::abs(v));
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= deviation)) deviation = std::abs(a[i] - b[i]);  // NaN counts as different
    EXPECT_DEVIATION(deviation, tolerance * largest);
}

class NetworkParity : public mg::GpuTest {};

TEST_F(NetworkParity, PassesAgree) {
    const mg::RandomStream stream(3, mg::RandomUse::weights, 50);
    std::vector<double> x(300 * 11), y(300);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = stream.normal(i);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = stream.normal(100000 + i);
    std::vector<int> order(257);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i * 7 % 300);
    for (auto activation : {mg::Activation::relu, mg::Activation::sigmoid, mg::Activation::tanh})
        for (const auto& hidden : std::vector<std::vector<int>>{{70}, {33, 5}, {1, 40, 8}}) {
            const mg::Layers layers = mg::make_layers(11, hidden);
            const auto parameters = mg::initial_parameters(layers, 8);
            const Pass host = pass<mg::Host>(layers, activation, parameters, x, y, order);
            const Pass device = pass<mg::Cuda>(layers, activation, parameters, x, y, order);
            expect_close(host.prediction, device.prediction, 1e-12);
            expect_close(host.squares, device.squares, 1e-12);
            expect_close(host.gradient, device.gradient, 1e-12);
        }
}

TEST_F(NetworkParity, TrainingAgreesAndRepeatsItself) {
    mg::Dataset data;
    data.features_per_atom = 6;
    const mg::RandomStream stream(4, mg::RandomUse::weights, 51);
    for (int i = 0; i < 1000; ++i) {
        for (int j = 0; j < 6; ++j) data.features.push_back(stream.normal(10 * i + j));
        data.target.push_back(std::sin(data.features[6 * i]) + 0.3 * data.features[6 * i + 1]);
    }
    mg::TrainOptions options;
    options.hidden = {40};
    options.activation = mg::Activation::tanh;
    options.epochs = 10;
    const mg::Model host = mg::train<mg::Host>(data, options);
    int captured = 0;
    const auto count = [&](const mg::TrainProgress& p) {
        captured += p.captured;
        return true;
    };
    const mg::Model device = mg::train<mg::Cuda>(data, options, count), again = mg::train<mg::Cuda>(data, options);
    EXPECT_EQ(device.parameters, again.parameters);
    if (!std::getenv("MGSTIFF_NO_GRAPHS")) {
        EXPECT_EQ(captured, options.epochs - 1) << "the first epoch sizes the arrays, the others are a graph";
        setenv("MGSTIFF_NO_GRAPHS", "1", 1);
        EXPECT_EQ(device.parameters, mg::train<mg::Cuda>(data, options).parameters);
        unsetenv("MGSTIFF_NO_GRAPHS");
    }
    for (std::size_t e = 0; e < host.history.size(); ++e) {
        const double training = std::abs(device.history[e].training_loss / host.history[e].training_loss - 1);
        const double validation = std::abs(device.history[e].validation_loss / host.history[e].validation_loss - 1);
        EXPECT_DEVIATION(training, 1e-8);
        EXPECT_DEVIATION(validation, 1e-8);
    }
    expect_close(mg::predict(mg::Host{}, host, data.features), mg::predict(mg::Cuda{}, device, data.features), 1e-8);
}

}  // namespace
