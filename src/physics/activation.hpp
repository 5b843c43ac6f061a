#pragma once
/// \file Activation functions of the network and their slopes, written in terms of the function's value so that a
/// layer keeps one array only.

#include <cmath>

#include "core/macros.hpp"

namespace mg {

enum class Activation : int { relu, sigmoid, tanh };

inline namespace MG_TARGET {

/// max(x, 0). A NaN stays a NaN. The slope at 0 is 0.
struct Relu {
    MG_HD static double value(double x) { return x < 0 ? 0.0 : x; }
    MG_HD static double slope(double value) { return value > 0 ? 1.0 : 0.0; }
};

/// 1 / (1 + exp(-x)).
struct Sigmoid {
    MG_HD static double value(double x) { return 1.0 / (1.0 + exp(-x)); }
    MG_HD static double slope(double value) { return value * (1.0 - value); }
};

/// tanh(x).
struct HyperbolicTangent {
    MG_HD static double value(double x) { return tanh(x); }
    MG_HD static double slope(double value) { return 1.0 - value * value; }
};

/// One Adam update (Kingma and Ba, arXiv:1412.6980, algorithm 1), with weights that decay apart from the gradient
/// (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2). `rate` is the learning rate over 1 - beta1^t, `inverse_root`
/// is 1 / sqrt(1 - beta2^t), t = 1, 2, ... being the number of this step, and `kept` is 1 - learning rate * decay.
MG_HD void adam_update(double gradient, double rate, double inverse_root, double kept, double beta1, double beta2,
                       double epsilon, double& parameter, double& first, double& second) {
    first = beta1 * first + (1.0 - beta1) * gradient;
    second = beta2 * second + (1.0 - beta2) * gradient * gradient;
    parameter *= kept;
    parameter -= rate * first / (sqrt(second) * inverse_root + epsilon);
}

}  // namespace MG_TARGET
}  // namespace mg
