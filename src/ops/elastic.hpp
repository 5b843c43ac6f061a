#pragma once
/// \file The learned elastic network on a structure: its Hessian, its forces, and derivatives by its parameters.

#include <string>
#include <vector>

#include "core/structure.hpp"
#include "ops/hessian.hpp"
#include "ops/panels.hpp"
#include "physics/bspline.hpp"
#include "sweeps/elastic.hpp"

namespace mg {

/// The shape of a network: its B-splines and where its parameters stand. All V' first, of the pairs of species a <= b
/// in the order (0, 0), (0, 1) .. (0, n - 1), (1, 1) ..; then g, (species of the atom, of the neighbour, basis); then c
/// (species).
struct ElasticShape {
    int species = 0;
    CubicBasis pair, density;

    int pairs() const { return species * (species + 1) / 2; }
    int pair_of(int a, int b) const;
    int pair_parameters(int a, int b) const { return pair_of(a, b) * pair.size(); }
    int density_parameters(int atom, int neighbor) const {
        return pairs() * pair.size() + (atom * species + neighbor) * density.size();
    }
    int first_cubic() const { return density_parameters(species, 0); }
    int parameters() const { return first_cubic() + species; }
    double cutoff() const { return pair.end() > density.end() ? pair.end() : density.end(); }
};

/// A structure, prepared once: 232 bytes for each directed bond, some 105 per atom in Cu50Zr50. `hessian` is that of
/// the parameters last set.
template <class Space>
struct ElasticGlass {
    int species = 0, density_basis = 0, parameters = 0, first_density = 0, first_cubic = 0;
    Array<int, Space> kind;
    Array<ElasticBond, Space> bond;
    Array<double, Space> integral;  ///< (slots, species, density basis)
    Array<double, Space> parameter, s;
    Array<double, Space> virial;  ///< [eV] (slots) sum_j f_ij r_ij
    Hessian<Space> hessian;

    ElasticView view() const {
        return {hessian.slots, density_basis,        species,     parameters,     first_density, first_cubic,
                kind.data(),   hessian.first.data(), bond.data(), integral.data()};
    }
};

/// sum_j G of each B-spline over the neighbours of each atom, (n, species, density basis), in the order of the
/// structure; species refer to the structure's elements. Every periodic image counts.
std::vector<double> density_integrals(const ElasticShape& shape, const Structure& structure);

/// `mean` (species, species, density basis) is taken off those of each atom of a species.
template <class Space>
ElasticGlass<Space> prepare_elastic(const ElasticShape& shape, const Structure& structure,
                                    const std::vector<double>& mean);

/// Sets the springs, with a spring of `on_site` [eV/A^2] that holds each atom where it is.
template <class Space>
void set_parameters(ElasticGlass<Space>& glass, const std::vector<double>& parameter, double on_site = 0);

/// Derivatives of the forces by the parameters, (3 slots, parameters), and of the virials, (slots, parameters), both
/// column-major, at the parameters last set.
template <class Space>
void force_derivatives(const ElasticGlass<Space>& glass, Array<double, Space>& rows, Array<double, Space>& virials);

/// d tr (H^-1)_ii / d parameter for labels side by side in panels of x = H^-1 e, three columns each, labels_per_panel
/// in a panel: (panels, labels_per_panel, parameters). `work` is the op's own. The same bits for any number of threads.
template <class Space>
void compliance_derivatives(const ElasticGlass<Space>& glass, const Panels<Space>& x, Array<double, Space>& gradient,
                            Array<double, Space>& work);

}  // namespace mg
