#pragma once
/// \file The radial distribution about one atom (Peng, Yang, Wang, Extreme Mech. Lett. 48 (2021) 101446, eq. 2):
///   g_i(r) = n(r) / (4 pi r^2 rho dr), with n(r) neighbours in the shell [r - dr/2, r + dr/2) and rho = N / V.

#include "core/macros.hpp"

namespace mg {

/// Shells [r_min + k dr, r_min + (k + 1) dr), k = 0 .. count - 1.
struct Shells {
    double r_min = 2.0, r_max = 10.0;  ///< [A]
    int count = 40;
    double width() const { return (r_max - r_min) / count; }
};

inline namespace MG_TARGET {

/// The shell of a distance, or -1.
MG_HD int shell_of(double r, double r_min, double inverse_width, int count) {
    if (!(r >= r_min)) return -1;
    const int k = static_cast<int>((r - r_min) * inverse_width);
    return k < count ? k : -1;
}

/// g of a shell with n neighbours; `density` in 1/A^3.
MG_HD double radial_distribution(double n, double r_center, double width, double density) {
    return n / (4.0 * 3.14159265358979323846 * r_center * r_center * density * width);
}

}  // namespace MG_TARGET
}  // namespace mg
