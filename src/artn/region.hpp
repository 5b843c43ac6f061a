#pragma once
/// \file The part of a structure that a saddle search moves, cut out of it.

#include <memory>
#include <vector>

#include "artn/minimum.hpp"

namespace mg {

/// Atoms of a parent structure, those that move first and then those that only see them, each in ascending order. The
/// parent's cell is kept and every atom occurs once. The list is fixed for a whole search.
struct Region {
    std::shared_ptr<const Minimum> parent;
    std::vector<int> atom;  ///< indices in the parent
    int movable = 0;
    int center = 0;      ///< index in the parent
    bool whole = false;  ///< all atoms of the parent move

    int size() const { return static_cast<int>(atom.size()); }
    /// The atoms at the parent's positions.
    Structure structure() const;
};

/// Movable: atoms within `radius` [A] of the centre (nearest images); listed besides: those within radius + cutoff +
/// 3 A, so that an atom may leave by so much and still have all its neighbours. Where 2 radius + cutoff exceeds the
/// cell's smallest width, and where radius is infinite, the whole moves.
Region carve(std::shared_ptr<const Minimum> parent, int center, double radius, double cutoff);

/// From a to b, nearest image [A].
Vec3 nearest_image(const Box& box, Vec3 a, Vec3 b);

}  // namespace mg
