#pragma once
/// \file Tiny readers of reference files, independent of src/io, for trusted files only (no error handling beyond
/// "it could not be read").

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg::oracle {

/// Root of the source tree; MG_TEST_ROOT in the environment overrides the place the tests were built from.
inline std::string source_root() {
    const char* moved = std::getenv("MG_TEST_ROOT");
#if defined(MG_SOURCE_DIRECTORY)
    return moved ? moved : MG_SOURCE_DIRECTORY;
#else
    return moved ? moved : ".";
#endif
}

inline std::ifstream open_file(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("oracle: cannot read " + path);
    return in;
}

/// A setfl file, eam/fs or eam/alloy.
inline EamPotential read_setfl(const std::string& path, bool finnis_sinclair) {
    std::ifstream in = open_file(path);
    EamPotential p;
    p.format = finnis_sinclair ? "eam/fs" : "eam/alloy";
    p.path = path;
    for (int k = 0; k < 3; ++k) {
        std::string line;
        std::getline(in, line);
        p.comment += line + "\n";
    }
    int n = 0;
    in >> n;
    p.elements.resize(n);
    for (std::string& e : p.elements) in >> e;
    in >> p.nrho >> p.drho >> p.nr >> p.dr >> p.cutoff;
    const auto table = [&](int length) {
        std::vector<double> t(length);
        for (double& v : t) in >> v;
        return t;
    };
    for (int s = 0; s < n; ++s) {
        int number = 0;
        std::string lattice;
        p.masses.push_back(0);
        p.lattice_constants.push_back(0);
        in >> number >> p.masses.back() >> p.lattice_constants.back() >> lattice;
        p.lattices.push_back(lattice);
        p.embedding.push_back(table(p.nrho));
        const int blocks = finnis_sinclair ? n : 1;
        for (int c = 0; c < blocks; ++c) p.density.push_back(table(p.nr));  // section = source, block = centre
        for (int c = blocks; c < n; ++c) p.density.push_back(p.density.back());
    }
    p.pair.resize(n * n);
    for (int a = 0; a < n; ++a)
        for (int b = 0; b <= a; ++b) p.pair[a * n + b] = p.pair[b * n + a] = table(p.nr);
    if (!in) throw std::runtime_error("oracle: " + path + " is too short");
    return p;
}

/// A LAMMPS data file of atom_style atomic; species are Cu, Zr, ... by mass (0.1 u). Atoms by ascending id,
/// positions relative to the origin, images not applied.
inline Structure read_lammps_data(const std::string& path) {
    std::ifstream in = open_file(path);
    Structure s;
    double lo[3] = {}, hi[3] = {}, tilt[3] = {};
    int atoms = 0;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line) && line.rfind("Masses", 0) != 0) {
        std::istringstream words(line);
        if (line.find(" atoms") != std::string::npos) words >> atoms;
        const char* name[3] = {"xlo", "ylo", "zlo"};
        for (int k = 0; k < 3; ++k)
            if (line.find(name[k]) != std::string::npos) words >> lo[k] >> hi[k];
        if (line.find("xy xz yz") != std::string::npos) words >> tilt[0] >> tilt[1] >> tilt[2];
    }
    const std::map<std::string, double> known = {{"Cu", 63.546}, {"Zr", 91.224}, {"Al", 26.982}, {"Ni", 58.693}};
    while (std::getline(in, line) && line.rfind("Atoms", 0) != 0) {
        std::istringstream words(line);
        int type = 0;
        double mass = 0;
        if (!(words >> type >> mass)) continue;
        std::string element;
        for (const auto& [name, m] : known)
            if (std::abs(m - mass) < 0.1) element = name;
        if (element.empty()) throw std::runtime_error("oracle: unknown mass in " + path);
        s.elements.push_back(element);
        s.masses.push_back(mass);
    }
    std::map<long, std::pair<int, Vec3>> rows;
    std::getline(in, line);
    while (static_cast<int>(rows.size()) < atoms && std::getline(in, line)) {
        std::istringstream words(line);
        long id = 0;
        int type = 0;
        Vec3 x;
        if (words >> id >> type >> x.x >> x.y >> x.z) rows[id] = {type - 1, x};
    }
    if (static_cast<int>(rows.size()) != atoms || atoms == 0) throw std::runtime_error("oracle: bad atoms in " + path);
    s.origin = {lo[0], lo[1], lo[2]};
    for (const auto& [id, row] : rows) {
        s.id.push_back(id);
        s.species.push_back(row.first);
        s.position.push_back(row.second - s.origin);
    }
    s.box = make_box({{hi[0] - lo[0], tilt[0], tilt[1], 0, hi[1] - lo[1], tilt[2], 0, 0, hi[2] - lo[2]}});
    return s;
}

/// What LAMMPS computed for one structure.
struct LammpsSinglePoint {
    double energy = 0, volume = 0;     ///< [eV], [A^3]
    Sym3 pressure;                     ///< [bar] virial part
    std::vector<double> local_energy;  ///< [eV] (n), by ascending id
    std::vector<Vec3> force;           ///< [eV/A] (n)
};

/// nktv2p of `units metal` in that LAMMPS [bar per eV/A^3]; 7.5e-8 below the CODATA value.
inline constexpr double lammps_bar_per_pressure = 1.6021765e6;

/// \param stem path without `.thermo` and `.forces.txt`.
inline LammpsSinglePoint read_single_point(const std::string& stem) {
    LammpsSinglePoint out;
    std::ifstream thermo = open_file(stem + ".thermo");
    std::string line;
    std::getline(thermo, line);
    long step = 0, atoms = 0;
    Sym3& p = out.pressure;
    thermo >> step >> atoms >> out.energy >> p.xx >> p.yy >> p.zz >> p.xy >> p.xz >> p.yz >> out.volume;
    if (!thermo) throw std::runtime_error("oracle: cannot read " + stem + ".thermo");
    std::ifstream forces = open_file(stem + ".forces.txt");
    long id = 0, last = 0;
    Vec3 f;
    double pe = 0;
    while (forces >> id >> f.x >> f.y >> f.z >> pe) {
        if (id <= last) throw std::runtime_error("oracle: ids do not ascend in " + stem + ".forces.txt");
        last = id;
        out.local_energy.push_back(pe);
        out.force.push_back(f);
    }
    if (static_cast<long>(out.force.size()) != atoms)
        throw std::runtime_error("oracle: cannot read " + stem + ".forces.txt");
    return out;
}

}  // namespace mg::oracle
