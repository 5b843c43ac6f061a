/// \file Generic bodies of the neighbour ops; compiled for Host by neighbors.cpp and for Cuda by cuda/neighbors.cu.

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "ops/neighbors.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {

namespace {

/// Builds the rows of the replicas marked stale.
template <class Space>
void build_stale(Batch<Space>& b, Neighbors<Space>& n, bool from_reference) {
    if (nothing_marked(Space{}, n.stale)) return;
    const int cells = static_cast<int>(n.cell_count.size());
    if (!from_reference)
        for_each(Space{}, b.atoms,
                 ReferenceSweep{b.replica_of.data(), n.stale.data(), b.position.data(), n.reference_position.data()});
    for_each(Space{}, b.replicas,
             GridSweep{n.reach(), n.stale.data(), b.box.data(), n.largest_grid.data(), n.reference_box.data(),
                       n.grid.data(), !from_reference});
    for_each(Space{}, cells,
             ClearCellsSweep{n.replica_of_cell.data(), n.stale.data(), n.cell_count.data(), n.cell_fill.data()});
    for_each(Space{}, b.atoms,
             BinSweep{b.replica_of.data(), n.stale.data(), n.first_cell.data(), n.grid.data(), n.reference_box.data(),
                      n.reference_position.data(), n.cell_of.data(), n.cell_count.data()});
    exclusive_scan(Space{}, cells, n.cell_count.data(), n.cell_start.data());
    for_each(Space{}, b.atoms,
             PlaceSweep{b.replica_of.data(), n.stale.data(), n.cell_of.data(), n.cell_start.data(),
                        n.cell_fill.data(), n.atom_of_slot.data()});
    for_each(Space{}, cells,
             SortCellSweep{n.replica_of_cell.data(), n.stale.data(), n.cell_start.data(), n.atom_of_slot.data()});
    for_each(Space{}, b.atoms,
             FillSlotSweep{b.replica_of.data(), n.stale.data(), n.atom_of_slot.data(), b.species_of.data(),
                           n.reference_box.data(), n.reference_position.data(), n.species_of_slot.data(),
                           n.fraction.data()});
    for_each(Space{}, b.atoms,
             RowSweep<Space>{n.reach(), n.species, n.layout(), b.replica_of.data(), n.stale.data(),
                             n.first_cell.data(), n.grid.data(), n.cell_start.data(), n.reference_box.data(),
                             n.atom_of_slot.data(), n.species_of_slot.data(), n.fraction.data(), n.row.data(),
                             n.row_end.data(), b.incident.data()});
}

}  // namespace

template <class Space>
void update_neighbors(Batch<Space>& b, Neighbors<Space>& n) {
    reduce_by_replica(b.chunks,
                      MovedTerm{b.replica_of.data(), b.position.data(), n.reference_position.data(), b.box.data(),
                                n.reference_box.data()},
                      b.template scratch_as<TopTwo>(), n.moved.data());
    for_each(Space{}, b.replicas,
             StaleSweep{n.cutoff, n.reach(), b.box.data(), n.reference_box.data(), n.moved.data(), n.stale.data(),
                        n.builds.data(), b.incident.data()});
    build_stale(b, n, false);
}

template <class Space>
void build_neighbors(Batch<Space>& b, Neighbors<Space>& n, bool from_reference) {
    copy(to_space<Space>(std::vector<int>(b.replicas, 1)), n.stale);
    build_stale(b, n, from_reference);
}

namespace {

template <class Space>
void reserve_rows(const Batch<Space>& b, Neighbors<Space>& n, int needed) {
    n.capacity = (needed + 15) / 16 * 16;
    // Whole groups of 32 slots, which the device's layout interleaves, and a vector more: host loops load whole
    // vectors of neighbours and may read (not use) what lies behind a row, so it must be valid slots: zeros.
    n.row.resize(static_cast<std::size_t>((b.atoms + 31) / 32 * 32) * n.capacity + 64);
    fill_zero(n.row);
}

}  // namespace

template <class Space>
void grow_rows(Batch<Space>& b, Neighbors<Space>& n, int needed) {
    reserve_rows(b, n, std::max(needed + needed / 8, n.capacity + 16));
    build_neighbors(b, n, true);
}

template <class Space>
Neighbors<Space> make_neighbors(Batch<Space>& b, double cutoff, double skin) {
    Neighbors<Space> n;
    n.cutoff = cutoff;
    n.skin = skin;
    n.species = b.species;
    const std::vector<Box> boxes = to_host(b.box);
    std::vector<CellGrid> largest;
    std::vector<int> first_cell{0}, replica_of_cell;
    double density = 0;
    for (int r = 0; r < b.replicas; ++r) {
        const double width = smallest_width(boxes[r]);
        if (!(boxes[r].volume > 0) || !(width >= 2 * n.reach()))
            throw InputError("the box of replica " + std::to_string(r) + " is too small",
                             "its smallest perpendicular width is " + std::to_string(width) + " A",
                             "make every width at least " + std::to_string(2 * n.reach()) +
                                 " A = 2 (cutoff " + std::to_string(cutoff) + " + skin " + std::to_string(skin) + ")");
        // Room for a cell that grows by a tenth; beyond that the cells just get wider.
        CellGrid g = choose_grid(make_box(1.1 * boxes[r].h), n.reach(), CellGrid{{1 << 20, 1 << 20, 1 << 20}, {}});
        largest.push_back(g);
        replica_of_cell.insert(replica_of_cell.end(), cell_count(g), r);
        first_cell.push_back(first_cell.back() + cell_count(g));
        density = std::max(density, b.atoms_of(r) / boxes[r].volume);
    }
    const int cells = first_cell.back();
    n.largest_grid = to_space<Space>(largest);
    n.grid = to_space<Space>(largest);
    n.first_cell = to_space<Space>(first_cell);
    n.replica_of_cell = to_space<Space>(replica_of_cell);
    n.cell_of.resize(b.atoms);
    n.cell_count.resize(cells);
    n.cell_start.resize(cells + 1);
    n.cell_fill.resize(cells);
    n.atom_of_slot.resize(b.atoms);
    n.species_of_slot.resize(b.atoms);
    n.fraction.resize(b.atoms);
    n.row_end.resize(static_cast<std::size_t>(b.atoms) * n.species);
    n.reference_position.resize(b.atoms);
    n.reference_box.resize(b.replicas);
    n.moved.resize(b.replicas);
    n.builds = to_space<Space>(std::vector<int>(b.replicas, 0));
    const double mean = density * 4.0 / 3.0 * M_PI * std::pow(n.reach(), 3);
    reserve_rows(b, n, static_cast<int>(1.25 * mean) + 24);
    build_neighbors(b, n);
    // The first build may find rows longer than guessed: grow until they fit.
    for (;;) {
        const Incident incident = to_host(b.incident)[0];
        if (incident.kind != static_cast<int>(IncidentKind::row_overflow)) break;
        fill_zero(b.incident);
        grow_rows(b, n, static_cast<int>(incident.value));
    }
    return n;
}

}  // namespace mg

#define MG_NEIGHBOR_OPS(Space)                                                            \
    template mg::Neighbors<mg::Space> mg::make_neighbors(Batch<mg::Space>&, double, double); \
    template void mg::update_neighbors(Batch<mg::Space>&, Neighbors<mg::Space>&);            \
    template void mg::build_neighbors(Batch<mg::Space>&, Neighbors<mg::Space>&, bool);       \
    template void mg::grow_rows(Batch<mg::Space>&, Neighbors<mg::Space>&, int);
