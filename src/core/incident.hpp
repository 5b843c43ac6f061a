#pragma once
/// \file A condition met inside a sweep: counted where it happens, raised at the op's next natural wait.

#include "core/atomic.hpp"

namespace mg {

enum class IncidentKind : int {
    none = 0,
    row_overflow,         ///< a neighbour row is too short; value = the length it needs
    pair_below_table,     ///< two atoms closer than the first usable knot; value = distance [A]
    density_above_table,  ///< embedding density far beyond the table; value = rho
    not_finite,           ///< a force or a position that is NaN, infinite or beyond reason; value = its size
    cell_too_small,       ///< half the smallest width fell below cutoff + skin; value = width [A]
    crowded_cell,         ///< a cell of the neighbour search holds more atoms than any density explains; value = them
};

/// The first incident since it was last cleared. Which of several simultaneous ones is kept is left open.
struct Incident {
    int kind = 0;
    int count = 0;    ///< how many were met
    int atom_a = -1;  ///< index in the batch, or -1: another rank's, which names it
    int atom_b = -1;  ///< the partner, or -1; the replica of cell_too_small and crowded_cell
    double value = 0;
    int short_row = 0;  ///< length that the longest too short row needs, whatever incident came first; 0: none
};

MG_HD void report_incident(Incident* incident, IncidentKind kind, int atom_a, int atom_b, double value) {
    atomic_add(&incident->count, 1);
    if (kind == IncidentKind::row_overflow) atomic_max(&incident->short_row, static_cast<int>(value));
    if (atomic_compare_exchange(&incident->kind, 0, static_cast<int>(kind)) == 0) {
        incident->atom_a = atom_a;
        incident->atom_b = atom_b;
        incident->value = value;
    }
}

}  // namespace mg
