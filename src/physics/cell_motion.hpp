#pragma once
/// \file Motion with a changing cell: Martyna, Tobias, Klein, J. Chem. Phys. 101, 4177 (1994); the Trotter form
/// of Martyna et al. 1996 and Tuckerman et al., J. Phys. A 39, 5629 (2006).
///
///   dx/dt = v + g x,   dv/dt = f/m - (g + tr(g)/N_f) v,   dh/dt = g h,
///   W dg/dt = V (P_int - P) + (sum m v^2 / N_f) 1,
///
/// with g the symmetric cell rate [1/ps] (no rotation), W = (N_f + 3) kT tau_P^2 / 3, N_f = 3N - 3.

#include "core/mat3.hpp"

namespace mg {

enum class CellMode : int { fixed = 0, iso = 1, aniso = 2, tri = 3 };

inline namespace MG_TARGET {

/// exp(a) by its Taylor series; |a| is a cell rate times a time step, below 0.1, where 12 terms are exact.
MG_HD Mat3 matrix_exponential(const Mat3& a) {
    Mat3 sum = identity(), term = identity();
    for (int k = 1; k <= 12; ++k) {
        term = (1.0 / k) * (term * a);
        sum = sum + term;
    }
    return sum;
}

/// (exp(a) - 1) / a = sum a^k / (k+1)!, so that dx/dt = v + g x gives x(t) = exp(gt) x + t phi1(gt) v.
MG_HD Mat3 matrix_phi1(const Mat3& a) {
    Mat3 sum = identity(), term = identity();
    for (int k = 1; k <= 12; ++k) {
        term = (1.0 / (k + 1)) * (term * a);
        sum = sum + term;
    }
    return sum;
}

/// Number of independent rates of the cell.
MG_HD int cell_freedoms(CellMode mode) {
    return mode == CellMode::iso ? 1 : mode == CellMode::aniso ? 3 : mode == CellMode::tri ? 6 : 0;
}

/// Projects a symmetric driving force on the rates that the mode allows.
MG_HD Mat3 project(CellMode mode, const Mat3& a) {
    if (mode == CellMode::tri) return 0.5 * (a + transpose(a));
    if (mode == CellMode::aniso) return diagonal(a(0, 0), a(1, 1), a(2, 2));
    if (mode == CellMode::iso) {
        const double mean = trace(a) / 3.0;
        return diagonal(mean, mean, mean);
    }
    return Mat3{};
}

/// Mass of the cell [eV ps^2].
MG_HD double cell_mass(double dof, double kT, double tau) { return (dof + 3.0) * kT * tau * tau / 3.0; }

/// sum of squares of the rates' elements, tr(g g^T).
MG_HD double sum_of_squares(const Mat3& a) {
    double s = 0;
    for (int k = 0; k < 9; ++k) s += a.m[k] * a.m[k];
    return s;
}

}  // namespace MG_TARGET
}  // namespace mg
