/// \file Generic bodies of the neighbour ops; compiled for Host by neighbors.cpp and for Cuda by cuda/neighbors.cu.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "ops/neighbors.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {

namespace {

/// Room for what is kept by slot; host loops load whole vectors.
template <class Space>
void size_slots(CellList<Space>& c, long slots) {
    c.species_of_slot.resize(slots + 16);
    fill_zero(c.species_of_slot);
    c.fraction.resize(3 * slots + 16);
    fill_zero(c.fraction);
    c.slots = slots;
}

}  // namespace

template <class Space>
CellList<Space> make_cell_list(const Batch<Space>& b, double reach, const CellGrid& part) {
    std::vector<CellGrid> largest;
    CellGrid any = part;
    any.n[0] = any.n[1] = any.n[2] = 1 << 20;
    std::vector<int> first_cell{0}, replica_of_cell;
    for (const Box& box : to_host(b.box)) {
        // Room for a cell that grows by a tenth; beyond that the cells just get wider.
        const CellGrid g = choose_grid(make_box(1.1 * box.h), reach, any);
        replica_of_cell.insert(replica_of_cell.end(), cell_count(g), static_cast<int>(largest.size()));
        largest.push_back(g);
        first_cell.push_back(first_cell.back() + cell_count(g));
    }
    CellList<Space> c;
    const int cells = first_cell.back();
    reserve_scan(Space{}, cells);
    c.largest_grid = to_space<Space>(largest);
    c.grid = to_space<Space>(largest);
    c.first_cell = to_space<Space>(first_cell);
    c.replica_of_cell = to_space<Space>(replica_of_cell);
    c.cell_of.resize(b.atoms);
    c.count.resize(cells);
    c.start.resize(cells + 1);
    c.fill.resize(cells);
    // In the order of atoms until they are sorted, so that a replica's slots are its own atoms in any case.
    std::vector<int> atom_of_slot(b.atoms + 16, 0);
    std::iota(atom_of_slot.begin(), atom_of_slot.begin() + b.atoms, 0);
    c.atom_of_slot = to_space<Space>(atom_of_slot);
    size_slots(c, b.atoms);
    return c;
}

namespace {

/// Sorts the atoms of the replicas marked stale: atom_of_slot. Takes the mark off where it cannot be done.
template <class Space>
void sort_into_cells(const Batch<Space>& b, CellList<Space>& c, double reach, int* marked,
                     const Array<Vec3, Space>& position, const Array<Box, Space>& box, Incident* incident) {
    const int cells = static_cast<int>(c.count.size());
    const auto atoms_do = [&](const auto& sweep) {
        for_each_marked(Space{}, b.replicas, b.chunks.first_atom, b.atoms, marked, sweep);
    };
    const auto cells_do = [&](const auto& sweep) {
        for_each_marked(Space{}, b.replicas, c.first_cell.data(), cells, marked, sweep);
    };
    for_each(Space{}, b.replicas, GridSweep{reach, marked, c.largest_grid.data(), box.data(), c.grid.data()});
    cells_do(ClearCellsSweep{c.replica_of_cell.data(), marked, c.count.data(), c.fill.data()});
    atoms_do(BinSweep{b.replica_of.data(), marked, c.first_cell.data(), c.grid.data(), box.data(), position.data(),
                      c.cell_of.data(), c.count.data()});
    // This one takes marks off, so it must not be dealt out by them.
    for_each(Space{}, cells,
             CrowdedCellSweep{c.replica_of_cell.data(), c.count.data(), c.grid.data(), box.data(), marked, incident});
    exclusive_scan(Space{}, cells, c.count.data(), c.start.data());
    atoms_do(PlaceSweep{b.replica_of.data(), marked, c.cell_of.data(), c.start.data(), c.fill.data(),
                        c.atom_of_slot.data()});
    cells_do(SortCellSweep{c.replica_of_cell.data(), marked, c.start.data(), c.atom_of_slot.data()});
}

/// Species and fractions of the slots that hold the batch's atoms.
template <class Space>
void fill_slots(const Batch<Space>& b, CellList<Space>& c, const int* marked, const Array<Vec3, Space>& position,
                const Array<Box, Space>& box) {
    for_each_marked(Space{}, b.replicas, b.chunks.first_atom, b.atoms, marked,
                    FillSlotSweep{b.replica_of.data(), marked, c.atom_of_slot.data(), b.species_of.data(), box.data(),
                                  position.data(), c.species_of_slot.data(), c.fractions()});
}

}  // namespace

