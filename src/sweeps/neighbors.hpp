#pragma once
/// \file Sweeps of the neighbour build. Each returns at once for replicas whose rows still hold.

#include "core/batch.hpp"
#include "physics/cell_grid.hpp"
#include "physics/pair_geometry.hpp"
#include "sweeps/row_layout.hpp"

namespace mg {

/// Term of the reduction to the two largest squared non-affine displacements of a replica.
struct MovedTerm {
    const int* replica_of;
    const Vec3* position;
    const Vec3* reference_position;
    const Box* box;
    const Box* reference_box;
    long first_number;  ///< of this rank's atoms, see numbers_per_rank

    MG_HD TopTwo operator()(int i) const {
        const int r = replica_of[i];
        const Vec3 s = reference_box[r].inverse * reference_position[i];
        const double squared = norm2(position[i] - box[r].h * s);
        if (!(squared < 1e20)) return {0.0, 0.0, first_number + i};  // NaN, or beyond reason
        return {squared, 0.0};
    }
};

/// Per replica, given its two largest displacements: are the rows stale? New rows would not help a replica whose
/// positions are not finite, or whose cell is too small: it keeps those that it has.
struct StaleSweep {
    double cutoff, reach;
    long first_number;
    const Box* box;
    const Box* reference_box;
    int* stale;
    int* builds;
    Incident* incident;

    MG_HD void operator()(int r, const TopTwo& moved) const {
        stale[r] = 0;
        if (moved.lost != TopTwo::no_atom) {
            // Ranks that share the replica all come here.
            const long atom = moved.lost - first_number;
            const bool mine = atom >= 0 && atom < numbers_per_rank;
            return report_incident(incident, IncidentKind::not_finite, mine ? static_cast<int>(atom) : -1, -1,
                                   __builtin_nan(""));
        }
        const Mat3 deformation = box[r].h * reference_box[r].inverse;
        const double smallest_stretch = 1.0 - norm_bound(deformation - identity());
        const double gap = reach * smallest_stretch - __builtin_sqrt(moved.first) - __builtin_sqrt(moved.second);
        if (gap >= cutoff) return;
        const double width = smallest_width(box[r]);
        if (!(width >= 2.0 * reach)) return report_incident(incident, IncidentKind::cell_too_small, -1, r, width);
        stale[r] = 1;
        ++builds[r];
    }
};

/// Takes the present state as the reference of stale replicas.
struct ReferenceSweep {
    const int* replica_of;
    const int* stale;
    const Vec3* position;
    Vec3* reference_position;
    MG_HD void operator()(int i) const {
        if (stale[replica_of[i]]) reference_position[i] = position[i];
    }
};

struct ReferenceBoxSweep {
    const int* stale;
    const Box* box;
    Box* reference_box;
    MG_HD void operator()(int r) const {
        if (stale[r]) reference_box[r] = box[r];
    }
};

struct GridSweep {
    double reach;
    const int* stale;
    const CellGrid* largest;
    const Box* box;
    CellGrid* grid;
    MG_HD void operator()(int r) const {
        if (stale[r]) grid[r] = choose_grid(box[r], reach, largest[r]);
    }
};

struct ClearCellsSweep {
    const int* replica_of_cell;
    const int* stale;
    int* count;
    int* fill;
    MG_HD void operator()(int c) const {
        if (stale[replica_of_cell[c]]) count[c] = fill[c] = 0;
    }
};

struct BinSweep {
    const int* replica_of;
    const int* stale;
    const int* first_cell;
    const CellGrid* grid;
    const Box* box;
    const Vec3* position;
    int* cell_of;
    int* count;
    MG_HD void operator()(int i) const {
        const int r = replica_of[i];
        if (!stale[r]) return;
        const int cell = first_cell[r] + cell_index(grid[r], wrap_fractions(box[r].inverse * position[i]));
        cell_of[i] = cell;
        atomic_add(&count[cell], 1);
    }
};

/// Unmarks replicas in which atoms lie on top of each other: one thread sorts a cell, by insertion. Such a replica
/// keeps the rows that it has.
struct CrowdedCellSweep {
    const int* replica_of_cell;
    const int* count;
    const CellGrid* grid;
    const Box* box;
    int* stale;
    Incident* incident;
    MG_HD void operator()(int c) const {
        const int r = replica_of_cell[c];
        if (count[c] <= most_in_cell(grid[r], box[r])) return;
        if (atomic_compare_exchange(&stale[r], 1, 0) == 1)
            report_incident(incident, IncidentKind::crowded_cell, -1, r, count[c]);
    }
};

/// Puts atoms in their cells in arrival order; SortCellSweep makes the order definite.
struct PlaceSweep {
    const int* replica_of;
    const int* stale;
    const int* cell_of;
    const int* cell_start;
    int* fill;
    int* atom_of_slot;
    MG_HD void operator()(int i) const {
        if (!stale[replica_of[i]]) return;
        const int cell = cell_of[i];
        atom_of_slot[cell_start[cell] + atomic_add(&fill[cell], 1)] = i;
    }
};

struct SortCellSweep {
    const int* replica_of_cell;
    const int* stale;
    const int* cell_start;
    int* atom_of_slot;
    MG_HD void operator()(int c) const {
        if (!stale[replica_of_cell[c]]) return;
        for (int i = cell_start[c] + 1; i < cell_start[c + 1]; ++i) {
            const int atom = atom_of_slot[i];
            int k = i - 1;
            for (; k >= cell_start[c] && atom_of_slot[k] > atom; --k) atom_of_slot[k + 1] = atom_of_slot[k];
            atom_of_slot[k + 1] = atom;
        }
    }
};

struct FillSlotSweep {
    const int* replica_of;
    const int* stale;
    const int* atom_of_slot;
    const int* species_of;
    const Box* box;
    const Vec3* position;
    int* species_of_slot;
    Fractions fraction;
    MG_HD void operator()(int slot) const {
        const int r = replica_of[slot];
        if (!stale[r]) return;
        const int i = atom_of_slot[slot];
        species_of_slot[slot] = species_of[i];
        fraction.set(slot, wrap_fractions(box[r].inverse * position[i]));
    }
};

/// Where the ghosts are; no cells where there are none.
struct GhostCells {
    const int* start = nullptr;  ///< (cells + 1)
    const int* slot = nullptr;   ///< (ghosts) in the order of cells
};

/// The row of one slot: for each neighbour species in turn, the slots within reach in the order of the stencil, and
/// then the ghosts.
template <class Space>
struct RowSweep {
    double reach;
    int species;
    RowLayout<Space> layout;
    const int* replica_of;
    const int* stale;
    const int* first_cell;
    const CellGrid* grid;
    const int* cell_start;
    const Box* reference_box;
    const int* atom_of_slot;
    const int* species_of_slot;
    Fractions fraction;
    GhostCells ghosts;
    const int* movable_end;  ///< (replicas) as in Batch, or null
    int* row;
    int* row_end;
    Incident* incident;

