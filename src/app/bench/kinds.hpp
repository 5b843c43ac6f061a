#pragma once
/// \file The benchmarks. Each function adds one of them to the command `bench`.

namespace CLI {
class App;
}

namespace mg {

class Comm;

void add_bench_md(CLI::App& bench, Comm& world);     ///< molecular dynamics
void add_bench_rdf(CLI::App& bench, Comm& world);    ///< shell counts
void add_bench_artn(CLI::App& bench, Comm& world);   ///< saddle searches
void add_bench_train(CLI::App& bench, Comm& world);  ///< training of a network

}  // namespace mg
