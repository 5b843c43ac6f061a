#include "report/report.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/commands/each.hpp"
#include "config/study_file.hpp"
#include "core/comm.hpp"
#include "core/error.hpp"

namespace mg {
namespace {

/// As the study of the directory has them; the defaults where its settings cannot be read.
ReportOptions options_of(const std::string& directory) {
    const std::string resolved = directory + "/config.resolved.toml";
    if (!std::filesystem::exists(resolved)) return {};
    try {
        const StudyFile s = read_study(resolved);
        return {s.report.bin_atoms, s.report.coarse_grain_A, s.report.slice_A};
    } catch (const InputError& e) {
        // The results of another machine are drawn where their potential is not at hand.
        std::cerr << "mgstiff-gpu: warning: bins, maps and slices take their defaults, for the study's settings "
                     "cannot be read:\n"
                  << e.what() << '\n';
        return {};
    }
}

void report(const std::string& directory) {
    make_report(directory, options_of(directory));
    std::cout << std::filesystem::absolute(directory + "/report.html").lexically_normal().string() << '\n';
}

}  // namespace

void add_report(CLI::App& app, Comm& world) {
    const auto directory = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("report", "figures, tables and report.html from what is there");
    command->add_option("directory", *directory, "output directory of a study")->required();
    command->callback([directory, &world] {
        if (world.rank() == 0) report(*directory);
    });
}

}  // namespace mg
