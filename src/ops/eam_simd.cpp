/// \file Tuned host loops of the EAM. Compiled once per instruction set with MG_TARGET as its name; Highway's
/// static target follows the compiler's flags.
///
/// Replaces: RowSweep, DensitySweep and ForceSweep on the host; same physics functions, on vectors.
/// Mapping: each pair once. One slot at a time, its half row in vectors of neighbours, tables chosen per lane by the
///   neighbour's species. The density loop packs the entries within the cutoff for the force loop, whose vectors are
///   then full of real pairs (the skin holds 45 % more). What a pair gives to its other atom is added, pair by pair, to
///   the window of the slab.
/// Bound: instructions. Counted on AVX2 per atom and step (Cu50Zr50, 52 pairs in 76 entries, `mixed`): 2,570 in the
///   density loop, 2,140 in the force loop; a third of them fetch points and table rows, 16 bytes at a time, and turn
///   them, a third are geometry and the place in the table. What was tried and measured: benchmarks/README.md.
/// Parity: tests/parity/engine.cpp, tests/unit/engine_forces.cpp.

#include <hwy/highway.h>

#include <type_traits>

#include "ops/eam_loops.hpp"

namespace mg {
inline namespace MG_TARGET {

namespace {

namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using I32Half = hn::Rebind<std::int32_t, F64>;  // as many lanes as F64
using F32 = hn::ScalableTag<float>;
using I32 = hn::ScalableTag<std::int32_t>;
using F32Half = hn::Rebind<float, F64>;
using V64 = hn::Vec<F64>;
using V32 = hn::Vec<F32>;
using VI32 = hn::Vec<I32>;

constexpr int I32Lanes = static_cast<int>(hn::MaxLanes(I32()));

/// The cell matrix on all lanes.
struct CellVectors {
    V64 h[9];
    V32 single[9];
};
MG_HD CellVectors spread(const Mat3& m) {
    CellVectors c;
    for (int k = 0; k < 9; ++k) {
        c.h[k] = hn::Set(F64(), m.m[k]);
        c.single[k] = hn::Set(F32(), static_cast<float>(m.m[k]));
    }
    return c;
}

/// Three components of as many pairs as a vector holds.
template <class V>
struct Triple {
    V x, y, z;
};
template <class V>
MG_HD V norm2(const Triple<V>& d) {
    return hn::MulAdd(d.x, d.x, hn::MulAdd(d.y, d.y, d.z * d.z));
}
MG_HD const V64* matrix(const CellVectors& c, V64) { return c.h; }
MG_HD const V32* matrix(const CellVectors& c, V32) { return c.single; }
/// From differences of pair coordinates to A; `diagonal` where the cell is orthorhombic.
template <bool diagonal, class V>
MG_HD Triple<V> to_space(const CellVectors& c, V sx, V sy, V sz) {
    const V* h = matrix(c, sx);
    if constexpr (diagonal)
        return {h[0] * sx, h[4] * sy, h[8] * sz};
    else
        return {hn::MulAdd(h[0], sx, hn::MulAdd(h[1], sy, h[2] * sz)),
                hn::MulAdd(h[3], sx, hn::MulAdd(h[4], sy, h[5] * sz)),
                hn::MulAdd(h[6], sx, hn::MulAdd(h[7], sy, h[8] * sz))};
}

/// Four numbers of each of several rows, as four vectors with a row per lane. A row is fetched in 16-byte blocks and
/// turned by shuffles: measured 1.6 times as fast as gathers, which cost about a cycle per element.
template <class V>
struct Columns {
    V a, b, c, d;
};

/// The vector of blocks base[k[first]], base[k[first + step]], ...
template <class D, class T = hn::TFromD<D>>
MG_HD hn::Vec<D> load_blocks(D d, const T* base, const int* k, int step) {
    const hn::Full128<T> block;
    constexpr int blocks = static_cast<int>(hn::MaxLanes(D()) * sizeof(T) / 16);
    static_assert(blocks == 2 || blocks == 4);
    if constexpr (blocks == 2) {
        return hn::Combine(d, hn::LoadU(block, base + k[step]), hn::LoadU(block, base + k[0]));
    } else {
        const hn::Half<D> half;
        return hn::Combine(
            d, hn::Combine(half, hn::LoadU(block, base + k[3 * step]), hn::LoadU(block, base + k[2 * step])),
            hn::Combine(half, hn::LoadU(block, base + k[step]), hn::LoadU(block, base + k[0])));
    }
}

/// Rows of doubles at base + k[lane].
MG_HD Columns<V64> load_rows(F64 d, const double* base, const int* k) {
    const V64 even = load_blocks(d, base, k, 2), odd = load_blocks(d, base, k + 1, 2);
    const V64 even2 = load_blocks(d, base + 2, k, 2), odd2 = load_blocks(d, base + 2, k + 1, 2);
    return {hn::InterleaveLower(d, even, odd), hn::InterleaveUpper(d, even, odd), hn::InterleaveLower(d, even2, odd2),
            hn::InterleaveUpper(d, even2, odd2)};
}
/// Rows of floats (or of 32-bit integers seen as floats) at base + k[lane].
MG_HD Columns<V32> load_rows(F32 d, const float* base, const int* k) {
    const V32 r0 = load_blocks(d, base, k, 4), r1 = load_blocks(d, base, k + 1, 4), r2 = load_blocks(d, base, k + 2, 4),
              r3 = load_blocks(d, base, k + 3, 4);
    const V32 ac0 = hn::InterleaveLower(d, r0, r2), ac1 = hn::InterleaveLower(d, r1, r3);  // a0 a2 b0 b2, a1 a3 b1 b3
    const V32 bd0 = hn::InterleaveUpper(d, r0, r2), bd1 = hn::InterleaveUpper(d, r1, r3);
    return {hn::InterleaveLower(d, ac0, ac1), hn::InterleaveUpper(d, ac0, ac1), hn::InterleaveLower(d, bd0, bd1),
            hn::InterleaveUpper(d, bd0, bd1)};
}

/// Slots and species of a vector of entries of a half row.
MG_HD VI32 slots_of(VI32 entry) { return hn::And(entry, hn::Set(I32(), HalfRows<Host>::most_slots - 1)); }
MG_HD VI32 species_in(VI32 entry) { return hn::ShiftRight<HalfRows<Host>::species_shift>(entry); }

/// For each mask of four lanes, the order that brings its lanes to the front: of 32-bit halves of doubles, and of bytes
/// of 32-bit numbers.
struct Packing {
    alignas(64) std::int32_t halves[16][8] = {};
    alignas(64) std::uint8_t bytes[16][16] = {};
    constexpr Packing() {
        for (int mask = 0; mask < 16; ++mask)
            for (int lane = 0, place = 0; lane < 4; ++lane) {
                if (!(mask >> lane & 1)) continue;
                for (int k = 0; k < 2; ++k) halves[mask][2 * place + k] = 2 * lane + k;
                for (int k = 0; k < 4; ++k) bytes[mask][4 * place + k] = static_cast<std::uint8_t>(4 * lane + k);
                ++place;
            }
    }
};
constexpr Packing packing;

/// The first n lanes, for any n. (Highway's own wants n below 256 on AVX-512.)
MG_HD auto first_lanes(int n) {
    constexpr int lanes = static_cast<int>(hn::MaxLanes(F64()));
    return hn::FirstN(F64(), static_cast<std::size_t>(n < 0 ? 0 : n < lanes ? n : lanes));
}

template <class Mask>
MG_HD unsigned bits_of(Mask mask) {
    std::uint8_t bits[8];
    hn::StoreMaskBits(F64(), mask, bits);
    return bits[0];
}
/// Writes the lanes of a mask one after the other, and something behind them up to a whole vector. On AVX2 by tables of
/// our own: Highway builds its table for four 32-bit lanes on the stack each time (half of the density loop, measured).
MG_HD void pack(unsigned bits, V64 v, double* to) {
    if constexpr (hn::MaxLanes(F64()) == 4) {
        const auto order = hn::IndicesFromVec(F32(), hn::Load(I32(), packing.halves[bits]));
        hn::StoreU(hn::BitCast(F64(), hn::TableLookupLanes(hn::BitCast(F32(), v), order)), F64(), to);
    } else {
        const std::uint8_t mask[8] = {static_cast<std::uint8_t>(bits)};
        hn::CompressBitsStore(v, mask, F64(), to);
    }
}
MG_HD void pack(unsigned bits, hn::Vec<I32Half> v, int* to) {
    if constexpr (hn::MaxLanes(F64()) == 4) {
        const hn::Repartition<std::uint8_t, I32Half> bytes;
        const auto order = hn::Load(bytes, packing.bytes[bits]);
        hn::StoreU(hn::BitCast(I32Half(), hn::TableLookupBytes(hn::BitCast(bytes, v), order)), I32Half(), to);
    } else {
        const std::uint8_t mask[8] = {static_cast<std::uint8_t>(bits)};
        hn::CompressBitsStore(v, mask, I32Half(), to);
    }
}

/// One number per species, looked up by the species of a vector of entries.
struct PerSpecies {
    alignas(64) std::int32_t value[16] = {};
    MG_HD VI32 of(VI32 entry) const {
        return hn::TableLookupLanes(hn::Load(I32(), value), hn::IndicesFromVec(I32(), species_in(entry)));
    }
};

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

/// Half of RowSweep: slots of neighbouring cells lie in runs along a, so their fractions load as vectors; what is
/// within reach is kept without branches, in the order of the cells ahead. A ghost has all around it. Where atoms are
/// frozen, only the others have rows: all frozen atoms around them, and of the others those with a later slot.
void rows(const RowSweep<Host>& p, const Slab& slab, std::vector<int>& entries, int* length) {
    constexpr int lanes = Full::lanes;
    alignas(64) int found[longest_half_row + lanes];
    std::size_t used = 0;
    const auto make_room = [&](std::size_t n) {
        if (used + n > entries.size()) entries.resize(used + n + entries.size() / 16);
    };
    const F64 d;
    const I32Half i;
    const V64 reach2 = hn::Set(d, p.reach * p.reach);
    const double* fx = p.fraction.component;
    const double* fy = fx + p.fraction.slots;
    const double* fz = fy + p.fraction.slots;
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        const int r = p.replica_of[slot];
        const CellVectors h = spread(p.reference_box[r].h);
        const Vec3 s = p.fraction[slot];
        const V64 sx = hn::Set(d, s.x), sy = hn::Set(d, s.y), sz = hn::Set(d, s.z);
        const int* start = p.cell_start + p.first_cell[r];
        if (p.frozen(slot, r)) {
            length[slot] = 0;
            continue;
        }
        const auto last_movable = hn::Set(i, p.movable_end ? p.movable_end[r] - 1 : 0);
        int n = 0;
        const auto collect = [&](int from, int to) {
            for (int k = from; k < to; k += lanes) {
                // All arrays are padded by a vector.
                V64 x = hn::LoadU(d, fx + k) - sx, y = hn::LoadU(d, fy + k) - sy, z = hn::LoadU(d, fz + k) - sz;
                x = x - hn::Round(x);
                y = y - hn::Round(y);
                z = z - hn::Round(z);
                const auto within = hn::Lt(norm2(to_space<false>(h, x, y, z)), reach2);
                unsigned bits = bits_of(hn::And(within, first_lanes(to - k)));
                if (p.movable_end) {
                    const auto later = hn::Gt(hn::Iota(i, k), hn::Set(i, slot));
                    const auto is_frozen = hn::Gt(hn::LoadU(i, p.atom_of_slot + k), last_movable);
                    std::uint8_t mine[8];
                    hn::StoreMaskBits(i, hn::Or(later, is_frozen), mine);
                    bits &= mine[0];
                }
                const auto species = hn::LoadU(i, p.species_of_slot + k);
                const auto entry = hn::Or(hn::Iota(i, k), hn::ShiftLeft<HalfRows<Host>::species_shift>(species));
                pack(bits, entry, found + (n < longest_half_row ? n : longest_half_row));
                n += __builtin_popcount(bits);
            }
        };
        const int cell = cell_index(p.grid[r], s);
        if (slab.of_ghosts() || p.movable_end)
            for_each_run(p.grid[r], cell, [&](int first, int last) { collect(start[first], start[last]); });
        else
            for_each_forward_run(p.grid[r], cell, [&](int first, int last, bool all) {
                collect(all || start[first] > slot ? start[first] : slot + 1, start[last]);
            });
        // A row that is too long for the loops is told by its length, and never read.
        const int kept = n < longest_half_row ? n : longest_half_row;
        length[slot] = n;
        make_room(static_cast<std::size_t>(n));
        __builtin_memcpy(entries.data() + used, found, sizeof(int) * static_cast<unsigned>(kept));
        used += static_cast<std::size_t>(n);
    }
    make_room(HalfRows<Host>::padding);
    __builtin_memset(entries.data() + used, 0, sizeof(int) * HalfRows<Host>::padding);
}

/// Four numbers as doubles.
MG_HD auto load_four(const double* from) { return hn::Load(hn::FixedTag<double, 4>(), from); }
MG_HD auto load_four(const float* from) {
    return hn::PromoteTo(hn::FixedTag<double, 4>(), hn::Load(hn::FixedTag<float, 4>(), from));
}

/// Places in the window of a vector of neighbours.
struct Places {
    VI32 window_begin, slots;
    explicit Places(const Slab& s)
        : window_begin(hn::Set(I32(), s.window_begin)), slots(hn::Set(I32(), s.replica_end - s.replica_begin)) {}
    MG_HD VI32 of(VI32 entry) const {
        const VI32 k = slots_of(entry) - window_begin;
        return k + hn::And(hn::BroadcastSignBit(k), slots);
    }
};

template <class Real>
void report_closest(const PairSystem<Real, Host>& p, int slot, const int* entries, const double* squared, int n) {
    int closest = 0;
    for (int k = 1; k < n; ++k)
        if (squared[k] < squared[closest]) closest = k;
    const int j = entries[closest] & static_cast<int>(HalfRows<Host>::most_slots - 1);
    report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[slot], p.atom_of_slot[j],
                    __builtin_sqrt(squared[closest]));
}

/// Tables per species of the neighbour, for each species of the centre; at_neighbor: what the centre gives to the
/// neighbour, else what the neighbour gives to the centre.
template <class Real>
struct TableStarts {
    PerSpecies of_center[HalfRows<Host>::most_species];
    TableStarts(const PairSystem<Real, Host>& p, int knots, bool at_neighbor) {
        for (int c = 0; c < p.species; ++c)
            for (int n = 0; n < p.species; ++n)
                of_center[c].value[n] = p.table_of[at_neighbor ? c * p.species + n : n * p.species + c] * knots;
    }
};

template <class P, bool diagonal, bool symmetric>
void density(const PairWork<typename P::Real>& w, int index, double* window) {
    using Real = typename P::Real;
    const Slab slab = w.half->slabs[index];
    std::vector<int>& all_near = w.near[index];
    std::size_t near_begin = 0;
    const int* row = w.half->entries[index].data();
    Stage<P> stage;
    alignas(64) int offset_at_j[symmetric ? 1 : Stage<P>::size];
    const typename P::D d;
    const PairSystem<Real, Host>& p = w.p;
    const CellVectors cell = spread(pair_cell<Real>(p.box[p.replica_of[slab.begin]].h));
    const Places places(slab);
    const double dr = 1.0 / p.inverse_dr;
    const TableStarts<Real> starts(p, w.tables.knots, false), starts_at_j(p, w.tables.knots, true);
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        const int center = p.species_of_slot[slot];
        const PerSpecies& start = starts.of_center[center];
        const int length = w.half->length[slot];
        const std::size_t room = near_begin + length + 2 * HalfRows<Host>::padding;
        if (room > all_near.size()) all_near.resize(room + all_near.size() / 16);
        int* near = all_near.data() + near_begin;
        int n = 0;
        // Reading past the row is harmless: what lies there are entries as well, and `keep` stops at the length.
        for (int k = 0; k < length; k += P::lanes) {
            const VI32 entry = P::entries(row + k);
            const auto r2 = P::template squares<diagonal>(cell, P::points(p, slot, entry));
            n += P::keep(r2, p.cutoff_squared, length - k, entry, near + n, stage.r2 + n);
        }
        const int whole = (n + P::lanes - 1) / P::lanes * P::lanes;
        for (int k = n; k < whole; ++k) {
            near[k] = slot;
            stage.r2[k] = p.cutoff_squared;
        }
        w.near_length[slot] = n;
        near_begin += whole;
        row += length;
        V64 smallest = hn::Set(F64(), p.cutoff_squared);
        for (int k = 0; k < n; k += P::lanes) {
            const VI32 entry = P::entries(near + k);
            const auto r2 = P::load_squares(stage.r2 + k);
            const auto g = P::locate(P::at_least(r2, p.lowest_squared), dr, p.inverse_dr, p.pieces);
            P::store(hn::ShiftLeft<1>(start.of(entry) + g.k), stage.offset + k);
            if constexpr (!symmetric)
                P::store(hn::ShiftLeft<1>(starts_at_j.of_center[center].of(entry) + g.k), offset_at_j + k);
            P::store(places.of(entry), stage.place + k);
            hn::Store(g.fraction, d, stage.fraction + k);
            smallest = hn::Min(smallest, P::smallest(r2));
        }
        for (int k = n; k < whole; ++k) {
            stage.offset[k] = 2 * w.tables.zero;
            if constexpr (!symmetric) offset_at_j[k] = 2 * w.tables.zero;
        }
        auto sum = hn::Zero(d);
        for (int k = 0; k < n; k += P::lanes) {
            const auto fraction = hn::Load(d, stage.fraction + k);
            const auto f = load_rows(d, w.tables.density, stage.offset + k);
            const auto at_i = hermite_value(f.a, f.b, f.c, f.d, fraction);
            sum = sum + at_i;
            auto at_j = at_i;
            if constexpr (!symmetric) {
                const auto g = load_rows(d, w.tables.density, offset_at_j + k);
                at_j = hermite_value(g.a, g.b, g.c, g.d, fraction);
            }
            hn::Store(at_j, d, stage.value + k);
        }
        for (int k = 0; k < n; ++k) window[stage.place[k]] += stage.value[k];
        window[slab.own_place(slot)] += P::sum(sum);
        if (hn::GetLane(hn::MinOfLanes(F64(), smallest)) < p.lowest_squared) report_closest(p, slot, near, stage.r2, n);
    }
}

