#pragma once
/// \file Neighbours per shell and species of every atom, all periodic images.

#include "core/box.hpp"
#include "physics/cell_grid.hpp"
#include "physics/shells.hpp"
#include "sweeps/row_layout.hpp"

namespace mg {

/// One slot: walks the cells within reach as *images* (cell coordinates that may leave the cell), so boxes of any
/// size count every image; no nearest image is assumed.
struct ShellSweep {
    double r_min, r_max, inverse_width;
    int shells, species;
    const int* replica_of;
    const int* first_cell;
    const CellGrid* grid;
    const int* cell_start;
    const Box* box;
    const int* atom_of_slot;
    const int* species_of_slot;
    Fractions fraction;
    int* counts;  ///< (atoms, shells, species)

    MG_HD void operator()(int slot) const {
        const int r = replica_of[slot];
        const CellGrid g = grid[r];
        const Mat3 h = box[r].h;
        const Vec3 s = fraction[slot];
        const int cell = cell_index(g, s);
        const int home[3] = {cell % g.n[0], cell / g.n[0] % g.n[1], cell / (g.n[0] * g.n[1])};
        int* mine = counts + static_cast<long>(atom_of_slot[slot]) * shells * species;
        for (int k = 0; k < shells * species; ++k) mine[k] = 0;
        for (int c = home[2] - g.stencil[2]; c <= home[2] + g.stencil[2]; ++c) {
            const int nc = floor_divide(c, g.n[2]);
            for (int b = home[1] - g.stencil[1]; b <= home[1] + g.stencil[1]; ++b) {
                const int nb = floor_divide(b, g.n[1]);
                for (int a = home[0] - g.stencil[0]; a <= home[0] + g.stencil[0]; ++a) {
                    const int na = floor_divide(a, g.n[0]);
                    const int there =
                        first_cell[r] + ((c - nc * g.n[2]) * g.n[1] + b - nb * g.n[1]) * g.n[0] + a - na * g.n[0];
                    const bool self_image = na == 0 && nb == 0 && nc == 0;
                    for (int k = cell_start[there]; k < cell_start[there + 1]; ++k) {
                        if (self_image && k == slot) continue;
                        const Vec3 f = fraction[k];
                        const Vec3 d = h * Vec3{f.x - s.x + na, f.y - s.y + nb, f.z - s.z + nc};
                        const double d2 = norm2(d);
                        if (d2 >= r_max * r_max) continue;
                        const int shell = shell_of(__builtin_sqrt(d2), r_min, inverse_width, shells);
                        if (shell >= 0) ++mine[shell * species + species_of_slot[k]];
                    }
                }
            }
        }
    }

    static MG_HD int floor_divide(int a, int n) { return a >= 0 ? a / n : -((-a + n - 1) / n); }
};

}  // namespace mg
