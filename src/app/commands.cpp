#include "app/commands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/bench/bench.hpp"
#include "app/commands/each.hpp"
#include "core/build_info.hpp"

namespace mg {
namespace {

/// A list without a default is shown by CLI11 as one that has the default "[]".
void hide_empty_lists(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        if (option->get_default_str() == "[]") option->default_str("");
    for (CLI::App* command : app.get_subcommands({})) hide_empty_lists(*command);
}

}  // namespace

void add_commands(CLI::App& app, Comm& world) {
    app.set_version_flag("--version", fmt::format("{} ({})", build::version, build::git));
    app.option_defaults()->always_capture_default();
    // In the order of --help.
    add_run(app, world);
    add_check(app, world);
    add_evaluate(app, world);
    add_predict(app, world);
    add_stiffness(app, world);
    add_report(app, world);
    add_info(app, world);
    add_cite(app, world);
    add_bench(app, world);
    hide_empty_lists(app);
}

}  // namespace mg
