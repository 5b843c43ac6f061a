#pragma once
/// \file `bench train`: how fast a network is trained here.

#include <CLI/CLI.hpp>

#include "core/comm.hpp"

namespace mg {

/// Adds `train` to the benchmarks.
void add_bench_train(CLI::App& bench, Comm& world);

}  // namespace mg
