#pragma once
/// \file Readers of atomic structures.

#include <string>
#include <vector>

#include "core/structure.hpp"

namespace mg::io {

/// Reads a LAMMPS data file, a LAMMPS text dump (its last frame) or an extended XYZ file (its last frame); the content
/// tells which, and whether it is packed by gzip or Zstandard (read_text() has the limits). Formats:
/// https://docs.lammps.org/read_data.html, https://docs.lammps.org/dump.html, https://github.com/libAtoms/extxyz.
/// Units are LAMMPS's `metal`: A, A/ps, u.
///
/// * Data: the atom_styles atomic, charge, molecular, bond, angle and full, told by the word behind `Atoms`; without
/// one
///   atomic, or what a sixth column can only be, a charge or a molecule. Charges, molecules, bonds, coefficients and
///   the sections of fix property/atom are passed over. Cells by bounds and tilts, or by avec, bvec, cvec and abc
///   origin; images; velocities; type labels.
/// * Dump: `id` (or row numbers, from 1); positions x y z, xs ys zs, xu yu zu or xsu ysu zsu; ix iy iz and vx vy vz
/// where
///   they are; species by `element`, `typelabel`, `type` or `mass`; cells of all three forms; atoms in any order. An
///   element that is LAMMPS's default, C, for atoms of several types or of other elements gives way to `type`.
/// * Extended XYZ: Lattice and Properties, in any case, with pos:R:3 and species:S:1 or Z:I:1 (or numbers), id:I:1,
///   velo:R:3, Origin, pbc. Species that are all numbers are types.
///
/// Positions [A] come back relative to the cell's origin, unwrapped where the file has images, in the order of
/// ascending ids (an XYZ file without ids has its row numbers, from 1). They may lie on the cell's walls or outside, up
/// to a million cells. Left-handed lattice vectors come back with the first two exchanged.
///
/// `elements` names the types 1, 2, ... of LAMMPS files and the order of species of files that name them; type labels
/// that are all among them count as names. A name may be repeated: several types are then one species. A list shorter
/// than the types names the elements that the types' masses tell. Without it, names come from the file (a column, type
/// labels, comments beside the masses; order of first appearance by id, or of the types), and for files without names
/// from the masses of their types or atoms, each of which must lie within 0.1 u of one element's.
///
/// Throws InputError, with `path:line` where there is one, for: a file that is none of the three (POSCAR, CIF, PDB, CFG
/// and HDF5 are named) or ends early,
/// words that are no numbers, numbers that are not finite, ids that occur twice, types out of range, species that
/// are unknown or unnamed, elements in another order than the file's masses or names say, types of one element whose
/// masses differ by more than isotopes, counts that do not agree, a cell without volume, boundaries that are not
/// periodic, other atom_styles, sections Atoms of two possible styles, other units where the file tells them, and what
/// read_text() throws for.
Structure read_structure(const std::string& path, const std::vector<std::string>& elements = {});

/// A property of the atoms of an extended XYZ file (last frame), one number each, in the order of read_structure().
/// "nan" stands for no value. Throws InputError for a file of another kind, for one without the property, and for words
/// that are no numbers.
std::vector<double> read_property(const std::string& path, const std::string& name);

}  // namespace mg::io
