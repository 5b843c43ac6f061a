#pragma once
/// \file Vibrations in the harmonic approximation: the softest modes of a structure at rest, and how many modes there
/// are at each frequency.
///
/// With H e' = m w^2 e' for displacements e' and e = m^(1/2) e' of length 1, a mode is an eigenvector e of the
/// dynamical matrix m^(-1/2) H m^(-1/2) at the wave vector 0 of the whole cell.

#include <functional>
#include <optional>
#include <vector>

#include "core/vec3.hpp"
#include "ops/hessian.hpp"

namespace mg {

struct ModesOptions {
    int count = 50;           ///< modes, the translations left out
    double tolerance = 1e-4;  ///< residual |D e - w^2 e| over the largest w^2 that is asked for
};

/// The softest modes of N atoms; fewer than asked for where there are not so many.
struct SoftestModes {
    std::vector<double> frequency;            ///< [1/ps = THz] (count), rising; those of unstable modes are negative
    std::vector<double> participation_ratio;  ///< (count) 1 / (N sum_i |e_i|^4): 1/N for one atom, 1 for all alike
    std::vector<double> participation;  ///< (N) mean over the modes of N |e_i|^2: 1 where all atoms take part alike
    std::vector<Vec3> softest;          ///< (N) displacements in the first, the largest of them of length 1
    double residual = 0;                ///< the largest, as of `tolerance`
};

/// By subspace iteration: a block of vectors is filtered by Chebyshev's polynomials of m^-1 H, then rotated to the
/// eigenvectors within it (Y. Zhou, Y. Saad, M. L. Tiago, J. R. Chelikowsky, J. Comput. Phys. 219, 172 (2006)). `mass`
/// [eV ps^2/A^2] is by atom. A product with H is all that is asked of it: some 4,000 of them for 50 modes. `give_up`,
/// asked now and then: returns nothing. The same bits for any number of threads.
template <class Space>
std::optional<SoftestModes> softest_modes(const Hessian<Space>& hessian, const std::vector<double>& mass,
                                          const ModesOptions& options, const std::function<bool()>& give_up = {});

/// The vibrational density of states g, of which the integral over frequency is 1.
struct DensityOfStates {
    std::vector<double> frequency;   ///< [THz] (bins) centres of equal bins from 0 on
    std::vector<double> total;       ///< [1/THz] (bins)
    std::vector<double> of_species;  ///< [1/THz] (species, bins) sum_i of the species |e_i|^2: they add up to `total`
};

inline constexpr int density_bins = 200;

/// By the kernel polynomial method with Jackson's kernel and 32 random vectors (A. Weisse et al., Rev. Mod. Phys. 78,
/// 275 (2006)): resolution 1.3 % of the largest frequency near 0. Its relative error is some 1 / sqrt(32 modes in a
/// resolution). `species` (N) counts from 0.
template <class Space>
std::optional<DensityOfStates> density_of_states(const Hessian<Space>& hessian, const std::vector<double>& mass,
                                                 const std::vector<int>& species, int species_count, int bins,
                                                 const std::function<bool()>& give_up = {});

}  // namespace mg
