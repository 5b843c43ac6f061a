#pragma once
/// \file The neighbours that a sweep walks through which is done now and then.

#include "ops/neighbors.hpp"
#include "sweeps/neighbor_scan.hpp"

namespace mg {

/// Cells for a reach [A] beyond that of the force rows, and the walk through them.
template <class Space>
struct ScannedCells {
    CellList<Space> cells;
    NeighborScan scan;

    ScannedCells(const Batch<Space>& b, double reach) : cells(make_cell_list(b, reach)) {
        Array<int, Space> all = to_space<Space>(std::vector<int>(b.replicas, 1));
        Array<Incident, Space> incident = to_space<Space>(std::vector<Incident>(1));
        fill_cells(b, cells, reach, all, b.position, b.box, incident);
        const Incident found = to_host(incident)[0];
        if (found.kind != 0) throw crowded_cell_error(found, "where neighbours were to be counted");
        scan = {reach,
                b.replica_of.data(),
                cells.first_cell.data(),
                cells.grid.data(),
                cells.start.data(),
                b.box.data(),
                cells.atom_of_slot.data(),
                cells.species_of_slot.data(),
                cells.fractions()};
    }
    ScannedCells(const ScannedCells&) = delete;
    ScannedCells& operator=(const ScannedCells&) = delete;
};

}  // namespace mg
