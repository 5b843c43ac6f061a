#pragma once
/// \file Which type, or which name, of a structure file is which element.

#include <string>
#include <vector>

#include "io/structures/raw_structure.hpp"
#include "io/structures/source.hpp"

namespace mg::io {

/// Masses [u] this far apart are those of two elements.
inline constexpr double mass_tolerance = 0.1;

/// The one element that has this mass [u], of those in `among` or (where it is empty) of all. `what` has the mass, for
/// the InputError where no element, or more than one, comes near.
std::string element_of_mass(const StructureSource& source, const std::string& what, double mass,
                            const std::vector<std::string>& among = {});

/// Fills elements, species and (where the file has any) masses of `structure`; `order` lists the atoms of `raw` in the
/// order that the structure has. What names the elements, and what is an error: read_structure().
void resolve_species(const StructureSource& source, const RawStructure& raw, const std::vector<int>& order,
                     const std::vector<std::string>& elements, Structure& structure);

}  // namespace mg::io
