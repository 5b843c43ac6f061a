#pragma once
/// \file Content of a structure file, before species are assigned and atoms sorted by id.

#include <map>
#include <string>
#include <vector>

#include "core/mat3.hpp"
#include "core/structure.hpp"

namespace mg::io {

/// No file has as many types: a larger number is another thing.
inline constexpr long largest_type = 10000;

/// Atoms in the order of the file. Positions [A] are relative to the origin of the cell.
struct RawStructure {
    std::vector<long> id, line;     ///< of each atom; lines from 1
    std::vector<int> type;          ///< of each atom, from 1; empty where names count
    std::vector<std::string> name;  ///< of each atom; empty where types count
    std::vector<Vec3> position, velocity;
    std::vector<double> property;           ///< of each atom, where one was asked for
    std::map<int, double> masses;           ///< [u] by type
    std::map<int, std::string> type_names;  ///< by type
    bool labels = false;                    ///< the names of types are LAMMPS's type labels, no mere comments
    int types = 0;                          ///< as the header says; 0 where it does not
    Mat3 h;                                 ///< [A] lattice vectors as columns
    Vec3 origin;                            ///< [A]
    long cell_line = 0;                     ///< where the cell stands, for errors
};

/// The cell matrix of three lattice vectors.
inline Mat3 cell_matrix(Vec3 a, Vec3 b, Vec3 c) { return {{a.x, b.x, c.x, a.y, b.y, c.y, a.z, b.z, c.z}}; }

}  // namespace mg::io
