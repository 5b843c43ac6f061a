#pragma once
/// \file The vectors of the tuned host loops, as wide as the instruction set of the object that they are compiled for,
/// and what Highway has no fast common spelling for: packing, shifts, exchanges of blocks. AVX-512 first, then AVX2.

#include <hwy/highway.h>

#include <cstdint>

#include "core/macros.hpp"

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

// pack: writes the lanes of a mask one after the other, and something behind them up to a whole vector.
// shift_left, shift_right: by a number of bits that the compiler does not know.
// first_blocks, last_blocks: of two vectors of 16-byte blocks the first halves' blocks, in turns, and the last halves'.
#if HWY_TARGET <= HWY_AVX3

// In a register: some processors take a hundred cycles to pack into memory.
MG_HD void pack(unsigned bits, V64 v, double* to) {
    _mm512_storeu_pd(to, _mm512_maskz_compress_pd(static_cast<__mmask8>(bits), v.raw));
}
MG_HD void pack(unsigned bits, VI32 v, int* to) {
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(static_cast<__mmask16>(bits), v.raw));
}

MG_HD VI32 shift_left(VI32 v, int bits) { return VI32{_mm512_sll_epi32(v.raw, _mm_cvtsi32_si128(bits))}; }
MG_HD VI32 shift_right(VI32 v, int bits) { return VI32{_mm512_srl_epi32(v.raw, _mm_cvtsi32_si128(bits))}; }

MG_HD V64 first_blocks(V64 a, V64 b) {
    return V64{_mm512_permutex2var_pd(a.raw, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), b.raw)};
}
MG_HD V64 last_blocks(V64 a, V64 b) {
    return V64{_mm512_permutex2var_pd(a.raw, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), b.raw)};
}
/// Likewise the blocks with even numbers, and with odd ones.
MG_HD V64 even_blocks(V64 a, V64 b) {
    return V64{_mm512_permutex2var_pd(a.raw, _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), b.raw)};
}
MG_HD V64 odd_blocks(V64 a, V64 b) {
    return V64{_mm512_permutex2var_pd(a.raw, _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15), b.raw)};
}

/// Blocks from memory, blended into place: no shuffle.
MG_HD V32 load_four_blocks(const float* p0, const float* p1, const float* p2, const float* p3) {
    __m512 v = _mm512_broadcast_f32x4(_mm_loadu_ps(p0));
    v = _mm512_mask_broadcast_f32x4(v, 0x00f0, _mm_loadu_ps(p1));
    v = _mm512_mask_broadcast_f32x4(v, 0x0f00, _mm_loadu_ps(p2));
    return V32{_mm512_mask_broadcast_f32x4(v, 0xf000, _mm_loadu_ps(p3))};
}
/// Two rows of four.
MG_HD V64 load_two_rows(const double* p0, const double* p1) {
    const __m512d low = _mm512_castpd256_pd512(_mm256_loadu_pd(p0));
    return V64{_mm512_mask_broadcast_f64x4(low, 0xf0, _mm256_loadu_pd(p1))};
}

#else

/// For each mask the order that brings its lanes to the front: of four doubles, as 32-bit halves, and of eight 32-bit
/// numbers.
struct Packing {
    alignas(64) std::int32_t halves[16][8] = {};
    alignas(64) std::uint8_t lanes[256][8] = {};
    constexpr Packing() {
        for (int mask = 0; mask < 256; ++mask)
            for (int lane = 0, place = 0; lane < 8; ++lane) {
                if (!(mask >> lane & 1)) continue;
                lanes[mask][place] = static_cast<std::uint8_t>(lane);
                if (mask < 16)
                    for (int k = 0; k < 2; ++k) halves[mask][2 * place + k] = 2 * lane + k;
                ++place;
            }
    }
};
constexpr Packing packing;

// By tables of our own: Highway builds its own on the stack each time (half of the density loop, measured).
MG_HD void pack(unsigned bits, V64 v, double* to) {
    const auto order = hn::IndicesFromVec(F32(), hn::Load(I32(), packing.halves[bits]));
    hn::StoreU(hn::BitCast(F64(), hn::TableLookupLanes(hn::BitCast(F32(), v), order)), F64(), to);
}
MG_HD void pack(unsigned bits, VI32 v, int* to) {
    const hn::Rebind<std::uint8_t, I32> bytes;
    const auto order = hn::PromoteTo(I32(), hn::Load(bytes, packing.lanes[bits]));
    hn::StoreU(hn::TableLookupLanes(v, hn::IndicesFromVec(I32(), order)), I32(), to);
}

MG_HD VI32 shift_left(VI32 v, int bits) { return VI32{_mm256_sll_epi32(v.raw, _mm_cvtsi32_si128(bits))}; }
MG_HD VI32 shift_right(VI32 v, int bits) { return VI32{_mm256_srl_epi32(v.raw, _mm_cvtsi32_si128(bits))}; }

MG_HD V64 first_blocks(V64 a, V64 b) { return hn::ConcatLowerLower(F64(), b, a); }
MG_HD V64 last_blocks(V64 a, V64 b) { return hn::ConcatUpperUpper(F64(), b, a); }

#endif

}  // namespace MG_TARGET
}  // namespace mg
