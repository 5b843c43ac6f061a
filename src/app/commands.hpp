#pragma once
/// \file The sub-commands of the program.

namespace CLI {
class App;
}

namespace mg {

/// Adds run, check, evaluate, report and info to the app; a command that runs leaves its exit code in `result` or
/// throws (InputError: 2, everything else: 1).
void add_commands(CLI::App& app, int& result);

}  // namespace mg
