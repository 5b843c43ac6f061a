/// \file The program mgstiff-gpu and its sub-commands. The only place that chooses Space.

#include <fmt/format.h>
#include <omp.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "core/error.hpp"
#include "ops/gemm.hpp"

namespace {

/// OpenBLAS reads OPENBLAS_CORETYPE while it is loaded; Debian's does not know recent processors and falls back to
/// kernels of 2004. So a better choice needs a second start of the program.
void restart_with_better_blas(char** argv) {
    const char* core = mg::better_blas_core();
    if (!core || std::getenv("OPENBLAS_CORETYPE")) return;
    setenv("OPENBLAS_CORETYPE", core, 1);
    execv("/proc/self/exe", argv);
    unsetenv("OPENBLAS_CORETYPE");  // no second start to be had: go on as we are
}

}  // namespace

int main(int argc, char** argv) {
    restart_with_better_blas(argv);
    CLI::App app{"From a metallic glass's composition and cooling rate to the stiffness of each of its atoms."};
    app.name("mgstiff-gpu");
    app.require_subcommand(1);
    int result = 0;
    mg::add_commands(app, result);
    try {
        app.parse(argc, argv);
        return result;
    } catch (const CLI::ParseError& e) {
        // Help and version are answers; everything else is a usage error.
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const mg::InputError& e) {
        std::cerr << "mgstiff-gpu: " << e.what() << '\n';
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "mgstiff-gpu: " << e.what() << '\n';
        return 1;
    }
}
