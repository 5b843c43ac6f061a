#pragma once
/// \file Second derivatives of the EAM energy (physics/eam.hpp has the first), and harmonic stiffness.
///
/// With u the unit vector of a bond from i to j, r its length and psi its effective pair function, whose slope is
/// psi' = phi' + F'_i f'_{j->i} + F'_j f'_{i->j} and whose curvature psi'' has second derivatives of phi and f
/// likewise,
///
///   d rho_i / d x_j = f'_{j->i} u,   d rho_i / d x_i = - sum_j f'_{j->i} u_ij
///   H v |_i = sum_j B_ij (v_i - v_j) + sum_m F''_m (d rho_m / d x_i) (d rho_m / d x . v)
///   B_ij = psi'' u u^T + (psi' / r) (1 - u u^T)
///
/// The last sum couples atoms up to twice the cutoff apart. It is never formed in a product: t_m = d rho_m / d x . v of
/// every atom first, then q_m = F''_m t_m goes back along the bonds.
///
/// An atom's harmonic mean-squared displacement at temperature T is k_B T tr[(H^-1)_ii], H's translations projected
/// out, so that its stiffness k_B T / <|dr|^2> is 1 / tr[(H^-1)_ii] at every temperature.

#include <cmath>

#include "core/mat3.hpp"
#include "physics/spline.hpp"

namespace mg {

/// One bond, as one of its atoms sees it; every bond stands twice. A cache line.
struct alignas(64) HessianBond {
    double x, y, z;        ///< unit vector to the neighbour
    double perpendicular;  ///< [eV/A^2] psi' / r
    double excess;         ///< [eV/A^2] psi'' - psi' / r
    double here;           ///< [1/A] f' of the neighbour at this atom
    double there;          ///< [1/A] f' of this atom at the neighbour
    int neighbor;          ///< slot
};

/// A function's value, slope [per A] and curvature [per A^2].
struct Derivatives {
    double value, slope, curvature;
};

inline namespace MG_TARGET {

/// Of a cubic piece, at a fraction of it.
MG_HD Derivatives derivatives(const Cubic<double>& q, double fraction, double inverse_spacing) {
    return {value(q, fraction), slope(q, fraction) * inverse_spacing,
            (2 * q.c + 6 * q.d * fraction) * inverse_spacing * inverse_spacing};
}

/// phi from z = r phi.
MG_HD Derivatives pair_from_z(const Derivatives& z, double r) {
    const double phi = z.value / r, slope = (z.slope - phi) / r;
    return {phi, slope, (z.curvature - 2 * slope) / r};
}

/// The bond from i along d (to j, of length r), given F' of both atoms, phi, f of j at i and f of i at j.
MG_HD HessianBond hessian_bond(Vec3 d, double r, double embedding_i, double embedding_j, const Derivatives& phi,
                               const Derivatives& f_at_i, const Derivatives& f_at_j, int neighbor) {
    const double slope = phi.slope + embedding_i * f_at_i.slope + embedding_j * f_at_j.slope;
    const double curvature = phi.curvature + embedding_i * f_at_i.curvature + embedding_j * f_at_j.curvature;
    const double perpendicular = slope / r, inverse = 1 / r;
    return {d.x * inverse, d.y * inverse, d.z * inverse, perpendicular, curvature - perpendicular,
            f_at_i.slope,  f_at_j.slope,  neighbor};
}

/// B of a bond.
MG_HD Mat3 bond_block(const HessianBond& b) {
    const Vec3 u{b.x, b.y, b.z};
    Mat3 m = diagonal(b.perpendicular, b.perpendicular, b.perpendicular);
    const double k[3] = {u.x, u.y, u.z};
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) m(i, j) += b.excess * k[i] * k[j];
    return m;
}

/// 1 / tr G, G the atom's block of H^-1 [A^2/eV]: its stiffness [eV/A^2].
MG_HD double harmonic_stiffness(const Sym3& compliance) { return 1.0 / trace(compliance); }

/// Fractional anisotropy of a tensor of squared displacements, sqrt(3/2) |C - 1/3 tr C| / |C|: 0 where all directions
/// are alike, 1 where it moves along one alone (P. J. Basser, C. Pierpaoli, J. Magn. Reson. B 111, 209 (1996)).
MG_HD double fractional_anisotropy(const Sym3& c) {
    const auto norm2 = [](const Sym3& a) {
        return a.xx * a.xx + a.yy * a.yy + a.zz * a.zz + 2 * (a.yz * a.yz + a.xz * a.xz + a.xy * a.xy);
    };
    const double mean = trace(c) / 3;
    return std::sqrt(1.5 * norm2({c.xx - mean, c.yy - mean, c.zz - mean, c.yz, c.xz, c.xy}) / norm2(c));
}

}  // namespace MG_TARGET
}  // namespace mg
