#pragma once
/// \file Plausibility of the tabulated functions of a potential.

#include "physics/eam_potential.hpp"

namespace mg::io {

/// Throws InputError where a function does not end smoothly at the cutoff, a density is negative over a wide range, or
/// densities and pair functions seem to be exchanged: a damaged file can be read without any other sign of it.
void check_functions(const EamPotential& potential);

}  // namespace mg::io
