#pragma once
/// \file Distances of pairs without their displacements, for loops in which double arithmetic is dear.
///
/// For a difference s of fractional coordinates r^2 = s . (h^T h) s: nine products, and the matrix h acts once per
/// atom, on the sum of c s over its neighbours, not once per pair. Distances are counted in knots, t = r / dr.

#include "core/mat3.hpp"
#include "physics/pair_geometry.hpp"

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

}  // namespace MG_TARGET
}  // namespace mg
