#pragma once
/// \file Whole structures by the widest loads there are.

#include <cuda_runtime.h>

#include <cstring>
#include <type_traits>

namespace mg {

/// The word that T is loaded by: 16 bytes where its alignment allows.
template <class T>
using LoadWord = std::conditional_t<alignof(T) % 16 == 0, int4, std::conditional_t<alignof(T) == 8, int2, int>>;

/// *from, by as few loads as possible; nvcc splits copies of structures with members of several types.
template <class T>
__device__ T load(const T* from) {
    using Word = LoadWord<T>;
    constexpr int words = sizeof(T) / sizeof(Word);
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(Word) == 0);
    Word held[words];
    for (int k = 0; k < words; ++k) held[k] = reinterpret_cast<const Word*>(from)[k];
    T value;
    memcpy(&value, held, sizeof(T));
    return value;
}

/// The same through the read-only path, for what no thread of the kernel writes.
template <class T>
__device__ T load_constant(const T* from) {
    using Word = LoadWord<T>;
    constexpr int words = sizeof(T) / sizeof(Word);
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(Word) == 0);
    Word held[words];
    for (int k = 0; k < words; ++k) held[k] = __ldg(reinterpret_cast<const Word*>(from) + k);
    T value;
    memcpy(&value, held, sizeof(T));
    return value;
}

}  // namespace mg
