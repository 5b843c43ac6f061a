#pragma once
/// \file The command `predict`: the stiffness of the atoms of users' own glasses, from a trained model.

#include <CLI/CLI.hpp>

#include "core/comm.hpp"

namespace mg {

/// Adds `predict` to the commands.
void add_predict(CLI::App& app, Comm& world);

}  // namespace mg
