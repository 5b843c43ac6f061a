#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>

#include "app/backend.hpp"
#include "app/commands/each.hpp"
#include "app/commands/study_arguments.hpp"
#include "core/comm.hpp"
#include "io/eam_reader.hpp"
#include "md/dynamics.hpp"
#include "study/estimate.hpp"
#include "study/protocols.hpp"
#include "study/run.hpp"

namespace mg {
namespace {

/// Atom-steps per second of this machine in molecular dynamics, measured on a small crystal for about a second.
template <class Space>
double measured_rate(const EamPotential& potential, Precision precision) {
    std::vector<int> counts(potential.species(), 0);
    const int atoms = 4 * 8 * 8 * 8;
    for (int k = 0; k < atoms; ++k) ++counts[k % potential.species()];
    const Structure start = study::start_lattice(potential, counts, 8, 8, 8, 1, 0);
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

void check(const StudyArguments& a, Comm& world) {
    const StudyFile study = read_with_arguments(a);
    const EamPotential potential = io::read_potential(study.system.potential, study.system.elements);
    const bool cuda = use_cuda(study.compute.backend);
    study::StudyPlan plan;
    double rate = 0;
    with_space(cuda, [&](auto space) {
        using Space = decltype(space);
        plan = study::plan_study<Space>(study, {}, world);
        rate = measured_rate<Space>(potential, study.compute.precision);
    });
    std::cout << resolved_toml(study) << std::flush;
    std::cerr << study::to_table(study::estimate(study, rate))
              << fmt::format("rate measured here: {:.3g} atom-steps/s on {}\n", rate, device_name(cuda));
    for (const std::string& line : plan.advice) std::cerr << "warning: " << line << '\n';
    if (plan.stages.empty()) return;
    std::cerr << fmt::format("\nin {}:\n", study.study.output);
    for (const std::string& line : plan.stages) std::cerr << line << '\n';
}

}  // namespace

void add_check(CLI::App& app, Comm& world) {
    const auto a = std::make_shared<StudyArguments>();
    CLI::App* command =
        app.add_subcommand("check", "validate a study, resolve its defaults, estimate time, memory and disk");
    add_study_arguments(*command, *a);
    command->callback([a, &world] {
        SerialComm self;  // ranks have nothing to share here
        if (world.rank() == 0) check(*a, self);
    });
}

}  // namespace mg
