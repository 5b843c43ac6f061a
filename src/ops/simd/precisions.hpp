#pragma once
/// \file What differs between the tuned loops of `double` and of `mixed`: how points, r^2 and places in the tables are
/// held, and which tables are read. A loop takes one of the two policies as its type.

#include <algorithm>
#include <bit>

#include "ops/simd/vectors.hpp"

namespace mg {
inline namespace MG_TARGET {

/// What one pass over the pairs of a group of slots leaves for the next. In one pass a vector's chain (points, root,
/// division, table row, polynomial) would be longer than the processor looks ahead, and it would wait; slot by slot,
/// many passes would end where the processor does not expect it.
template <class P>
struct Stage {
    using Real = typename P::Real;
    /// Pairs of a group, but for a single slot with more. Arrays do not start at the same sets of the first cache.
    static constexpr int most = 256, size = longest_half_row + 944;
    static_assert(size >= longest_half_row + 16 && size * sizeof(int) % 4096 == 4096 - 320);
    alignas(64) PairCoordinate<Real> x[size], y[size], z[size];  ///< differences, pair coordinates
    alignas(64) Real r2[size], dx[size], dy[size], dz[size];     ///< [A^2], [A]
    alignas(64) int entry[size], offset[size], offset_at_j[size], pair_offset[size];
    alignas(64) Real fraction[size], pair_fraction[size];
    alignas(64) Real inverse_r[size];  ///< in `mixed`, which needs none: r where energies are wanted
    alignas(64) Real slope[size];      ///< F' of the neighbour
    alignas(64) int place[size];       ///< in the window
    alignas(64) double share[size];
    alignas(64) PairForce<Real> force[size];
    // By vector of pairs: their slot, and 0 where it is the slot's first and 1 elsewhere.
    static constexpr int vectors = size / P::lanes + I32Lanes;
    alignas(64) int slot[vectors];
    alignas(64) Real goes_on[vectors];
    // By slot of the group, lane by lane: density, or force in two parts and virial.
    static constexpr int slots = most / P::lanes;
    alignas(64) Real sum[slots][P::lanes], sum2[slots][P::lanes], virial[slots][6][P::lanes];
};

/// Places in the tables of the pairs of each species of the centre, from the entries of its neighbours; at_neighbor:
/// what the centre gives to the neighbour, else what the neighbour gives to the centre.
struct TableStarts {
    PerSpecies of_center[HalfRows<Host>::most_species];
    template <class Real>
    TableStarts(const PairSystem<Real, Host>& p, int rows, bool at_neighbor) {
        for (int c = 0; c < p.species; ++c)
            for (int n = 0; n < p.species; ++n)
                of_center[c].value[n] = p.table_of[at_neighbor ? c * p.species + n : n * p.species + c] * rows;
    }
};

/// A vector of pairs of one centre; `filler` marks those that fill it up, whose rows are of zeros.
template <class Mask>
struct PairVector {
    VI32 entry;
    Mask filler;
    int species;  ///< of the centre
    MG_HD VI32 row(const TableStarts& starts, VI32 k, VI32 zero) const {
        return hn::IfThenElse(filler, zero, starts.of_center[species].of(entry) + k);
    }
};

/// The lower halves of 64-bit lanes, then zeros.
MG_HD VI32 low_words(V64 v) {
    const VI32 words = hn::BitCast(I32(), v);
    return hn::ZeroExtendVector(I32(), hn::LowerHalf(I32Half(), hn::ConcatEven(I32(), words, words)));
}

// Numbers plus these have their integer part in their lowest bits.
constexpr float unit_of_single = 8388608.0f;           // 2^23
constexpr double unit_of_double = 4503599627370496.0;  // 2^52

/// Policy of `double`: a step handles one vector of doubles.
struct Full {
    using Real = double;
    using D = F64;
    using V = V64;
    static constexpr int lanes = static_cast<int>(hn::MaxLanes(F64()));

    struct Tables {
        KnotTables<double> knots;
        double inverse_dr, last;
        VI32 zero;
        TableStarts starts, starts_at_j;
        Tables(const PairWork<double>& w, const Mat3&)
            : knots(w.tables),
              inverse_dr(w.p.inverse_dr),
              last(w.p.pieces),
              zero(hn::Set(I32(), w.tables.zero)),
              starts(w.p, w.tables.knots, false),
              starts_at_j(w.p, w.tables.knots, true) {}
    };

    /// As many entries as there are lanes; what lies beyond them in a vector of integers is zero.
    static MG_HD VI32 entries(const int* from) { return hn::ZeroExtendVector(I32(), hn::LoadU(I32Half(), from)); }
    static MG_HD V64 nearest(V64 to, double from) {
        const V64 s = to - hn::Set(F64(), from);
        return s - hn::Round(s);
    }
    /// Differences to a vector of neighbours' nearest images, in pair coordinates, and their F'.
    struct Differences {
        V x, y, z, slope;
    };
    static MG_HD Differences differences(const PairPoint<double>* point, int slot, const int* entries) {
        const auto c = load_rows(F64(), &point->x, PointsOf{entries});
        const PairPoint<double>& from = point[slot];
        return {nearest(c.a, from.x), nearest(c.b, from.y), nearest(c.c, from.z), c.d};
    }
    static MG_HD void store(const Differences& to, Stage<Full>& stage, int k) {
        const F64 d;
        hn::Store(to.x, d, stage.x + k);
        hn::Store(to.y, d, stage.y + k);
        hn::Store(to.z, d, stage.z + k);
        hn::Store(to.slope, d, stage.slope + k);
    }
    template <bool diagonal>
    static MG_HD V squares(const CellVectors& cell, const Differences& to) {
        return norm2(to_space<diagonal>(cell, to.x, to.y, to.z));
    }
    template <bool diagonal>
    static MG_HD Triple<V> displacement(const CellVectors& cell, const Stage<Full>& stage, int k) {
        const F64 d;
        return to_space<diagonal>(cell, hn::Load(d, stage.x + k), hn::Load(d, stage.y + k), hn::Load(d, stage.z + k));
    }
    template <bool diagonal>
    static MG_HD V squares(const CellVectors& cell, const Stage<Full>& stage, int k) {
        return norm2(displacement<diagonal>(cell, stage, k));
    }
    static MG_HD void pack_squares(unsigned bits, V r2, double* to) { pack(bits, r2, to); }

    struct Root {
        V r, inverse;
    };
    /// The root and its inverse. Where vectors are long they come from those of a float, whose error e the series of
    /// (1 - e)^(-1/2) takes away up to its second power (e^3 = 1e-21): a root and a division in double take as long as
    /// everything else.
    static MG_HD Root root(V r2) {
        const F64 d;
        if constexpr (lanes == 8) {
            const auto single = hn::Sqrt(hn::DemoteTo(F32Half(), r2));
            const V y = hn::PromoteTo(d, hn::Set(F32Half(), 1.0f) / single);
            const V e = hn::NegMulAdd(r2 * y, y, hn::Set(d, 1.0));
            const V inverse = hn::MulAdd(y * e, hn::MulAdd(e, hn::Set(d, 0.375), hn::Set(d, 0.5)), y);
            return {r2 * inverse, inverse};
        } else {
            const V r = hn::Sqrt(r2);
            return {r, hn::Set(d, 1.0) / r};
        }
    }
    struct Interval {
        VI32 k;
        V fraction;
    };
    /// Of r. It is rounded by the place of the last bit, so that the interval stands in the lower bits. At a knot it
    /// may be the one that ends there.
    static MG_HD Interval interval(V r, const Tables& t) {
        const F64 d;
        const V64 place = hn::Min(r * hn::Set(d, t.inverse_dr), hn::Set(d, t.last));
        const V64 k = place + hn::Set(d, unit_of_double - 0.5);
        return {low_words(k), place - (k - hn::Set(d, unit_of_double))};
    }
    template <bool symmetric, class Mask>
    static MG_HD void locate_density(const Tables& t, const PairVector<Mask>& v, V r2, Stage<Full>& stage, int k) {
        const auto at = interval(root(r2).r, t);
        hn::Store(at.fraction, F64(), stage.fraction + k);
        store(hn::ShiftLeft<1>(v.row(t.starts, at.k, t.zero)), stage.offset + k);
        if constexpr (!symmetric) store(hn::ShiftLeft<1>(v.row(t.starts_at_j, at.k, t.zero)), stage.offset_at_j + k);
    }
    /// f at the places of `offset`.
    static MG_HD V density(const Tables& t, const Stage<Full>& stage, const int* offset, int k) {
        const F64 d;
        const auto f = load_rows(d, t.knots.density, At{offset + k});
        return hermite_value(f.a, f.b, f.c, f.d, hn::Load(d, stage.fraction + k));
    }
    static MG_HD void to_doubles(V v, double* to) { hn::Store(v, F64(), to); }
    static MG_HD double sum(V v) { return hn::GetLane(hn::SumOfLanes(F64(), v)); }

    template <bool diagonal, bool symmetric, bool with_energy, class Mask>
    static MG_HD void locate_force(const Tables& t, const CellVectors& cell, const PairVector<Mask>& v, double lowest,
                                   Stage<Full>& stage, int k) {
        const F64 d;
        const Root distance = root(hn::Max(squares<diagonal>(cell, stage, k), hn::Set(d, lowest)));
        const auto at = interval(distance.r, t);
        hn::Store(at.fraction, d, stage.fraction + k);
        hn::Store(distance.inverse, d, stage.inverse_r + k);
        store(hn::ShiftLeft<2>(v.row(t.starts, at.k, t.zero)), stage.offset + k);
        if constexpr (!symmetric) store(hn::ShiftLeft<2>(v.row(t.starts_at_j, at.k, t.zero)), stage.offset_at_j + k);
    }
    /// psi' / r and phi from the two knots of an interval.
    template <bool symmetric, bool with_energy>
    static MG_HD PairTerm<V> term(const Tables& t, const Stage<Full>& s, int k, V slope_i) {
        const F64 d;
        const V p = hn::Load(d, s.fraction + k), inverse_r = hn::Load(d, s.inverse_r + k);
        const V slope_j = hn::Load(d, s.slope + k);
        const double* rows = t.knots.slope;
        const auto low = load_rows(d, rows, At{s.offset + k}), high = load_rows(d, rows + 4, At{s.offset + k});
        const V f_i = hermite_slope(low.a, low.b, high.a, high.b, p);
        V f_j = f_i;
        if constexpr (!symmetric) {
            const auto low_j = load_rows(d, rows, At{s.offset_at_j + k});
            const auto high_j = load_rows(d, rows + 4, At{s.offset_at_j + k});
            f_j = hermite_slope(low_j.a, low_j.b, high_j.a, high_j.b, p);
        }
        return pair_term_from_z(inverse_r, hn::Set(d, t.inverse_dr), hermite_value(low.c, low.d, high.c, high.d, p),
                                hermite_slope(low.c, low.d, high.c, high.d, p), slope_i, f_i, slope_j, f_j);
    }
    static MG_HD void store(VI32 v, int* to) { hn::StoreU(v, I32(), to); }
};

/// Policy of `mixed`: a step handles one vector of floats. Densities are smooth, so that r^2 in float does for them;
/// for forces it is formed in two vectors of doubles, and r in knots in fixed point.
struct Mixed {
    using Real = float;
    using D = F32;
    using V = V32;
    static constexpr int lanes = static_cast<int>(hn::MaxLanes(F32()));

    struct Tables {
        KnotTables<float> knots;
        double inverse_dr;
        float dr, per_A, per_A_rest;  ///< coarse pieces per A of a distance in float, in two parts
        int fraction_bits;  ///< behind the point of r in knots: 6e-9 A in Cu-Zr_2.eam.fs, finer than coordinates are
        VI32 zero_piece, zero_interval, last;
        TableStarts starts, starts_at_j, pair_starts;
        Tables(const PairWork<float>& w, const Mat3& cell)
            : knots(w.tables),
              inverse_dr(w.p.inverse_dr),
              dr(static_cast<float>(1.0 / w.p.inverse_dr)),
              fraction_bits(std::min(20, std::countl_zero(static_cast<unsigned>(w.tables.intervals)) - 1)),
              zero_piece(hn::Set(I32(), w.tables.zero_piece)),
              zero_interval(hn::Set(I32(), w.tables.zero_interval)),
              last(hn::Set(I32(), (w.tables.intervals << fraction_bits) - 1)),
              starts(w.p, w.tables.pieces, false),
              starts_at_j(w.p, w.tables.pieces, true),
              pair_starts(w.p, w.tables.intervals, false) {
            // Rounding the cell and this factor moves all distances to one side. Were that not made up for, the density
            // of every atom would be off by some 1e-7 to the same side, and in NPT by another amount at each step.
            double exact = 0, rounded = 0;
            for (const double h : cell.m) {
                exact += h * h;
                rounded += h * static_cast<double>(static_cast<float>(h));
            }
            const double wanted = w.p.inverse_dr / (1 << w.tables.coarse_bits) * (exact / rounded);
            per_A = static_cast<float>(wanted);
            per_A_rest = static_cast<float>(wanted - static_cast<double>(per_A));
        }
    };

    static MG_HD VI32 entries(const int* from) { return hn::LoadU(I32(), from); }
    static MG_HD V64 low_half(V32 v) { return hn::PromoteTo(F64(), hn::LowerHalf(F32Half(), v)); }
    static MG_HD V64 high_half(V32 v) { return hn::PromoteTo(F64(), hn::UpperHalf(F32Half(), v)); }
    static MG_HD V to_float(V64 low, V64 high) {
        return hn::Combine(F32(), hn::DemoteTo(F32Half(), high), hn::DemoteTo(F32Half(), low));
    }
    static MG_HD VI32 difference(V32 to, int from) { return hn::BitCast(I32(), to) - hn::Set(I32(), from); }
    struct Differences {
        VI32 x, y, z;
        V slope;
    };
    static MG_HD Differences differences(const PairPoint<float>* point, int slot, const int* entries) {
        const auto c = load_rows(F32(), reinterpret_cast<const float*>(point), PointsOf{entries});
        const PairPoint<float>& from = point[slot];
        return {difference(c.a, from.x), difference(c.b, from.y), difference(c.c, from.z), c.d};
    }
    static MG_HD void store(const Differences& to, Stage<Mixed>& stage, int k) {
        hn::Store(to.x, I32(), stage.x + k);
        hn::Store(to.y, I32(), stage.y + k);
        hn::Store(to.z, I32(), stage.z + k);
        hn::Store(to.slope, F32(), stage.slope + k);
    }
    template <bool diagonal>
    static MG_HD V squares(const CellVectors& cell, const Differences& to) {
        const F32 d;
        return norm2(to_space<diagonal>(cell, hn::ConvertTo(d, to.x), hn::ConvertTo(d, to.y), hn::ConvertTo(d, to.z)));
    }
    template <bool diagonal>
    static MG_HD Triple<V> displacement(const CellVectors& cell, const Stage<Mixed>& stage, int k) {
        const auto component = [&](const int* from) { return hn::ConvertTo(F32(), hn::Load(I32(), from)); };
        return to_space<diagonal>(cell, component(stage.x + k), component(stage.y + k), component(stage.z + k));
    }
    static MG_HD void pack_squares(unsigned bits, V r2, float* to) {
        pack(bits, hn::BitCast(I32(), r2), reinterpret_cast<int*>(to));
    }

    template <bool symmetric, class Mask>
    static MG_HD void locate_density(const Tables& t, const PairVector<Mask>& v, V r2, Stage<Mixed>& stage, int k) {
        const F32 d;
        const V r = hn::Sqrt(r2);
        const V pieces = hn::MulAdd(r, hn::Set(d, t.per_A), r * hn::Set(d, t.per_A_rest));
        const V nearest = pieces + hn::Set(d, unit_of_single);  // rounded by the place of the last bit
        const V offset = pieces - (nearest - hn::Set(d, unit_of_single));
        const VI32 piece = hn::BitCast(I32(), nearest) - hn::BitCast(I32(), hn::Set(d, unit_of_single));
        hn::Store(offset * hn::Set(d, static_cast<float>(1 << t.knots.coarse_bits)), d, stage.fraction + k);
        store(hn::ShiftLeft<2>(v.row(t.starts, piece, t.zero_piece)), stage.offset + k);
        if constexpr (!symmetric)
            store(hn::ShiftLeft<2>(v.row(t.starts_at_j, piece, t.zero_piece)), stage.offset_at_j + k);
    }
    static MG_HD V cubic(const float* rows, const int* offset, V p) {
        const auto q = load_rows(F32(), rows, At{offset});
        return cubic_value(q.a, q.b, q.c, q.d, p);
    }
    static MG_HD V density(const Tables& t, const Stage<Mixed>& stage, const int* offset, int k) {
        return cubic(&t.knots.density->a, offset + k, hn::Load(F32(), stage.fraction + k));
    }
    static MG_HD void to_doubles(V v, double* to) {
        hn::Store(low_half(v), F64(), to);
        hn::Store(high_half(v), F64(), to + lanes / 2);
    }
    static MG_HD double sum(V v) { return Full::sum(low_half(v) + high_half(v)); }

    /// Halves become doubles on their way from memory, which takes one instruction less than out of a vector.
    static MG_HD V64 half(const int* from) { return hn::PromoteTo(F64(), hn::Load(I32Half(), from)); }
    template <bool diagonal>
    static MG_HD V64 exact_squares(const CellVectors& cell, const Stage<Mixed>& stage, int k) {
        return norm2(to_space<diagonal>(cell, half(stage.x + k), half(stage.y + k), half(stage.z + k)));
    }
    /// r in knots, in fixed point: a float's y = 1/r and a Newton step, r = r2 y (3 - r2 y^2) / 2, then rounded by the
    /// place of the last bit.
    static MG_HD V64 fixed_point(V64 r2, V64 y, double scale) {
        const F64 d;
        const V64 r = r2 * y;
        return hn::MulAdd(r * hn::Set(d, 0.5 * scale), hn::NegMulAdd(r, y, hn::Set(d, 3.0)),
                          hn::Set(d, 1.5 * unit_of_double));
    }
    template <bool diagonal, bool symmetric, bool with_energy, class Mask>
    static MG_HD void locate_force(const Tables& t, const CellVectors& cell, const PairVector<Mask>& v, double lowest,
                                   Stage<Mixed>& stage, int k) {
        const F32 d;
        const V64 least = hn::Set(F64(), lowest);
        const V64 low = hn::Max(exact_squares<diagonal>(cell, stage, k), least);
        const V64 high = hn::Max(exact_squares<diagonal>(cell, stage, k + lanes / 2), least);
        const V y = hn::Set(d, 1.0f) / hn::Sqrt(to_float(low, high));
        const double scale = t.inverse_dr * (1 << t.fraction_bits);
        const VI32 place =
            hn::Min(low_words(fixed_point(low, low_half(y), scale), fixed_point(high, high_half(y), scale)), t.last);
        const float bit = 1.0f / static_cast<float>(1 << t.fraction_bits);
        const VI32 interval = shift_right(place, t.fraction_bits);
        const VI32 fraction = place - shift_left(interval, t.fraction_bits);
        hn::Store(hn::ConvertTo(d, fraction) * hn::Set(d, bit), d, stage.pair_fraction + k);
        store(hn::ShiftLeft<2>(v.row(t.pair_starts, interval, t.zero_interval)), stage.pair_offset + k);
        const int bits = t.fraction_bits + t.knots.coarse_bits;
        const VI32 piece = shift_right(place + hn::Set(I32(), 1 << (bits - 1)), bits);
        const VI32 offset = place - shift_left(piece, bits);
        hn::Store(hn::ConvertTo(d, offset) * hn::Set(d, bit), d, stage.fraction + k);
        store(hn::ShiftLeft<2>(v.row(t.starts, piece, t.zero_piece)), stage.offset + k);
        if constexpr (!symmetric)
            store(hn::ShiftLeft<2>(v.row(t.starts_at_j, piece, t.zero_piece)), stage.offset_at_j + k);
        if constexpr (with_energy) hn::Store(hn::ConvertTo(d, place) * hn::Set(d, bit * t.dr), d, stage.inverse_r + k);
    }
    /// The lower halves of 64-bit lanes of two vectors.
    static MG_HD VI32 low_words(V64 low, V64 high) {
        return hn::ConcatEven(I32(), hn::BitCast(I32(), high), hn::BitCast(I32(), low));
    }
    template <bool symmetric, bool with_energy>
    static MG_HD PairTerm<V> term(const Tables& t, const Stage<Mixed>& s, int k, V slope_i) {
        const F32 d;
        const V p = hn::Load(d, s.pair_fraction + k), slope_j = hn::Load(d, s.slope + k);
        const V offset = hn::Load(d, s.fraction + k);
        const float* slopes = &t.knots.slope->a;
        const auto g = load_rows(d, &t.knots.force->g0, At{s.pair_offset + k});
        const V pair = hn::MulAdd(p, hn::MulAdd(p, g.c, g.b), g.a);
        V density = (symmetric ? slope_i + slope_j : slope_i) * cubic(slopes, s.offset + k, offset);
        if constexpr (!symmetric) density = hn::MulAdd(slope_j, cubic(slopes, s.offset_at_j + k, offset), density);
        V phi = hn::Zero(d);
        if constexpr (with_energy) {
            // From phi at the knot on by the mean of phi' at both ends of the way.
            const V r = hn::Load(d, s.inverse_r + k), way = p * hn::Set(d, t.dr);
            phi = hn::MulAdd(hn::Set(d, 0.5f) * way, hn::MulAdd(pair, r, g.a * (r - way)), g.d);
        }
        return {pair + density, phi};
    }
    static MG_HD void store(VI32 v, int* to) { hn::Store(v, I32(), to); }
};

}  // namespace MG_TARGET
}  // namespace mg
