#pragma once
/// \file Which atoms of a structure are in crystalline surroundings.

#include <vector>

#include "core/structure.hpp"
#include "physics/common_neighbors.hpp"

namespace mg {

/// The surrounding of every atom by adaptive common-neighbour analysis, blind to species: B2 is bcc. Give a structure
/// at rest: thermal motion hides crystals.
std::vector<LocalStructure> local_structures(const Structure& structure);

/// Share of crystalline atoms above which a sample is named.
inline constexpr double doubtful_crystalline = 0.02;

/// Share of fcc, hcp and bcc.
double crystalline_fraction(const std::vector<LocalStructure>& structures);

}  // namespace mg
