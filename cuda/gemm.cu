// Matrix products by cuBLAS: the device's half of ops/gemm.hpp. cuBLAS knows column-major matrices only; a row-major
// matrix is its own transpose there, so every product is written as the product of the transposes in reverse order.
// Reproducible: one stream per handle, and cuBLAS gives the same bits for the same shapes on the same device then.

#include <cublas_v2.h>

#include <cassert>
#include <string>

#include "core/error.hpp"
#include "ops/gemm.hpp"

namespace mg {
namespace {

void check(cublasStatus_t status, const char* what) {
    if (status != CUBLAS_STATUS_SUCCESS)
        throw Error(std::string("a matrix product failed on the GPU"),
                    std::string(what) + ": " + cublasGetStatusString(status),
                    "check the device with nvidia-smi, or run with --backend host");
}

/// One handle per host thread; it uses the default stream, on which all work of the device is ordered.
cublasHandle_t handle() {
    struct Owner {
        cublasHandle_t handle = nullptr;
        Owner() {
            check(cublasCreate(&handle), "cublasCreate");
            check(cublasSetPointerMode(handle, CUBLAS_POINTER_MODE_HOST), "cublasSetPointerMode");
        }
        ~Owner() { cublasDestroy(handle); }
    };
    thread_local Owner owner;
    return owner.handle;
}

void gemm(cublasOperation_t operation_a, cublasOperation_t operation_b, int m, int n, int k, const double* a, int lda,
          const double* b, int ldb, double* c, int ldc) {
    const double one = 1.0, zero = 0.0;
    check(cublasDgemm(handle(), operation_a, operation_b, m, n, k, &one, a, lda, b, ldb, &zero, c, ldc),
          "cublasDgemm");
}

}  // namespace

void multiply_transposed(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y) {
    assert(x.rows == y.rows && x.columns == w.columns && w.rows == y.columns);
    gemm(CUBLAS_OP_T, CUBLAS_OP_N, w.rows, x.rows, x.columns, w.data, w.stride, x.data, x.stride, y.data, y.stride);
}

void multiply(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y) {
    assert(x.rows == y.rows && x.columns == w.rows && w.columns == y.columns);
    gemm(CUBLAS_OP_N, CUBLAS_OP_N, w.columns, x.rows, x.columns, w.data, w.stride, x.data, x.stride, y.data,
         y.stride);
}

void multiply_blocks(Matrix<const double, Cuda> x, Matrix<const double, Cuda> y, double* partials, long) {
    assert(x.rows == y.rows);
    gemm(CUBLAS_OP_N, CUBLAS_OP_T, y.columns, x.columns, x.rows, y.data, y.stride, x.data, x.stride, partials,
         y.columns);
}

}  // namespace mg
