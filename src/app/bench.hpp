#pragma once
/// \file The command `bench`: speed of molecular dynamics and of shell counts, as JSON.

namespace CLI {
class App;
}

namespace mg {

/// Adds `bench md` and `bench rdf` to the app; errors as in add_commands.
void add_bench(CLI::App& app);

}  // namespace mg
