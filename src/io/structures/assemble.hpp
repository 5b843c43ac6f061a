#pragma once
/// \file Makes a Structure of what a structure file holds.

#include <string>
#include <vector>

#include "core/structure.hpp"
#include "io/structures/raw_structure.hpp"
#include "io/structures/source.hpp"

namespace mg::io {

/// The atoms in the order of ascending ids, each with its species. The first two vectors of a left-handed cell are
/// exchanged; positions stay. Throws InputError for a cell without volume, ids that occur twice, positions that are not
/// finite or a million cells away, and what resolve_species() throws for.
Structure assemble(const StructureSource& source, RawStructure raw, const std::vector<std::string>& elements);

}  // namespace mg::io
