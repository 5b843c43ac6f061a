#pragma once
/// \file Elastic constants as a 6 x 6 matrix in Voigt order (xx, yy, zz, yz, xz, xy), and the moduli of the isotropic
/// aggregate that follow from it: R. Hill, Proc. Phys. Soc. A 65, 349 (1952), doi:10.1088/0370-1298/65/5/307.
///
/// Voigt strains are engineering ones (twice the tensor's element for shears), so that C_44 of an isotropic body is its
/// shear modulus. Where a body is under stress, C stands for Wallace's stress-strain coefficients
///
///   B_ijkl = d sigma_ij / d epsilon_kl = C_ijkl + (s_ik d_jl + s_il d_jk + s_jk d_il + s_jl d_ik) / 2 - s_ij d_kl
///
/// (s: the stress, positive in tension; C_ijkl: second derivatives of the energy in Lagrangian strain; d: Kronecker;
/// D. C. Wallace, Phys. Rev. 162, 776 (1967), doi:10.1103/PhysRev.162.776). Under pressure the speeds of sound, the
/// bulk modulus -V dP/dV and mechanical stability follow from B.

#include <array>
#include <cmath>
#include <utility>

#include "core/mat3.hpp"

namespace mg {

/// [eV/A^3] (6 x 6), row by row: c(i, j) = d sigma_i / d epsilon_j.
struct ElasticMatrix {
    std::array<double, 36> element{};
    double operator()(int row, int column) const { return element[6 * row + column]; }
    double& operator()(int row, int column) { return element[6 * row + column]; }
};

inline ElasticMatrix operator-(const ElasticMatrix& a, const ElasticMatrix& b) {
    ElasticMatrix c;
    for (int k = 0; k < 36; ++k) c.element[k] = a.element[k] - b.element[k];
    return c;
}

/// Element `k` (0 to 5, Voigt order) of a symmetric tensor.
inline double voigt_element(const Sym3& a, int k) {
    const double elements[6] = {a.xx, a.yy, a.zz, a.yz, a.xz, a.xy};
    return elements[k];
}

/// The symmetric small strain whose Voigt element `k` is `amount`, the others zero: tensor elements of a shear are half
/// of it.
inline Mat3 voigt_strain(int k, double amount) {
    const double half = 0.5 * amount;
    return to_matrix(Sym3{k == 0 ? amount : 0, k == 1 ? amount : 0, k == 2 ? amount : 0, k == 3 ? half : 0,
                          k == 4 ? half : 0, k == 5 ? half : 0});
}

/// (C + C^T) / 2.
inline ElasticMatrix symmetrised(const ElasticMatrix& c) {
    ElasticMatrix s;
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j) s(i, j) = 0.5 * (c(i, j) + c(j, i));
    return s;
}
/// The largest |C_ij - C_ji| [eV/A^3].
inline double asymmetry(const ElasticMatrix& c) {
    double largest = 0;
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j < i; ++j) largest = std::fmax(largest, std::fabs(c(i, j) - c(j, i)));
    return largest;
}

/// d^2 E / d epsilon_k^2 / V [eV/A^3] at the given stress, positive in tension, for the cell (1 + epsilon) h: B_kk,
/// less (s_ii + s_jj) / 4 for a shear of axes i and j. Its Lagrangian strain epsilon + epsilon^2 / 2 does work in
/// second order as well, which B counts otherwise.
inline double energy_curvature(const ElasticMatrix& b, const Sym3& stress, int k) {
    if (k < 3) return b(k, k);
    return b(k, k) - 0.25 * (trace(stress) - voigt_element(stress, k - 3));
}

/// Kelvin's moduli [eV/A^3] (6), ascending, with their unit strains: eigenvalues and eigenvectors of the symmetric map
/// from strain to stress as tensors, which Voigt's matrix is once its shear rows and columns are multiplied by sqrt 2.
/// They do not depend on the axes; an isotropic body has 2 G five times, and 3 K.
struct KelvinModuli {
    std::array<double, 6> value{};
    ElasticMatrix strain;  ///< column k belongs to value[k]
};

