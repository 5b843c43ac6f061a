#pragma once
/// \file Distances of pairs without their displacements, for loops in which double arithmetic is dear.
///
/// For a difference s of fractional coordinates r^2 = s . (h^T h) s: nine products, and the matrix h acts once per
/// atom, on the sum of c s over its neighbours, not once per pair. Distances are counted in knots, t = r / dr.

#include <bit>

#include "core/mat3.hpp"
#include "physics/pair_geometry.hpp"
#include "physics/spline.hpp"

namespace mg {

/// h^T h per squared knot and squared unit of pair coordinates; elements off the diagonal are doubled.
struct PairMetric {
    double xx, yy, zz, yz, xz, xy;
};

/// A pair on the tables' grid.
template <class Real>
struct PairPlace {
    int piece;
    Real fraction;
    Real inverse;  ///< 1 / t
};

inline namespace MG_TARGET {

template <class Real>
MG_HD PairMetric pair_metric(const Mat3& h, double inverse_dr) {
    const Mat3 knots = inverse_dr * pair_cell<Real>(h);
    const Vec3 a = knots.column(0), b = knots.column(1), c = knots.column(2);
    return {norm2(a), norm2(b), norm2(c), 2.0 * dot(b, c), 2.0 * dot(a, c), 2.0 * dot(a, b)};
}

/// t^2 [knots^2]. Fused by hand: left to the compiler, two kernels might fuse differently and differ in the last bit.
MG_HD double squared_distance(const PairMetric& g, double x, double y, double z) {
    const double along_x = __builtin_fma(g.xx, x, __builtin_fma(g.xy, y, g.xz * z));
    const double along_y = __builtin_fma(g.yy, y, g.yz * z);
    return __builtin_fma(x, along_x, __builtin_fma(y, along_y, g.zz * z * z));
}

/// Where t lies on the grid, given t^2 in double and 1 / t to a few units in the last place of Real. The root in Real
/// is corrected by its residual in double, so that the fraction is good to 1e-7 of an interval in float, where the
/// rounding of t itself would be up to 1e-3. Pieces and fractions are clamped as in locate(), except that
/// where the root falls just short of a knot, the piece before it serves a little beyond its end: pieces join smoothly.
template <class Real>
MG_HD PairPlace<Real> place_on_grid(double squared, Real inverse, int pieces) {
    const Real root = static_cast<Real>(squared) * inverse;
    int piece = static_cast<int>(root);
    piece = piece < pieces - 1 ? piece : pieces - 1;
    piece = piece > 0 ? piece : 0;
    const double exact = root;
    const Real residual = static_cast<Real>(__builtin_fma(-exact, exact, squared));
    const Real fraction = (root - static_cast<Real>(piece)) + Real(0.5) * inverse * residual;
    constexpr Real end = Real(1) + Real(1) / 64;
    return {piece, fraction < end ? fraction : end, inverse};
}

/// A 32-bit integer as a double, without the conversion, which devices do at a fourth of the rate of an addition: the
/// bits of 2^52 + 2^31 + i.
MG_HD double exact_double(int i) {
    constexpr unsigned long long high = 0x4330000000000000ULL;
    return std::bit_cast<double>(high | (static_cast<unsigned>(i) ^ 0x80000000U)) - 4503601774854144.0;
}
MG_HD double exact_double(double x) { return x; }

/// The same in float, to some 2e-7 of t^2: good enough for densities, whose error is then as small a part of them. A
/// force would be off by phi'' r eps (pair_geometry.hpp).
struct RoughPairMetric {
    float xx, yy, zz, yz, xz, xy;
};
MG_HD RoughPairMetric rough(const PairMetric& g) {
    return {static_cast<float>(g.xx), static_cast<float>(g.yy), static_cast<float>(g.zz),
            static_cast<float>(g.yz), static_cast<float>(g.xz), static_cast<float>(g.xy)};
}
MG_HD float squared_distance(const RoughPairMetric& g, float x, float y, float z) {
    const float along_x = __builtin_fmaf(g.xx, x, __builtin_fmaf(g.xy, y, g.xz * z));
    const float along_y = __builtin_fmaf(g.yy, y, g.yz * z);
    return __builtin_fmaf(x, along_x, __builtin_fmaf(y, along_y, g.zz * z * z));
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

/// A place in a table: the number of a piece, clamped to those there are whatever t is (NaN as well), and how far t is
/// from the piece's origin [knots].
struct TablePlace {
    int piece;
    float offset;
};

/// Adding and taking off 1.5 2^23 rounds a float below 2^22 to an integer, whose bits are the float's last ones: no
/// conversion, of which a device does few.
inline constexpr float rounding_magic = 12582912.0f;
inline constexpr int rounding_bits = 0x4b400000;

/// The integer in a float to which rounding_magic was added, clamped to the pieces there are.
MG_HD int piece_in(float shifted, int pieces) {
    const int piece = std::bit_cast<int>(shifted) - rounding_bits;
    const int below = piece < pieces - 1 ? piece : pieces - 1;
    return below > 0 ? below : 0;
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

/// a + b p + c p^2 + d p^3, fused.
MG_HD float fused_value(const Cubic<float>& q, float p) {
    return __builtin_fmaf(p, __builtin_fmaf(p, __builtin_fmaf(p, q.d, q.c), q.b), q.a);
}

}  // namespace MG_TARGET
}  // namespace mg
