#pragma once
/// \file Neighbours per shell and species of every atom, all periodic images.

#include "physics/shells.hpp"
#include "sweeps/neighbor_scan.hpp"

namespace mg {

/// One slot.
struct ShellSweep {
    NeighborScan neighbors;
    double r_min, inverse_width;
    int shells, species;
    int* counts;  ///< (atoms, shells, species)

    MG_HD int bins() const { return shells * species; }
    MG_HD int* counts_of(int slot) const { return counts + static_cast<long>(neighbors.atom_of_slot[slot]) * bins(); }

    /// count(bin) for each neighbour in one of the cells around.
    template <class Count>
    MG_HD void scan(const NeighborScan::Center& c, int which, const Count& count) const {
        neighbors.scan(c, which, [&](double r, int kind, Vec3) {
            const int shell = shell_of(r, r_min, inverse_width, shells);
            if (shell >= 0) count(shell * species + kind);
        });
    }

    MG_HD void operator()(int slot) const {
        int* mine = counts_of(slot);
        for (int k = 0; k < bins(); ++k) mine[k] = 0;
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which) scan(c, which, [&](int bin) { ++mine[bin]; });
    }
};

}  // namespace mg
