/// \file Generic bodies of the neighbour ops; compiled for Host by neighbors.cpp and for Cuda by cuda/neighbors.cu.

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "ops/neighbors.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {

template <class Space>
CellList<Space> make_cell_list(const Batch<Space>& b, double reach) {
    std::vector<CellGrid> largest;
    std::vector<int> first_cell{0}, replica_of_cell;
    for (const Box& box : to_host(b.box)) {
        // Room for a cell that grows by a tenth; beyond that the cells just get wider.
        const CellGrid g = choose_grid(make_box(1.1 * box.h), reach, CellGrid{{1 << 20, 1 << 20, 1 << 20}, {}});
        replica_of_cell.insert(replica_of_cell.end(), cell_count(g), static_cast<int>(largest.size()));
        largest.push_back(g);
        first_cell.push_back(first_cell.back() + cell_count(g));
    }
    CellList<Space> c;
    const int cells = first_cell.back();
    c.largest_grid = to_space<Space>(largest);
    c.grid = to_space<Space>(largest);
    c.first_cell = to_space<Space>(first_cell);
    c.replica_of_cell = to_space<Space>(replica_of_cell);
    c.cell_of.resize(b.atoms);
    c.count.resize(cells);
    c.start.resize(cells + 1);
    c.fill.resize(cells);
    c.atom_of_slot.resize(b.atoms);
    // Host loops load whole vectors.
    c.species_of_slot.resize(static_cast<std::size_t>(b.atoms) + 16);
    fill_zero(c.species_of_slot);
    c.fraction.resize(3 * static_cast<std::size_t>(b.atoms) + 16);
    fill_zero(c.fraction);
    c.slots = b.atoms;
    return c;
}

template <class Space>
void fill_cells(const Batch<Space>& b, CellList<Space>& c, double reach, const Array<int, Space>& stale,
                const Array<Vec3, Space>& position, const Array<Box, Space>& box) {
    const int cells = static_cast<int>(c.count.size());
    const int* marked = stale.data();
    for_each(Space{}, b.replicas, GridSweep{reach, marked, c.largest_grid.data(), box.data(), c.grid.data()});
    for_each(Space{}, cells, ClearCellsSweep{c.replica_of_cell.data(), marked, c.count.data(), c.fill.data()});
    for_each(Space{}, b.atoms,
             BinSweep{b.replica_of.data(), marked, c.first_cell.data(), c.grid.data(), box.data(), position.data(),
                      c.cell_of.data(), c.count.data()});
    exclusive_scan(Space{}, cells, c.count.data(), c.start.data());
    for_each(Space{}, b.atoms,
             PlaceSweep{b.replica_of.data(), marked, c.cell_of.data(), c.start.data(), c.fill.data(),
                        c.atom_of_slot.data()});
    for_each(Space{}, cells, SortCellSweep{c.replica_of_cell.data(), marked, c.start.data(), c.atom_of_slot.data()});
    for_each(Space{}, b.atoms,
             FillSlotSweep{b.replica_of.data(), marked, c.atom_of_slot.data(), b.species_of.data(), box.data(),
                           position.data(), c.species_of_slot.data(), c.fractions()});
}

namespace {

template <class Space>
RowSweep<Space> row_sweep(const Batch<Space>& b, const Neighbors<Space>& n, const int* stale, int* row, int* row_end,
                          Incident* incident) {
    return {n.reach(), n.species, n.layout(), b.replica_of.data(), stale, n.cells.first_cell.data(),
            n.cells.grid.data(), n.cells.start.data(), n.reference_box.data(), n.cells.atom_of_slot.data(),
            n.cells.species_of_slot.data(), n.cells.fractions(), row, row_end, incident};
}

/// Builds the rows of the replicas marked stale.
template <class Space>
void build_stale(Batch<Space>& b, Neighbors<Space>& n, bool from_reference) {
    if (!from_reference) {
        for_each(Space{}, b.replicas, ReferenceBoxSweep{n.stale.data(), b.box.data(), n.reference_box.data()});
        for_each(Space{}, b.atoms,
                 ReferenceSweep{b.replica_of.data(), n.stale.data(), b.position.data(), n.reference_position.data()});
    }
    fill_cells(b, n.cells, n.reach(), n.stale, n.reference_position, n.reference_box);
    build_rows(b, n, row_sweep(b, n, n.stale.data(), n.row.data(), n.row_end.data(), b.incident.data()));
}

}  // namespace

