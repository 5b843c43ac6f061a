// Initialisation, gradients against central differences, and Adam against a NumPy reference.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "nn/network.hpp"
#include "ops/network.hpp"

namespace {

using mg::Activation;
using mg::Array;
using mg::Host;

TEST(Random, StreamsAreUniformNormalAndIndependent) {
    const mg::RandomStream a(1, mg::RandomUse::weights, 0), b(1, mg::RandomUse::weights, 1),
        c(2, mg::RandomUse::weights, 0);
    const int n = 20000;
    double mean = 0, square = 0, normal = 0, normal_square = 0;
    for (int i = 0; i < n; ++i) {
        const double u = a.uniform(i), z = a.normal(i);
        ASSERT_GT(u, 0);
        ASSERT_LT(u, 1);
        ASSERT_NE(u, b.uniform(i));
        ASSERT_NE(u, c.uniform(i));
        mean += u / n;
        square += u * u / n;
        normal += z / n;
        normal_square += z * z / n;
    }
    EXPECT_NEAR(mean, 0.5, 5 / std::sqrt(12.0 * n));
    EXPECT_NEAR(square, 1.0 / 3, 0.01);
    EXPECT_NEAR(normal, 0, 5 / std::sqrt(double(n)));
    EXPECT_NEAR(normal_square, 1, 5 * std::sqrt(2.0 / n));
}

TEST(Random, ShuffleIsAPermutationAndFair) {
    std::vector<int> values(100);
    std::iota(values.begin(), values.end(), 0);
    const std::vector<int> sorted = values;
    mg::shuffle(values, mg::RandomStream(3, mg::RandomUse::order, 0));
    EXPECT_NE(values, sorted);
    std::sort(values.begin(), values.end());
    EXPECT_EQ(values, sorted);
    // Where the first of four lands, over 4000 shuffles: 1000 each, standard deviation 27.
    int count[4] = {};
    for (int s = 0; s < 4000; ++s) {
        std::vector<int> four{0, 1, 2, 3};
        mg::shuffle(four, mg::RandomStream(s, mg::RandomUse::order, 0));
        for (int k = 0; k < 4; ++k)
            if (four[k] == 0) ++count[k];
    }
    for (int k : count) EXPECT_NEAR(k, 1000, 140);
}

TEST(Network, GlorotVariance) {
    const mg::Layers layers = mg::make_layers(40, {200, 100});
    EXPECT_EQ(layers.parameter_count(), 41 * 200 + 201 * 100 + 101);
    const std::vector<double> p = mg::initial_parameters(layers, 5);
    EXPECT_EQ(p, mg::initial_parameters(layers, 5));
    EXPECT_NE(p, mg::initial_parameters(layers, 6));
    for (int l = 0; l < 2; ++l) {
        const int inputs = layers.inputs(l), outputs = layers.outputs(l), n = inputs * outputs;
        double sum = 0, square = 0, fourth = 0;
        for (int i = 0; i < outputs; ++i) {
            for (int j = 0; j < inputs; ++j) {
                const double w = p[layers.offset(l) + i * (inputs + 1) + j];
                sum += w;
                square += w * w / n;
                fourth += w * w * w * w / n;
            }
            EXPECT_EQ(p[layers.offset(l) + i * (inputs + 1) + inputs], 0) << "bias";
        }
        const double variance = 2.0 / (inputs + outputs);
        EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(variance / n));
        EXPECT_NEAR(square, variance, 5 * variance * std::sqrt(2.0 / n));
        EXPECT_NEAR(fourth / (square * square), 3.0, 0.3) << "not normal";
    }
    EXPECT_THROW(mg::make_layers(40, {0}), mg::InputError);
    EXPECT_THROW(mg::make_layers(0, {4}), mg::InputError);
}

struct Problem {
    std::vector<double> x, y;
};

Problem problem(int rows, int features) {
    Problem p;
    const mg::RandomStream stream(11, mg::RandomUse::weights, 77);
    for (int i = 0; i < rows * features; ++i) p.x.push_back(stream.normal(i));
    for (int i = 0; i < rows; ++i) p.y.push_back(stream.normal(1000000 + i));
    return p;
}

/// Mean squared error with plain loops: shares nothing with the program but the layout of the parameters.
double naive_loss(const mg::Layers& layers, Activation activation, const std::vector<double>& parameters,
                  const Problem& p, const std::vector<int>& rows) {
    const auto f = [&](double x) {
        switch (activation) {
            case Activation::relu:
                return x > 0 ? x : 0.0;
            case Activation::sigmoid:
                return 1 / (1 + std::exp(-x));
            default:
                return std::tanh(x);
        }
    };
    double loss = 0;
    const int m = layers.inputs(0);
    for (int row : rows) {
        std::vector<double> values(p.x.begin() + row * m, p.x.begin() + (row + 1) * m);
        std::size_t k = 0;
        for (int l = 0; l < layers.count(); ++l) {
            std::vector<double> next;
            for (int i = 0; i < layers.outputs(l); ++i) {
                double z = 0;
                for (double v : values) z += parameters[k++] * v;
                z += parameters[k++];
                next.push_back(l + 1 == layers.count() ? z : f(z));
            }
            values = next;
        }
        loss += (values[0] - p.y[row]) * (values[0] - p.y[row]);
    }
    return loss / rows.size();
}

class Gradient : public testing::TestWithParam<std::tuple<Activation, int>> {};

