#pragma once
/// \file The minimum of a glass that saddle searches begin at.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// A minimum of the energy, where searches begin.
struct Minimum {
    Structure structure;
    std::vector<double> density;  ///< (n) embedding densities
    double energy = 0;            ///< [eV]
};

/// A short run of dynamics before the searches (settling), of which the lowest minimum is taken: a fast quench leaves
/// atoms in the upper of two minima some meV apart, to which a descent of the whole system would not come back.
struct SettleOptions {
    double temperature = 50;  ///< [K] of a study: quench.final_K
    double time = 10;         ///< [ps] of the run; 0: no run
    double every = 1;         ///< [ps] between minimisations
    double timestep = 0.002;  ///< [ps]

    bool operator==(const SettleOptions&) const = default;
};

/// Minimises a structure in `double` until |F| <= 1e-4 eV/A and no atom has more than 1e-5 eV/A, after settling it in
/// NVT. The minimum is tested: after a random displacement of 0.01 A per atom and another minimisation the energy must
/// be the same to within 1e-6 eV, else the lower of both structures is tested in turn. Throws PhysicsError where five
/// tests have failed; returns null where `give_up` asks for it.
template <class Space>
std::shared_ptr<const Minimum> find_minimum(const Structure& structure, const EamPotential& potential, double skin,
                                            std::uint64_t seed, const SettleOptions& settle,
                                            const std::function<bool()>& give_up = {});

}  // namespace mg
