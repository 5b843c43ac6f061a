#pragma once
/// \file Readers of tabulated embedded-atom potentials.

#include <string>
#include <vector>

#include "physics/eam_potential.hpp"

namespace mg::io {

/// Reads a `funcfl` (eam), `setfl` (eam/alloy) or Finnis-Sinclair (eam/fs) file; the content tells which, and the
/// name's end (but for .gz or .zst) only where one element makes the last two alike. The file may be packed by gzip or
/// Zstandard; the sha256 is that of its text.
///
/// Formats: https://docs.lammps.org/pair_eam.html. In eam/fs the element *section* is the neighbour (the source of
/// density) and the *block* within it the centre. A funcfl file gives z(r) = 27.2 x 0.529 Z(r)^2 [eV A], with
/// LAMMPS's constants; its tables keep their last knots, which LAMMPS drops.
///
/// Lines are read as LAMMPS reads them: from line 4 on (2 in a funcfl file) blank lines and what stands behind a # mean
/// nothing, each table begins on a line of its own and has so many numbers, text may follow the last one. An element's
/// line needs a number and a mass. An infinite or undefined value at r = 0 continues the next three knots (the parabola
/// through them). `warnings` of the result name numbers that were left on the last lines of tables, densities that are
/// negative over a wide range, and comments that speak of two bands.
///
/// With `elements`, the result holds those elements alone, in that order; a name that is repeated counts once.
///
/// Throws InputError, with `path:line` where there is one, for: a file that is none of the three (adp, eam/cd, eam/he
/// and MEAM by their names), a number that is none or not finite, too few or too many numbers (it says how many), an
/// element the file lacks, a grid below five knots, a spacing, mass or cutoff that is not positive, a cutoff beyond the
/// table, exchanged element sections, density or pair functions whose value or slope does not vanish at the cutoff
/// (which also catches functions that are shifted or in each other's place), and pair functions that are all zero.
EamPotential read_potential(const std::string& path, const std::vector<std::string>& elements = {});

/// The same from the bytes of such a file; `name` is for messages.
EamPotential parse_potential(const std::string& name, std::string bytes, const std::vector<std::string>& elements = {});

}  // namespace mg::io
