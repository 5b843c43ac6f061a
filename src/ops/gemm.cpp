#include "ops/gemm.hpp"

#include <algorithm>
#include <cassert>

#include "ops/blas.hpp"

namespace mg {
namespace {

using namespace cblas;

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

}  // namespace mg
