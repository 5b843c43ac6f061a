#pragma once
/// \file The command `bench`: speed of molecular dynamics and of shell counts, as JSON.

namespace CLI {
class App;
}

namespace mg {

class Comm;

/// Adds `bench md` and `bench rdf` to the app; errors as in add_commands. On several ranks `bench md` shares out the
/// replicas, or divides one system into domains.
void add_bench(CLI::App& app, Comm& world);

}  // namespace mg
