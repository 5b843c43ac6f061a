#pragma once
/// \file Elastic constants of a structure at rest at 0 K, by finite strain.

#include <array>
#include <functional>
#include <optional>

#include "core/structure.hpp"
#include "physics/eam_potential.hpp"
#include "physics/elasticity.hpp"

namespace mg {

/// Defaults are from a sweep over a glass of 4000 atoms (K = 108.1, G = 23.4 GPa): between strains of 1e-5 and 3e-4 K
/// and G change by less than 0.05 %; from 1e-3 on atoms rearrange, and G is 0.8 to 2.5 % lower. At 1e-4 a force of 1e-6
/// leaves 3e-5 of G and one of 1e-5 1e-3; at a strain of 1e-5 that is 5e-4 and 5 %.
struct ElasticOptions {
    double strain = 1e-4;     ///< + and -, in each of Voigt's six directions
    double force_max = 1e-7;  ///< [eV/A] largest force on an atom that counts as at rest
    long max_steps = 200000;  ///< of FIRE, for one relaxation
    double irregular = 0.02;  ///< bound of ElasticDirection::irregularity
    int halvings = 4;         ///< of the strain, at most, where a direction exceeds the bound

    bool operator==(const ElasticOptions&) const = default;
};

/// How the calculation for one of Voigt's directions went.
struct ElasticDirection {
    double strain = 0;  ///< at which its constants were taken
    int halvings = 0;   ///< of the strain, because the bound was exceeded
    /// How far the relaxed copies at +strain and -strain are from one elastic branch; of the order of the strain where
    /// both are on it, larger where atoms have rearranged. It is the larger of two measures:
    /// * half the largest difference of the slopes of a stress at either side of rest, in units of the largest diagonal
    ///   element of the relaxed C;
    /// * the relative difference of the second derivatives of the energy from energies and from stresses: work that was
    ///   dissipated by rearrangements.
    double irregularity = 0;
    long steps = 0;  ///< of FIRE, of the longer of both relaxations
};

/// The stress-strain coefficients B_ijkl = d sigma_ij / d epsilon_kl at the stress of the structure itself
/// (physics/elasticity.hpp), symmetrised: the second derivatives of the energy where that stress is zero. With
/// deviatoric stress B is not symmetric, B_ijkl - B_klij = s_kl d_ij - s_ij d_kl; what `asymmetry` has beyond that is
/// numerical error.
struct ElasticConstants {
    ElasticMatrix affine;         ///< [eV/A^3] atoms follow the cell: Born's term
    ElasticMatrix relaxed;        ///< [eV/A^3] atoms at rest in the strained cell
    double affine_asymmetry = 0;  ///< [eV/A^3] largest |B_ij - B_ji| before symmetrising
    double asymmetry = 0;         ///< [eV/A^3] of the relaxed ones
    Sym3 stress;                  ///< [eV/A^3] at rest, positive in tension: minus the pressure tensor
    double energy = 0;            ///< [eV] at rest
    double volume = 0;            ///< [A^3]
    std::array<ElasticDirection, 6> direction;

    /// [eV/A^3] What the atoms' own displacements add, mostly negative.
    ElasticMatrix non_affine() const { return relaxed - affine; }
};

/// Cell and atoms moved by 1 + strain.
Structure deformed(const Structure& structure, const Mat3& strain);

/// Relaxes `inherent` at fixed cell, then copies of it in cells (1 +- epsilon) h, twelve side by side, in `double`, and
/// takes central differences of their stresses, so that the stress at rest drops out. Cells must be 2 (cutoff + skin)
/// wide after the strain. Beyond the bound of irregularity, as where atoms rearrange (a plastic event), the direction's
/// strain is halved and tried again. Throws PhysicsError where a relaxation does not converge, or the least strain is
/// beyond the bound as well; `give_up`, asked now and then: returns nothing.
template <class Space>
std::optional<ElasticConstants> elastic_constants(const Structure& inherent, const EamPotential& potential, double skin,
                                                  const ElasticOptions& options = {},
                                                  const std::function<bool()>& give_up = {});

}  // namespace mg
