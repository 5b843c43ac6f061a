// Matrix products by cuBLAS: the device's half of ops/gemm.hpp. cuBLAS knows column-major matrices only; a row-major
// matrix is its own transpose there, so every product is written as the product of the transposes in reverse order.
// Reproducible: one stream per handle, and cuBLAS gives the same bits for the same shapes on the same device then.

#include <cassert>

#include "cublas.cuh"
#include "ops/gemm.hpp"

namespace mg {
namespace {

void gemm(cublasOperation_t operation_a, cublasOperation_t operation_b, int m, int n, int k, const double* a, int lda,
          const double* b, int ldb, double* c, int ldc) {
    const double one = 1.0, zero = 0.0;
    check(cublas().dgemm(cublas_handle(), operation_a, operation_b, m, n, k, &one, a, lda, b, ldb, &zero, c, ldc),
          "cublasDgemm");
}

}  // namespace

void multiply_transposed(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y) {
    assert(x.rows == y.rows && x.columns == w.columns && w.rows == y.columns);
    gemm(CUBLAS_OP_T, CUBLAS_OP_N, w.rows, x.rows, x.columns, w.data, w.stride, x.data, x.stride, y.data, y.stride);
}

void multiply(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y) {
    assert(x.rows == y.rows && x.columns == w.rows && w.columns == y.columns);
    gemm(CUBLAS_OP_N, CUBLAS_OP_N, w.columns, x.rows, x.columns, w.data, w.stride, x.data, x.stride, y.data, y.stride);
}

void multiply_blocks(Matrix<const double, Cuda> x, Matrix<const double, Cuda> y, double* partials, long) {
    assert(x.rows == y.rows);
    gemm(CUBLAS_OP_N, CUBLAS_OP_T, y.columns, x.columns, x.rows, y.data, y.stride, x.data, x.stride, partials,
         y.columns);
}

}  // namespace mg
