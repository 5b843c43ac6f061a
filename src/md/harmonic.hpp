#pragma once
/// \file The harmonic stiffness of every atom: blocks of the inverse Hessian of a structure at rest.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/structure.hpp"
#include "ops/hessian.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// Ways to the blocks of the inverse Hessian of N atoms:
///  * dense: Cholesky's factors of the whole matrix. Exact; 18 N^3 operations, 72 N^2 bytes.
///  * cg: conjugate gradients, three right-hand sides for each atom, each until its own error is known to be below the
///    tolerance (md/harmonic_cg.cpp). Some 6e5 N^2 operations at a tolerance of 1e-3.
///  * clusters: groups of neighbouring atoms with all atoms around them that are free to move, in a medium of which
///    only smooth displacements are kept (md/harmonic_clusters.cpp). Some 5e8 N operations; a bias that a sample of
///    atoms done by cg takes out, and a scatter which that sample measures.
enum class HarmonicScheme { automatic, dense, cg, clusters };

struct HarmonicOptions {
    HarmonicScheme scheme = HarmonicScheme::automatic;
    double tolerance = 0.01;  ///< relative error of an atom's stiffness (clusters: root mean square over atoms)
    double memory = 8e9;      ///< [bytes] for matrices
    /// [A] Given, `clusters` leave just that free around each atom, and nothing is checked or scaled: for comparison
    /// with others of that reach.
    std::optional<double> reach = {};

    bool operator==(const HarmonicOptions&) const = default;
};

/// Of N atoms, in the order of the structure.
struct HarmonicStiffness {
    std::vector<Sym3> compliance;                   ///< [A^2/eV] (N) blocks (H^-1)_ii: <dr dr^T> = k_B T times it
    HarmonicScheme scheme = HarmonicScheme::dense;  ///< the one that was taken
    double error = 0;      ///< relative, root mean square: measured on `checked` atoms, or the bound that was kept
    int checked = 0;       ///< atoms of `clusters` that were done by conjugate gradients as well
    double scale = 1;      ///< that the stiffness from clusters was multiplied by
    double reach = 0;      ///< [A] around each atom that `clusters` left free
    double force_max = 0;  ///< [eV/A] at the positions given

    std::vector<double> stiffness() const;  ///< [eV/A^2] (N) 1 / tr compliance
};

/// Of the structure at the positions given, which should be a minimum of `potential` (smooth_potential()). Throws
/// PhysicsError where the Hessian is not positive definite but for translations. `give_up`, asked now and then: returns
/// nothing. The same bits for any number of threads.
template <class Space>
std::optional<HarmonicStiffness> harmonic_stiffness(const Structure& at_rest, const EamPotential& potential,
                                                    const HarmonicOptions& options = {},
                                                    const std::function<bool()>& give_up = {});

/// The same where the Hessian of the structure is there.
template <class Space>
std::optional<HarmonicStiffness> harmonic_stiffness(const Hessian<Space>& hessian, const Structure& at_rest,
                                                    const HarmonicOptions& options = {},
                                                    const std::function<bool()>& give_up = {});

/// Tensors as rows xx, yy, zz, yz, xz, xy, one after the other.
std::vector<double> voigt_rows(const std::vector<Sym3>& tensors);

/// What `automatic` takes for N atoms.
HarmonicScheme choose_scheme(int atoms, const HarmonicOptions& options);

/// [s] that the scheme which would be taken takes on a core of a host, about.
double harmonic_seconds(int atoms, const HarmonicOptions& options);

/// What is thrown where a matrix is not positive definite; `where` is a part of the structure.
PhysicsError not_a_minimum(const std::string& where);

// ---- The schemes themselves: compliances by slot, nothing where given up.

/// [eV/A^2] A matrix is inverted as H + this/N for equal directions of all pairs of atoms, which lifts the translations
/// from zero to it.
inline constexpr double lifted_translations = 2;
/// What is left of a block of that inverse without the share of the translations.
Sym3 without_translations(const Sym3& compliance, int slots);

/// Throws PhysicsError where a leading minor is not positive.
template <class Space>
std::vector<Sym3> dense_compliance(const Hessian<Space>& hessian);

/// x = H^-1 e for the three directions of each slot, translations taken off: the columns 3 k, 3 k + 1 and 3 k + 2 of
/// the k-th of five slots in a panel.
template <class Space>
struct CgSolution {
    Panels<Space> x;
    std::vector<Sym3> compliance;  ///< of the slots
    double error = 0;              ///< relative, of the worst of their stiffnesses, as estimated
    int iterations = 0;            ///< of the slowest
};
/// The slots' vectors are iterated together. `inverse` are inverse_diagonal_blocks(). Throws PhysicsError where a
/// direction of negative curvature is met.
template <class Space>
std::optional<CgSolution<Space>> cg_solve(const Hessian<Space>& hessian, const Array<Mat3, Space>& inverse,
                                          const std::vector<int>& slots, double tolerance,
                                          const std::function<bool()>& give_up);
/// Slots that are best solved together.
inline constexpr int cg_slots_at_a_time = 60;

struct CgResult {
    std::vector<Sym3> compliance;  ///< of the slots asked for
    double largest_error = 0;      ///< relative, as estimated
    int iterations = 0;            ///< of the slowest
};
template <class Space>
std::optional<CgResult> cg_compliance(const Hessian<Space>& hessian, const std::vector<int>& slots, double tolerance,
                                      const std::function<bool()>& give_up);

/// How clusters are cut, and the medium around them.
struct ClusterOptions {
    double group = 9;    ///< [A] edge of the cells whose atoms are one group
    double reach = 9;    ///< [A] around each atom of a group within which atoms are free
    double coarse = 9;   ///< [A] spacing of the medium's nodes
    int smoothing = 24;  ///< steps that turn the medium's displacements into those of the glass
};
/// The smooth displacements P of the medium, H P, and P^T H P.
template <class Space>
struct ClusterMedium {
    int columns = 0;
    Panels<Space> p, hp;
    Array<double, Space> lift;  ///< (3, columns) what the lifted translations add to each row of H P
    Array<double, Space> php;   ///< (columns, columns), column-major
};
/// Of `options` it asks the medium's alone.
template <class Space>
std::optional<ClusterMedium<Space>> make_medium(const Hessian<Space>& hessian, const Structure& structure,
                                                const ClusterOptions& options, const std::function<bool()>& give_up);
template <class Space>
std::optional<std::vector<Sym3>> cluster_compliance(const Hessian<Space>& hessian, const Structure& structure,
                                                    const ClusterMedium<Space>& medium, const ClusterOptions& options,
                                                    const std::function<bool()>& give_up);

}  // namespace mg