template <class P, bool diagonal, bool symmetric, Sums sums>
void force(const PairWork<typename P::Real>& w, int index, PairForce<double>* window) {
    using Real = typename P::Real;
    const Slab slab = w.half->slabs[index];
    const int* near = w.near[index].data();
    using V = typename P::V;
    constexpr bool with_virial = sums != Sums::none, with_energy = sums == Sums::energy;
    const hn::FixedTag<double, 4> four;
    Stage<P> stage;
    alignas(64) int offset_at_j[symmetric ? 1 : Stage<P>::size];
    const typename P::D d;
    const PairSystem<Real, Host>& p = w.p;
    const CellVectors cell = spread(pair_cell<Real>(p.box[p.replica_of[slab.begin]].h));
    const Places places(slab);
    const double dr = 1.0 / p.inverse_dr;
    const V inverse_dr = hn::Set(d, static_cast<Real>(p.inverse_dr));
    const TableStarts<Real> starts(p, w.tables.knots, false), starts_at_j(p, w.tables.knots, true);
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        const int center = p.species_of_slot[slot];
        const PerSpecies& start = starts.of_center[center];
        const int n = w.near_length[slot];
        for (int k = 0; k < n; k += P::lanes) {
            const VI32 entry = P::entries(near + k);
            const auto points = P::points(p, slot, entry);
            // The padding is the slot itself, and its table row is zero.
            const auto r2 = P::at_least(P::template squares<diagonal>(cell, points), p.lowest_squared);
            const auto g = P::locate(r2, dr, p.inverse_dr, p.pieces);
            const auto u = P::template displacement<diagonal>(cell, points);
            const VI32 knot = start.of(entry) + g.k;
            P::store(hn::ShiftLeft<2>(knot), stage.offset + k);
            if constexpr (with_energy) P::store(hn::ShiftLeft<1>(knot), stage.value_offset + k);
            if constexpr (!symmetric)
                P::store(hn::ShiftLeft<2>(starts_at_j.of_center[center].of(entry) + g.k), offset_at_j + k);
            P::store(places.of(entry), stage.place + k);
            hn::Store(g.fraction, d, stage.fraction + k);
            hn::Store(g.inverse_r, d, stage.inverse_r + k);
            hn::Store(u.x, d, stage.x + k);
            hn::Store(u.y, d, stage.y + k);
            hn::Store(u.z, d, stage.z + k);
            hn::Store(points.embedding_slope, d, stage.slope + k);
        }
        const int whole = (n + P::lanes - 1) / P::lanes * P::lanes;
        near += whole;
        for (int k = n; k < whole; ++k) {
            stage.offset[k] = 4 * w.tables.zero;
            if constexpr (with_energy) stage.value_offset[k] = 2 * w.tables.zero;
            if constexpr (!symmetric) offset_at_j[k] = 4 * w.tables.zero;
        }
        const V slope_i = hn::Set(d, p.point[slot].embedding_slope);
        const V minus_half = hn::Set(d, Real(-0.5));
        V fx = hn::Zero(d), fy = fx, fz = fx, e = fx, xx = fx, yy = fx, zz = fx, yz = fx, xz = fx, xy = fx;
        for (int k = 0; k < n; k += P::lanes) {
            const auto term =
                P::template term<symmetric, with_energy>(w.tables, stage, offset_at_j, k, inverse_dr, slope_i);
            const V x = hn::Load(d, stage.x + k), y = hn::Load(d, stage.y + k), z = hn::Load(d, stage.z + k);
            const V cx = term.slope_over_r * x, cy = term.slope_over_r * y, cz = term.slope_over_r * z;
            fx = fx + cx;
            fy = fy + cy;
            fz = fz + cz;
            V half = hn::Zero(d);
            if constexpr (with_energy) {
                half = minus_half * term.energy;
                e = e + half;
            }
            if constexpr (with_virial) {
                xx = hn::MulAdd(cx, x, xx);
                yy = hn::MulAdd(cy, y, yy);
                zz = hn::MulAdd(cz, z, zz);
                yz = hn::MulAdd(cy, z, yz);
                xz = hn::MulAdd(cx, z, xz);
                xy = hn::MulAdd(cx, y, xy);
            }
            hn::StoreInterleaved4(cx, cy, cz, half, d, &stage.force[k].x);
        }
        for (int k = 0; k < n; ++k) {
            double* to = &window[stage.place[k]].x;
            hn::Store(hn::Load(four, to) - load_four(&stage.force[k].x), four, to);
        }
        PairForce<double>& mine = window[slab.own_place(slot)];
        mine.x += P::sum(fx);
        mine.y += P::sum(fy);
        mine.z += P::sum(fz);
        if constexpr (with_energy) mine.energy -= P::sum(e);
        if constexpr (with_virial)
            p.local_virial[p.atom_of_slot[slot]] = {-P::sum(xx), -P::sum(yy), -P::sum(zz),
                                                    -P::sum(yz), -P::sum(xz), -P::sum(xy)};
    }
}

