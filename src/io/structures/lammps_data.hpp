#pragma once
/// \file Reader of LAMMPS data files.

#include <string>
#include <vector>

#include "core/structure.hpp"
#include "io/structures/source.hpp"

namespace mg::io {

/// A LAMMPS data file (https://docs.lammps.org/read_data.html). What is read, the order of atoms, what `elements` name
/// and the errors: read_structure().
Structure read_lammps_data(StructureSource& source, const std::vector<std::string>& elements);

}  // namespace mg::io
