#pragma once
/// \file The lattices that the samples of a study are molten from.

#include <cstdint>

#include "config/study_file.hpp"
#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg::study {

/// The fcc lattice that a sample of a study is molten from.
Structure start_lattice_of(const StudyFile& study, const EamPotential& potential, std::uint32_t sample);

/// Smallest width of a box during melt and quench, in units of the width of its start lattice.
inline constexpr double quench_shrinkage = 0.96;

/// The smallest width [A] that a sample's box will have.
double expected_width(const StudyFile& study, const EamPotential& potential);

}  // namespace mg::study
