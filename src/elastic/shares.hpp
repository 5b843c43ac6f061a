#pragma once
/// \file Which springs make an atom soft or stiff.
///
/// With x_w = H^-1 e_iw and S_i = tr (H^-1)_ii = 1 / K_i, a spring k of the network, whose part of H is k B, has
/// dS_i/dk = - sum_w x_w^T B x_w. K_i is homogeneous of degree one in all springs together, so (Euler)
///
///   1 = sum over springs (k / K_i) dK_i/dk = sum over springs K_i k sum_w x_w^T B x_w,
///
/// of which each term is the share of that spring in K_i: that of a softer spring is what the atom lacks.

#include <functional>
#include <optional>
#include <vector>

#include "ops/elastic.hpp"

namespace mg {

/// Means over atoms; all of them together are 1, but for the tolerance of x.
struct StiffnessShares {
    std::vector<double> distance;  ///< [A] (bins) middles of bins of the bond's length, from innermost to the cutoff
    std::vector<double> along;     ///< (pairs of species, bins) of the springs along bonds
    std::vector<double> across;    ///< (pairs of species, bins) of those across them, of a bond's tension
    std::vector<double> reach;     ///< (rings) of both, the bond's nearer atom being k to k + 1 A from the atom itself
    double density = 0;            ///< of the term F'' (grad s)(grad s)^T
};

/// Of atoms of the structure that the glass was prepared from, at the parameters last set. Distances to bonds are those
/// of nearest images. Throws PhysicsError where the matrix is not positive definite. `give_up`, asked now and then:
/// returns nothing.
template <class Space>
std::optional<StiffnessShares> stiffness_shares(const ElasticGlass<Space>& glass, const ElasticShape& shape,
                                                const Structure& structure, const std::vector<int>& atoms,
                                                double tolerance, const std::function<bool()>& give_up = {});

/// `most` atoms of the softest tenth, or of the stiffest, evenly from one end of the tenth to the other; fewer where
/// there are not so many.
std::vector<int> of_tenth(const std::vector<double>& stiffness, bool stiffest, int most);

}  // namespace mg