template <class Space>
void fill_cells(const Batch<Space>& b, CellList<Space>& c, double reach, Array<int, Space>& stale,
                const Array<Vec3, Space>& position, const Array<Box, Space>& box, Array<Incident, Space>& incident) {
    sort_into_cells(b, c, reach, stale.data(), position, box, incident.data());
    fill_slots(b, c, stale.data(), position, box);
}

namespace {

template <class Space>
RowSweep<Space> row_sweep(const Batch<Space>& b, const Neighbors<Space>& n, const int* stale, int* row, int* row_end,
                          Incident* incident) {
    return {n.reach(),
            n.species,
            n.layout(),
            b.replica_of.data(),
            stale,
            n.cells.first_cell.data(),
            n.cells.grid.data(),
            n.cells.start.data(),
            n.reference_box.data(),
            n.cells.atom_of_slot.data(),
            n.cells.species_of_slot.data(),
            n.cells.fractions(),
            {n.cells.ghost_slot.empty() ? nullptr : n.cells.ghost_start.data(), n.cells.ghost_slot.data()},
            b.movable_end.empty() ? nullptr : b.movable_end.data(),
            row,
            row_end,
            incident};
}

/// Memory for rows of at least `needed` entries, which are empty until they are built.
template <class Space>
void reserve_rows(const Batch<Space>& b, Neighbors<Space>& n, int needed) {
    n.capacity = (needed + 15) / 16 * 16;
    if (reserve_half_rows(b, n.ghosts(), n.half)) return;
    // Whole groups of 32 slots, which the device's layout interleaves.
    n.row.resize(static_cast<std::size_t>((b.atoms + 31) / 32 * 32) * n.capacity);
    fill_zero(n.row);
    n.row_end.resize(static_cast<std::size_t>(b.atoms) * n.species);
    fill_zero(n.row_end);
}

/// The ghosts' part of the slots, and their cells.
template <class Space>
void fill_ghosts(const Batch<Space>& b, CellList<Space>& c, const std::vector<Ghost>& ghosts) {
    const long owned = b.atoms, count = static_cast<long>(ghosts.size());
    std::vector<int> species, atom, order;
    std::vector<double> fraction[3];
    for (const Ghost& g : ghosts) {
        atom.push_back(static_cast<int>(owned) + static_cast<int>(atom.size()));
        species.push_back(g.species);
        fraction[0].push_back(g.fraction.x);
        fraction[1].push_back(g.fraction.y);
        fraction[2].push_back(g.fraction.z);
    }
    const auto put = [&](const auto& from, auto& to, long offset) {
        copy_bytes(Host{}, from.data(), Space{}, to.data() + offset, from.size() * sizeof(from[0]));
    };
    Array<int, Space> atom_of_slot(owned + count);
    copy_bytes(Space{}, c.atom_of_slot.data(), Space{}, atom_of_slot.data(), owned * sizeof(int));
    c.atom_of_slot = std::move(atom_of_slot);
    put(atom, c.atom_of_slot, owned);
    put(species, c.species_of_slot, owned);
    for (int k = 0; k < 3; ++k) put(fraction[k], c.fraction, k * c.slots + owned);
    const CellGrid grid = to_host(c.grid)[0];
    std::vector<int> cell, start(cell_count(grid) + 1, 0), slot(ghosts.size());
    for (const Ghost& g : ghosts) {
        cell.push_back(cell_index(grid, g.fraction));
        ++start[cell.back() + 1];
    }
    for (std::size_t k = 1; k < start.size(); ++k) start[k] += start[k - 1];
    std::vector<int> next = start;
    for (std::size_t k = 0; k < ghosts.size(); ++k) slot[next[cell[k]]++] = static_cast<int>(owned + k);
    copy(to_space<Space>(start), c.ghost_start);
    copy(to_space<Space>(slot), c.ghost_slot);
}

/// Collective: everything anew that follows from where the atoms are.
template <class Space>
void build_divided(Batch<Space>& b, Neighbors<Space>& n, bool from_reference) {
    Domain<Space>& d = *n.domain;
    if (!from_reference) {
        migrate(b, d);
        copy(b.position, n.reference_position);
        copy(b.box, n.reference_box);
    }
    // The cells of the domain and of what it sees.
    const Box box = to_host(n.reference_box)[0];
    const DomainRegion seen = region_of(d.grid, d.team->rank(), halo_fractions(box, d.reach));
    CellGrid part;
    for (int k = 0; k < 3; ++k) {
        if (seen.half[k] >= 0.5) continue;
        const double margin = 1e-9;  // for fractions at the very end
        part.origin[k] = seen.center[k] - seen.half[k] - margin;
        part.extent[k] = 2 * (seen.half[k] + margin);
    }
    n.cells = make_cell_list(b, n.reach(), part);
    sort_into_cells(b, n.cells, n.reach(), n.stale.data(), n.reference_position, n.reference_box, b.incident.data());

    const std::vector<Vec3> reference = to_host(n.reference_position);
    std::vector<Vec3> fraction;
    fraction.reserve(reference.size());
    for (const Vec3& x : reference) fraction.push_back(wrap_fractions(box.inverse * x));
    const std::vector<Ghost> ghosts = find_ghosts(b, d, to_host(n.cells.atom_of_slot), fraction, box);
    size_slots(n.cells, static_cast<long>(b.atoms) + d.ghosts);
    fill_slots(b, n.cells, n.stale.data(), n.reference_position, n.reference_box);
    b.replica_of.resize(static_cast<std::size_t>(b.atoms) + d.ghosts);
    fill_zero(b.replica_of);
    b.local_virial.resize(static_cast<std::size_t>(b.atoms) + d.ghosts);
    fill_zero(b.local_virial);
    reserve_rows(b, n, n.capacity);
    fill_ghosts(b, n.cells, ghosts);
    for (;;) {
        build_rows(b, n, row_sweep(b, n, n.stale.data(), n.row.data(), n.row_end.data(), b.incident.data()));
        const Incident incident = to_host(b.incident)[0];
        if (incident.kind != static_cast<int>(IncidentKind::row_overflow)) break;
        fill_zero(b.incident);
        const int needed = static_cast<int>(incident.value);
        reserve_rows(b, n, std::max(needed + needed / 8, n.capacity + 16));
    }
}

/// Builds the rows of the replicas marked stale.
template <class Space>
void build_stale(Batch<Space>& b, Neighbors<Space>& n, bool from_reference) {
    if (n.domain) return build_divided(b, n, from_reference);
    sort_into_cells(b, n.cells, n.reach(), n.stale.data(), from_reference ? n.reference_position : b.position,
                    from_reference ? n.reference_box : b.box, b.incident.data());
    // Of those alone that are still marked.
    if (!from_reference) {
        for_each(Space{}, b.replicas, ReferenceBoxSweep{n.stale.data(), b.box.data(), n.reference_box.data()});
        for_each_marked(
            Space{}, b.replicas, b.chunks.first_atom, b.atoms, n.stale.data(),
            ReferenceSweep{b.replica_of.data(), n.stale.data(), b.position.data(), n.reference_position.data()});
    }
    fill_slots(b, n.cells, n.stale.data(), n.reference_position, n.reference_box);
    build_rows(b, n, row_sweep(b, n, n.stale.data(), n.row.data(), n.row_end.data(), b.incident.data()));
}

}  // namespace

