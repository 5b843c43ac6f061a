#pragma once
/// \file The commands but `bench`. Each function adds one of them to the app, with its options; errors as in
/// add_commands().

namespace CLI {
class App;
}

namespace mg {

class Comm;

void add_run(CLI::App& app, Comm& world);        ///< the stages of a study, on all ranks
void add_check(CLI::App& app, Comm& world);      ///< what a study would do, and what it would take
void add_evaluate(CLI::App& app, Comm& world);   ///< energy, stress and forces of one structure; ranks are domains
void add_predict(CLI::App& app, Comm& world);    ///< stiffness of users' own glasses, from a trained model
void add_stiffness(CLI::App& app, Comm& world);  ///< exact harmonic stiffness of users' own glasses
void add_report(CLI::App& app, Comm& world);     ///< figures and report of what a study has left
void add_info(CLI::App& app, Comm& world);       ///< build, devices, potential tables
void add_cite(CLI::App& app, Comm& world);       ///< what to cite

}  // namespace mg
