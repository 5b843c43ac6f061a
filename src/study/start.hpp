#pragma once
/// \file Where the samples of a study start.

#include <cstdint>

#include "config/study_file.hpp"
#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// The fcc lattice that a sample of a study is molten from.
Structure start_lattice_of(const StudyFile& study, const EamPotential& potential, std::uint32_t sample);

/// Width of a box over that of its start lattice where it is narrowest.
inline constexpr double quench_shrinkage = 0.96;

/// The smallest width [A] that a sample's box will have.
double expected_width(const StudyFile& study, const EamPotential& potential);

}  // namespace mg
