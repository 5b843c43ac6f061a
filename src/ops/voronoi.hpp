#pragma once
/// \file Voronoi cells of atoms, by voro++ (C. H. Rycroft, Chaos 19, 041111 (2009)).

#include <vector>

#include "core/structure.hpp"

namespace mg {

/// Atoms in the order of the structure. Cells are those of points: planes stand half-way between atoms of any species.
struct VoronoiCells {
    std::vector<double> volume;  ///< [A^3] (n)
    std::vector<int> faces;      ///< (n) number of faces: the coordination number of the cell
    std::vector<int> index;      ///< (n, 4) of them with 3, 4, 5 and 6 edges

    /// Share of atoms whose index is <0, 0, 12, 0>.
    double icosahedral_fraction() const;
};

/// Of a periodic cell of any shape. Throws Error where two atoms stand at one place.
VoronoiCells voronoi_cells(const Structure& structure);

}  // namespace mg
