#pragma once
/// \file Structures whose Hessian is tested, and that Hessian as a matrix.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "md/dynamics.hpp"
#include "ops/panels.hpp"
#include "ops/smooth_potential.hpp"
#include "support/oracle.hpp"
#include "support/oracle_io.hpp"
#include "support/reference_glass.hpp"

namespace mg::hessian_cases {

inline const EamPotential& smooth() {
    static const EamPotential p = smooth_potential(cu_zr()).potential;
    return p;
}

/// B2 crystals with atoms displaced and species exchanged: nothing is symmetric.
inline Structure disordered(int n, double amplitude) {
    Structure s = oracle::b2(n, n, n, 3.3);
    std::mt19937 random(5);
    std::uniform_real_distribution<double> shift(-amplitude, amplitude);
    for (Vec3& x : s.position) x = x + Vec3{shift(random), shift(random), shift(random)};
    std::shuffle(s.species.begin(), s.species.end(), random);
    return s;
}

inline Structure at_rest(const Structure& s, const EamPotential& p) {
    Dynamics<Host> d(make_batch<Host>({s}, p.elements, p.masses), p, Precision::full, 0.5);
    EXPECT_TRUE(d.relax(LbfgsOptions{.force_max = 1e-9}).at(0).converged);
    return d.structures().at(0);
}

inline Hessian<Host> hessian_of(const Structure& s, const EamPotential& p) {
    return make_hessian(make_batch<Host>({s}, p.elements, p.masses), make_eam_tables<Host>(p));
}

/// The whole matrix by slots, from products with unit vectors.
inline std::vector<double> matrix_of(const Hessian<Host>& h) {
    const int n = 3 * h.slots, panels = (n + panel_width - 1) / panel_width;
    Panels<Host> v(h.slots, panels), hv(h.slots, panels);
    fill_zero(v.value);
    const auto at = [&](int row, int column) {
        return static_cast<std::size_t>(column / panel_width) * n * panel_width + row * panel_width +
               column % panel_width;
    };
    for (int k = 0; k < n; ++k) v.value[at(k, k)] = 1;
    Array<double, Host> work;
    multiply(h, v, hv, work);
    std::vector<double> matrix;
    for (int column = 0; column < n; ++column)
        for (int row = 0; row < n; ++row) matrix.push_back(hv.value[at(row, column)]);
    return matrix;
}

/// Which has nothing to hold its planes against shears.
inline Structure simple_cubic_copper() {
    Structure s = oracle::b2(7, 7, 7, 2.4);
    std::vector<Vec3> corners;
    for (const Vec3 x : s.position)
        if (std::abs(x.x / 2.4 - std::round(x.x / 2.4)) < 0.1) corners.push_back(x);
    s.position = corners;
    s.species.assign(corners.size(), 0);
    s.id.resize(corners.size());
    s.velocity.clear();
    return s;
}

}  // namespace mg::hessian_cases
