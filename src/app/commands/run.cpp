#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/backend.hpp"
#include "app/commands/each.hpp"
#include "app/commands/study_arguments.hpp"
#include "core/agreed_input.hpp"
#include "report/report.hpp"
#include "study/directory_lock.hpp"
#include "study/output_directory.hpp"
#include "study/run.hpp"
#include "study/stages.hpp"
#include "study/stop.hpp"

namespace mg {
namespace {

struct RunArguments {
    StudyArguments study;
    std::vector<std::string> stages;
    std::string resume = "auto", on_change = "auto", max_wall;
};

void run(Comm& world, const RunArguments& a) {
    StudyFile study;
    study::RunOptions options;
    bool cuda = false;
    std::unique_ptr<study::DirectoryLock> lock;  // for as long as anything is written, the report included
    agreed_input(world, [&] {
        study = read_with_arguments(a.study);
        if (!a.max_wall.empty()) options.max_wall_s = study::wall_seconds(a.max_wall);
        cuda = use_cuda(study.compute.backend);
        if (world.rank() != 0) return;
        study::OutputDirectory(study.study.output).check_place();
        lock = std::make_unique<study::DirectoryLock>(study.study.output);
    });
    options.resume = a.resume == "never"   ? study::Resume::never
                     : a.resume == "force" ? study::Resume::force
                                           : study::Resume::automatic;
    options.on_change = a.on_change == "keep"     ? study::OnChange::keep
                        : a.on_change == "refuse" ? study::OnChange::refuse
                                                  : study::OnChange::automatic;
    bool report = a.stages.empty();
    for (const std::string& stage : a.stages) {
        if (stage == "report")
            report = true;
        else
            options.stages.push_back(stage);
    }
    options.device = device_name(cuda);
    if (a.stages.empty() || !options.stages.empty())
        with_space(cuda, [&](auto space) { study::run_study<decltype(space)>(study, options, world); });
    if (!report || world.rank() != 0) return;
    make_report(study.study.output, {study.report.bin_atoms, study.report.coarse_grain_A, study.report.slice_A});
    std::cout << std::filesystem::absolute(study.study.output + "/report.html").lexically_normal().string() << '\n';
}

}  // namespace

void add_run(CLI::App& app, Comm& world) {
    const auto a = std::make_shared<RunArguments>();
    CLI::App* command =
        app.add_subcommand("run", fmt::format("run a study: {}, report", fmt::join(study::study_stages(), ", ")));
    add_study_arguments(*command, a->study);
    command->add_option("--stage", a->stages, "run only this stage (may be repeated)")
        ->take_all()
        ->allow_extra_args(false);
    command
        ->add_option("--resume", a->resume,
                     "auto: skip finished stages; never: refuse a directory with results; "
                     "force: run again")
        ->check(CLI::IsMember({"auto", "never", "force"}))
        ->take_last();  // a job that comes back from the queue adds its own
    command
        ->add_option("--on-change", a->on_change,
                     "results of other settings: keep sets them aside until these settings are back; refuse runs "
                     "nothing; auto refuses where they took longer than ten minutes")
        ->check(CLI::IsMember({"auto", "keep", "refuse"}))
        ->take_last();
    command->add_option("--max-wall", a->max_wall,
                        "stop at a checkpoint after this time (90s, 10m, 2h, HH:MM:SS), with exit code 75");
    command->callback([a, &world] { run(world, *a); });
}

}  // namespace mg
