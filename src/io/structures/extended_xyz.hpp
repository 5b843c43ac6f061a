#pragma once
/// \file Reader of extended XYZ files.

#include <string>
#include <vector>

#include "core/structure.hpp"
#include "io/structures/source.hpp"

namespace mg::io {

/// The last frame of an extended XYZ file (https://github.com/libAtoms/extxyz). What is read, the order of atoms, what
/// `elements` name and the errors: read_structure().
Structure read_extended_xyz(StructureSource& source, const std::vector<std::string>& elements);

}  // namespace mg::io
