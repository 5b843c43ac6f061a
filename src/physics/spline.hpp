#pragma once
/// \file Cubic pieces on a uniform grid, as LAMMPS's EAM interpolates its tables.

#include <type_traits>

#include "core/macros.hpp"
#include "physics/table_place.hpp"

namespace mg {

/// a + b p + c p^2 + d p^3 for p in [0, 1], the fraction of one grid interval.
template <class Real>
struct alignas(4 * sizeof(Real)) Cubic {
    Real a, b, c, d;
};

/// What a pair loop looks up at one distance, side by side: one cache line in double, half of one in float.
template <class Real>
struct alignas(8 * sizeof(Real)) PairPiece {
    Cubic<Real> density;  ///< f of the neighbour at the centre
    Cubic<Real> pair;     ///< z = r phi (double), phi (float)
};

/// phi'/r between two knots, g0 + g1 p + g2 p^2 [eV/A^2], and phi [eV] at the first of them.
struct alignas(16) ForcePiece {
    float g0, g1, g2, phi;
};

inline namespace MG_TARGET {

/// a b + c: rounded once where T is a SIMD vector, twice where it is a number (as the compiler's flags have it).
template <class T>
MG_HD T multiply_add(T a, T b, T c) {
    if constexpr (std::is_arithmetic_v<T>)
        return a * b + c;
    else
        return MulAdd(a, b, c);  // Highway's
}

/// The piece's value and slope. T is a number or a SIMD vector; the slope is d(value)/dp, per grid interval.
template <class T>
MG_HD T cubic_value(T a, T b, T c, T d, T p) {
    return multiply_add(p, multiply_add(p, multiply_add(p, d, c), b), a);
}
template <class T>
MG_HD T cubic_slope(T b, T c, T d, T p) {
    return multiply_add(p, multiply_add(p, d + d + d, c + c), b);
}

/// The Hermite piece from its knots: values f0, f1, slopes s0, s1, all per interval. c and d of the cubic follow from
/// u = f1 - f0 - s0 and v = s1 - s0, small numbers both: d = v - 2 u, c = 3 u - v = u - d.
template <class T>
MG_HD T hermite_slope_of(T s0, T u, T v, T p) {
    const T d = v - (u + u);
    return cubic_slope(s0, u - d, d, p);
}
template <class T>
MG_HD T hermite_slope(T f0, T s0, T f1, T s1, T p) {
    return hermite_slope_of(s0, f1 - f0 - s0, s1 - s0, p);
}
template <class T>
MG_HD T hermite_value(T f0, T s0, T f1, T s1, T p) {
    const T u = f1 - f0 - s0, d = s1 - s0 - (u + u);
    return cubic_value(f0, s0, u - d, d, p);
}
template <class Real>
MG_HD Real value(const Cubic<Real>& q, Real p) {
    return cubic_value(q.a, q.b, q.c, q.d, p);
}
template <class Real>
MG_HD Real slope(const Cubic<Real>& q, Real p) {
    return cubic_slope(q.b, q.c, q.d, p);
}

/// The Hermite piece between two knots with values f0, f1 and slopes s0, s1 (per interval).
template <class Real>
MG_HD Cubic<Real> hermite(double f0, double s0, double f1, double s1) {
    return {Real(f0), Real(s0), Real(3 * (f1 - f0) - 2 * s0 - s1), Real(s0 + s1 - 2 * (f1 - f0))};
}

}  // namespace MG_TARGET
}  // namespace mg
