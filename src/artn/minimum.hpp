#pragma once
/// \file The minimum of a glass that saddle searches begin at.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// A minimum that searches begin at.
struct Minimum {
    Structure structure;
    std::vector<double> density;  ///< (n) embedding densities
    double energy = 0;            ///< [eV]
};

/// How a glass is settled before it is searched: a fast quench leaves atoms in the upper of two wells that lie
/// millielectronvolts apart, and a search of the whole system that comes back finds them in the lower.
struct SettleOptions {
    double temperature = 50;  ///< [K] of the glass itself
    double time = 10;         ///< [ps]; 0: not settled
    double every = 1;         ///< [ps] between minima, of which the lowest is taken
    double timestep = 0.002;  ///< [ps]

    bool operator==(const SettleOptions&) const = default;
};

/// Minimises a structure in `double` until |F| <= 1e-4 and no atom has more than 1e-5 eV/A, after settling it in NVT at
/// fixed cell, and makes sure of it: moved by 0.01 A per atom at random and minimised again, the energy must come back
/// to within 1e-6 eV, else the lower structure is tried in turn. Throws PhysicsError where five of them have failed.
/// `give_up`: returns null.
template <class Space>
std::shared_ptr<const Minimum> find_minimum(const Structure& structure, const EamPotential& potential, double skin,
                                            std::uint64_t seed, const SettleOptions& settle,
                                            const std::function<bool()>& give_up = {});

}  // namespace mg
