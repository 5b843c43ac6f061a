#pragma once
/// \file The embedded-atom method (Daw, Baskes, PRB 29, 6443 (1984); Finnis, Sinclair, Phil. Mag. A 50, 45 (1984)).
///
///   E = sum_i F_{s_i}(rho_i) + 1/2 sum_{i != j} phi_{s_i s_j}(r_ij),   rho_i = sum_j f_{s_j -> s_i}(r_ij)
///
/// With d = x_j - x_i and r = |d|, the derivative of E with respect to the distance of one pair is
///
///   psi'(r) = phi'(r) + F'_i f'_{j->i}(r) + F'_j f'_{i->j}(r),
///
/// the force on i from j is psi'(r) d / r, and the pair adds -psi'(r) d (x) d / r to the virial sum.

#include "physics/spline.hpp"

namespace mg {

/// [eV/A] A force beyond it is an accident. Cores that touch at 0.5 A repel with some 1e4.
inline constexpr double largest_force = 1e6;
inline namespace MG_TARGET {

/// What one pair adds: psi'(r) / r [eV/A^2] and phi(r) [eV]. T is a number or a SIMD vector.
template <class T>
struct PairTerm {
    T slope_over_r;
    T energy;
};

/// `double`: the pair function is tabulated as z = r phi, so phi = z / r and phi' = (z' - phi) / r.
/// Slopes of f and z come per interval; `inverse_dr` turns them into slopes per A.
template <class T>
MG_HD PairTerm<T> pair_term_from_z(T inverse_r, T inverse_dr, T z, T z_slope, T embedding_slope_i, T f_slope_at_i,
                                   T embedding_slope_j, T f_slope_at_j) {
    // phi enters psi through a product, so that compilers round it alike whether the energy is wanted or not.
    const T phi = z * inverse_r;
    const T psi =
        inverse_dr * (z_slope * inverse_r + (embedding_slope_i * f_slope_at_i + embedding_slope_j * f_slope_at_j)) -
        phi * inverse_r;
    return {psi * inverse_r, phi};
}

/// `mixed`: phi itself is tabulated.
template <class T>
MG_HD PairTerm<T> pair_term_from_phi(T inverse_r, T inverse_dr, T phi, T phi_slope, T embedding_slope_i, T f_slope_at_i,
                                     T embedding_slope_j, T f_slope_at_j) {
    const T psi = phi_slope + (embedding_slope_i * f_slope_at_i + embedding_slope_j * f_slope_at_j);
    return {psi * inverse_dr * inverse_r, phi};
}

/// F(rho) [eV] and F'(rho) [eV]; F continues linearly above the last knot.
struct Embedding {
    double energy;
    double slope;
};

MG_HD Embedding embed(const Cubic<double>* pieces, int count, double inverse_drho, double rho) {
    const GridPoint<double> g = locate<double>(rho, inverse_drho, count);
    const Cubic<double> q = pieces[g.piece];
    const double slope_rho = slope(q, g.fraction) * inverse_drho;
    const double rho_last = count / inverse_drho;
    const double beyond = rho > rho_last ? rho - rho_last : 0.0;
    return {value(q, g.fraction) + slope_rho * beyond, slope_rho};
}

}  // namespace MG_TARGET
}  // namespace mg
