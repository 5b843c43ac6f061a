/// \file The program mgstiff-gpu and its sub-commands. The only place that chooses Space.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "app/commands.hpp"
#include "app/ranks.hpp"
#include "core/error.hpp"
#include "core/memory.hpp"
#include "ops/blas.hpp"
#include "study/stop.hpp"

namespace {

/// Two libraries read their settings while they are loaded, before main: so a better choice needs a second start.
/// OpenBLAS of Debian does not know recent processors and falls back to kernels of 2004. OpenMP's threads spin for
/// milliseconds when they wait, which on a shared machine made two of them ten times slower than one (measured);
/// some ten microseconds are enough between the loops of a step. What the user has set is left alone.
void restart_with_settings(char** argv) {
    bool changed = false;
    const auto prefer = [&](const char* name, const char* value) {
        if (value && !std::getenv(name)) changed = setenv(name, value, 0) == 0 || changed;
    };
    prefer("OPENBLAS_CORETYPE", mg::better_blas_core());
    if (!std::getenv("OMP_WAIT_POLICY")) prefer("GOMP_SPINCOUNT", "20000");
    if (changed) execv("/proc/self/exe", argv);  // returns only where it fails: then go on as we are
}

/// What CLI11 found wrong, in the grammar of our own errors.
void say_usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
    std::string commands, problem = error.what(), help = "mgstiff-gpu";
    const CLI::App* deepest = &app;  // the command as far as it was understood
    while (!deepest->get_subcommands().empty()) {
        deepest = deepest->get_subcommands().front();
        help += " " + deepest->get_name();
    }
    for (const CLI::App* command : deepest->get_subcommands({}))
        commands += (commands.empty() ? "" : ", ") + command->get_name();
    std::string why = "it does not fit the usage";
    if (error.get_name() == "RequiredError") why = "the command cannot do without it";
    if (error.get_name() == "ExtrasError") why = "the command has no such option or argument";
    if (error.get_name() == "ValidationError") why = "the option does not take that value";
    if (!commands.empty()) {
        const int next = deepest == &app ? 1 : 2;  // the word that should have been a command
        why = "the commands are " + commands;
        if (argc <= next)
            problem = "no command was given";
        else if (argv[next][0] == '-')
            problem = "unknown option '" + std::string(argv[next]) + "' before the command";
        else
            problem = "unknown command '" + std::string(argv[next]) + "'";
    }
    std::cerr << "mgstiff-gpu: " << problem << " (" << why << "); see " << help << " --help\n";
}

}  // namespace

/// SLURM has started several processes, but each believes to be alone: each would do all the work. Returns whether that
/// is so; a batch script is a process 0 too, and may well run the program once.
bool are_ranks_apart(const mg::Comm& world) {
    const auto number = [](const char* name) { return std::getenv(name) ? std::atoi(std::getenv(name)) : 0; };
    if (world.size() > 1 || !std::getenv("SLURM_PROCID")) return false;
    const bool is_one_of_several = number("SLURM_STEP_NUM_TASKS") > 1 || number("SLURM_PROCID") > 0;
    if (!is_one_of_several && number("SLURM_NTASKS") < 2) return false;
    const char* remedy =
        "this program is not started as one job of several ranks (srun without --mpi=pmix, or a build without MPI); "
        "use mpirun, or srun --mpi=pmix";
    std::cerr << "mgstiff-gpu: " << (is_one_of_several ? "" : "WARNING: ") << "SLURM runs "
              << number(std::getenv("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS")
              << " tasks, but MPI knows of one: " << remedy << '\n';
    return is_one_of_several;
}

int main(int argc, char** argv) {
    restart_with_settings(argv);
    mg::say_where_memory_ends();
    // Before MPI starts, which takes a while: a signal in that time is to stop the run, not to kill it.
    if (argc > 1 && std::string(argv[1]) == "run") mg::study::catch_stop_signals();
    CLI::App app{"From a metallic glass's composition and cooling rate to the stiffness of each of its atoms."};
    app.name("mgstiff-gpu");
    app.require_subcommand(1);
    mg::Ranks ranks(argc, argv);
    mg::Comm& world = ranks.world();
    if (are_ranks_apart(world) && argc > 1 && std::string(argv[1]) == "run") return 2;
    mg::add_commands(app, world);
    const bool first = world.rank() == 0;
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::ParseError& e) {
        // Help and version are answers; everything else is a usage error.
        if (e.get_exit_code() == 0) return first ? app.exit(e) : 0;
        if (first) say_usage_error(app, e, argc, argv);
        return 2;
    } catch (const mg::InputError& e) {
        // All ranks have come to the same end.
        if (first) std::cerr << "mgstiff-gpu: " << e.what() << '\n';
        return 2;
    } catch (const mg::study::Stopped&) {
        return 75;
    } catch (const std::exception& e) {
        const std::string text = dynamic_cast<const std::bad_alloc*>(&e) ? mg::out_of_memory : e.what();
        if (world.size() == 1) {
            std::cerr << "mgstiff-gpu: " << text << '\n';
            return 1;
        }
        // The others may wait for this rank: the job ends here. What they had done is in their checkpoints.
        std::cerr << "mgstiff-gpu: rank " << world.rank() << ": " << text << std::endl;
        world.abort(1);
    }
}
