#pragma once
/// \file Sweeps of the Hessian: its bonds from positions, and its products with many vectors at once.

#include "core/incident.hpp"
#include "physics/eam.hpp"
#include "physics/hessian.hpp"
#include "physics/table_place.hpp"
#include "sweeps/neighbor_scan.hpp"

namespace mg {

/// The potential's exact tables as these sweeps read them (EamTables).
struct HessianTables {
    int species, pieces, embedding_pieces;
    double inverse_dr, inverse_drho;
    const int* table_of;
    const PairPiece<double>* exact;
    const Cubic<double>* embedding;

    MG_HD const PairPiece<double>& piece(int source, int center, int k) const {
        return exact[table_of[source * species + center] * pieces + k];
    }
    MG_HD Derivatives density(int source, int center, GridPoint<double> g) const {
        return derivatives(piece(source, center, g.piece).density, g.fraction, inverse_dr);
    }
    MG_HD Derivatives pair(int source, int center, GridPoint<double> g, double r) const {
        return pair_from_z(derivatives(piece(source, center, g.piece).pair, g.fraction, inverse_dr), r);
    }
};

/// rho, F' and F'' of a slot, and how many bonds it has.
struct HessianDensitySweep {
    NeighborScan neighbors;
    HessianTables tables;
    double* embedding_slope;
    double* embedding_curvature;
    int* bonds;

    MG_HD void operator()(int slot) const {
        const int mine = neighbors.species_of_slot[slot];
        double rho = 0;
        int count = 0;
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            neighbors.scan(c, which, [&](double r, int kind, Vec3) {
                rho += tables.density(kind, mine, locate(r, tables.inverse_dr, tables.pieces)).value;
                ++count;
            });
        const GridPoint<double> g = locate(rho, tables.inverse_drho, tables.embedding_pieces);
        const Derivatives f =
            derivatives(tables.embedding[mine * tables.embedding_pieces + g.piece], g.fraction, tables.inverse_drho);
        embedding_slope[slot] = f.slope;
        // Beyond the last knot F goes on as a line.
        embedding_curvature[slot] = rho * tables.inverse_drho > tables.embedding_pieces ? 0.0 : f.curvature;
        bonds[slot] = count;
    }
};

/// The bonds of a slot, and the force on its atom.
struct HessianBondSweep {
    NeighborScan neighbors;
    HessianTables tables;
    const double* embedding_slope;
    const int* first;  ///< (slots + 1)
    HessianBond* bond;
    Vec3* force;

    MG_HD void operator()(int slot) const {
        const int mine = neighbors.species_of_slot[slot];
        int at = first[slot];
        Vec3 sum;
        const NeighborScan::Center c = neighbors.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            neighbors.images(c, which, [&](int k, Vec3 difference) {
                const Vec3 d = c.h * difference;
                const double d2 = norm2(d);
                if (!(d2 < neighbors.reach * neighbors.reach)) return;
                const double r = __builtin_sqrt(d2);
                const int other = neighbors.species_of_slot[k];
                const GridPoint<double> g = locate(r, tables.inverse_dr, tables.pieces);
                bond[at] = hessian_bond(d, r, embedding_slope[slot], embedding_slope[k], tables.pair(other, mine, g, r),
                                        tables.density(other, mine, g), tables.density(mine, other, g), k);
                sum += bond[at].perpendicular * d;
                ++at;
            });
        force[slot] = sum;
    }
};

/// The bonds of a structure and F'' of its atoms, by slot.
struct HessianView {
    int slots;
    const int* first;
    const HessianBond* bond;
    const double* curvature;
    double on_site;  ///< on the diagonal
};

/// The diagonal block H_ii.
struct HessianDiagonalSweep {
    HessianView h;
    Mat3* block;  ///< (slots)

    MG_HD void operator()(int slot) const {
        Mat3 sum = diagonal(h.on_site, h.on_site, h.on_site);
        Vec3 own;
        const auto add_outer = [&](Vec3 g, double factor) { sum = sum + factor * to_matrix(symmetric_outer(g)); };
        for (int k = h.first[slot]; k < h.first[slot + 1]; ++k) {
            const HessianBond& b = h.bond[k];
            if (b.neighbor == slot) continue;  // an image of its own: it moves along
            sum = sum + bond_block(b);
            own += -b.here * Vec3{b.x, b.y, b.z};
            add_outer(-b.there * Vec3{b.x, b.y, b.z}, h.curvature[b.neighbor]);
        }
        add_outer(own, h.curvature[slot]);
        block[slot] = sum;
    }
};

/// Vectors stand side by side in *panels* of this many: row 3 slot + k of a panel has element k of the slot in each.
inline constexpr int panel_width = 16;

/// H v of the pairs, and q = F'' t of each atom; `columns` vectors of a panel at a time.
template <int columns>
struct HessianPairSweep {
    HessianView h;
    const double* v;  ///< (panels, 3 slots, panel_width)
    double* result;   ///< likewise
    double* q;        ///< (panels, slots, panel_width)

