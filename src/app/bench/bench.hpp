#pragma once
/// \file The command `bench`: speed of this machine, as JSON.

namespace CLI {
class App;
}

namespace mg {

class Comm;

/// Adds `bench` and its benchmarks to the app; errors as in add_commands(). On several ranks `bench md` shares out the
/// replicas, or divides one system into domains; the others run on the first rank alone.
void add_bench(CLI::App& app, Comm& world);

}  // namespace mg
