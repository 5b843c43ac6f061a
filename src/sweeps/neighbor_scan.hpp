#pragma once
/// \file All neighbours of a slot within a reach, by a walk through the cells: for what is computed now and then.

#include "core/box.hpp"
#include "physics/cell_grid.hpp"
#include "sweeps/row_layout.hpp"

namespace mg {

/// Walks the cells within reach as *images* (cell coordinates that may leave the cell), so boxes of any size count
/// every image; no nearest image is assumed.
struct NeighborScan {
    double reach;  ///< [A]
    const int* replica_of;
    const int* first_cell;
    const CellGrid* grid;
    const int* cell_start;
    const Box* box;
    const int* atom_of_slot;
    const int* species_of_slot;
    Fractions fraction;

    /// A slot, the cell it is in, and the cells around it.
    struct Center {
        int slot;
        Vec3 s;
        Mat3 h;
        CellGrid grid;
        int first_cell;
        int home[3];
        MG_HD int cells_along(int k) const { return 2 * grid.stencil[k] + 1; }
        MG_HD int cells() const { return cells_along(0) * cells_along(1) * cells_along(2); }
    };
    MG_HD Center center(int slot) const {
        const int r = replica_of[slot];
        Center c{slot, fraction[slot], box[r].h, grid[r], first_cell[r], {}};
        const int cell = cell_index(c.grid, c.s);
        c.home[0] = cell % c.grid.n[0];
        c.home[1] = cell / c.grid.n[0] % c.grid.n[1];
        c.home[2] = cell / (c.grid.n[0] * c.grid.n[1]);
        return c;
    }

    /// visit(slot, difference of the fractions) for each image in one of the cells around, the slot's own left out.
    template <class Visit>
    MG_HD void images(const Center& c, int which, const Visit& visit) const {
        int image[3], cell[3];
        for (int k = 0; k < 3; ++k) {
            const int there = c.home[k] - c.grid.stencil[k] + which % c.cells_along(k);
            which /= c.cells_along(k);
            image[k] = floor_divide(there, c.grid.n[k]);
            cell[k] = there - image[k] * c.grid.n[k];
        }
        const int there = c.first_cell + (cell[2] * c.grid.n[1] + cell[1]) * c.grid.n[0] + cell[0];
        const bool self_image = image[0] == 0 && image[1] == 0 && image[2] == 0;
        for (int k = cell_start[there]; k < cell_start[there + 1]; ++k) {
            if (self_image && k == c.slot) continue;
            const Vec3 f = fraction[k];
            visit(k, Vec3{f.x - c.s.x + image[0], f.y - c.s.y + image[1], f.z - c.s.z + image[2]});
        }
    }

    /// visit(distance [A], species, vector to it [A]) for each neighbour in one of the cells around.
    template <class Visit>
    MG_HD void scan(const Center& c, int which, const Visit& visit) const {
        images(c, which, [&](int k, Vec3 difference) {
            const Vec3 d = c.h * difference;
            const double d2 = norm2(d);
            if (!(d2 < reach * reach)) return;  // true for NaN as well
            visit(__builtin_sqrt(d2), species_of_slot[k], d);
        });
    }

    static MG_HD int floor_divide(int a, int n) { return a >= 0 ? a / n : -((-a + n - 1) / n); }
};

}  // namespace mg
