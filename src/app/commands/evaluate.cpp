#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/backend.hpp"
#include "app/commands/each.hpp"
#include "app/commands/warnings.hpp"
#include "config/words.hpp"
#include "core/agreed_input.hpp"
#include "core/units.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "io/xyz_writer.hpp"
#include "md/dynamics.hpp"

namespace mg {
namespace {

struct EvaluateArguments {
    std::string structure, potential, precision = "double", backend = "auto", output;
    std::vector<std::string> elements;
};

/// The numbers with seventeen digits, which bring back the same bits.
void say(const nlohmann::ordered_json& result) {
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

/// On several ranks each has a domain of the structure.
void evaluate(Comm& world, const EvaluateArguments& a) {
    EamPotential potential;
    Structure s;
    bool cuda = false;
    agreed_input(world, [&] {
        potential = io::read_potential(a.potential, a.elements);
        s = io::read_structure(a.structure, a.elements);
        cuda = use_cuda(a.backend);
    });
    say_warnings(world, potential);
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
        const auto precision = io::value_of<Precision>(a.precision);
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
            io::XyzColumn forces{"forces", 3, {}};
            for (const Vec3& f : force) forces.values.insert(forces.values.end(), {f.x, f.y, f.z});
            io::write_xyz(a.output, s, {forces, {"local_energy", 1, energy}}, "", 17);
        }
    });
    if (world.rank() == 0) say(result);
}

}  // namespace

void add_evaluate(CLI::App& app, Comm& world) {
    const auto a = std::make_shared<EvaluateArguments>();
    CLI::App* command = app.add_subcommand("evaluate", "energy, stress and forces of one structure, as JSON");
    command->add_option("structure", a->structure, "LAMMPS data or dump, or extended XYZ")->required();
    command->add_option("--potential", a->potential, "eam, eam/alloy or eam/fs file")->required();
    command->add_option("--elements", a->elements, "elements of types 1, 2, ..., e.g. Cu,Zr")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->required();
    command->add_option("--precision", a->precision, "double or mixed")->check(CLI::IsMember({"double", "mixed"}));
    command->add_option("--backend", a->backend, "auto, host or cuda")->check(CLI::IsMember({"auto", "host", "cuda"}));
    command->add_option("--out", a->output, "extended XYZ with forces and local energies");
    command->callback([a, &world] { evaluate(world, *a); });
}

}  // namespace mg
