#include "app/commands/study_arguments.hpp"

#include <CLI/CLI.hpp>

namespace mg {

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

}  // namespace mg
