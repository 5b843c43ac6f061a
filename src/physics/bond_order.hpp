#pragma once
/// \file Bond-orientational order of an atom's shell of neighbours. Steinhardt, Nelson, Ronchetti, Phys. Rev. B 28
/// (1983) 784, https://doi.org/10.1103/PhysRevB.28.784:
///   q_lm = mean over the neighbours j of Y_lm(r_j),  q_l = sqrt(4 pi / (2 l + 1) sum_m |q_lm|^2),
///   w_l = sum over m1 + m2 + m3 = 0 of (l l l; m1 m2 m3) q_lm1 q_lm2 q_lm3 / (sum_m |q_lm|^2)^(3/2).
/// Averaged order has, in place of q_lm, its mean over the atom and its neighbours: Lechner, Dellago, J. Chem. Phys.
/// 129 (2008) 114707, https://doi.org/10.1063/1.2977970. All of it is the same in a rotated frame.

#include "core/vec3.hpp"

namespace mg {

/// What the vectors to the neighbours are reduced to.
struct BondOrder {
    double q4 = 0, q6 = 0;  ///< 0 to 1
    double w6 = 0;          ///< normalised third-order invariant; -0.1698 of an icosahedron
};

/// C_lm = sqrt(4 pi / (2 l + 1)) Y_lm (Racah's normalisation, Condon's and Shortley's phase) of l = 4 and 6, or a sum
/// of them over bonds. Those of negative m follow: c_l(-m) = (-1)^m times the conjugate of c_lm.
struct BondHarmonics {
    static constexpr int size = 5 + 7;  ///< m = 0..4 of l = 4, then m = 0..6 of l = 6
    double real[size] = {}, imag[size] = {};
};

/// Wigner's 3j symbols (6 6 6; m1 m2 -m1-m2), at [6 + m1][6 + m2]; 0 where |m1 + m2| > 6.
struct ThreeJ6 {
    double of[13][13] = {};
};

inline namespace MG_TARGET {

/// By Racah's formula (A. R. Edmonds, Angular Momentum in Quantum Mechanics, 1957, section 3.6).
inline ThreeJ6 wigner_3j_of_6() {
    constexpr int l = 6;
    double factorial[3 * l + 2] = {1};
    for (int n = 1; n <= 3 * l + 1; ++n) factorial[n] = n * factorial[n - 1];
    const auto triangle = factorial[l] * factorial[l] * factorial[l] / factorial[3 * l + 1];
    const auto pair = [&](int m) { return factorial[l + m] * factorial[l - m]; };
    ThreeJ6 table;
    for (int a = -l; a <= l; ++a)
        for (int b = -l; b <= l; ++b) {
            const int c = -a - b;
            if (c < -l || c > l) continue;
            double sum = 0;
            for (int t = 0; t <= l; ++t) {
                if (t + a < 0 || t - b < 0 || l - t - a < 0 || l - t + b < 0) continue;
                const double term = 1 / (factorial[t] * factorial[t + a] * factorial[t - b] * factorial[l - t] *
                                         factorial[l - t - a] * factorial[l - t + b]);
                sum += t % 2 == 0 ? term : -term;
            }
            const double size = __builtin_sqrt(triangle * pair(a) * pair(b) * pair(c));
            table.of[l + a][l + b] = c % 2 == 0 ? size * sum : -size * sum;
        }
    return table;
}

/// Of a bond along the unit vector u.
MG_HD BondHarmonics bond_harmonics(Vec3 u) {
    // Roots of 5, 10, 35, 70; 42, 105, 14, 77, 231.
    constexpr double r5 = 2.2360679774997897, r10 = 3.1622776601683793, r35 = 5.916079783099616,
                     r70 = 8.366600265340756, r42 = 6.48074069840786, r105 = 10.246950765959598,
                     r14 = 3.7416573867739413, r77 = 8.774964387392123, r231 = 15.198684153570664;
    const double z = u.z, z2 = z * z;
    // Over (x + i y)^m.
    const double four[5] = {((35 * z2 - 30) * z2 + 3) / 8, -r5 / 4 * (7 * z2 - 3) * z, r10 / 8 * (7 * z2 - 1),
                            -r35 / 4 * z, r70 / 16};
    const double six[7] = {(((231 * z2 - 315) * z2 + 105) * z2 - 5) / 16,
                           -r42 / 16 * ((33 * z2 - 30) * z2 + 5) * z,
                           r105 / 32 * ((33 * z2 - 18) * z2 + 1),
                           -r105 / 16 * (11 * z2 - 3) * z,
                           3 * r14 / 32 * (11 * z2 - 1),
                           -3 * r77 / 16 * z,
                           r231 / 32};
    BondHarmonics c;
    double real = 1, imag = 0;
    for (int m = 0; m <= 6; ++m) {
        if (m <= 4) c.real[m] = four[m] * real, c.imag[m] = four[m] * imag;
        c.real[5 + m] = six[m] * real;
        c.imag[5 + m] = six[m] * imag;
        const double next = real * u.x - imag * u.y;
        imag = real * u.y + imag * u.x;
        real = next;
    }
    return c;
}

/// a += b
MG_HD void add(BondHarmonics& a, const BondHarmonics& b) {
    for (int k = 0; k < BondHarmonics::size; ++k) {
        a.real[k] += b.real[k];
        a.imag[k] += b.imag[k];
    }
}

/// a *= b
MG_HD void scale(BondHarmonics& a, double b) {
    for (int k = 0; k < BondHarmonics::size; ++k) {
        a.real[k] *= b;
        a.imag[k] *= b;
    }
}

/// Sum over m of |c_lm|^2, where m = 0 to l stand from `first` on.
MG_HD double bond_power(const BondHarmonics& c, int first, int l) {
    double sum = c.real[first] * c.real[first];
    for (int k = first + 1; k <= first + l; ++k) sum += 2 * (c.real[k] * c.real[k] + c.imag[k] * c.imag[k]);
    return sum;
}

/// Of a mean over the bonds; all zero where that is zero.
MG_HD BondOrder bond_order(const BondHarmonics& mean, const ThreeJ6& three_j) {
    constexpr int l = 6, first = 5;
    double real[2 * l + 1], imag[2 * l + 1];  // m = -6 to 6
    for (int m = 0; m <= l; ++m) {
        const double sign = m % 2 == 0 ? 1 : -1;
        real[l - m] = sign * mean.real[first + m];
        imag[l - m] = -sign * mean.imag[first + m];
        real[l + m] = mean.real[first + m];
        imag[l + m] = mean.imag[first + m];
    }
    double third = 0;  // its imaginary part vanishes
    for (int a = -l; a <= l; ++a)
        for (int b = a > 0 ? -l : -l - a; b <= (a > 0 ? l - a : l); ++b) {
            const double re = real[l + a] * real[l + b] - imag[l + a] * imag[l + b];
            const double im = real[l + a] * imag[l + b] + imag[l + a] * real[l + b];
            third += three_j.of[l + a][l + b] * (re * real[l - a - b] - im * imag[l - a - b]);
        }
    const double power = bond_power(mean, first, l);
    return {__builtin_sqrt(bond_power(mean, 0, 4)), __builtin_sqrt(power),
            power > 0 ? third / (power * __builtin_sqrt(power)) : 0.0};
}

}  // namespace MG_TARGET
}  // namespace mg
