#pragma once
/// \file The sub-commands of the program.

namespace CLI {
class App;
}

namespace mg {

class Comm;

/// Adds run, check, evaluate, predict, report, info and bench to the app. A command runs while the app parses, and
/// throws where it fails: InputError for exit code 2, everything else for 1.
void add_commands(CLI::App& app, Comm& world);

}  // namespace mg
