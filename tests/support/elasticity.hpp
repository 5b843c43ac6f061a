#pragma once
/// \file Elastic matrices for tests.

#include <algorithm>
#include <cmath>

#include "physics/elasticity.hpp"

namespace mg {

inline ElasticMatrix cubic(double c11, double c12, double c44) {
    ElasticMatrix c;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) c(i, j) = i == j ? c11 : c12;
    for (int i = 3; i < 6; ++i) c(i, i) = c44;
    return c;
}

inline double largest_difference(const ElasticMatrix& a, const ElasticMatrix& b) {
    double largest = 0;
    for (const double d : (a - b).element) largest = std::max(largest, std::abs(d));
    return largest;
}

}  // namespace mg
