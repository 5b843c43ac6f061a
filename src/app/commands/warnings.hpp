#pragma once
/// \file What the readers of files found, for the user.

#include <iostream>

#include "core/comm.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// The warnings of a potential's reader, once, on standard error.
inline void say_warnings(const Comm& world, const EamPotential& potential) {
    if (world.rank() != 0) return;
    for (const std::string& warning : potential.warnings) std::cerr << "mgstiff-gpu: warning: " << warning << '\n';
}

}  // namespace mg
