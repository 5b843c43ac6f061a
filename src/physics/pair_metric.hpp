#pragma once
/// \file Distances of pairs without their displacements, for loops in which double arithmetic is dear.
///
/// For a difference s of fractional coordinates r^2 = s . (h^T h) s: nine products, and the matrix h acts once per
/// atom, on the sum of c s over its neighbours, not once per pair. Distances are counted in knots, t = r / dr.

#include <bit>

#include "core/mat3.hpp"
#include "physics/pair_geometry.hpp"
#include "physics/spline.hpp"
#include "physics/table_place.hpp"

namespace mg {

/// h^T h per squared knot and squared unit of pair coordinates; elements off the diagonal are doubled.
struct PairMetric {
    double xx, yy, zz, yz, xz, xy;
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

/// a + b p + c p^2 + d p^3, fused.
MG_HD float fused_value(const Cubic<float>& q, float p) {
    return __builtin_fmaf(p, __builtin_fmaf(p, __builtin_fmaf(p, q.d, q.c), q.b), q.a);
}

}  // namespace MG_TARGET
}  // namespace mg
