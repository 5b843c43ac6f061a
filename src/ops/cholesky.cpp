#include "ops/cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/blas.hpp"

namespace mg {
namespace {

using namespace cblas;
constexpr int tile = 192;       // columns that are factored at a time
constexpr int tile_rows = 512;  // rows below them that one product covers
constexpr int narrow = 96;      // columns of a product that is dealt out, for there are few

/// The diagonal tile, column by column; `a` is n by n, n at most `tile`.
int factor_tile(int n, double* a, long stride) {
    for (int j = 0; j < n; ++j) {
        double* const column = a + j * stride;
        for (int k = 0; k < j; ++k) {
            const double factor = a[j + k * stride];
            const double* const before = a + k * stride;
            for (int i = j; i < n; ++i) column[i] -= factor * before[i];
        }
        if (!(column[j] > 0)) return j + 1;
        const double root = std::sqrt(column[j]);
        for (int i = j; i < n; ++i) column[i] /= root;
    }
    return 0;
}

}  // namespace

int factor(Host, int n, double* a, long stride) {
    use_one_blas_thread();
    const int ld = static_cast<int>(stride);
    for (int k = 0; k < n; k += tile) {
        const int width = std::min(tile, n - k);
        double* const block = a + k * stride;  // column k
        const int pieces = (n - k + tile_rows - 1) / tile_rows;
        // What all columns before give to these: products as deep as they can be.
        if (k > 0) {
#pragma omp parallel for schedule(static)
            for (int piece = 0; piece < pieces; ++piece) {
                const int first = k + piece * tile_rows, rows = std::min(tile_rows, n - first);
                cblas_dgemm(column_major, plain, transposed, rows, width, k, -1.0, a + first, ld, a + k, ld, 1.0,
                            block + first, ld);
            }
        }
        if (const int failed = factor_tile(width, block + k, stride); failed > 0) return k + failed;
#pragma omp parallel for schedule(static)
        for (int piece = 0; piece < pieces; ++piece) {
            const int first = std::max(k + piece * tile_rows, k + width);
            const int rows = std::min(k + (piece + 1) * tile_rows, n) - first;
            if (rows > 0)
                cblas_dtrsm(column_major, right, lower, transposed, not_unit, rows, width, 1.0, block + k, ld,
                            block + first, ld);
        }
    }
    return 0;
}

void solve_lower(Host, int n, int columns, const double* l, long l_stride, double* b, long b_stride) {
    use_one_blas_thread();
    const int pieces = (columns + tile - 1) / tile;
#pragma omp parallel for schedule(dynamic)
    for (int piece = 0; piece < pieces; ++piece)
        cblas_dtrsm(column_major, left, lower, plain, not_unit, n, std::min(tile, columns - piece * tile), 1.0, l,
                    static_cast<int>(l_stride), b + piece * tile * b_stride, static_cast<int>(b_stride));
}

void subtract_gram(Host, int n, int rows, const double* a, long a_stride, double* c, long c_stride) {
    use_one_blas_thread();
    const int lda = static_cast<int>(a_stride), ldc = static_cast<int>(c_stride);
    const int pieces = (n + tile_rows - 1) / tile_rows;
#pragma omp parallel for schedule(dynamic)
    for (int piece = 0; piece < pieces; ++piece) {
        const int first = piece * tile_rows, width = std::min(tile_rows, n - first), below = n - first - width;
        cblas_dsyrk(column_major, lower, transposed, width, rows, -1.0, a + first * a_stride, lda, 1.0,
                    c + first + first * c_stride, ldc);
        if (below > 0)
            cblas_dgemm(column_major, transposed, plain, below, width, rows, -1.0, a + (first + width) * a_stride, lda,
                        a + first * a_stride, lda, 1.0, c + first + width + first * c_stride, ldc);
    }
}

void add_product(Host, int m, int n, int rows, double factor, const double* a, long a_stride, const double* b,
                 long b_stride, double* c, long c_stride) {
    use_one_blas_thread();
    const int pieces = (n + narrow - 1) / narrow;
#pragma omp parallel for schedule(dynamic)
    for (int piece = 0; piece < pieces; ++piece) {
        const int first = piece * narrow;
        cblas_dgemm(column_major, transposed, plain, m, std::min(narrow, n - first), rows, factor, a,
                    static_cast<int>(a_stride), b + first * b_stride, static_cast<int>(b_stride), 1.0,
                    c + first * c_stride, static_cast<int>(c_stride));
    }
}

void set_unit_columns(Host, int n, int columns, double* a, long stride) {
    for (int j = 0; j < columns; ++j) {
        std::fill_n(a + j * stride, n, 0.0);
        a[j + j * stride] = 1;
    }
}

void scale_diagonal(Host, int n, double factor, double* a, long stride) {
    for (int j = 0; j < n; ++j) a[j + j * stride] *= factor;
}

void add_gram_blocks(Host, int atoms, int rows, const double* a, long a_stride, Sym3* block) {
    for (int k = 0; k < atoms; ++k) {
        const double* const x = a + 3 * k * a_stride;
        const double* const y = x + a_stride;
        const double* const z = y + a_stride;
        Sym3 sum;
        for (int i = 0; i < rows; ++i)
            sum = sum + Sym3{x[i] * x[i], y[i] * y[i], z[i] * z[i], y[i] * z[i], x[i] * z[i], x[i] * y[i]};
        block[k] = block[k] + sum;
    }
}

void inverse_blocks(Host, int atoms, const double* l, long l_stride, Sym3* block) {
    use_one_blas_thread();
    constexpr int atoms_at_a_time = tile / 3;
    const int n = 3 * atoms, pieces = (atoms + atoms_at_a_time - 1) / atoms_at_a_time;
#pragma omp parallel
    {
        std::vector<double> columns;
        // The first pieces are the longest.
#pragma omp for schedule(dynamic)
        for (int piece = 0; piece < pieces; ++piece) {
            const int first = 3 * piece * atoms_at_a_time, count = std::min(tile, n - first), rows = n - first;
            columns.assign(static_cast<std::size_t>(rows) * count, 0.0);
            for (int k = 0; k < count; ++k) columns[static_cast<std::size_t>(k) * rows + k] = 1;
            cblas_dtrsm(column_major, left, lower, plain, not_unit, rows, count, 1.0, l + first + first * l_stride,
                        static_cast<int>(l_stride), columns.data(), rows);
            for (int k = 0; k < count / 3; ++k) block[first / 3 + k] = {};
            add_gram_blocks(Host{}, count / 3, rows, columns.data(), rows, block + first / 3);
        }
    }
}

}  // namespace mg
