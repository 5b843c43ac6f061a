#pragma once
/// \file Integer atomics for both spaces. Only integers: sums of floats in arrival order would not be reproducible.

#include "core/macros.hpp"

namespace mg {

/// *target += value; returns the old value.
MG_HD int atomic_add(int* target, int value) {
#if MG_DEVICE_PASS
    return atomicAdd(target, value);
#else
    return __atomic_fetch_add(target, value, __ATOMIC_RELAXED);
#endif
}

/// *target = value if *target == expected; returns the old value.
MG_HD int atomic_compare_exchange(int* target, int expected, int value) {
#if MG_DEVICE_PASS
    return atomicCAS(target, expected, value);
#else
    __atomic_compare_exchange_n(target, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return expected;
#endif
}

/// *target = the larger of it and value.
MG_HD void atomic_max(int* target, int value) {
#if MG_DEVICE_PASS
    atomicMax(target, value);
#else
    int old = __atomic_load_n(target, __ATOMIC_RELAXED);
    while (old < value &&
           !__atomic_compare_exchange_n(target, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
#endif
}

}  // namespace mg
