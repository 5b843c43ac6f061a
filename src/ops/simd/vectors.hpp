#pragma once
/// \file What the tuned host loops of pairs are made of: geometry, rows of tables, species.

#include <cstdint>
#include <type_traits>

#include "ops/eam_loops.hpp"
#include "ops/simd/instructions.hpp"

namespace mg {
inline namespace MG_TARGET {

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

/// Where rows start, by numbers in memory, one after the other.
struct At {
    const int* offset;
    template <class T>
    MG_HD const T* in(const T* base, int k) const {
        return base + offset[k];
    }
};
/// Where the points of neighbours start, four numbers each, from their entries: one instruction, and an address. (By
/// way of a vector of offsets that is stored and read again, a point took three times as long.)
struct PointsOf {
    const int* entry;
    template <class T>
    MG_HD const T* in(const T* base, int k) const {
        constexpr unsigned species = HalfRows<Host>::most_species - 1;
        constexpr std::size_t bytes = 4 * sizeof(T) >> HalfRows<Host>::species_bits;
        const std::size_t place = static_cast<unsigned>(entry[k]) & ~species;
        return reinterpret_cast<const T*>(reinterpret_cast<const char*>(base) + bytes * place);
    }
};

/// The vector of 16-byte blocks at the places `first`, first + step, ... of `at`.
template <class D, class Where, class T = hn::TFromD<D>>
MG_HD hn::Vec<D> load_blocks(D d, const T* base, const Where& at, int first, int step) {
    constexpr int blocks = static_cast<int>(hn::MaxLanes(D()) * sizeof(T) / 16);
    if constexpr (blocks == 1) {
        return hn::LoadU(d, at.in(base, first));
    } else if constexpr (blocks == 4) {
        const auto place = [&](int n) { return at.in(base, first + n * step); };
        return load_four_blocks(place(0), place(1), place(2), place(3));
    } else {
        const hn::Half<D> half;
        return hn::Combine(d, load_blocks(half, base, at, first + blocks / 2 * step, step),
                           load_blocks(half, base, at, first, step));
    }
}

/// Rows of doubles, one per place of `at`.
template <class Where>
MG_HD Columns<V64> load_rows(F64 d, const double* base, const Where& at) {
    if constexpr (hn::MaxLanes(F64()) == 8) {
        const auto rows = [&](int k) { return load_two_rows(at.in(base, k), at.in(base, k + 4)); };
        const auto r0 = rows(0), r1 = rows(1), r2 = rows(2), r3 = rows(3);
        const auto ac0 = hn::InterleaveLower(d, r0, r1), ac1 = hn::InterleaveLower(d, r2, r3);  // a0 a1 c0 c1 a4 a5 ...
        const auto bd0 = hn::InterleaveUpper(d, r0, r1), bd1 = hn::InterleaveUpper(d, r2, r3);
        return {even_blocks(ac0, ac1), even_blocks(bd0, bd1), odd_blocks(ac0, ac1), odd_blocks(bd0, bd1)};
    } else {
        const V64 even = load_blocks(d, base, at, 0, 2), odd = load_blocks(d, base, at, 1, 2);
        const V64 even2 = load_blocks(d, base + 2, at, 0, 2), odd2 = load_blocks(d, base + 2, at, 1, 2);
        return {hn::InterleaveLower(d, even, odd), hn::InterleaveUpper(d, even, odd),
                hn::InterleaveLower(d, even2, odd2), hn::InterleaveUpper(d, even2, odd2)};
    }
}
/// Rows of floats, or of 32-bit integers seen as floats.
template <class Where>
MG_HD Columns<V32> load_rows(F32 d, const float* base, const Where& at) {
    const V32 r0 = load_blocks(d, base, at, 0, 4), r1 = load_blocks(d, base, at, 1, 4),
              r2 = load_blocks(d, base, at, 2, 4), r3 = load_blocks(d, base, at, 3, 4);
    const V32 ac0 = hn::InterleaveLower(d, r0, r2), ac1 = hn::InterleaveLower(d, r1, r3);  // a0 a2 b0 b2, a1 a3 b1 b3
    const V32 bd0 = hn::InterleaveUpper(d, r0, r2), bd1 = hn::InterleaveUpper(d, r1, r3);
    return {hn::InterleaveLower(d, ac0, ac1), hn::InterleaveUpper(d, ac0, ac1), hn::InterleaveLower(d, bd0, bd1),
            hn::InterleaveUpper(d, bd0, bd1)};
}

/// Slots and species of a vector of entries of a half row.
MG_HD VI32 slots_of(VI32 entry) { return hn::ShiftRight<HalfRows<Host>::species_bits>(entry); }
MG_HD VI32 species_in(VI32 entry) { return hn::And(entry, hn::Set(I32(), HalfRows<Host>::most_species - 1)); }

template <class D, class Mask>
MG_HD unsigned bits_of(D d, Mask mask) {
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(d, mask, bits);
    return bits[0] | static_cast<unsigned>(bits[1]) << 8;
}
/// The first n lanes as bits; n may lie beyond them.
MG_HD unsigned first_bits(int n, int lanes) { return (1u << (n < lanes ? n : lanes)) - 1; }

/// One number per species, looked up by the species of a vector of entries.
struct PerSpecies {
    alignas(64) std::int32_t value[16] = {};
    MG_HD VI32 of(VI32 entry) const {
        return hn::TableLookupLanes(hn::Load(I32(), value), hn::IndicesFromVec(I32(), species_in(entry)));
    }
};

/// Four numbers as doubles.
using Four = hn::FixedTag<double, 4>;
MG_HD auto load_four(const double* from) { return hn::Load(Four(), from); }
MG_HD auto load_four(const float* from) { return hn::PromoteTo(Four(), hn::Load(hn::FixedTag<float, 4>(), from)); }

/// Four columns as rows of four, several rows to a vector, in the order of `in_row_order`: shuffles within 16-byte
/// blocks alone (floats), or with one exchange of blocks (doubles).
template <class V>
struct Rows {
    V a, b, c, d;
};
MG_HD Rows<V32> to_rows(V32 x, V32 y, V32 z, V32 e) {
    const F32 d;
    const V32 xz0 = hn::InterleaveLower(d, x, z), xz1 = hn::InterleaveUpper(d, x, z);  // x0 z0 x1 z1, x2 z2 x3 z3
    const V32 ye0 = hn::InterleaveLower(d, y, e), ye1 = hn::InterleaveUpper(d, y, e);
    return {hn::InterleaveLower(d, xz0, ye0), hn::InterleaveUpper(d, xz0, ye0), hn::InterleaveLower(d, xz1, ye1),
            hn::InterleaveUpper(d, xz1, ye1)};
}
MG_HD Rows<V64> to_rows(V64 x, V64 y, V64 z, V64 e) {
    const F64 d;
    const V64 xy0 = hn::InterleaveLower(d, x, y), xy1 = hn::InterleaveUpper(d, x, y);
    const V64 ze0 = hn::InterleaveLower(d, z, e), ze1 = hn::InterleaveUpper(d, z, e);
    return {first_blocks(xy0, ze0), last_blocks(xy0, ze0), first_blocks(xy1, ze1), last_blocks(xy1, ze1)};
}
template <class D>
MG_HD void store_rows(D d, const Rows<hn::Vec<D>>& r, hn::TFromD<D>* to) {
    constexpr int n = static_cast<int>(hn::MaxLanes(D()));
    hn::Store(r.a, d, to);
    hn::Store(r.b, d, to + n);
    hn::Store(r.c, d, to + 2 * n);
    hn::Store(r.d, d, to + 3 * n);
}
/// Which lane's row stands where after store_rows.
template <class D>
struct RowOrder {
    alignas(64) std::int32_t lane[I32Lanes] = {};
    constexpr RowOrder() {
        constexpr int lanes = static_cast<int>(hn::MaxLanes(D())), together = lanes / 4;
        for (int k = 0; k < I32Lanes; ++k) lane[k] = k;
        for (int k = 0; k < lanes; ++k)
            lane[k] =
                sizeof(hn::TFromD<D>) == 4 ? k / together + k % together * 4 : k / (lanes / 2) + k % (lanes / 2) * 2;
    }
};
template <class D>
MG_HD VI32 in_row_order(D, VI32 v) {
    static constexpr RowOrder<D> order;
    return hn::TableLookupLanes(v, hn::IndicesFromVec(I32(), hn::Load(I32(), order.lane)));
}

/// The rows of a vector of them added up, as doubles.
template <class V>
MG_HD auto sum_of_rows(V v) {
    if constexpr (std::is_same_v<V, hn::Vec<Four>>)
        return v;
    else if constexpr (std::is_same_v<V, V64>)
        return hn::LowerHalf(Four(), v) + hn::UpperHalf(Four(), v);
    else
        return sum_of_rows(hn::PromoteTo(F64(), hn::LowerHalf(F32Half(), v)) +
                           hn::PromoteTo(F64(), hn::UpperHalf(F32Half(), v)));
}

}  // namespace MG_TARGET
}  // namespace mg
