#pragma once
/// \file Matrix products: CBLAS on the host, cuBLAS on the device. All matrices are row-major and `double`.
///
/// On the host BLAS runs on one thread per block of `host_row_block` rows and OpenMP deals out the blocks, so that the
/// bits of a result do not depend on the number of threads.

#include <algorithm>
#include <type_traits>

#include "core/space.hpp"

namespace mg {

/// A matrix that somebody else owns: element (i, j) is data[i * stride + j].
template <class T, class Space>
struct Matrix {
    T* data = nullptr;
    int rows = 0, columns = 0, stride = 0;

    /// To a view that only reads.
    template <class U>
    requires(std::is_same_v<U, const T> && !std::is_const_v<T>) operator Matrix<U, Space>() const {
        return {data, rows, columns, stride};
    }
};

/// Rows of one block on the host.
inline constexpr int host_row_block = 64;

/// y = x w^T, with x (rows, k), w (n, k), y (rows, n).
void multiply_transposed(Matrix<const double, Host> x, Matrix<const double, Host> w, Matrix<double, Host> y);
void multiply_transposed(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y);

/// y = x w, with x (rows, k), w (k, n), y (rows, n).
void multiply(Matrix<const double, Host> x, Matrix<const double, Host> w, Matrix<double, Host> y);
void multiply(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y);

/// The number of partial sums that multiply_blocks() makes of `rows` rows.
inline int row_blocks(Host, int rows) { return rows > 0 ? (rows + host_row_block - 1) / host_row_block : 1; }
inline int row_blocks(Cuda, int) { return 1; }

/// body(block, first row, number of rows) for every block that multiply_blocks() sums on its own, each block on one
/// thread; ops that are called inside work on that thread alone. On the device there is one block, and its ops run
/// on the whole device. The body must not throw on the host.
template <class Body>
void for_row_blocks(Host, int rows, const Body& body) {
    const int blocks = row_blocks(Host{}, rows);
#pragma omp parallel for schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; ++b) body(b, b * host_row_block, std::min(host_row_block, rows - b * host_row_block));
}
template <class Body>
void for_row_blocks(Cuda, int rows, const Body& body) {
    body(0, 0, rows);
}

/// x^T y as partial sums over fixed blocks of rows: with x (rows, m) and y (rows, n), partial b is the contiguous
/// (m, n) matrix at partials + b * distance, b = 0 .. row_blocks() - 1.
void multiply_blocks(Matrix<const double, Host> x, Matrix<const double, Host> y, double* partials, long distance);
void multiply_blocks(Matrix<const double, Cuda> x, Matrix<const double, Cuda> y, double* partials, long distance);

}  // namespace mg
