#pragma once
/// \file The multilayer perceptron as plain host data: what is stored in a model file.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "physics/activation.hpp"

namespace mg {

/// "relu", "sigmoid" or "tanh".
std::string activation_name(Activation activation);
/// Throws InputError for another name.
Activation activation_from_name(std::string_view name);

/// Shape of a fully connected network with one output, and the layout of its parameters in one flat vector: layer
/// after layer, each a row-major (outputs, inputs + 1) matrix whose last column is the bias.
struct Layers {
    std::vector<int> widths;  ///< inputs, hidden layers, 1

    /// Number of weight layers.
    int count() const { return static_cast<int>(widths.size()) - 1; }
    int inputs(int layer) const { return widths[layer]; }
    int outputs(int layer) const { return widths[layer + 1]; }
    /// Where the matrix of a layer begins.
    int offset(int layer) const;
    int parameter_count() const { return offset(count()); }
};

/// The shape from the number of inputs and the hidden widths. Throws InputError where a width is below 1.
Layers make_layers(int inputs, const std::vector<int>& hidden);

/// Glorot-normal weights: variance 2 / (inputs + outputs) (Glorot and Bengio, AISTATS 2010, eq. 12 for a normal
/// distribution), biases 0. Keyed by (seed, layer, index).
std::vector<double> initial_parameters(const Layers& layers, std::uint64_t seed);

/// One epoch of a training. Losses are mean squared errors of the standardised target.
struct EpochRecord {
    int epoch = 0;  ///< from 0
    double learning_rate = 0;
    double training_loss = 0;    ///< mean over the epoch's batches, each before its update
    double validation_loss = 0;  ///< after the epoch; 0 without validation rows
};

/// A trained network with its normalisation.
struct Model {
    Layers layers;
    Activation activation = Activation::relu;
    std::vector<double> parameters;  ///< (layers.parameter_count())
    std::vector<double> input_mean;  ///< (inputs)
    std::vector<double> input_std;   ///< (inputs); 0 marks a feature that was constant in training and is ignored
    double target_mean = 0;          ///< [eV/A^2]
    double target_std = 1;           ///< [eV/A^2]
    std::vector<EpochRecord> history;
    int best_epoch = -1;  ///< the epoch whose parameters these are
    std::uint64_t seed = 0;

    int inputs() const { return layers.inputs(0); }
    double weight(int layer, int output, int input) const {
        return parameters[layers.offset(layer) + output * (layers.inputs(layer) + 1) + input];
    }
    double bias(int layer, int output) const { return weight(layer, output, layers.inputs(layer)); }
};

/// (x - mean) / std for rows (n, m) of features, in place of `out` (n, m); 0 where std is 0.
void standardise(const Model& model, const double* features, long rows, double* out);

}  // namespace mg
