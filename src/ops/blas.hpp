#pragma once
/// \file What is used of CBLAS on the host.
///
/// Declared here, not through <cblas.h>: the header of OpenBLAS is absent where only the reference library is
/// installed. The enumerations of the standard CBLAS interface are plain integers in its binary interface.

extern "C" {
void cblas_dgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha, const double* a,
                 int lda, const double* b, int ldb, double beta, double* c, int ldc);
void cblas_dgemv(int order, int transpose, int m, int n, double alpha, const double* a, int lda, const double* x,
                 int incx, double beta, double* y, int incy);
void cblas_dsyrk(int order, int half, int transpose, int n, int k, double alpha, const double* a, int lda, double beta,
                 double* c, int ldc);
void cblas_dtrsm(int order, int side, int half, int transpose, int diagonal, int m, int n, double alpha,
                 const double* a, int lda, double* b, int ldb);
}

namespace mg {

/// Of CBLAS.
namespace cblas {
inline constexpr int row_major = 101, column_major = 102, plain = 111, transposed = 112, lower = 122, not_unit = 131,
                     left = 141, right = 142;
}

/// Our own threads share the work of a product: threads inside BLAS would change the order of sums with their number.
/// Whatever calls BLAS calls this first.
void use_one_blas_thread();

/// The name of the kernels that OpenBLAS has chosen, e.g. "Haswell"; empty for another library.
const char* blas_core();

/// The kernels to ask OpenBLAS for through the environment variable OPENBLAS_CORETYPE, which it reads while it is
/// loaded; nullptr where its own choice is fine. An OpenBLAS older than the processor falls back to kernels of 2004,
/// which are several times slower.
const char* better_blas_core();

}  // namespace mg