template <class Space>
void update_neighbors(Batch<Space>& b, Neighbors<Space>& n) {
    const long first_number = n.domain ? n.domain->team->rank() * numbers_per_rank : 0;
    reduce_by_replica(b.chunks,
                      MovedTerm{b.replica_of.data(), b.position.data(), n.reference_position.data(), b.box.data(),
                                n.reference_box.data(), first_number},
                      b.template scratch_as<TopTwo>(),
                      StaleSweep{n.cutoff, n.reach(), first_number, b.box.data(), n.reference_box.data(),
                                 n.stale.data(), n.builds.data(), b.incident.data()});
    if (!n.domain) return if_any_marked(Space{}, n.stale, [&] { build_stale(b, n, false); });
    // The sum is the same on all ranks, so that all of them come here or none.
    if (to_host(n.stale)[0]) build_stale(b, n, false);
}

template <class Space>
void build_neighbors(Batch<Space>& b, Neighbors<Space>& n, bool from_reference) {
    copy(to_space<Space>(std::vector<int>(b.replicas, 1)), n.stale);
    build_stale(b, n, from_reference);
}

template <class Space>
FullRows<Space> full_rows(const Batch<Space>& b, const Neighbors<Space>& n) {
    FullRows<Space> rows{n.layout(), {}, {}};
    copy(n.row, rows.row);
    copy(n.row_end, rows.row_end);
    if (!rows.row.empty()) return rows;
    rows.row_end.resize(static_cast<std::size_t>(b.atoms) * n.species);
    const Array<int, Space> all = to_space<Space>(std::vector<int>(b.replicas, 1));
    Array<Incident, Space> incident = to_space<Space>(std::vector<Incident>(1));
    for (;;) {
        rows.row.resize(static_cast<std::size_t>((b.atoms + 31) / 32 * 32) * rows.layout.capacity);
        RowSweep<Space> sweep = row_sweep(b, n, all.data(), rows.row.data(), rows.row_end.data(), incident.data());
        sweep.layout = rows.layout;
        for_each(Space{}, b.atoms, sweep);
        const Incident found = to_host(incident)[0];
        if (found.kind == 0) break;
        // The length that was guessed is too short; half rows never asked.
        rows.layout.capacity = std::max(static_cast<int>(found.value), rows.layout.capacity) / 16 * 16 + 16;
        fill_zero(incident);
    }
    return rows;
}

