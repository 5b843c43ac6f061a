#pragma once
/// \file Spatial averages of per-atom values.

#include <vector>

#include "core/structure.hpp"

namespace mg {

/// Mean of `values` (n) over the atoms within `radius` [A] of each atom, itself included, nearest images. Throws
/// InputError where the radius exceeds half the smallest perpendicular width, and PhysicsError where atoms lie on top
/// of each other.
std::vector<double> coarse_grain(const Structure& structure, const std::vector<double>& values, double radius);

}  // namespace mg
