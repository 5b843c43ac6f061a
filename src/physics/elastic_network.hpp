#pragma once
/// \file The learned elastic network: springs between atoms whose laws are learned from stiffness.
///
/// For each pair of species a law V'_ab(r), for each ordered pair (atom a, neighbour b) a law g_ab(r), G'_ab = g_ab,
/// all zero from the cutoff on. With s_i = sum_j G_ij(r_ij) less its mean over the training's atoms of the species,
///
///   F_a(s)    = s^2 / 2 + c_a s^3 / 6           embedding of species a, F'' = 1 + c_a s
///   f_ij      = V'  + F'_i g_ij  + F'_j g_ji    tension of the bond [eV/A]
///   k_par     = V'' + F'_i g'_ij + F'_j g'_ji   spring along it [eV/A^2]
///   k_perp    = f_ij / r                        and across it
///   H         = sum over bonds of the springs + sum_i F''_i (grad s_i) (grad s_i)^T
///   K_i       = 1 / tr (H^-1)_ii,               F_i = sum_j f_ij u_ij, which is zero at a minimum
///
/// So the network is the Hessian of an embedded-atom potential: pairs V, densities G of Finnis's and Sinclair's kind,
/// and F_a of rho - mean_a. Whatever works for such a potential works for it: the op `Hessian`, the schemes
/// of inversion, minimisers, LAMMPS.
///
/// A displacement x_w of all atoms for each direction w, x_w = H^-1 e_iw, gives the change of tr (H^-1)_ii with any
/// parameter p, the adjoint way: - sum_w x_w^T (dH/dp) x_w. Of a bond with u . (x_i - x_j) = par_w,
///   d/dk_par = - sum_w par_w^2,  d/dk_perp = - sum_w (|x_i - x_j|^2 - par_w^2),
/// and of grad s_i, with q_w = sum_j g_ij u . (x_j - x_i)_w:
///   d/dF''_i = - sum_w q_w^2,  d/dg_ij = - 2 F''_i sum_w q_w u . (x_j - x_i)_w.

#include "core/macros.hpp"

namespace mg {

/// A directed bond (from its slot to a neighbour) with the B-splines that do not vanish at its length. Each bond stands
/// twice. `here` is the law g of the slot's atom for the neighbour, `there` that of the neighbour for it.
struct ElasticBond {
    double inverse_length;                ///< [1/A]
    double pair_value[4], pair_slope[4];  ///< of V'
    double value[4], slope[4];            ///< of g
    int pair;                             ///< parameter of the first of V'
    int here, there;                      ///< and of the g
};

/// Slope and curvature of an embedding, and their derivatives by s and c.
struct ElasticEmbedding {
    double slope, curvature;            ///< F', F''
    double slope_by_c, curvature_by_c;  ///< (F'' is F' by s, and c is F'' by s)
};
inline namespace MG_TARGET {
MG_HD ElasticEmbedding elastic_embedding(double s, double c) {
    return {s * (1 + 0.5 * c * s), 1 + c * s, 0.5 * s * s, s};
}
}  // namespace MG_TARGET

}  // namespace mg
