#include "app/bench/bench.hpp"

#include <CLI/CLI.hpp>

#include "app/bench/kinds.hpp"

namespace mg {

void add_bench(CLI::App& app, Comm& world) {
    CLI::App* bench = app.add_subcommand("bench", "speed of this machine, as JSON");
    bench->require_subcommand(1);
    add_bench_md(*bench, world);
    add_bench_rdf(*bench, world);
    add_bench_artn(*bench, world);
    add_bench_train(*bench, world);
}

}  // namespace mg
