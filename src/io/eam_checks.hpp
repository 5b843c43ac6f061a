#pragma once
/// \file Whether the functions of a potential can be what they are called.

#include "physics/eam_potential.hpp"

namespace mg {

/// Throws InputError where a function does not end smoothly at the cutoff, a density is negative over a wide range, or
/// densities and pair functions seem to stand in each other's place: files that are damaged can be read without any
/// other sign of it.
void check_functions(const EamPotential& potential);

}  // namespace mg