template <class Space>
void grow_rows(Batch<Space>& b, Neighbors<Space>& n, int needed) {
    reserve_rows(b, n, std::max(needed + needed / 8, n.capacity + 16));
    build_neighbors(b, n, true);
}

template <class Space>
Neighbors<Space> make_neighbors(Batch<Space>& b, double cutoff, double skin, Comm* team, long total_atoms) {
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
                             "its smallest perpendicular width is " + shown(width) + " A",
                             "make every width at least " + shown(2 * n.reach()) + " A = 2 (cutoff " + shown(cutoff) +
                                 " + skin " + shown(skin) + ")");
        if (team) b.replica_atoms_host.at(r) = total_atoms;
        density = std::max(density, static_cast<double>(b.replica_atoms_host[r]) / boxes[r].volume);
    }
    if (team) {
        b.chunks.team = team;
        b.replica_atoms = to_space<Space>(std::vector<int>{static_cast<int>(total_atoms)});
        n.domain = std::make_unique<Domain<Space>>();
        n.domain->team = team;
        n.domain->grid = choose_domains(boxes.at(0), team->size());
        n.domain->reach = n.reach();
    }
    n.cells = make_cell_list(b, n.reach());
    copy(b.position, n.reference_position);
    copy(b.box, n.reference_box);
    n.builds = to_space<Space>(std::vector<int>(b.replicas, 0));
    const double mean = density * 4.0 / 3.0 * M_PI * std::pow(n.reach(), 3);
    const int guess = static_cast<int>(1.25 * mean) + 24;
    if (team)
        n.capacity = guess;
    else
        reserve_rows(b, n, guess);
    build_neighbors(b, n);
    // The first build may find rows longer than guessed: grow until they fit.
    for (;;) {
        const int needed = to_host(b.incident)[0].short_row;
        if (needed == 0) break;
        fill_zero(b.incident);
        grow_rows(b, n, needed);
    }
    return n;
}

}  // namespace mg

#define MG_NEIGHBOR_OPS(Space)                                                                                  \
    template mg::CellList<mg::Space> mg::make_cell_list(const Batch<mg::Space>&, double, const CellGrid&);      \
    template void mg::fill_cells(const Batch<mg::Space>&, CellList<mg::Space>&, double, Array<int, mg::Space>&, \
                                 const Array<Vec3, mg::Space>&, const Array<Box, mg::Space>&,                   \
                                 Array<Incident, mg::Space>&);                                                  \
    template mg::Neighbors<mg::Space> mg::make_neighbors(Batch<mg::Space>&, double, double, Comm*, long);       \
    template void mg::update_neighbors(Batch<mg::Space>&, Neighbors<mg::Space>&);                               \
    template void mg::build_neighbors(Batch<mg::Space>&, Neighbors<mg::Space>&, bool);                          \
    template mg::FullRows<mg::Space> mg::full_rows(const Batch<mg::Space>&, const Neighbors<mg::Space>&);       \
    template void mg::grow_rows(Batch<mg::Space>&, Neighbors<mg::Space>&, int);
