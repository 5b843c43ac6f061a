#pragma once
/// \file Eigenpairs of a small dense matrix, on the host: what is left of a large one within a block of vectors.

#include <vector>

namespace mg {

struct RitzPairs {
    std::vector<double> value;   ///< (n) rising
    std::vector<double> vector;  ///< (n, n) one after the other, y' G y = 1
};

/// Solves H y = lambda G y (Rayleigh and Ritz) for symmetric H and positive definite G, both (n, n).
RitzPairs ritz_pairs(const std::vector<double>& h, const std::vector<double>& g, int n);

}  // namespace mg