/// By Jacobi's rotations (Golub, Van Loan, Matrix Computations, 8.5) of a symmetric C.
inline KelvinModuli kelvin_moduli(const ElasticMatrix& c) {
    ElasticMatrix a, v;
    for (int i = 0; i < 6; ++i) {
        v(i, i) = 1;
        for (int j = 0; j < 6; ++j) a(i, j) = c(i, j) * (i < 3 ? 1 : std::sqrt(2.0)) * (j < 3 ? 1 : std::sqrt(2.0));
    }
    for (int sweep = 0; sweep < 30; ++sweep)
        for (int p = 0; p < 6; ++p)
            for (int q = p + 1; q < 6; ++q) {
                if (a(p, q) == 0) continue;
                const double theta = 0.5 * (a(q, q) - a(p, p)) / a(p, q);
                const double t = std::copysign(1.0, theta) / (std::fabs(theta) + std::hypot(theta, 1.0));
                const double cosine = 1 / std::sqrt(t * t + 1), sine = t * cosine;
                const auto rotate = [&](double& x, double& y) {
                    const double before = x;
                    x = cosine * before - sine * y;
                    y = sine * before + cosine * y;
                };
                for (int k = 0; k < 6; ++k) rotate(a(k, p), a(k, q));
                for (int k = 0; k < 6; ++k) rotate(a(p, k), a(q, k));
                for (int k = 0; k < 6; ++k) rotate(v(k, p), v(k, q));
                a(p, q) = a(q, p) = 0;
            }
    KelvinModuli result;
    std::array<int, 6> order{0, 1, 2, 3, 4, 5};
    for (int i = 1; i < 6; ++i)
        for (int j = i; j > 0 && a(order[j], order[j]) < a(order[j - 1], order[j - 1]); --j)
            std::swap(order[j], order[j - 1]);
    for (int k = 0; k < 6; ++k) {
        result.value[k] = a(order[k], order[k]);
        for (int i = 0; i < 6; ++i) result.strain(i, k) = v(i, order[k]);
    }
    return result;
}

/// The lowest of Kelvin's moduli [eV/A^3]: a body is mechanically stable where it is positive (J. Wang, S. Yip, S. R.
/// Phillpot, D. Wolf, Phys. Rev. Lett. 71, 4182 (1993), doi:10.1103/PhysRevLett.71.4182). Of an isotropic one: 2 G.
inline double lowest_modulus(const ElasticMatrix& c) { return kelvin_moduli(c).value[0]; }

/// Bulk and shear modulus of an isotropic body [eV/A^3], and what follows from them.
struct IsotropicModuli {
    double bulk = 0, shear = 0;
    /// Young's modulus E = 9 K G / (3 K + G) [eV/A^3].
    double young() const { return 9 * bulk * shear / (3 * bulk + shear); }
    /// Poisson's ratio (3 K - 2 G) / (2 (3 K + G)).
    double poisson() const { return (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear)); }
};

/// Voigt's average, of equal strain: an upper bound of an aggregate's moduli, and those of a body that is isotropic but
/// for its finite size, like a glass. With the sums a of C_11 and its like, b of C_12, c of C_44:
///   9 K = a + 2 b,   15 G = a - b + 3 c
inline IsotropicModuli voigt_average(const ElasticMatrix& c) {
    const double a = c(0, 0) + c(1, 1) + c(2, 2), b = c(0, 1) + c(0, 2) + c(1, 2);
    return {(a + 2 * b) / 9, (a - b + 3 * (c(3, 3) + c(4, 4) + c(5, 5))) / 15};
}

/// Reuss's average, of equal stress: a lower bound of both. With the sums a of S_11 and its like, b of S_12, c of S_44
/// of the inverse S of C:
///   1 / K = a + 2 b,   15 / G = 4 a - 4 b + 3 c
/// Without meaning where lowest_modulus(C) is not positive.
inline IsotropicModuli reuss_average(const ElasticMatrix& c) {
    const KelvinModuli kelvin = kelvin_moduli(c);
    // S_ijkl = sum_n u_ij u_kl / value; Voigt's S_44 = 4 S_yzyz is twice the Kelvin matrix's element.
    double a = 0, b = 0, shears = 0;
    for (int n = 0; n < 6; ++n) {
        const auto u = [&](int i) { return kelvin.strain(i, n); };
        a += (u(0) * u(0) + u(1) * u(1) + u(2) * u(2)) / kelvin.value[n];
        b += (u(0) * u(1) + u(0) * u(2) + u(1) * u(2)) / kelvin.value[n];
        shears += 2 * (u(3) * u(3) + u(4) * u(4) + u(5) * u(5)) / kelvin.value[n];
    }
    return {1 / (a + 2 * b), 15 / (4 * a - 4 * b + 3 * shears)};
}

/// Hill's average: the mean of Voigt's and Reuss's, K and G each.
inline IsotropicModuli hill_average(const ElasticMatrix& c) {
    const IsotropicModuli voigt = voigt_average(c), reuss = reuss_average(c);
    return {0.5 * (voigt.bulk + reuss.bulk), 0.5 * (voigt.shear + reuss.shear)};
}

}  // namespace mg