template <class Space>
void update_neighbors(Batch<Space>& b, Neighbors<Space>& n) {
    reduce_by_replica(b.chunks,
                      MovedTerm{b.replica_of.data(), b.position.data(), n.reference_position.data(), b.box.data(),
                                n.reference_box.data()},
                      b.template scratch_as<TopTwo>(),
                      StaleSweep{n.cutoff, n.reach(), b.box.data(), n.reference_box.data(), n.stale.data(),
                                 n.builds.data(), b.incident.data()});
    if_any_marked(Space{}, n.stale, [&] { build_stale(b, n, false); });
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
    if (reserve_half_rows(b, n.half, n.capacity)) return;
    // Whole groups of 32 slots, which the device's layout interleaves.
    n.row.resize(static_cast<std::size_t>((b.atoms + 31) / 32 * 32) * n.capacity);
    fill_zero(n.row);
    n.row_end.resize(static_cast<std::size_t>(b.atoms) * n.species);
}

}  // namespace

template <class Space>
FullRows<Space> full_rows(const Batch<Space>& b, const Neighbors<Space>& n) {
    FullRows<Space> rows{n.layout(), {}, {}};
    copy(n.row, rows.row);
    copy(n.row_end, rows.row_end);
    if (!rows.row.empty()) return rows;
    rows.row.resize(static_cast<std::size_t>((b.atoms + 31) / 32 * 32) * n.capacity);
    rows.row_end.resize(static_cast<std::size_t>(b.atoms) * n.species);
    const Array<int, Space> all = to_space<Space>(std::vector<int>(b.replicas, 1));
    Array<Incident, Space> ignored = to_space<Space>(std::vector<Incident>(1));
    for_each(Space{}, b.atoms,
             row_sweep(b, n, all.data(), rows.row.data(), rows.row_end.data(), ignored.data()));
    return rows;
}

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
    double density = 0;
    for (int r = 0; r < b.replicas; ++r) {
        const double width = smallest_width(boxes[r]);
        if (!(boxes[r].volume > 0) || !(width >= 2 * n.reach()))
            throw InputError("the box of replica " + std::to_string(r) + " is too small",
                             "its smallest perpendicular width is " + std::to_string(width) + " A",
                             "make every width at least " + std::to_string(2 * n.reach()) +
                                 " A = 2 (cutoff " + std::to_string(cutoff) + " + skin " + std::to_string(skin) + ")");
        density = std::max(density, b.atoms_of(r) / boxes[r].volume);
    }
    n.cells = make_cell_list(b, n.reach());
    n.reference_position.resize(b.atoms);
    n.reference_box.resize(b.replicas);
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
    template mg::CellList<mg::Space> mg::make_cell_list(const Batch<mg::Space>&, double);    \
    template void mg::fill_cells(const Batch<mg::Space>&, CellList<mg::Space>&, double,      \
                                 const Array<int, mg::Space>&, const Array<Vec3, mg::Space>&, \
                                 const Array<Box, mg::Space>&);                              \
    template mg::Neighbors<mg::Space> mg::make_neighbors(Batch<mg::Space>&, double, double); \
    template void mg::update_neighbors(Batch<mg::Space>&, Neighbors<mg::Space>&);            \
    template void mg::build_neighbors(Batch<mg::Space>&, Neighbors<mg::Space>&, bool);       \
    template mg::FullRows<mg::Space> mg::full_rows(const Batch<mg::Space>&, const Neighbors<mg::Space>&); \
    template void mg::grow_rows(Batch<mg::Space>&, Neighbors<mg::Space>&, int);