bool is_diagonal(const Mat3& h) {
    return h.m[1] == 0 && h.m[2] == 0 && h.m[3] == 0 && h.m[5] == 0 && h.m[6] == 0 && h.m[7] == 0;
}

/// choose(diagonal, symmetric) with the two as types.
template <class Real, class F>
void with_shape(const PairWork<Real>& w, int index, const F& choose) {
    const int replica = w.p.replica_of[w.half->slabs[index].begin];
    const bool diagonal = is_diagonal(w.p.box[replica].h), symmetric = w.tables.symmetric;
    if (diagonal && symmetric) return choose(std::true_type{}, std::true_type{});
    if (diagonal) return choose(std::true_type{}, std::false_type{});
    if (symmetric) return choose(std::false_type{}, std::true_type{});
    choose(std::false_type{}, std::false_type{});
}

template <class P>
void density_any(const PairWork<typename P::Real>& w, int index, double* window) {
    with_shape(w, index,
               [&](auto diagonal, auto symmetric) { density<P, diagonal.value, symmetric.value>(w, index, window); });
}

template <class P>
void force_any(const PairWork<typename P::Real>& w, int index, Sums sums, PairForce<double>* window) {
    with_shape(w, index, [&](auto diagonal, auto symmetric) {
        switch (sums) {
            case Sums::none:
                return force<P, diagonal.value, symmetric.value, Sums::none>(w, index, window);
            case Sums::virial:
                return force<P, diagonal.value, symmetric.value, Sums::virial>(w, index, window);
            case Sums::energy:
                return force<P, diagonal.value, symmetric.value, Sums::energy>(w, index, window);
        }
    });
}

}  // namespace

const EamLoops& eam_loops() {
    static constexpr EamLoops loops{rows, density_any<Full>, density_any<Mixed>, force_any<Full>, force_any<Mixed>};
    return loops;
}

}  // namespace MG_TARGET
}  // namespace mg
