#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "app/commands/each.hpp"
#include "config/study_file.hpp"
#include "core/build_info.hpp"
#include "core/comm.hpp"
#include "io/eam_reader.hpp"
#include "io/text.hpp"

namespace mg {
namespace {

void say(const std::string& key, const std::string& kind,
         std::initializer_list<std::pair<const char*, std::string>> of) {
    std::cout << fmt::format("@{}{{{},\n", kind, key);
    for (const auto& [name, value] : of) std::cout << fmt::format("  {} = {{{}}},\n", name, value);
    std::cout << "}\n";
}

/// The program, the paper, and of a study what its potential says of itself.
void cite(const std::string& path) {
    // Read first, so that a file that cannot be read leaves nothing half said.
    const std::optional<StudyFile> study = path.empty() ? std::nullopt : std::optional(read_study(path));
    EamPotential potential;
    if (study) potential = io::read_potential(study->system.potential, study->system.elements);
    say("mgstiffgpu", "software",
        {{"title", "{mgstiff-gpu}: atomic-scale stiffness of metallic glasses, from composition and cooling rate"},
         {"author", "{mgstiff-gpu developers}"},
         {"version", fmt::format("{} ({})", build::version, build::git)}});
    say("peng2021", "article",
        {{"title", "Machine learning atomic-scale stiffness in metallic glass"},
         {"author", "Peng and Yang and Wang"},
         {"journal", "Extreme Mechanics Letters"},
         {"volume", "48"},
         {"pages", "101446"},
         {"year", "2021"},
         {"doi", "10.1016/j.eml.2021.101446"}});
    if (!study || study->quenches())
        say("rycroft2009", "article",
            {{"title", "{VORO++}: A three-dimensional {Voronoi} cell library in {C++}"},
             {"author", "Rycroft, Chris H."},
             {"journal", "Chaos"},
             {"volume", "19"},
             {"pages", "041111"},
             {"year", "2009"},
             {"doi", "10.1063/1.3215722"}});
    if (!study) return;
    std::cout << "% The potential " << potential.path << " says of itself:\n";
    io::LineReader lines(potential.comment);
    std::string_view line;
    while (lines.next(line)) std::cout << "%   " << line << '\n';
}

}  // namespace

void add_cite(CLI::App& app, Comm& world) {
    const auto study = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("cite", "what to cite, as BibTeX");
    command->add_option("study", *study, "study file (TOML), whose potential is named as well");
    command->callback([study, &world] {
        if (world.rank() == 0) cite(*study);
    });
}

}  // namespace mg
