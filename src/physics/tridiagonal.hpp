#pragma once
/// \file The lowest eigenvalue of a symmetric tridiagonal matrix, and its eigenvector: what a Lanczos recursion ends
/// in.

#include "core/macros.hpp"

namespace mg {

struct LowestEigenpair {
    double value = 0;
    double last = 0;  ///< last component of the unit eigenvector: times the next beta it is the residual's norm
};

inline namespace MG_TARGET {

/// Of the n x n matrix with `diagonal` (n) and `off` (n - 1; off[k] couples k and k + 1): bisection by Sturm's count,
/// then two inverse iterations with a shift just below, for which T - shift is positive definite and its factorisation
/// needs no pivots (Golub, Van Loan, Matrix Computations, 8.4). `vector` (n) is the unit eigenvector.
MG_HD LowestEigenpair lowest_eigenpair(const double* diagonal, const double* off, int n, double* vector) {
    constexpr int most = 64;
    double low = diagonal[0], high = diagonal[0], scale = 0;
    for (int k = 0; k < n; ++k) {
        const double left = k > 0 ? __builtin_fabs(off[k - 1]) : 0, right = k + 1 < n ? __builtin_fabs(off[k]) : 0;
        low = low < diagonal[k] - left - right ? low : diagonal[k] - left - right;
        high = high < diagonal[k] ? high : diagonal[k];  // the lowest eigenvalue is below every diagonal element
        const double size = __builtin_fabs(diagonal[k]) + left + right;
        scale = scale > size ? scale : size;
    }
    const double resolution = 4e-16 * scale + 1e-300;
    for (int turn = 0; turn < 100 && high - low > resolution; ++turn) {
        const double middle = 0.5 * (low + high);
        bool below = false;  // whether an eigenvalue lies below the middle: a pivot is negative
        double pivot = 1;
        for (int k = 0; k < n && !below; ++k) {
            const double coupling = k > 0 ? off[k - 1] * off[k - 1] / pivot : 0;
            pivot = diagonal[k] - middle - coupling;
            below = !(pivot > 0);
        }
        (below ? high : low) = middle;
    }
    const double shift = low - 1e-13 * scale - 1e-300;
    double pivot[most], solution[most];
    pivot[0] = diagonal[0] - shift;
    for (int k = 1; k < n; ++k) {
        pivot[k] = diagonal[k] - shift - off[k - 1] * off[k - 1] / pivot[k - 1];
        if (!(pivot[k] > 1e-300)) pivot[k] = 1e-300;
    }
    if (!(pivot[0] > 1e-300)) pivot[0] = 1e-300;
    for (int k = 0; k < n; ++k) solution[k] = 1.0 / (k + 1.0);
    for (int turn = 0; turn < 3; ++turn) {
        for (int k = 1; k < n; ++k) solution[k] -= off[k - 1] / pivot[k - 1] * solution[k - 1];
        for (int k = n - 1; k >= 0; --k) {
            solution[k] /= pivot[k];
            if (k + 1 < n) solution[k] -= off[k] / pivot[k] * solution[k + 1];
        }
        double largest = 0, norm = 0;
        for (int k = 0; k < n; ++k)
            largest = __builtin_fabs(solution[k]) > largest ? __builtin_fabs(solution[k]) : largest;
        for (int k = 0; k < n; ++k) {
            solution[k] /= largest;
            norm += solution[k] * solution[k];
        }
        norm = __builtin_sqrt(norm);
        for (int k = 0; k < n; ++k) solution[k] /= norm;
    }
    for (int k = 0; k < n; ++k) vector[k] = solution[k];
    return {0.5 * (low + high), vector[n - 1]};
}

}  // namespace MG_TARGET
}  // namespace mg
