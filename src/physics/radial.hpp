#pragma once
/// \file Smooth radial functions of the neighbours of an atom (the G2 of Behler and Parrinello, Phys. Rev. Lett. 98
/// (2007) 146401), resolved by their species:
///   G_k = sum_j exp(-(r_j - r_k)^2 / (2 w^2)) f(r_j),  f(r) = (1 + cos(pi r / r_max)) / 2 below r_max.
///
/// Unlike the counts of shells they do not jump when a neighbour crosses an edge.

#include "core/macros.hpp"

namespace mg {

/// Gaussians with centres r_k = r_min + (k + 1/2) (r_max - r_min) / count.
struct RadialFunctions {
    double r_min = 2.0, r_max = 10.0;  ///< [A]
    int count = 40;
    double width = 0.2;  ///< [A] standard deviation w
    double spacing() const { return (r_max - r_min) / count; }
};

inline namespace MG_TARGET {

/// f(r), for r <= r_max.
MG_HD double radial_cutoff(double r, double r_max) {
    return 0.5 * (1.0 + __builtin_cos(3.14159265358979323846 * r / r_max));
}

/// exp(-d^2 / (2 w^2)) at a distance d from the centre; `exponent` is 1 / (2 w^2).
MG_HD double radial_gaussian(double d, double exponent) { return __builtin_exp(-d * d * exponent); }

}  // namespace MG_TARGET
}  // namespace mg
