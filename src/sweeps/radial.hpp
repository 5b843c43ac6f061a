#pragma once
/// \file Radial functions of every atom, by the species of the neighbours.

#include "physics/radial.hpp"
#include "sweeps/neighbor_scan.hpp"

namespace mg {

/// One slot. A Gaussian is left out beyond six widths of its centre, where it is below 2e-8.
struct RadialSweep {
    NeighborScan neighbors;
    double first_center, spacing, width;  ///< [A]
    int functions, species;
    double* values;  ///< (atoms, species, functions)

    MG_HD void operator()(int slot) const {
        double* mine = values + static_cast<long>(neighbors.atom_of_slot[slot]) * species * functions;
        for (int k = 0; k < species * functions; ++k) mine[k] = 0;
        const double reach = 6 * width, exponent = 0.5 / (width * width);
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            neighbors.scan(c, which, [&](double r, int kind, Vec3) {
                const double f = radial_cutoff(r, neighbors.reach), at = r - first_center;
                const int begin = static_cast<int>(at > reach ? (at - reach) / spacing : 0.0);
                for (int k = begin; k < functions && k * spacing <= at + reach; ++k)
                    mine[kind * functions + k] += f * radial_gaussian(at - k * spacing, exponent);
            });
    }
};

}  // namespace mg
