#pragma once
/// \file Vibrational mean-squared displacement of one atom from running sums.

#include "core/vec3.hpp"

namespace mg {

/// Sums over frames of u = x - x_first - (drift of the centre of mass): shifting by the first frame keeps the
/// difference of large numbers small.
struct DisplacementSums {
    Vec3 sum;            ///< [A] of u
    double squares = 0;  ///< [A^2] of |u|^2
};
MG_HD DisplacementSums operator+(const DisplacementSums& a, const DisplacementSums& b) {
    return {a.sum + b.sum, a.squares + b.squares};
}

inline namespace MG_TARGET {

/// Variance about the time-mean position [A^2]: `<|u|^2> - |<u>|^2`.
MG_HD double variance_about_mean(const DisplacementSums& s, double frames) {
    return s.squares / frames - norm2((1.0 / frames) * s.sum);
}

/// Mean-squared displacement from the first frame [A^2]; the first frame itself, u = 0, is not counted.
MG_HD double from_first_frame(const DisplacementSums& s, double frames) { return s.squares / (frames - 1.0); }

/// K = kB T / <|dr|^2> [eV/A^2] (Peng et al. 2021, eq. 1).
MG_HD double stiffness(double kT, double msd) { return kT / msd; }

}  // namespace MG_TARGET
}  // namespace mg
