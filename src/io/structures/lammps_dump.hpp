#pragma once
/// \file Reader of LAMMPS text dumps.

#include <string>
#include <vector>

#include "core/structure.hpp"
#include "io/structures/source.hpp"

namespace mg::io {

/// The last frame of a LAMMPS text dump (https://docs.lammps.org/dump.html). What is read, the order of atoms, what
/// `elements` name and the errors: read_structure().
Structure read_lammps_dump(StructureSource& source, const std::vector<std::string>& elements);

}  // namespace mg::io
