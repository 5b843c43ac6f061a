#pragma once
/// \file The part of a structure that a saddle search works on: atoms that move, and frozen ones around them.

#include <memory>
#include <vector>

#include "artn/minimum.hpp"

namespace mg {

/// Atoms of a parent structure: first those that move, then the frozen ones that they may interact with, each in
/// ascending order. The parent's cell is kept and every atom occurs once. The list is fixed during a search.
struct Region {
    std::shared_ptr<const Minimum> parent;
    std::vector<int> atom;  ///< indices in the parent
    int movable = 0;
    int center = 0;      ///< index in the parent
    bool whole = false;  ///< whether all atoms of the parent move

    int size() const { return static_cast<int>(atom.size()); }
    /// The atoms at the parent's positions.
    Structure structure() const;
};

/// Movable are the atoms within `radius` [A] of the centre (nearest images); frozen ones are listed up to radius +
/// cutoff + 3 A, so that an atom may move outwards by 3 A and still have all its neighbours. Where 2 radius + cutoff
/// exceeds the cell's smallest width, and where radius is infinite, all atoms move.
Region carve(std::shared_ptr<const Minimum> parent, int center, double radius, double cutoff);

/// From a to b, nearest image [A].
Vec3 nearest_image(const Box& box, Vec3 a, Vec3 b);

}  // namespace mg
