#pragma once
/// \file Where a distance or a density lies in a table: the number of a piece, and the place within it.
///
/// Every lookup of a number is here, and each clamps the piece to those that there are, whatever it is given: atoms on
/// top of each other make a NaN of it, which is reported, but must not leave the table first. The loops for instruction
/// sets (ops/simd/eam.cpp) clamp whole vectors by their Min, after pairs below the table have been lifted onto it.

#include <bit>

#include "core/macros.hpp"

namespace mg {

/// A piece in [0, pieces) and the fraction of it, at most 1.
template <class Real>
struct GridPoint {
    int piece;
    Real fraction;
};

/// A pair on the tables' grid.
template <class Real>
struct PairPlace {
    int piece;
    Real fraction;
    Real inverse;  ///< 1 / t
};

/// A place in a table: the number of a piece, clamped to those there are whatever t is (NaN as well), and how far t is
/// from the piece's origin [knots].
struct TablePlace {
    int piece;
    float offset;
};

inline namespace MG_TARGET {

MG_HD int clamp_piece(int piece, int pieces) {
    piece = piece < pieces - 1 ? piece : pieces - 1;
    return piece > 0 ? piece : 0;
}

/// Where x lies on a grid, with LAMMPS's clamps: beyond the last knot the fraction is 1.
template <class Real = double>
MG_HD GridPoint<Real> locate(double x, double inverse_spacing, int pieces) {
    const double t = x * inverse_spacing;
    const int piece = clamp_piece(static_cast<int>(t), pieces);
    const double p = t - static_cast<double>(piece);
    return {piece, static_cast<Real>(p < 1.0 ? p : 1.0)};
}

/// Where t lies on the grid, given t^2 in double and 1 / t to a few units in the last place of Real. The root in Real
/// is corrected by its residual in double, so that the fraction is good to 1e-7 of an interval in float, where the
/// rounding of t itself would be up to 1e-3. Pieces and fractions are clamped as in locate(), except that
/// where the root falls just short of a knot, the piece before it serves a little beyond its end: pieces join smoothly.
template <class Real>
MG_HD PairPlace<Real> place_on_grid(double squared, Real inverse, int pieces) {
    const Real root = static_cast<Real>(squared) * inverse;
    const int piece = clamp_piece(static_cast<int>(root), pieces);
    const double exact = root;
    const Real residual = static_cast<Real>(__builtin_fma(-exact, exact, squared));
    const Real fraction = (root - static_cast<Real>(piece)) + Real(0.5) * inverse * residual;
    constexpr Real end = Real(1) + Real(1) / 64;
    return {piece, fraction < end ? fraction : end, inverse};
}

/// t = root + rest, from t^2 in double and 1 / t to a few units in the last place of float: the root in float and what
/// it lacks, so that t is good to 1e-7 of a knot.
struct SplitRoot {
    float root, rest;
};
MG_HD SplitRoot split_root(double squared, float rounded_squared, float inverse) {
    const float root = rounded_squared * inverse;
    const double exact = root;
    return {root, 0.5f * inverse * static_cast<float>(__builtin_fma(-exact, exact, squared))};
}

/// Adding and taking off 1.5 2^23 rounds a float below 2^22 to an integer, whose bits are the float's last ones: no
/// conversion, of which a device does few.
inline constexpr float rounding_magic = 12582912.0f;
inline constexpr int rounding_bits = 0x4b400000;

/// The integer in a float to which rounding_magic was added, clamped to the pieces there are.
MG_HD int piece_in(float shifted, int pieces) {
    return clamp_piece(std::bit_cast<int>(shifted) - rounding_bits, pieces);
}

/// The piece of `knots` knots in whose middle t lies.
MG_HD TablePlace nearest_piece(float t, float knots, float inverse_knots, int pieces) {
    const float shifted = __builtin_fmaf(t, inverse_knots, rounding_magic);
    return {piece_in(shifted, pieces), __builtin_fmaf(rounding_magic - shifted, knots, t)};
}
/// The interval between two knots in which t lies; where it is a knot, the one before or after.
MG_HD TablePlace interval(SplitRoot t, int pieces) {
    const float shifted = (t.root - 0.5f) + rounding_magic;
    return {piece_in(shifted, pieces), (t.root - (shifted - rounding_magic)) + t.rest};
}

}  // namespace MG_TARGET
}  // namespace mg
