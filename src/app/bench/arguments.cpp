#include "app/bench/arguments.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "config/words.hpp"
#include "core/comm.hpp"

namespace mg {

void add_common_arguments(CLI::App& command, BenchArguments& a) {
    CLI::Option* structure =
        command.add_option("--structure", a.structure, "LAMMPS data or dump, or extended XYZ, instead of a glass made");
    command.add_option("--atoms", a.atoms, "atoms of the glass that is made, rounded to what can be")
        ->excludes(structure)
        ->capture_default_str();
    command.add_option("--melt-atoms", a.melt_atoms, "atoms melted and cooled at most; larger glasses repeat them")
        ->excludes(structure)
        ->capture_default_str();
    command.add_option("--tile", a.tile, "repeats of the structure along its edges, e.g. 2,2,1")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->expected(3)
        ->needs(structure);
    command.add_option("--replicas", a.replicas, "copies side by side")->capture_default_str();
    command.add_option("--potential", a.potential, "eam, eam/alloy or eam/fs file (default: Cu-Zr_2.eam.fs)");
    command.add_option("--elements", a.elements, "elements of types 1, 2, ... (default: the potential's)")
        ->delimiter(',')
        ->allow_extra_args(false);
    command.add_option("--temperature", a.temperature, "temperature [K]")->capture_default_str();
    command.add_option("--precision", a.precision, "double or mixed")
        ->check(CLI::IsMember({"double", "mixed"}))
        ->capture_default_str();
    command.add_option("--backend", a.backend, "auto, host or cuda")->check(CLI::IsMember({"auto", "host", "cuda"}));
    command.add_option("--repeat", a.repeat, "timed repeats, of which the median is given")->capture_default_str();
    command.add_option("--json", a.json, "file that gets the JSON as well")->check([](const std::string& name) {
        return name.empty() ? "the name is empty" : "";
    });
}

void check_common_arguments(const BenchArguments& a, const Comm& world) {
    require_range("--atoms", a.atoms, 1L, 1'000'000'000L);
    require_range("--melt-atoms", a.melt_atoms, 1, 1'000'000);
    require_range("--replicas", a.replicas, 1, 1'000'000);
    for (int t : a.tile) require_range("--tile", t, 1, 1000);
    require_range("--temperature", a.temperature, 1e-3, 1e5);
    if (a.skin) require_range("--skin", *a.skin, 1e-3, 10.0);
    require_range("--repeat", a.repeat, 1, 1000);
    if (a.domains != 1 && a.domains != world.size())
        throw InputError(fmt::format("--domains {} where the number of ranks is {}", a.domains, world.size()),
                         "the ranks share out one system, each a domain, or replicas",
                         "use as many domains as mpirun starts ranks, or 1");
    if (a.domains > 1 && a.replicas > 1)
        throw InputError("--domains with --replicas", "a benchmark divides one system", "leave one of them out");
    if (a.domains == 1 && a.replicas % world.size() != 0)
        throw InputError(fmt::format("{} replicas on {} ranks", a.replicas, world.size()),
                         "every rank has as many, or the times of ranks would not compare",
                         fmt::format("use --replicas {}, or --domains {}", world.size(), world.size()));
    check_output(a.json);
}

void check_output(const std::string& name) {
    if (name.empty()) return;
    const std::filesystem::path file = name, folder = file.parent_path();
    if (std::filesystem::is_directory(file) || (!folder.empty() && !std::filesystem::is_directory(folder)))
        throw InputError("cannot write '" + name + "'", "it is a folder, or its folder does not exist",
                         "name a file in a folder that exists");
}

Precision precision_of(const BenchArguments& a) { return io::value_of<Precision>(a.precision); }

}  // namespace mg
