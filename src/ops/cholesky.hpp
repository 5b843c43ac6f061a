#pragma once
/// \file Cholesky's factors of dense matrices and what follows from them: CBLAS on the host, cuSOLVER and cuBLAS on the
/// device.
///
/// Matrices are column-major, element (i, j) at [i + j * stride], as LAPACK has them; of symmetric ones the lower half
/// counts. BLAS works on one thread, and OpenMP deals out fixed tiles, so that the bits of a result do not depend on
/// the number of threads; inside of a parallel region everything runs on the calling thread.

#include "core/mat3.hpp"
#include "core/space.hpp"

namespace mg {

/// A = L L^T in place, n rows. Returns 0, or the number of the first leading minor that is not positive.
int factor(Host, int n, double* a, long stride);
int factor(Cuda, int n, double* a, long stride);
/// B <- L^-1 B, with L (n, n) and B (n, columns).
void solve_lower(Host, int n, int columns, const double* l, long l_stride, double* b, long b_stride);
void solve_lower(Cuda, int n, int columns, const double* l, long l_stride, double* b, long b_stride);
/// C <- C - A^T A of which the lower half, with A (rows, n) and C (n, n).
void subtract_gram(Host, int n, int rows, const double* a, long a_stride, double* c, long c_stride);
void subtract_gram(Cuda, int n, int rows, const double* a, long a_stride, double* c, long c_stride);
/// C <- C + factor A^T B, with A (rows, m), B (rows, n) and C (m, n).
void add_product(Host, int m, int n, int rows, double factor, const double* a, long a_stride, const double* b,
                 long b_stride, double* c, long c_stride);
void add_product(Cuda, int m, int n, int rows, double factor, const double* a, long a_stride, const double* b,
                 long b_stride, double* c, long c_stride);
/// A (n, columns) becomes the first columns of the unit matrix.
void set_unit_columns(Host, int n, int columns, double* a, long stride);
void set_unit_columns(Cuda, int n, int columns, double* a, long stride);
/// The diagonal of A (n, n) times a factor.
void scale_diagonal(Host, int n, double factor, double* a, long stride);
void scale_diagonal(Cuda, int n, double factor, double* a, long stride);
/// The 3 x 3 blocks on the diagonal of (L L^T)^-1 (atoms), with L (3 atoms, 3 atoms): column by column of L^-1, of
/// which a few stand in memory at a time.
void inverse_blocks(Host, int atoms, const double* l, long l_stride, Sym3* block);
void inverse_blocks(Cuda, int atoms, const double* l, long l_stride, Sym3* block);
/// block[k] += the sum over rows of the products of columns 3 k, 3 k + 1 and 3 k + 2 of A (rows, 3 atoms).
void add_gram_blocks(Host, int atoms, int rows, const double* a, long a_stride, Sym3* block);
void add_gram_blocks(Cuda, int atoms, int rows, const double* a, long a_stride, Sym3* block);

}  // namespace mg
