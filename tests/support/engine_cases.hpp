#pragma once
/// \file Structures and one-line evaluations for the tests of the engine on the host, for any potential.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/batch.hpp"
#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "support/oracle.hpp"

namespace mg::cases {

/// What compute_forces leaves behind, by atom and by replica.
struct Evaluated {
    std::vector<Vec3> force;           ///< [eV/A] (atoms)
    std::vector<double> local_energy;  ///< [eV] (atoms)
    std::vector<double> energy;        ///< [eV] (replicas)
    std::vector<Sym3> virial;          ///< [eV] (replicas)
};

/// `tuned`: compute_forces; `plain`: the generic sweeps.
enum class Loops { tuned, plain };

inline Batch<Host> batch_of(const std::vector<Structure>& s, const EamPotential& p) {
    return make_batch<Host>(s, p.elements, p.masses);
}

inline Evaluated evaluate(const EamPotential& potential, const std::vector<Structure>& s, Precision precision,
                          Loops loops = Loops::tuned, double skin = 0.4) {
    Batch<Host> b = batch_of(s, potential);
    const Neighbors<Host> n = make_neighbors(b, potential.cutoff, skin);
    const EamTables<Host> t = make_eam_tables<Host>(potential);
    ForceWork<Host> work;
    if (loops == Loops::tuned)
        compute_forces(b, n, t, work, precision, Sums::energy);
    else
        compute_forces_reference(b, n, t, work, precision, Sums::energy);
    EXPECT_EQ(b.incident[0].count, 0) << "kind " << b.incident[0].kind << ", value " << b.incident[0].value;
    return {to_host(b.force), to_host(b.local_energy), to_host(b.potential_energy), to_host(b.virial)};
}

inline Sym3 voigt(const Mat3& m) { return {m(0, 0), m(1, 1), m(2, 2), m(1, 2), m(0, 2), m(0, 1)}; }

inline double largest(const Sym3& a) {
    return std::max({std::abs(a.xx), std::abs(a.yy), std::abs(a.zz), std::abs(a.yz), std::abs(a.xz), std::abs(a.xy)});
}
inline double largest(Vec3 v) { return std::max({std::abs(v.x), std::abs(v.y), std::abs(v.z)}); }
/// NaN counts as infinite.
inline double largest_difference(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
    EXPECT_EQ(a.size(), b.size());
    double worst = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        const double d = std::sqrt(norm2(a[i] - b[i]));
        if (!(d <= worst)) worst = d == d ? d : HUGE_VAL;
    }
    return worst;
}
inline double largest_difference(const Sym3& a, const Sym3& b) { return largest(a + -1.0 * b); }

/// sqrt of the mean squared force vector.
inline double rms(const std::vector<Vec3>& v) {
    double sum = 0;
    for (const Vec3& x : v) sum += norm2(x);
    return std::sqrt(sum / static_cast<double>(v.size()));
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// A rotation about a general axis.
inline Mat3 rotation(double angle) {
    const double c = std::cos(angle), s = std::sin(angle);
    const Mat3 about_z{{c, -s, 0, s, c, 0, 0, 0, 1}}, about_x{{1, 0, 0, 0, c, -s, 0, s, c}};
    return about_x * about_z * about_x;
}

/// na x nb x nc copies of the cell.
inline Structure repeated(const Structure& s, int na, int nb, int nc) {
    Structure out = s;
    out.id.clear();
    out.species.clear();
    out.position.clear();
    out.velocity.clear();
    for (int a = 0; a < na; ++a)
        for (int b = 0; b < nb; ++b)
            for (int c = 0; c < nc; ++c)
                for (int i = 0; i < s.size(); ++i) {
                    out.id.push_back(static_cast<long>(out.id.size()) + 1);
                    out.species.push_back(s.species[i]);
                    out.position.push_back(s.position[i] + s.box.h * Vec3{double(a), double(b), double(c)});
                    if (!s.velocity.empty()) out.velocity.push_back(s.velocity[i]);
                }
    out.box = make_box(s.box.h * diagonal(na, nb, nc));
    return out;
}

inline EnsembleOptions ensemble(EnsembleKind kind, double temperature, double timestep = 0.002,
                                CellMode cell = CellMode::iso) {
    EnsembleOptions o;
    o.kind = kind;
    o.cell = cell;
    o.timestep = timestep;
    o.temperature_begin = o.temperature_end = temperature;
    return o;
}

inline RunSchedule steps(long n) {
    RunSchedule s;
    s.steps = n;
    return s;
}

/// A run of `structures` in one batch, with velocities keyed by replica.
inline Dynamics<Host> dynamics(const std::vector<Structure>& structures, const EamPotential& potential,
                               Precision precision, double temperature, double skin = 0.5) {
    Dynamics<Host> d(batch_of(structures, potential), potential, precision, skin);
    std::vector<std::uint32_t> streams;
    for (std::size_t r = 0; r < structures.size(); ++r) streams.push_back(static_cast<std::uint32_t>(r));
    d.draw_velocities(std::vector<double>(structures.size(), temperature), 7, streams);
    return d;
}

}  // namespace mg::cases
