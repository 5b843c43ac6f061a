#pragma once
/// \file Plausibility of the tabulated functions of a potential.

#include "physics/eam_potential.hpp"

namespace mg::io {

/// Throws InputError where a function does not end smoothly at the cutoff, densities and pair functions seem to be
/// exchanged, or all pair functions are zero: a damaged file can be read without any other sign of it. A density that
/// is negative over a wide range is a warning in `potential`.
void check_functions(EamPotential& potential);

}  // namespace mg::io
