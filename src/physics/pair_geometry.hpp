#pragma once
/// \file Displacements of pairs from fractional coordinates.
///
/// Pair loops read positions as fractions of the cell. In `double` these are numbers in [0, 1) and the nearest
/// image is d - rint(d). In `mixed` they are 32-bit integers in units of 2^-32 of the cell: their difference
/// wraps to the nearest image by itself, is exact, and resolves 70 A / 2^32 = 1.6e-8 A. Displacements and r^2 of
/// forces are formed in double in both cases: r^2 in float would move a force by phi'' r eps, 1.5e-5 of the rms force
/// of a cold glass (measured), three times the bound on `mixed`. Floats begin at the tables.
/// The nearest image is the right one for every pair closer than half the smallest perpendicular width.

#include "core/box.hpp"
#include "core/macros.hpp"

namespace mg {

template <class Real>
struct PairCoordinateOf;
template <>
struct PairCoordinateOf<double> {
    using type = double;
    static constexpr double unit = 1.0;  ///< fraction of the cell per unit of the coordinate
};
template <>
struct PairCoordinateOf<float> {
    using type = int;
    static constexpr double unit = 1.0 / 4294967296.0;
};
template <class Real>
using PairCoordinate = typename PairCoordinateOf<Real>::type;

/// One slot as its neighbours see it, loaded as a whole: 32 bytes in double, 16 in float.
template <class Real>
struct alignas(4 * sizeof(Real)) PairPoint {
    PairCoordinate<Real> x, y, z;
    Real embedding_slope;  ///< [eV] F'(rho), once the density is known
};

inline namespace MG_TARGET {

/// The loops for instruction sets (ops/simd/eam.cpp) have the same as d - Round(d): a vector's rounding is one
/// instruction there, and a number's is a call on machines without it.
MG_HD double nearest_difference(double from, double to) {
    const double d = to - from;
    // Adding and subtracting 1.5 2^52 rounds to the nearest integer for |d| < 2^51, on every instruction set.
    constexpr double magic = 6755399441055744.0;
    return d - ((d + magic) - magic);
}
/// Exact in integers, which wrap around the cell by themselves.
MG_HD int coordinate_difference(int from, int to) {
    return static_cast<int>(static_cast<unsigned>(to) - static_cast<unsigned>(from));
}
MG_HD double coordinate_difference(double from, double to) { return nearest_difference(from, to); }
MG_HD double nearest_difference(int from, int to) { return coordinate_difference(from, to); }

/// Between fractions, to the nearest image of `to`.
MG_HD Vec3 nearest_difference(Vec3 from, Vec3 to) {
    return {nearest_difference(from.x, to.x), nearest_difference(from.y, to.y), nearest_difference(from.z, to.z)};
}

/// The fraction s wrapped to [0, 1).
MG_HD double wrap_fraction(double s) {
    s -= __builtin_floor(s);
    return s < 1.0 ? s : 0.0;  // the floor of a tiny negative number leaves exactly 1; NaN and infinity become 0, so
                               // that no index comes from them: update_neighbors or the forces report them
}
MG_HD Vec3 wrap_fractions(Vec3 s) { return {wrap_fraction(s.x), wrap_fraction(s.y), wrap_fraction(s.z)}; }

template <class Real>
MG_HD PairCoordinate<Real> to_pair_coordinate(double fraction);
template <>
MG_HD double to_pair_coordinate<double>(double fraction) {
    return fraction;
}
template <>
MG_HD int to_pair_coordinate<float>(double fraction) {
    return static_cast<int>(static_cast<unsigned>(static_cast<unsigned long long>(fraction * 4294967296.0)));
}

/// The cell matrix in units that turn a difference of pair coordinates into A.
template <class Real>
MG_HD Mat3 pair_cell(const Mat3& h) {
    return PairCoordinateOf<Real>::unit * h;
}

}  // namespace MG_TARGET
}  // namespace mg
