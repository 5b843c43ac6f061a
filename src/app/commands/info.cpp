#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/backend.hpp"
#include "app/commands/each.hpp"
#include "app/commands/warnings.hpp"
#include "app/ranks.hpp"
#include "core/build_info.hpp"
#include "io/eam_reader.hpp"
#include "ops/blas.hpp"
#include "ops/forces.hpp"

namespace mg {
namespace {

void info(const Comm& world, const std::vector<std::string>& potentials) {
    // Read first, so that a file that cannot be read leaves nothing half said.
    std::vector<EamPotential> read;
    for (const std::string& path : potentials) read.push_back(io::read_potential(path));
    for (const EamPotential& potential : read) say_warnings(world, potential);
    std::cout << fmt::format("mgstiff-gpu {} ({}), {} build by {}\n", build::version, build::git, build::build_type,
                             build::compiler);
    if (with_cuda)
        std::cout << fmt::format("CUDA: built with {} for compute capability {}; {} device(s) usable here\n",
                                 build::cuda, build::cuda_architectures, gpus());
    else
        std::cout << "CUDA: built without\n";
    std::cout << "MPI: " << mpi_description() << '\n';
    std::cout << fmt::format("BLAS: {}, kernels {}\n", build::blas, blas_core());
    std::cout << fmt::format(
        "host: {} thread(s), instruction set {} (MGSTIFF_ISA = avx2 or generic selects a lesser)\n",
        omp_get_max_threads(), host_instruction_set());
    for (const EamPotential& p : read) {
        const EamTables<Host> t = make_eam_tables<Host>(p);
        std::cout << fmt::format("potential {}\n  {}, elements", p.path, p.format);
        for (const std::string& e : p.elements) std::cout << ' ' << e;
        std::cout << fmt::format(", cutoff {} A, {} knots, usable from {:.4f} A, sha256 {}\n", p.cutoff, p.nr, t.lowest,
                                 p.sha256);
        std::cout << fmt::format("  mixed: {} pieces, force error {:.1e} eV/A rms, {:.1e} at most per pair\n",
                                 t.resampled_pieces, t.resampling_error, t.largest_resampling_error);
    }
}

}  // namespace

void add_info(CLI::App& app, Comm& world) {
    const auto potentials = std::make_shared<std::vector<std::string>>();
    CLI::App* command = app.add_subcommand("info", "build, devices, BLAS, potential tables");
    command->add_option("potentials", *potentials, "potential files to describe");
    command->callback([potentials, &world] {
        if (world.rank() == 0) info(world, *potentials);
    });
}

}  // namespace mg
