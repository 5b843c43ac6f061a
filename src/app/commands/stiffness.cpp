#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/backend.hpp"
#include "app/commands/each.hpp"
#include "app/commands/structure_names.hpp"
#include "app/commands/warnings.hpp"
#include "config/words.hpp"
#include "core/agreed_input.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "io/xyz_writer.hpp"
#include "md/dynamics.hpp"
#include "md/harmonic.hpp"
#include "md/modes.hpp"
#include "ops/smooth_potential.hpp"

namespace mg {
namespace {

using Json = nlohmann::ordered_json;

struct StiffnessArguments {
    std::vector<std::string> structures, elements;
    std::string potential, output, scheme = "auto", backend = "auto";
    double tolerance = 0.01;
    int modes = 0;
    bool no_minimise = false, every_knot = false;
};

/// All that can be refused before anything runs.
struct HarmonicTask {
    EamPotential potential;  ///< smoothed, but for --every-knot
    Json functions = Json::array();
    std::vector<Structure> structures;
    std::vector<std::string> outputs;
    HarmonicOptions options;
    int modes = 0;
    bool cuda = false;
};

HarmonicTask prepare(const StiffnessArguments& a) {
    HarmonicTask task;
    const EamPotential potential = io::read_potential(a.potential, a.elements);
    task.potential = potential;
    if (!a.every_knot) {
        const SmoothPotential smooth = smooth_potential(potential);
        task.potential = smooth.potential;
        for (const SmoothedFunction& f : smooth.functions)
            task.functions.push_back(
                {{"function", f.name}, {"knots_per_piece", f.stride}, {"noise", f.noise}, {"residual", f.residual}});
    }
    for (const std::string& path : a.structures) {
        task.structures.push_back(io::read_structure(path, a.elements));
        if (!a.no_minimise) check_width(path, task.structures.back(), potential);
    }
    task.outputs = output_names(a.structures, a.output, ".harmonic.xyz");
    task.options.scheme = io::value_of<HarmonicScheme>(a.scheme);
    task.options.tolerance = a.tolerance;
    task.modes = a.modes;
    task.cuda = use_cuda(a.backend);
    return task;
}

template <class Space>
Structure minimised(const Structure& given, const EamPotential& potential, const std::string& path, Json& j) {
    Structure s = given;
    s.velocity.clear();
    Dynamics<Space> d(make_batch<Space>({s}, potential.elements, potential.masses), potential, Precision::full,
                      choose_skin(smallest_width(s.box), potential.cutoff));
    const LbfgsState state = d.relax(LbfgsOptions{}).at(0);
    if (!state.converged)
        std::cerr << fmt::format("mgstiff-gpu: warning: {}: minimised to a largest force of {:.1e} eV/A only\n", path,
                                 state.force_max);
    j["minimised_energy_eV_per_atom"] = to_host(d.batch().potential_energy)[0] / s.size();
    j["minimiser_steps"] = state.steps;
    s.position = d.structures().at(0).position;
    return s;
}

struct HarmonicResult {
    Json summary;
    std::string xyz;
};

/// Softest modes and density of states; returns the participation of every atom.
template <class Space>
std::vector<double> add_vibrations(const Hessian<Space>& hessian, const Batch<Space>& batch, const Structure& s,
                                   int count, Json& j) {
    const std::vector<double> mass = to_host(batch.mass);
    SoftestModes modes = *softest_modes(hessian, mass, {.count = count});
    j["modes"] = {{"frequency_THz", modes.frequency},
                  {"participation_ratio", modes.participation_ratio},
                  {"residual", modes.residual}};
    const int elements = static_cast<int>(s.elements.size());
    const DensityOfStates d = *density_of_states(hessian, mass, s.species, elements, density_bins);
    j["density_of_states"] = {{"frequency_THz", d.frequency}, {"total_per_THz", d.total}};
    for (int t = 0; t < elements; ++t) {
        const auto begin = d.of_species.begin() + static_cast<std::ptrdiff_t>(t) * density_bins;
        j["density_of_states"]["of_species_per_THz"][s.elements[t]] = std::vector<double>(begin, begin + density_bins);
    }
    return std::move(modes.participation);
}

template <class Space>
HarmonicResult stiffness_of_one(const HarmonicTask& task, bool minimise, const std::string& path,
                                const Structure& given, const std::string& output) {
    const auto start = std::chrono::steady_clock::now();
    HarmonicResult result;
    Json& j = result.summary;
    j["structure"] = path;
    j["atoms"] = given.size();
    const Structure s = minimise ? minimised<Space>(given, task.potential, path, j) : given;
    const Batch<Space> batch = make_batch<Space>({s}, task.potential.elements, task.potential.masses);
    const Hessian<Space> hessian = make_hessian(batch, make_eam_tables<Space>(task.potential));
    const HarmonicStiffness h = *harmonic_stiffness(hessian, s, task.options);
    const std::vector<double> k = h.stiffness();
    j["largest_force_eV_per_A"] = h.force_max;
    j["scheme"] = io::word_of(h.scheme);
    j["relative_error"] = h.error;
    if (h.scheme == HarmonicScheme::clusters) {
        j["checked_atoms"] = h.checked;
        j["cluster_reach_A"] = h.reach;
        j["scale"] = h.scale;
    }
    add_mean(s, {}, k, j);
    j["output"] = output;
    if (h.error > task.options.tolerance)
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: the relative error is {:.2g}, above the tolerance of {:g}\n", path, h.error,
            task.options.tolerance);
    if (h.force_max > 1e-3)
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: the largest force is {:.2g} eV/A: the structure is not at a "
            "minimum, and its stiffness means little\n",
            path, h.force_max);
    std::vector<double> anisotropy;
    for (const Sym3& c : h.compliance) anisotropy.push_back(fractional_anisotropy(c));
    std::vector<io::XyzColumn> columns{
        {"stiffness", 1, k}, {"compliance", 6, voigt_rows(h.compliance)}, {"anisotropy", 1, anisotropy}};
    if (task.modes > 0) columns.push_back({"participation", 1, add_vibrations(hessian, batch, s, task.modes, j)});
    Structure shown = s;
    shown.velocity.clear();
    result.xyz = io::xyz_text(output, shown, columns,
                              // libextxyz takes a comma for an array where no quotes stand around it.
                              "stiffness_unit=eV/A^2 compliance_unit=A^2/eV compliance_order=\"xx,yy,zz,yz,xz,xy\"");
    j["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

void stiffness_of_structures(Comm& world, const StiffnessArguments& a) {
    HarmonicTask task;
    agreed_input(world, [&] { task = prepare(a); });
    say_warnings(world, task.potential);
    const std::vector<Json> parts = deal_out_structures(world, a.structures.size(), [&](std::size_t k) {
        Json part;
        with_space(task.cuda, [&](auto space) {
            const HarmonicResult r = stiffness_of_one<decltype(space)>(task, !a.no_minimise, a.structures[k],
                                                                       task.structures[k], task.outputs[k]);
            part = {{"summary", r.summary}, {"xyz", r.xyz}};
        });
        return part;
    });
    if (world.rank() != 0) return;
    Json result;
    result["potential"] = a.potential;
    if (!task.functions.empty()) result["smoothed"] = task.functions;
    result["minimised"] = !a.no_minimise;
    result["tolerance"] = a.tolerance;
    result["structures"] = write_structures(parts);
    std::cout << result.dump(2) << '\n';
}

}  // namespace

void add_stiffness(CLI::App& app, Comm& world) {
    const auto a = std::make_shared<StiffnessArguments>();
    CLI::App* command = app.add_subcommand(
        "stiffness", "harmonic stiffness of every atom of a structure, from the Hessian of its potential");
    command->add_option("structures", a->structures, "LAMMPS data or dump, or extended XYZ")->required();
    command->add_option("--potential", a->potential, "eam, eam/alloy or eam/fs file")->required();
    command->add_option("--elements", a->elements, "elements of types 1, 2, ..., e.g. Cu,Zr")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->required();
    command->add_flag("--no-minimise,--no-minimize", a->no_minimise,
                      "take the positions as they are: they are those of a minimum");
    command->add_option("--tolerance", a->tolerance, "relative error of a stiffness, 1e-6 to 0.1")
        ->check(CLI::Range(1e-6, 0.1));
    command->add_option("--scheme", a->scheme, "auto, dense, cg or clusters")
        ->check(CLI::IsMember({"auto", "dense", "cg", "clusters"}));
    command
        ->add_option("--modes", a->modes,
                     "softest modes to find, 1 to 1000: frequencies, participation and the density of states")
        ->check(CLI::Range(1, 1000));
    command->add_flag("--every-knot", a->every_knot,
                      "the potential as LAMMPS interpolates it, with the noise of the file's last digits");
    command->add_option("--backend", a->backend, "auto, host or cuda")->check(CLI::IsMember({"auto", "host", "cuda"}));
    command->add_option(
        "--out", a->output,
        "extended XYZ for all structures, as frames, or a folder; without it each gets NAME.harmonic.xyz here");
    command->callback([a, &world] { stiffness_of_structures(world, *a); });
}

}  // namespace mg