    /// Whether a slot's atom may not move.
    MG_HD bool frozen(int slot, int r) const { return movable_end && atom_of_slot[slot] >= movable_end[r]; }

    MG_HD void operator()(int slot) const {
        const int r = replica_of[slot];
        if (!stale[r]) return;
        const CellGrid g = grid[r];
        const Mat3 h = reference_box[r].h;
        const Vec3 s = fraction[slot];
        const int cell = cell_index(g, s);
        int length = 0;
        for (int t = 0; t < species; ++t) {
            for_each_run(g, cell, [&](int first, int last) {
                length =
                    scan(slot, t, s, h, cell_start[first_cell[r] + first], cell_start[first_cell[r] + last], length);
            });
            if (ghosts.start)
                for_each_run(g, cell, [&](int first, int last) {
                    for (int k = ghosts.start[first]; k < ghosts.start[last]; ++k)
                        length = append(slot, t, s, h, ghosts.slot[k], length);
                });
            row_end[slot * species + t] = length < layout.capacity ? length : layout.capacity;
        }
        if (length > layout.capacity)
            report_incident(incident, IncidentKind::row_overflow, atom_of_slot[slot], -1, length);
    }

    /// Whether slot k is within reach of a slot at s.
    MG_HD bool reaches(Vec3 s, const Mat3& h, int k) const {
        return norm2(h * nearest_difference(s, fraction[k])) < reach * reach;
    }

    /// Pairs that a row leaves out.
    MG_HD bool both_frozen(int slot, int k) const {
        const int r = replica_of[slot];
        return frozen(slot, r) && frozen(k, r);
    }

    MG_HD int scan(int slot, int t, Vec3 s, const Mat3& h, int begin, int end, int length) const {
        for (int k = begin; k < end; ++k) length = append(slot, t, s, h, k, length);
        return length;
    }
    MG_HD int append(int slot, int t, Vec3 s, const Mat3& h, int k, int length) const {
        if (species_of_slot[k] != t || k == slot || !reaches(s, h, k)) return length;
        if (movable_end && both_frozen(slot, k)) return length;
        if (length < layout.capacity) row[layout(slot, length)] = k;
        return length + 1;
    }
};

}  // namespace mg
