#pragma once
/// \file Readers of atomic structures.

#include <string>
#include <vector>

#include "core/structure.hpp"

namespace mg {

/// Reads a LAMMPS data file (atom_style atomic), a LAMMPS dump (its last frame) or an extended XYZ file (its last
/// frame); the content tells which, and whether it is packed by gzip or Zstandard. Formats:
/// https://docs.lammps.org/read_data.html,
/// https://docs.lammps.org/dump.html, https://github.com/libAtoms/extxyz. Units are LAMMPS's `metal`: A, A/ps, u.
///
/// Positions come back relative to the cell's origin, unwrapped where the file has images, in the order of ascending
/// ids (an XYZ file without ids has its row numbers, from 1).
///
/// `elements` names the types 1, 2, ... of LAMMPS files and the order of species of files that name them. Without
/// it, names come from the file (a column, type labels, comments beside the masses; order of first appearance by
/// id), and for a data file without names from its masses, each of which must lie within 0.1 u of one element's.
///
/// Throws InputError, with `path:line` where there is one, for: a file that is none of the three or ends early,
/// words that are no numbers, numbers that are not finite, ids that occur twice, types out of range, species that
/// are unknown or unnamed, counts that do not agree, a cell without positive volume, boundaries that are not
/// periodic.
Structure read_structure(const std::string& path, const std::vector<std::string>& elements = {});

}  // namespace mg