    MG_HD void operator()(int index) const {
        constexpr int parts = panel_width / columns;
        const int row = index / parts, offset = index % parts * columns;
        const int panel = row / h.slots, slot = row % h.slots;
        const long base = 3L * panel * h.slots * panel_width + offset;
        const double* const from = v + base;
        const double* const mine = from + 3L * slot * panel_width;
        double x[columns], y[columns], z[columns], t[columns];
        for (int c = 0; c < columns; ++c) {
            x[c] = h.on_site * mine[c];
            y[c] = h.on_site * mine[panel_width + c];
            z[c] = h.on_site * mine[2 * panel_width + c];
            t[c] = 0;
        }
        for (int k = h.first[slot]; k < h.first[slot + 1]; ++k) {
            const HessianBond& b = h.bond[k];
            const double* const other = from + 3L * b.neighbor * panel_width;
            const double ux = b.x, uy = b.y, uz = b.z, perpendicular = b.perpendicular, excess = b.excess,
                         here = b.here;
            for (int c = 0; c < columns; ++c) {
                const double dx = mine[c] - other[c], dy = mine[panel_width + c] - other[panel_width + c],
                             dz = mine[2 * panel_width + c] - other[2 * panel_width + c];
                const double along = ux * dx + uy * dy + uz * dz, along_excess = excess * along;
                x[c] += perpendicular * dx + along_excess * ux;
                y[c] += perpendicular * dy + along_excess * uy;
                z[c] += perpendicular * dz + along_excess * uz;
                t[c] -= here * along;
            }
        }
        double* const to = result + base + 3L * slot * panel_width;
        double* const to_q = q + (static_cast<long>(panel) * h.slots + slot) * panel_width + offset;
        const double curvature = h.curvature[slot];
        for (int c = 0; c < columns; ++c) {
            to[c] = x[c];
            to[panel_width + c] = y[c];
            to[2 * panel_width + c] = z[c];
            to_q[c] = curvature * t[c];
        }
    }
};

/// Adds what the densities give: - sum_j (q_i f'_{j->i} + q_j f'_{i->j}) u.
template <int columns>
struct HessianDensityTermSweep {
    HessianView h;
    const double* q;
    double* result;

    MG_HD void operator()(int index) const {
        constexpr int parts = panel_width / columns;
        const int row = index / parts, offset = index % parts * columns;
        const int panel = row / h.slots, slot = row % h.slots;
        const double* const all = q + static_cast<long>(panel) * h.slots * panel_width + offset;
        const double* const mine = all + static_cast<long>(slot) * panel_width;
        double x[columns], y[columns], z[columns];
        for (int c = 0; c < columns; ++c) x[c] = y[c] = z[c] = 0;
        for (int k = h.first[slot]; k < h.first[slot + 1]; ++k) {
            const HessianBond& b = h.bond[k];
            const double* const other = all + static_cast<long>(b.neighbor) * panel_width;
            const double ux = b.x, uy = b.y, uz = b.z, here = b.here, there = b.there;
            for (int c = 0; c < columns; ++c) {
                const double w = mine[c] * here + other[c] * there;
                x[c] += w * ux;
                y[c] += w * uy;
                z[c] += w * uz;
            }
        }
        double* const to = result + (3L * panel * h.slots + 3L * slot) * panel_width + offset;
        for (int c = 0; c < columns; ++c) {
            to[c] -= x[c];
            to[panel_width + c] -= y[c];
            to[2 * panel_width + c] -= z[c];
        }
    }
};

/// One row of atoms of a block of H: the rows of atom k of `chosen`, its columns up to the diagonal (3 k + 2), of the
/// symmetric matrix of all chosen atoms, column-major, lower half. Cost: 9 multiplications for each pair of neighbours
/// of the atom's neighbours.
struct HessianBlockSweep {
    HessianView h;
    const int* chosen;   ///< slots of the chosen atoms
    const int* place;    ///< (slots) where a slot stands among the chosen, or -1
    double translation;  ///< what is added for equal directions: lifts the three translations
    double* matrix;      ///< (3 atoms, 3 atoms)
    long stride;

    MG_HD void add(int row, int column, const Mat3& m) const {
        double* const at = matrix + 3L * column * stride + 3L * row;
        for (int j = 0; j < 3; ++j)
            for (int i = 0; i < 3; ++i) at[j * stride + i] += m(i, j);
    }
    /// Adds a (x) b for neighbour or self `slot`.
    MG_HD void add_outer(int row, int slot, Vec3 a, Vec3 b) const {
        const int column = place[slot];
        if (column < 0 || column > row) return;
        const double left[3] = {a.x, a.y, a.z}, right[3] = {b.x, b.y, b.z};
        double* const at = matrix + 3L * column * stride + 3L * row;
        for (int j = 0; j < 3; ++j)
            for (int i = 0; i < 3; ++i) at[j * stride + i] += left[i] * right[j];
    }
    /// What the density at `m` gives the row of an atom along which it changes by g.
    MG_HD void add_density(int row, int m, Vec3 g) const {
        const Vec3 a = h.curvature[m] * g;
        Vec3 own;
        for (int k = h.first[m]; k < h.first[m + 1]; ++k) {
            const HessianBond& b = h.bond[k];
            const Vec3 gradient = b.here * Vec3{b.x, b.y, b.z};
            own += -1.0 * gradient;
            add_outer(row, b.neighbor, a, gradient);
        }
        add_outer(row, m, a, own);
    }

    MG_HD void operator()(int row) const {
        const int slot = chosen[row];
        for (int column = 0; column <= row; ++column)
            for (int j = 0; j < 3; ++j)
                for (int i = 0; i < 3; ++i)
                    matrix[(3L * column + j) * stride + 3L * row + i] = i == j ? translation : 0.0;
        add(row, row, diagonal(h.on_site, h.on_site, h.on_site));
        Vec3 own;
        for (int k = h.first[slot]; k < h.first[slot + 1]; ++k) {
            const HessianBond& b = h.bond[k];
            const Vec3 u{b.x, b.y, b.z};
            const Mat3 block = bond_block(b);
            add(row, row, block);
            if (const int column = place[b.neighbor]; column >= 0 && column <= row) add(row, column, -1.0 * block);
            own += -b.here * u;
            add_density(row, b.neighbor, -b.there * u);
        }
        add_density(row, slot, own);
    }
};

}  // namespace mg
