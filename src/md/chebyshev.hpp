#pragma once
/// \file Polynomials of B^-1 H, for blocks B on the diagonal: what the modes of many atoms are told apart by.

#include "ops/hessian.hpp"
#include "ops/panels.hpp"

namespace mg {

/// The largest eigenvalue of B^-1 H, by powers of it on a panel of random vectors: some per cent too small at most.
/// `inverse` (slots) are the blocks of B^-1.
template <class Space>
double largest_eigenvalue(const Hessian<Space>& hessian, const Array<Mat3, Space>& inverse);

/// The part of the spectrum that a filter takes away.
struct SpectralInterval {
    double low, high;  ///< of B^-1 H
};

/// p <- T(B^-1 H) p / T(0), where T is Chebyshev's polynomial of order `steps` of the interval: eigenvectors within it
/// shrink to 1 / T(0), that of 0 stays, and what lies between 0 and `low` shrinks the less the closer it is to 0 (Y.
/// Saad, Iterative Methods for Sparse Linear Systems, 2nd ed., SIAM 2003, section 12.3).
template <class Space>
void chebyshev_filter(const Hessian<Space>& hessian, const Array<Mat3, Space>& inverse, SpectralInterval away,
                      int steps, Panels<Space>& p);

}  // namespace mg
