#pragma once
/// \file What device code calls: collectives, atomics, casts and arithmetic, as the CUDA C++ Programming Guide has
/// them. Shuffles take arithmetic types only, as nvcc does. Atomics take integers only: a float sum in the order of
/// arrival is not reproducible.

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "scheduler.hpp"

inline constexpr int warpSize = simt::warp_size;
inline const uint3& threadIdx = simt::thread_index;
inline const uint3& blockIdx = simt::block_index;
inline const dim3& blockDim = simt::block_size;
inline const dim3& gridDim = simt::grid_size;

// ---- Barriers -------------------------------------------------------------------------------------------------------

inline void __syncthreads(simt::Location at = simt::Location::current()) {
    simt::meet_in_block("__syncthreads", false, at);
}
inline int __syncthreads_count(int predicate, simt::Location at = simt::Location::current()) {
    return simt::meet_in_block("__syncthreads_count", predicate != 0, at);
}
inline int __syncthreads_or(int predicate, simt::Location at = simt::Location::current()) {
    return simt::meet_in_block("__syncthreads_or", predicate != 0, at) > 0;
}
inline int __syncthreads_and(int predicate, simt::Location at = simt::Location::current()) {
    return simt::meet_in_block("__syncthreads_and", predicate == 0, at) == 0;
}
inline void __syncwarp(unsigned mask = ~0u, simt::Location at = simt::Location::current()) {
    simt::meet_in_warp({"__syncwarp", mask, 0, 0, [](const simt::Given&, unsigned, int) -> std::uint64_t { return 0; }},
                       at);
}
// Memory is in order here; another thread may run.
inline void __threadfence() { simt::make_way(); }
inline void __threadfence_block() { simt::make_way(); }
inline void __nanosleep(unsigned) { simt::make_way(); }
[[noreturn]] inline void __trap(simt::Location at = simt::Location::current()) { simt::fail("__trap", at); }

// ---- Votes and sums of a warp ---------------------------------------------------------------------------------------

namespace simt {

/// Bits of the lanes of `mask` whose gift is not zero.
inline unsigned ballot(const char* kind, unsigned mask, bool predicate, Location at) {
    const auto votes = [](const Given& given, unsigned, int) {
        std::uint64_t bits = 0;
        for (unsigned l = 0; l < warp_size; ++l) bits |= std::uint64_t{given[l] != 0} << l;
        return bits;
    };
    return static_cast<unsigned>(meet_in_warp({kind, mask, 0, predicate, votes}, at));
}

template <class T, class Operation>
T reduce(const char* kind, unsigned mask, T value, Operation, Location at) {
    static_assert(std::integral<T> && sizeof(T) == 4, "the device has these for 32-bit integers");
    const auto sum = [](const Given& given, unsigned lanes, int) {
        unsigned l = static_cast<unsigned>(std::countr_zero(lanes));
        T result = static_cast<T>(given[l]);
        for (++l; l < warp_size; ++l)
            if (lanes >> l & 1) result = Operation{}(result, static_cast<T>(given[l]));
        return std::uint64_t{static_cast<std::uint32_t>(result)};
    };
    const std::uint64_t mine = static_cast<std::uint32_t>(value);
    return static_cast<T>(meet_in_warp({kind, mask, std::is_signed_v<T>, mine, sum}, at));
}

}  // namespace simt

inline unsigned __ballot_sync(unsigned mask, int predicate, simt::Location at = simt::Location::current()) {
    return simt::ballot("__ballot_sync", mask, predicate != 0, at);
}
inline int __any_sync(unsigned mask, int predicate, simt::Location at = simt::Location::current()) {
    return simt::ballot("__any_sync", mask, predicate != 0, at) != 0;
}
inline int __all_sync(unsigned mask, int predicate, simt::Location at = simt::Location::current()) {
    return simt::ballot("__all_sync", mask, predicate != 0, at) == mask;
}
/// The calling lane alone: nothing says which others run with it.
inline unsigned __activemask() { return 1u << simt::lane(); }

