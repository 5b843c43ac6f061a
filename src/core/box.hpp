#pragma once
/// \file The periodic cell of one replica.

#include "core/mat3.hpp"

namespace mg {

/// A periodic cell. The lattice vectors a, b, c are the *columns* of h [A], so that x = h s for fractional s.
struct Box {
    Mat3 h;
    Mat3 inverse;
    double volume = 0;  ///< [A^3], positive for a right-handed cell
};

MG_HD Box make_box(const Mat3& h) { return {h, inverse(h), determinant(h)}; }
MG_HD Box orthorhombic(double a, double b, double c) { return make_box(diagonal(a, b, c)); }

/// Distances between opposite faces [A]: the widths that a cutoff must fit into.
MG_HD Vec3 perpendicular_widths(const Box& box) {
    const Mat3& g = box.inverse;
    return {1.0 / __builtin_sqrt(norm2(g.row(0))), 1.0 / __builtin_sqrt(norm2(g.row(1))),
            1.0 / __builtin_sqrt(norm2(g.row(2)))};
}
MG_HD double smallest_width(const Box& box) {
    const Vec3 w = perpendicular_widths(box);
    const double xy = w.x < w.y ? w.x : w.y;
    return xy < w.z ? xy : w.z;
}

}  // namespace mg
