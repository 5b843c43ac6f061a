#include "ops/gemm.hpp"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <string_view>

// Declared here, not through <cblas.h>: the header of OpenBLAS is absent where only the reference library is
// installed. The enumerations of the standard CBLAS interface are plain integers in its binary interface.
extern "C" {
void cblas_dgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha, const double* a,
                 int lda, const double* b, int ldb, double beta, double* c, int ldc);
void cblas_dgemv(int order, int transpose, int m, int n, double alpha, const double* a, int lda, const double* x,
                 int incx, double beta, double* y, int incy);
// Only OpenBLAS has it; without it the library is single-threaded anyway.
void openblas_set_num_threads(int threads) __attribute__((weak));
char* openblas_get_corename(void) __attribute__((weak));
}

namespace mg {
namespace {

constexpr int row_major = 101, plain = 111, transposed = 112;

/// Our own threads work on the blocks; threads inside BLAS would change the order of sums with their number.
void use_one_blas_thread() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (openblas_set_num_threads) openblas_set_num_threads(1);
    });
}

template <class T>
T* row(const Matrix<T, Host>& matrix, int i) {
    return matrix.data + static_cast<long>(i) * matrix.stride;
}

}  // namespace

void multiply_transposed(Matrix<const double, Host> x, Matrix<const double, Host> w, Matrix<double, Host> y) {
    assert(x.rows == y.rows && x.columns == w.columns && w.rows == y.columns);
    use_one_blas_thread();
    for_row_blocks(Host{}, x.rows, [&](int, int first, int rows) {
        if (w.rows == 1) {
            // Zeroed first: some BLAS multiply what stands there by beta even where beta is 0, and it may be a NaN.
            for (int i = first; i < first + rows; ++i) *row(y, i) = 0;
            cblas_dgemv(row_major, plain, rows, x.columns, 1.0, row(x, first), x.stride, w.data, 1, 0.0, row(y, first),
                        y.stride);
        } else {
            cblas_dgemm(row_major, plain, transposed, rows, w.rows, x.columns, 1.0, row(x, first), x.stride, w.data,
                        w.stride, 0.0, row(y, first), y.stride);
        }
    });
}

void multiply(Matrix<const double, Host> x, Matrix<const double, Host> w, Matrix<double, Host> y) {
    assert(x.rows == y.rows && x.columns == w.rows && w.columns == y.columns);
    use_one_blas_thread();
    for_row_blocks(Host{}, x.rows, [&](int, int first, int rows) {
        if (x.columns == 1) {
            for (int i = first; i < first + rows; ++i) {
                const double factor = *row(x, i);
                double* to = row(y, i);
                for (int j = 0; j < w.columns; ++j) to[j] = factor * w.data[j];
            }
        } else {
            cblas_dgemm(row_major, plain, plain, rows, w.columns, x.columns, 1.0, row(x, first), x.stride, w.data,
                        w.stride, 0.0, row(y, first), y.stride);
        }
    });
}

void multiply_blocks(Matrix<const double, Host> x, Matrix<const double, Host> y, double* partials, long distance) {
    assert(x.rows == y.rows);
    use_one_blas_thread();
    for_row_blocks(Host{}, x.rows, [&](int b, int first, int rows) {
        double* to = partials + b * distance;
        if (rows <= 0) {
            std::fill_n(to, static_cast<long>(x.columns) * y.columns, 0.0);
        } else if (x.columns == 1) {
            std::fill_n(to, y.columns, 0.0);
            cblas_dgemv(row_major, transposed, rows, y.columns, 1.0, row(y, first), y.stride, row(x, first), x.stride,
                        0.0, to, 1);
        } else {
            cblas_dgemm(row_major, transposed, plain, x.columns, y.columns, rows, 1.0, row(x, first), x.stride,
                        row(y, first), y.stride, 0.0, to, y.columns);
        }
    });
}

const char* blas_core() { return openblas_get_corename ? openblas_get_corename() : ""; }

const char* better_blas_core() {
#if MG_X86_64
    const std::string_view core = blas_core();
    // The kernels for AVX2 were the fastest for the small products of training also where there is AVX-512.
    if ((core == "Prescott" || core == "Core2" || core == "Generic") && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return nullptr;
}

}  // namespace mg