#define SIMT_REDUCE(name, expression)                                                     \
    template <class T>                                                                    \
    T name(unsigned mask, T value, simt::Location at = simt::Location::current()) {       \
        return simt::reduce(                                                              \
            #name, mask, value, [](T a, T b) { return static_cast<T>(expression); }, at); \
    }
SIMT_REDUCE(__reduce_add_sync, static_cast<unsigned>(a) + static_cast<unsigned>(b))  // wraps, as on the device
SIMT_REDUCE(__reduce_min_sync, std::min(a, b))
SIMT_REDUCE(__reduce_max_sync, std::max(a, b))
SIMT_REDUCE(__reduce_and_sync, a& b)
SIMT_REDUCE(__reduce_or_sync, a | b)
SIMT_REDUCE(__reduce_xor_sync, a ^ b)
#undef SIMT_REDUCE

// ---- Shuffles -------------------------------------------------------------------------------------------------------

namespace simt {

/// What lane source(lane, first lane of its group, last lane of its group) gives; the caller's own value where that is
/// negative.
template <class T, class Source>
T shuffle(const char* kind, unsigned mask, T value, int width, Source source, Location at) {
    static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
    if (width < 1 || width > static_cast<int>(warp_size) || !std::has_single_bit(static_cast<unsigned>(width)))
        fail(std::string("the width of ") + kind + " is " + std::to_string(width), at);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    const int mine = static_cast<int>(lane()), begin = mine & ~(width - 1);
    const int wanted = source(mine, begin, begin + width - 1), from = wanted < 0 ? mine : wanted;
    if (!(mask >> from & 1) && from != mine)
        fail(std::string(kind) + " reads from lane " + std::to_string(from) + ", which its mask does not name", at);
    const auto answer = [](const Given& given, unsigned, int lane) { return given[static_cast<unsigned>(lane)]; };
    bits = meet_in_warp({kind, mask, static_cast<int>(sizeof(T)) * 64 + width, bits, answer, from}, at);
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}

}  // namespace simt

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize, simt::Location at = simt::Location::current()) {
    return simt::shuffle(
        "__shfl_sync", mask, value, width, [=](int, int begin, int) { return begin + (source & (width - 1)); }, at);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                 simt::Location at = simt::Location::current()) {
    const int by = static_cast<int>(delta & 31);
    return simt::shuffle(
        "__shfl_up_sync", mask, value, width,
        [=](int mine, int begin, int) { return mine - by >= begin ? mine - by : -1; }, at);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   simt::Location at = simt::Location::current()) {
    const int by = static_cast<int>(delta & 31);
    return simt::shuffle(
        "__shfl_down_sync", mask, value, width,
        [=](int mine, int, int last) { return mine + by <= last ? mine + by : -1; }, at);
}
/// Reaches into earlier groups of `width` lanes, not into later ones.
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = warpSize,
                  simt::Location at = simt::Location::current()) {
    const int by = bits & 31;
    return simt::shuffle(
        "__shfl_xor_sync", mask, value, width,
        [=](int mine, int, int last) { return (mine ^ by) <= last ? mine ^ by : -1; }, at);
}

// ---- Atomics --------------------------------------------------------------------------------------------------------

namespace simt {

template <class T>
concept AtomicInteger = std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, unsigned long long>;

/// *target = operation(*target); returns the old value.
template <AtomicInteger T, class Operation>
T atomic(T* target, Operation operation) {
    make_way();
    const T old = *target;
    *target = operation(old);
    make_way();
    return old;
}

}  // namespace simt

#define SIMT_ATOMIC(name, expression)                                                   \
    template <simt::AtomicInteger T>                                                    \
    T name(T* target, std::type_identity_t<T> value) {                                  \
        return simt::atomic(target, [=](T old) { return static_cast<T>(expression); }); \
    }
SIMT_ATOMIC(atomicAdd, static_cast<std::make_unsigned_t<T>>(old) + static_cast<std::make_unsigned_t<T>>(value))
SIMT_ATOMIC(atomicSub, static_cast<std::make_unsigned_t<T>>(old) - static_cast<std::make_unsigned_t<T>>(value))
SIMT_ATOMIC(atomicMin, std::min(old, value))
SIMT_ATOMIC(atomicMax, std::max(old, value))
SIMT_ATOMIC(atomicAnd, old& value)
SIMT_ATOMIC(atomicOr, old | value)
SIMT_ATOMIC(atomicXor, old ^ value)
SIMT_ATOMIC(atomicExch, (static_cast<void>(old), value))
#undef SIMT_ATOMIC
template <simt::AtomicInteger T>
T atomicCAS(T* target, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
    return simt::atomic(target, [=](T old) { return old == expected ? value : old; });
}