TEST_P(Gradient, CentralDifferences) {
    const auto [activation, depth] = GetParam();
    const int features = 5, n = 200;
    const std::vector<int> hidden = std::vector<int>{7, 6, 4};
    const mg::Layers layers = mg::make_layers(features, {hidden.begin(), hidden.begin() + depth});
    const Problem p = problem(n, features);
    std::vector<int> order;
    for (int i = 0; i < 150; ++i) order.push_back((i * 37 + 5) % n);  // three blocks of rows on the host
    std::vector<double> parameters = mg::initial_parameters(layers, 21);
    const mg::RandomStream noise(22, mg::RandomUse::weights, 0);
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] += 0.05 * noise.normal(i);  // biases too

    mg::Network<Host> network(layers, activation, 180);
    network.set_parameters(parameters);
    const auto inputs = mg::to_space<Host>(p.x), targets = mg::to_space<Host>(p.y);
    const auto device_order = mg::to_space<Host>(order);
    Array<double, Host> squares(order.size()), scratch;
    network.forward_and_backward({inputs, targets, device_order, 0, static_cast<int>(order.size())}, squares);
    const double loss = mg::sum(squares, static_cast<int>(order.size()), scratch) / order.size();
    EXPECT_NEAR(loss, naive_loss(layers, activation, parameters, p, order), 1e-13 * loss);

    const std::vector<double> gradient = network.gradient();
    ASSERT_EQ(gradient.size(), parameters.size());
    double largest = 0;
    for (double g : gradient) largest = std::max(largest, std::abs(g));
    // ReLU is piecewise quadratic here: a small step that crosses no kink is exact but for rounding.
    const double h = activation == Activation::relu ? 1e-7 : 1e-5;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const double value = parameters[i];
        parameters[i] = value + h;
        const double up = naive_loss(layers, activation, parameters, p, order);
        parameters[i] = value - h;
        const double down = naive_loss(layers, activation, parameters, p, order);
        parameters[i] = value;
        EXPECT_NEAR(gradient[i], (up - down) / (2 * h), 1e-6 * std::max(largest, 1e-3)) << "parameter " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Gradient,
                         testing::Combine(testing::Values(Activation::relu, Activation::sigmoid, Activation::tanh),
                                          testing::Values(1, 2, 3)));

TEST(Network, NaNIsNotHiddenByRelu) {
    const mg::Layers layers = mg::make_layers(1, {2});
    mg::Network<Host> network(layers, Activation::relu, 1);
    network.set_parameters(mg::initial_parameters(layers, 1));
    const auto inputs = mg::to_space<Host>(std::vector<double>{std::nan("")});
    const auto targets = mg::to_space<Host>(std::vector<double>{0});
    const Array<int, Host> as_they_stand;
    network.forward({inputs, targets, as_they_stand, 0, 1});
    EXPECT_TRUE(std::isnan(network.prediction()[0]));
}

std::vector<double> read_block(std::istream& in, const std::string& expected) {
    std::string name;
    std::size_t n = 0;
    in >> name >> n;
    EXPECT_EQ(name, expected);
    std::vector<double> values(n);
    for (double& v : values) in >> v;
    EXPECT_TRUE(in.good());
    return values;
}

TEST(Network, AdamFollowsTheNumpyReference) {
    const char* root = std::getenv("MG_TEST_ROOT");
    std::ifstream in(std::string(root ? root : MG_SOURCE_DIRECTORY) + "/tests/data/nn_reference.txt");
    ASSERT_TRUE(in.is_open());
    int cases = 0;
    for (std::string word; in >> word; ++cases) {
        ASSERT_EQ(word, "case");
        std::string activation;
        int batch, steps, count;
        in >> activation >> batch >> steps >> count;
        mg::Layers layers;
        layers.widths.resize(count);
        for (int& width : layers.widths) in >> width;
        const double rate = read_block(in, "rate")[0], decay = read_block(in, "decay")[0];
        const auto x = read_block(in, "x"), y = read_block(in, "y"), start = read_block(in, "start");
        const auto losses = read_block(in, "loss"), end = read_block(in, "end");
        SCOPED_TRACE(activation);

        mg::Network<Host> network(layers, mg::activation_from_name(activation), batch);
        network.set_parameters(start);
        const auto inputs = mg::to_space<Host>(x), targets = mg::to_space<Host>(y);
        const Array<int, Host> as_they_stand;
        Array<double, Host> first(start.size()), second(start.size()), squares(y.size()), batch_squares(batch), scratch;
        mg::fill_zero(first);
        mg::fill_zero(second);
        std::vector<double> rates;
        for (int t = 1; t <= steps; ++t) {
            rates.push_back(rate / (1 - std::pow(0.9, t)));
            rates.push_back(1 / std::sqrt(1 - std::pow(0.999, t)));
            rates.push_back(1 - rate * decay);
        }
        const auto device_rates = mg::to_space<Host>(rates);
        ASSERT_EQ(static_cast<int>(losses.size()), steps);
        for (int s = 0; s < steps; ++s) {
            const int begin = (s * batch) % static_cast<int>(y.size());
            network.forward_and_backward({inputs, targets, as_they_stand, begin, batch}, squares);
            mg::adam_step({}, network.partial_gradients(), network.blocks(), device_rates, s, network.parameters(),
                          first, second);
            std::copy_n(squares.begin() + begin, batch, batch_squares.begin());
            EXPECT_NEAR(mg::sum(batch_squares, batch, scratch) / batch, losses[s], 1e-10 * losses[s]) << "step " << s;
        }
        for (std::size_t i = 0; i < end.size(); ++i)
            EXPECT_NEAR(network.parameters()[i], end[i], 1e-10 * std::max(1.0, std::abs(end[i])));
        EXPECT_LT(losses.back(), losses.front());
    }
    EXPECT_EQ(cases, 3);
}

}  // namespace
