#include "app/commands.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/backend.hpp"
#include "app/bench.hpp"
#include "app/predict.hpp"
#include "app/ranks.hpp"
#include "config/study_file.hpp"
#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/units.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "io/xyz_writer.hpp"
#include "md/dynamics.hpp"
#include "ops/gemm.hpp"
#include "report/report.hpp"
#include "study/estimate.hpp"
#include "study/protocols.hpp"
#include "study/run.hpp"
#include "study/stop.hpp"

namespace mg {

namespace {

struct StudyArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::string output;
    std::string backend;
};

void add_study_arguments(CLI::App& command, StudyArguments& a) {
    command.add_option("study", a.file, "study file (TOML)")->required();
    command.add_option("--set", a.overrides, "table.key=value, as in the study file")
        ->take_all()
        ->allow_extra_args(false);
    // An empty name is a shell variable that is not set, never the wish for the default.
    command.add_option("--out", a.output, "output directory, instead of study.output")
        ->check([](const std::string& name) { return name.empty() ? "the name is empty" : ""; });
    command.add_option("--backend", a.backend, "auto, host or cuda, instead of compute.backend")
        ->check(CLI::IsMember({"auto", "host", "cuda"}));
}

StudyFile read_with_arguments(const StudyArguments& a) {
    StudyFile study = read_study(a.file, a.overrides);
    if (!a.output.empty()) study.study.output = a.output;
    if (!a.backend.empty()) study.compute.backend = a.backend;
    return study;
}

/// f() on this rank; where any rank finds the input wrong, all do.
template <class F>
void agreed_input(Comm& world, const F& f) {
    std::string problem;
    try {
        f();
    } catch (const InputError& e) {
        problem = e.what();
    }
    for (const std::string& text : world.all_gather(problem))
        if (!text.empty()) throw InputError(text);
}

void run(Comm& world, const StudyArguments& a, const std::vector<std::string>& stages, const std::string& resume,
         const std::string& max_wall) {
    StudyFile study;
    RunOptions options;
    bool cuda = false;
    agreed_input(world, [&] {
        study = read_with_arguments(a);
        if (!max_wall.empty()) options.max_wall_s = wall_seconds(max_wall);
        cuda = use_cuda(study.compute.backend);
    });
    options.resume = resume == "never" ? Resume::never : resume == "force" ? Resume::force : Resume::automatic;
    bool report = stages.empty();
    for (const std::string& stage : stages) {
        if (stage == "report")
            report = true;
        else
            options.stages.push_back(stage);
    }
    options.device = device_name(cuda);
    if (stages.empty() || !options.stages.empty())
        with_space(cuda, [&](auto space) { run_study<decltype(space)>(study, options, world); });
    if (!report || world.rank() != 0) return;
    make_report(study.study.output, {study.report.bin_atoms, study.report.coarse_grain_A, study.report.slice_A});
    std::cout << std::filesystem::absolute(study.study.output + "/report.html").lexically_normal().string() << '\n';
}

/// Atom-steps per second of this machine in molecular dynamics, measured on a small crystal for about a second.
template <class Space>
double measured_rate(const EamPotential& potential, Precision precision) {
    std::vector<int> counts(potential.species(), 0);
    const int atoms = 4 * 8 * 8 * 8;
    for (int k = 0; k < atoms; ++k) ++counts[k % potential.species()];
    const Structure start = start_lattice(potential, counts, 8, 8, 8, 1, 0);
    const double skin = choose_skin(smallest_width(start.box), potential.cutoff);
    Dynamics<Space> d(make_batch<Space>({start}, potential.elements, potential.masses), potential, precision, skin);
    d.draw_velocities({600.0}, 1, {0});
    EnsembleOptions o;
    o.kind = EnsembleKind::npt;
    d.set_ensembles({o});
    RunSchedule schedule;
    schedule.steps = 50;
    d.run(schedule);
    const auto begin = std::chrono::steady_clock::now();
    const double before = d.atom_steps();
    double seconds = 0;
    do {
        d.run(schedule);
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    } while (seconds < 1.0);
    return (d.atom_steps() - before) / seconds;
}

void check(const StudyArguments& a) {
    const StudyFile study = read_with_arguments(a);
    const EamPotential potential = read_potential(study.system.potential, study.system.elements);
    const bool cuda = use_cuda(study.compute.backend);
    double rate = 0;
    with_space(cuda, [&](auto space) { rate = measured_rate<decltype(space)>(potential, study.compute.precision); });
    std::cout << resolved_toml(study) << std::flush;
    std::cerr << to_table(estimate(study, rate))
              << fmt::format("rate measured here: {:.3g} atom-steps/s on {}\n", rate, device_name(cuda));
}

struct EvaluateArguments {
    std::string structure, potential, precision = "double", backend = "auto", output;
    std::vector<std::string> elements;
};

/// On several ranks each has a domain of the structure.
void evaluate(Comm& world, const EvaluateArguments& a) {
    EamPotential potential;
    Structure s;
    bool cuda = false;
    agreed_input(world, [&] {
        potential = read_potential(a.potential, a.elements);
        s = read_structure(a.structure, potential.elements);
        cuda = use_cuda(a.backend);
    });
    Comm* const team = world.size() > 1 ? &world : nullptr;
    nlohmann::ordered_json result;
    with_space(cuda, [&](auto space) {
        using Space = decltype(space);
        const double room = 0.5 * smallest_width(s.box) - potential.cutoff;
        if (room < 1e-6)
            throw InputError(a.structure + ": the box is too small",
                             fmt::format("its smallest perpendicular width is {:.6g} A and must be above {:.6g} A, "
                                         "twice the cutoff",
                                         smallest_width(s.box), 2 * potential.cutoff),
                             "repeat the structure along its short edges");
        const double skin = std::max(1e-6, std::min(0.5, 0.999 * room));
        const auto precision = value_of<Precision>(a.precision);
        const Structure part = team ? own_part(s, choose_domains(s.box, team->size()), team->rank()) : s;
        Dynamics<Space> d(make_batch<Space>({part}, potential.elements, potential.masses), potential, precision, skin,
                          team, s.size());
        if (precision == Precision::mixed && world.rank() == 0)
            std::cerr << fmt::format(
                "mixed precision: tables of {} pieces, force error {:.1e} eV/A rms, {:.1e} at most "
                "per pair\n",
                d.tables().resampled_pieces, d.tables().resampling_error, d.tables().largest_resampling_error);
        const std::vector<Vec3> force = d.gather(to_host(d.batch().force));
        const std::vector<double> energy = d.gather(to_host(d.batch().local_energy));
        if (world.rank() != 0) return;
        const Sym3 virial = to_host(d.batch().virial)[0];
        double largest = 0;
        for (const Vec3& f : force) largest = std::max(largest, norm2(f));
        const double scale = units::gigapascal_per_pressure / s.box.volume;
        result["atoms"] = s.size();
        result["energy_eV"] = to_host(d.batch().potential_energy)[0];
        result["volume_A3"] = s.box.volume;
        result["stress_GPa"] = {scale * virial.xx, scale * virial.yy, scale * virial.zz,
                                scale * virial.yz, scale * virial.xz, scale * virial.xy};
        result["max_force_eV_A"] = std::sqrt(largest);
        if (!a.output.empty()) {
            XyzColumn forces{"forces", 3, {}};
            for (const Vec3& f : force) forces.values.insert(forces.values.end(), {f.x, f.y, f.z});
            write_xyz(a.output, s, {forces, {"local_energy", 1, energy}}, "", 17);
        }
    });
    if (world.rank() != 0) return;
    // Seventeen digits bring back the same bits.
    std::cout << "{\n";
    for (auto item = result.begin(); item != result.end(); ++item) {
        const auto number = [](const nlohmann::ordered_json& v) {
            return v.is_number_integer() ? fmt::format("{}", v.get<long>()) : fmt::format("{:.17g}", v.get<double>());
        };
        std::string value;
        if (item->is_array()) {
            for (const auto& v : *item) value += (value.empty() ? "[" : ", ") + number(v);
            value += "]";
        } else {
            value = number(*item);
        }
        std::cout << fmt::format("  \"{}\": {}{}\n", item.key(), value, std::next(item) == result.end() ? "" : ",");
    }
    std::cout << "}\n";
}

void info(const std::vector<std::string>& potentials) {
    // Read first, so that a file that cannot be read leaves nothing half said.
    std::vector<EamPotential> read;
    for (const std::string& path : potentials) read.push_back(read_potential(path));
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

void add_commands(CLI::App& app, Comm& world) {
    app.set_version_flag("--version", fmt::format("{} ({})", build::version, build::git));

    static StudyArguments study;
    static std::vector<std::string> stages;
    static std::string resume = "auto";
    CLI::App* run_command =
        app.add_subcommand("run", "run a study: quench, stiffness, descriptors, barriers, train, report");
    add_study_arguments(*run_command, study);
    run_command->add_option("--stage", stages, "run only this stage (may be repeated)")
        ->take_all()
        ->allow_extra_args(false);
    run_command
        ->add_option("--resume", resume,
                     "auto: skip finished stages; never: refuse a directory with results; "
                     "force: run again")
        ->check(CLI::IsMember({"auto", "never", "force"}))
        ->take_last();  // a job that comes back from the queue adds its own
    static std::string max_wall;
    run_command->add_option("--max-wall", max_wall,
                            "stop at a checkpoint after this time (90s, 10m, 2h, HH:MM:SS), with exit code 75");
    run_command->callback([&world] { run(world, study, stages, resume, max_wall); });

    CLI::App* check_command =
        app.add_subcommand("check", "validate a study, resolve its defaults, estimate time, memory and disk");
    add_study_arguments(*check_command, study);
    check_command->callback([&world] {
        if (world.rank() == 0) check(study);
    });

    static EvaluateArguments e;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "energy, stress and forces of one structure, as JSON");
    evaluate_command->add_option("structure", e.structure, "LAMMPS data or dump, or extended XYZ")->required();
    evaluate_command->add_option("--potential", e.potential, "eam, eam/alloy or eam/fs file")->required();
    evaluate_command->add_option("--elements", e.elements, "elements of types 1, 2, ..., e.g. Cu,Zr")
        ->delimiter(',')
        ->required();
    evaluate_command->add_option("--precision", e.precision, "double or mixed")
        ->check(CLI::IsMember({"double", "mixed"}));
    evaluate_command->add_option("--backend", e.backend, "auto, host or cuda")
        ->check(CLI::IsMember({"auto", "host", "cuda"}));
    evaluate_command->add_option("--out", e.output, "extended XYZ with forces and local energies");
    evaluate_command->callback([&world] { evaluate(world, e); });

    add_predict(app, world);

    static std::string directory;
    CLI::App* report_command = app.add_subcommand("report", "figures, tables and report.html from what is there");
    report_command->add_option("directory", directory, "output directory of a study")->required();
    report_command->callback([&world] {
        if (world.rank() != 0) return;
        ReportOptions options;
        const std::string resolved = directory + "/config.resolved.toml";
        if (std::filesystem::exists(resolved)) try {
                const StudyFile s = read_study(resolved);
                options = {s.report.bin_atoms, s.report.coarse_grain_A, s.report.slice_A};
            } catch (const InputError& e) {
                // The results of another machine are drawn where their potential is not at hand.
                std::cerr
                    << "mgstiff-gpu: warning: bins, maps and slices take their defaults, for the study's settings "
                       "cannot be read:\n"
                    << e.what() << '\n';
            }
        make_report(directory, options);
        std::cout << std::filesystem::absolute(directory + "/report.html").lexically_normal().string() << '\n';
    });

    static std::vector<std::string> potentials;
    CLI::App* info_command = app.add_subcommand("info", "build, devices, BLAS, potential tables");
    info_command->add_option("potentials", potentials, "potential files to describe");
    info_command->callback([&world] {
        if (world.rank() == 0) info(potentials);
    });

    add_bench(app, world);
}

}  // namespace mg