// ---- Loads and stores with hints ------------------------------------------------------------------------------------

#define SIMT_LOAD(name)     \
    template <class T>      \
    T name(const T* from) { \
        return *from;       \
    }
SIMT_LOAD(__ldg)
SIMT_LOAD(__ldca)
SIMT_LOAD(__ldcg)
SIMT_LOAD(__ldcs)
SIMT_LOAD(__ldlu)
#undef SIMT_LOAD
#define SIMT_STORE(name)                              \
    template <class T>                                \
    void name(T* to, std::type_identity_t<T> value) { \
        *to = value;                                  \
    }
SIMT_STORE(__stwb)
SIMT_STORE(__stcg)
SIMT_STORE(__stcs)
#undef SIMT_STORE

// ---- Bits -----------------------------------------------------------------------------------------------------------

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline int __mulhi(int a, int b) { return static_cast<int>(static_cast<long long>(a) * b >> 32); }
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}

#define SIMT_CAST(name, From, To) \
    inline To name(From x) { return std::bit_cast<To>(x); }
SIMT_CAST(__float_as_int, float, int)
SIMT_CAST(__float_as_uint, float, unsigned)
SIMT_CAST(__int_as_float, int, float)
SIMT_CAST(__uint_as_float, unsigned, float)
SIMT_CAST(__double_as_longlong, double, long long)
SIMT_CAST(__longlong_as_double, long long, double)
#undef SIMT_CAST
inline int __double2loint(double x) { return static_cast<int>(static_cast<unsigned>(std::bit_cast<std::uint64_t>(x))); }
inline int __double2hiint(double x) { return static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 32); }
inline double __hiloint2double(int high, int low) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<unsigned>(high)) << 32 |
                                 static_cast<unsigned>(low));
}

// ---- Arithmetic -----------------------------------------------------------------------------------------------------

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fdividef(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __frcp_rn(float x) { return 1 / x; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __frsqrt_rn(float x) { return static_cast<float>(1 / std::sqrt(static_cast<double>(x))); }
inline float rsqrtf(float x) { return __frsqrt_rn(x); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline double __drcp_rn(double x) { return 1 / x; }
inline double __dsqrt_rn(double x) { return std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
inline float __saturatef(float x) { return x >= 0 ? std::min(x, 1.0f) : 0.0f; }

inline float __double2float_rn(double x) { return static_cast<float>(x); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline double __int2double_rn(int x) { return x; }

#define SIMT_ROUND(name, From, To, function)                                                                 \
    /** Out of range as the device has it: the nearest integer there is, and 0 for NaN. */                   \
    inline To name(From x) {                                                                                 \
        const long double rounded = function(static_cast<long double>(x));                                   \
        if (!(rounded == rounded)) return 0;                                                                 \
        const long double lowest = std::numeric_limits<To>::min(), highest = std::numeric_limits<To>::max(); \
        return static_cast<To>(std::min(std::max(rounded, lowest), highest));                                \
    }
SIMT_ROUND(__float2int_rn, float, int, std::rint)
SIMT_ROUND(__float2int_rz, float, int, std::trunc)
SIMT_ROUND(__float2int_rd, float, int, std::floor)
SIMT_ROUND(__float2uint_rn, float, unsigned, std::rint)
SIMT_ROUND(__double2int_rn, double, int, std::rint)
SIMT_ROUND(__double2int_rz, double, int, std::trunc)
SIMT_ROUND(__double2int_rd, double, int, std::floor)
SIMT_ROUND(__double2uint_rn, double, unsigned, std::rint)
SIMT_ROUND(__double2ll_rn, double, long long, std::rint)
#undef SIMT_ROUND

inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }
template <std::integral T>
T min(T a, T b) {
    return b < a ? b : a;
}
template <std::integral T>
T max(T a, T b) {
    return a < b ? b : a;
}
