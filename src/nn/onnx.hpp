#pragma once
/// \file Trained networks as an ONNX model (https://onnx.ai), which other programs run without this one.

#include <string>
#include <utility>
#include <vector>

#include "nn/model.hpp"
#include "nn/property.hpp"

namespace mg {

/// What stands in the file beside the networks, for people and for programs that pick a model.
struct OnnxDescription {
    std::string producer_version;
    std::string text;                                           ///< what the model does
    std::vector<std::pair<std::string, std::string>> metadata;  ///< keys and values, in this order
    Property property = {};                                     ///< what is predicted
};

/// The bytes of an ONNX model (opset 13, IR version 8) of an ensemble.
///
/// Input `descriptors` float32 (atoms, inputs): raw features, as they come from the descriptor. The output has the name
/// of the property ("stiffness"), float32 (atoms, 1) in its unit: the mean over the members; and where there are
/// several, `ensemble_deviation` float32 (atoms, 1): their standard deviation, with n - 1. `atoms` is free.
///
/// Everything is computed in float32, which every runtime has: the result differs from predict() by some 1e-6 of
/// its size. Throws Error where there is no network, the networks differ in inputs, or a number is beyond float32.
std::string onnx_model(const std::vector<Model>& ensemble, const OnnxDescription& about);

}  // namespace mg
