#pragma once
/// \file The command `bench`: speed of molecular dynamics, of shell counts and of saddle searches, as JSON.

namespace CLI {
class App;
}

namespace mg {

class Comm;

/// Adds `bench md`, `bench rdf` and `bench artn` to the app; errors as in add_commands. On several ranks `bench md`
/// shares out the replicas, or divides one system into domains.
void add_bench(CLI::App& app, Comm& world);

}  // namespace mg
