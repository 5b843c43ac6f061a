#pragma once
/// \file Vectors of the tuned host loops of pairs: geometry, rows of tables, packing, species. As wide as the
/// instruction set of the object that they are compiled for.

#include <hwy/highway.h>

#include <cstdint>

#include "ops/eam_loops.hpp"

namespace mg {
inline namespace MG_TARGET {

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

/// The vector of 16-byte blocks base[k[first]], base[k[first + step]], ...
template <class D, class T = hn::TFromD<D>>
MG_HD hn::Vec<D> load_blocks(D d, const T* base, const int* k, int step) {
    constexpr int blocks = static_cast<int>(hn::MaxLanes(D()) * sizeof(T) / 16);
    if constexpr (blocks == 1) {
        return hn::LoadU(d, base + k[0]);
    } else {
        const hn::Half<D> half;
        return hn::Combine(d, load_blocks(half, base, k + blocks / 2 * step, step), load_blocks(half, base, k, step));
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

/// Four numbers as doubles.
MG_HD auto load_four(const double* from) { return hn::Load(hn::FixedTag<double, 4>(), from); }
MG_HD auto load_four(const float* from) {
    return hn::PromoteTo(hn::FixedTag<double, 4>(), hn::Load(hn::FixedTag<float, 4>(), from));
}

}  // namespace MG_TARGET
}  // namespace mg
