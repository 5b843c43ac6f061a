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

/// A property of one column of real or whole numbers, of the atoms in the order of read_structure(). NaN is a number
/// here. Throws InputError where the last frame has no such property.
std::vector<double> read_extended_xyz_property(StructureSource& source, const std::string& name);

}  // namespace mg::io
