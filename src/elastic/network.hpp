#pragma once
/// \file The learned elastic network as plain host data: what is stored in a model file.

#include <string>
#include <vector>

#include "ops/elastic.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// Equations: physics/elastic_network.hpp. Functions are cubic splines on knots [A], the last of which is their cutoff.
struct ElasticNetwork {
    std::vector<std::string> elements;  ///< (species)
    std::vector<double> masses;         ///< [u] (species)
    std::vector<double> pair_knots;     ///< [A] of V'
    std::vector<double> density_knots;  ///< [A] of g
    std::vector<double> mean;           ///< (species, species, density basis) of density_integrals, over atoms
    std::vector<double> parameter;      ///< as ElasticShape has them

    ElasticShape shape() const;
};

/// 2 to 4 A every 0.1 A, then every 0.2 A up to the cutoff.
std::vector<double> pair_knots(double cutoff);
/// From 2 A on every 0.4 A, or a little more, up to the cutoff.
std::vector<double> density_knots(double cutoff);

/// Where learning starts: Morse potentials whose minima lie where pairs of a species are most frequent in the
/// structures, and weak densities. `mean` is that of the structures, whose elements are all the same.
ElasticNetwork initial_network(const std::vector<Structure>& structures, double cutoff);

/// The same network with a knot of V' in the middle of each two.
ElasticNetwork refined(const ElasticNetwork& network);

/// V'_ab [eV/A], or g_ab, of the network at a distance.
double pair_force(const ElasticNetwork& network, int a, int b, double r);
double density_slope(const ElasticNetwork& network, int atom, int neighbor, double r);

/// The laws of pairs at distances [A] (points): (pairs of species, points) [eV/A].
struct PairLaws {
    std::vector<double> distance;
    std::vector<double> learned;  ///< V'
    std::vector<double>
        potential;  ///< of an EAM potential: phi' + F'_a f'_(b at a) + F'_b f'_(a at b), at mean densities
};
/// `structures` are those whose mean densities the potential is taken at. Its elements are those of the network.
PairLaws pair_laws(const ElasticNetwork& network, const EamPotential& potential,
                   const std::vector<Structure>& structures);

/// The potential whose Hessian the network is, tabulated every 0.001 A.
EamPotential as_potential(const ElasticNetwork& network);

}  // namespace mg
