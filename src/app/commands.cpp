#include "app/commands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/bench/bench.hpp"
#include "app/commands/each.hpp"
#include "core/build_info.hpp"

namespace mg {

void add_commands(CLI::App& app, Comm& world) {
    app.set_version_flag("--version", fmt::format("{} ({})", build::version, build::git));
    // In the order of --help.
    add_run(app, world);
    add_check(app, world);
    add_evaluate(app, world);
    add_predict(app, world);
    add_stiffness(app, world);
    add_report(app, world);
    add_info(app, world);
    add_bench(app, world);
}

}  // namespace mg
