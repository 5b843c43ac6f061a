#pragma once
/// \file What differs between the tuned loops of `double` and of `mixed`: how points, r^2 and places in the tables are
/// held, and which tables are read. A loop takes one of the two policies as its type.

#include "ops/simd/vectors.hpp"

namespace mg {
inline namespace MG_TARGET {

/// What the first half of a loop leaves for the second. Without the split one vector's chain (points, root, division,
/// table row, polynomial) is longer than the processor looks ahead, and it waits.
template <class P>
struct Stage {
    static constexpr int size = longest_half_row + 2 * HalfRows<Host>::padding;
    alignas(64) double r2[size];
    alignas(64) int offset[size], value_offset[size], place[size];
    alignas(64) typename P::Real fraction[size], inverse_r[size], x[size], y[size], z[size], slope[size], value[size];
    alignas(64) PairForce<typename P::Real> force[size];
};

/// Policy of `double`: a step handles one vector of doubles.
struct Full {
    using Real = double;
    using D = F64;
    using V = V64;
    using Squares = V64;
    static constexpr int lanes = static_cast<int>(hn::MaxLanes(F64()));

    struct Points {
        V64 x, y, z;  ///< fractional differences to the nearest image
        V embedding_slope;
    };

    /// As many entries as there are lanes; what lies beyond them in a vector of integers is zero.
    static MG_HD VI32 entries(const int* from) { return hn::ZeroExtendVector(I32(), hn::LoadU(I32Half(), from)); }
    static MG_HD void store(VI32 v, int* to) { hn::StoreU(hn::LowerHalf(I32Half(), v), I32Half(), to); }

    static MG_HD V64 nearest(V64 to, double from) {
        const V64 s = to - hn::Set(F64(), from);
        return s - hn::Round(s);
    }
    static MG_HD Points points(const PairSystem<double, Host>& p, int slot, VI32 entry) {
        alignas(64) int four_j[I32Lanes];
        hn::Store(hn::ShiftLeft<2>(slots_of(entry)), I32(), four_j);
        const auto c = load_rows(F64(), &p.point->x, four_j);
        const PairPoint<double>& from = p.point[slot];
        return {nearest(c.a, from.x), nearest(c.b, from.y), nearest(c.c, from.z), c.d};
    }
    template <bool diagonal>
    static MG_HD Squares squares(const CellVectors& cell, const Points& d) {
        return norm2(to_space<diagonal>(cell, d.x, d.y, d.z));
    }
    template <bool diagonal>
    static MG_HD Triple<V> displacement(const CellVectors& cell, const Points& d) {
        return to_space<diagonal>(cell, d.x, d.y, d.z);
    }
    static MG_HD Squares load_squares(const double* from) { return hn::Load(F64(), from); }
    static MG_HD V64 smallest(Squares r2) { return r2; }
    /// Appends the entries of the first `valid` lanes within the limit, and their r^2; returns how many.
    static MG_HD int keep(Squares r2, double limit, int valid, VI32 entry, int* entries, double* squared) {
        return keep_half(r2, limit, valid, hn::LowerHalf(I32Half(), entry), entries, squared);
    }
    static MG_HD int keep_half(V64 r2, double limit, int valid, hn::Vec<I32Half> entry, int* entries, double* squared) {
        const F64 d;
        const auto within = hn::And(hn::Lt(r2, hn::Set(d, limit)), first_lanes(valid));
        const unsigned bits = bits_of(within);
        pack(bits, r2, squared);
        pack(bits, entry, entries);
        return __builtin_popcount(bits);
    }

    struct Grid {
        VI32 k;
        V fraction, inverse_r;
    };
    static MG_HD Grid locate(Squares r2, double dr, double inverse_dr, int pieces) {
        const F64 d;
        const V64 r = hn::Sqrt(r2);
        const V64 t = r * hn::Set(d, inverse_dr);
        const V64 k = hn::Min(hn::Floor(t), hn::Set(d, pieces - 1.0));
        (void)dr;
        return {hn::ZeroExtendVector(I32(), hn::DemoteTo(I32Half(), k)), hn::Min(t - k, hn::Set(d, 1.0)),
                hn::Set(d, 1.0) / r};
    }
    static MG_HD Squares at_least(Squares r2, double low) { return hn::Max(r2, hn::Set(F64(), low)); }
    static MG_HD double sum(V v) { return hn::GetLane(hn::SumOfLanes(F64(), v)); }

    /// psi' / r and phi from the two knots of an interval.
    template <bool symmetric, bool with_energy>
    static MG_HD PairTerm<V> term(const KnotTables<double>& t, const Stage<Full>& s, const int* at_j, int k,
                                  V inverse_dr, V slope_i) {
        const F64 d;
        const V p = hn::Load(d, s.fraction + k), inverse_r = hn::Load(d, s.inverse_r + k);
        const V slope_j = hn::Load(d, s.slope + k);
        const auto low = load_rows(d, t.slope, s.offset + k), high = load_rows(d, t.slope + 4, s.offset + k);
        const V f_i = hermite_slope(low.a, low.b, high.a, high.b, p);
        V f_j = f_i;
        if constexpr (!symmetric) {
            const auto low_j = load_rows(d, t.slope, at_j + k), high_j = load_rows(d, t.slope + 4, at_j + k);
            f_j = hermite_slope(low_j.a, low_j.b, high_j.a, high_j.b, p);
        }
        return pair_term_from_z(inverse_r, inverse_dr, hermite_value(low.c, low.d, high.c, high.d, p),
                                hermite_slope(low.c, low.d, high.c, high.d, p), slope_i, f_i, slope_j, f_j);
    }
};

/// Policy of `mixed`: a step handles one vector of floats, r^2 of its pairs in two vectors of doubles.
struct Mixed {
    using Real = float;
    using D = F32;
    using V = V32;
    struct Squares {
        V64 low, high;
    };
    static constexpr int lanes = static_cast<int>(hn::MaxLanes(F32()));

    struct Points {
        VI32 x, y, z;  ///< differences to the nearest image in units of the pair coordinates
        V embedding_slope;
    };

    static MG_HD VI32 entries(const int* from) { return hn::LoadU(I32(), from); }
    static MG_HD void store(VI32 v, int* to) { hn::StoreU(v, I32(), to); }
    static MG_HD V64 low_half(VI32 v) { return hn::PromoteTo(F64(), hn::LowerHalf(I32Half(), v)); }
    static MG_HD V64 high_half(VI32 v) { return hn::PromoteTo(F64(), hn::UpperHalf(I32Half(), v)); }
    static MG_HD V64 low_half(V32 v) { return hn::PromoteTo(F64(), hn::LowerHalf(F32Half(), v)); }
    static MG_HD V64 high_half(V32 v) { return hn::PromoteTo(F64(), hn::UpperHalf(F32Half(), v)); }
    static MG_HD V to_float(V64 low, V64 high) {
        return hn::Combine(F32(), hn::DemoteTo(F32Half(), high), hn::DemoteTo(F32Half(), low));
    }

    static MG_HD VI32 difference(V32 to, int from) { return hn::BitCast(I32(), to) - hn::Set(I32(), from); }
    static MG_HD Points points(const PairSystem<float, Host>& p, int slot, VI32 entry) {
        alignas(64) int four_j[I32Lanes];
        hn::Store(hn::ShiftLeft<2>(slots_of(entry)), I32(), four_j);
        const auto c = load_rows(F32(), reinterpret_cast<const float*>(p.point), four_j);
        const PairPoint<float>& from = p.point[slot];
        return {difference(c.a, from.x), difference(c.b, from.y), difference(c.c, from.z), c.d};
    }
    template <bool diagonal>
    static MG_HD Squares squares(const CellVectors& cell, const Points& d) {
        return {norm2(to_space<diagonal>(cell, low_half(d.x), low_half(d.y), low_half(d.z))),
                norm2(to_space<diagonal>(cell, high_half(d.x), high_half(d.y), high_half(d.z)))};
    }
    template <bool diagonal>
    static MG_HD Triple<V> displacement(const CellVectors& cell, const Points& d) {
        const F32 f;
        return to_space<diagonal>(cell, hn::ConvertTo(f, d.x), hn::ConvertTo(f, d.y), hn::ConvertTo(f, d.z));
    }
    static MG_HD Squares load_squares(const double* from) {
        return {hn::Load(F64(), from), hn::Load(F64(), from + lanes / 2)};
    }
    static MG_HD V64 smallest(Squares r2) { return hn::Min(r2.low, r2.high); }
    static MG_HD int keep(Squares r2, double limit, int valid, VI32 entry, int* entries, double* squared) {
        const int n = Full::keep_half(r2.low, limit, valid, hn::LowerHalf(I32Half(), entry), entries, squared);
        return n + Full::keep_half(r2.high, limit, valid - lanes / 2, hn::UpperHalf(I32Half(), entry), entries + n,
                                   squared + n);
    }

    struct Grid {
        VI32 k;
        V fraction, inverse_r;
    };
    /// The interval from a float root, and the fraction p within it from r^2 in double: with the interval's knot r_k,
    /// q = (r^2 - r_k^2) / (2 r dr) = p (1 - p dr / 2r), so p = q + q^2 dr / 2r but for (dr / 2r)^2 < 1e-7. A root that
    /// was rounded across a knot leaves p outside [0, 1] by a thousandth, where the cubic goes on as smoothly.
    static MG_HD Grid locate(Squares r2, double dr, double inverse_dr, int pieces) {
        const F64 d;
        const F32 f;
        const V32 root = hn::Sqrt(to_float(r2.low, r2.high));
        const V32 inverse = hn::Set(f, 1.0f) / root;
        const V32 k = hn::Min(hn::Floor(root * hn::Set(f, static_cast<float>(inverse_dr))),
                              hn::Set(f, static_cast<float>(pieces - 1)));
        const V64 spacing = hn::Set(d, dr);
        const V64 low = low_half(k) * spacing, high = high_half(k) * spacing;
        const V32 beyond = to_float(hn::NegMulAdd(low, low, r2.low), hn::NegMulAdd(high, high, r2.high));
        const V32 q = beyond * (inverse * hn::Set(f, static_cast<float>(0.5 * inverse_dr)));
        const V32 p = hn::MulAdd(q * q, inverse * hn::Set(f, static_cast<float>(0.5 * dr)), q);
        return {hn::ConvertTo(I32(), k), hn::Min(p, hn::Set(f, 1.0f)), inverse};
    }
    static MG_HD Squares at_least(Squares r2, double low) {
        const V64 l = hn::Set(F64(), low);
        return {hn::Max(r2.low, l), hn::Max(r2.high, l)};
    }
    static MG_HD double sum(V v) { return Full::sum(low_half(v) + high_half(v)); }

    template <bool symmetric, bool with_energy>
    static MG_HD PairTerm<V> term(const KnotTables<float>& t, const Stage<Mixed>& s, const int* at_j, int k,
                                  V inverse_dr, V slope_i) {
        const F32 d;
        (void)inverse_dr;
        const V p = hn::Load(d, s.fraction + k), inverse_r = hn::Load(d, s.inverse_r + k);
        const V slope_j = hn::Load(d, s.slope + k);
        const auto low = load_rows(d, t.slope, s.offset + k), high = load_rows(d, t.slope + 4, s.offset + k);
        const V f_i = hermite_slope_of(low.a, low.b, high.a - low.a, p);
        V f_j = f_i;
        if constexpr (!symmetric) {
            const auto low_j = load_rows(d, t.slope, at_j + k), high_j = load_rows(d, t.slope + 4, at_j + k);
            f_j = hermite_slope_of(low_j.a, low_j.b, high_j.a - low_j.a, p);
        }
        V phi = hn::Zero(d);
        if constexpr (with_energy) {
            const auto z = load_rows(d, t.pair, s.value_offset + k);
            phi = hermite_value(z.a, z.b, z.c, z.d, p);
        }
        return pair_term_from_phi(inverse_r, hn::Set(d, 1.0f), phi, hermite_slope_of(low.c, low.d, high.c - low.c, p),
                                  slope_i, f_i, slope_j, f_j);
    }
};

}  // namespace MG_TARGET
}  // namespace mg
