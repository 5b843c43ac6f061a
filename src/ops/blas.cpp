#include "ops/blas.hpp"

#include <mutex>
#include <string_view>

#include "core/macros.hpp"

// Only OpenBLAS has them; without them the library is single-threaded anyway.
extern "C" {
void openblas_set_num_threads(int threads) __attribute__((weak));
char* openblas_get_corename(void) __attribute__((weak));
}

namespace mg {

void use_one_blas_thread() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (openblas_set_num_threads) openblas_set_num_threads(1);
    });
}

const char* blas_core() { return openblas_get_corename ? openblas_get_corename() : ""; }

const char* better_blas_core() {
#if MG_X86_64
    const std::string_view core = blas_core();
    if (core != "Prescott" && core != "Core2" && core != "Generic") return nullptr;
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (avx512) return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
    return nullptr;
}

}  // namespace mg
