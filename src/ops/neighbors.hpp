#pragma once
/// \file Verlet rows from a cell grid, rebuilt per replica when atoms have moved too far.

#include <memory>
#include <string>

#include "core/batch.hpp"
#include "core/error.hpp"
#include "ops/domain.hpp"
#include "physics/cell_grid.hpp"
#include "sweeps/row_layout.hpp"

namespace mg {

/// Atoms of a batch sorted into cells. *Slots* are the atoms of a replica sorted by cell and, within a cell, by atom;
/// replica r's slots are the same range as its atoms. Where a rank owns a domain, its ghosts have the slots behind.
template <class Space>
struct CellList {
    Array<CellGrid, Space> grid;          ///< (replicas)
    Array<CellGrid, Space> largest_grid;  ///< (replicas) bound by the memory reserved
    Array<int, Space> first_cell;         ///< (replicas + 1)
    Array<int, Space> replica_of_cell;    ///< (cells)
    Array<int, Space> cell_of;            ///< (atoms)
    Array<int, Space> count;              ///< (cells)
    Array<int, Space> start;              ///< (cells + 1) first slot of a cell
    Array<int, Space> fill;               ///< (cells)

    Array<int, Space> atom_of_slot;     ///< (slots); ghost k is atom (atoms + k)
    Array<int, Space> species_of_slot;  ///< (slots)
    Array<double, Space> fraction;      ///< (3, slots) fractional position in [0, 1), see Fractions
    Array<int, Space> ghost_start;      ///< (cells + 1) the cells of the ghosts,
    Array<int, Space> ghost_slot;       ///< (ghosts) and their slots in that order

    long slots = 0;

    Fractions fractions() const { return {const_cast<double*>(fraction.data()), slots}; }
};

/// What the tuned pair loops of a space keep besides the full rows; the device keeps nothing.
template <class Space>
struct HalfRows {
    static constexpr bool used = false;
};

/// Consecutive slots of one replica, the work of one thread. What its pairs add to atoms anywhere is gathered in a
/// *window* of its own: `window` slots from `window_begin` on, counted round the replica's slots. Slabs depend on the
/// replica's size and rows alone, and windows are added in the order of slabs, so sums have the same bits for any
/// number of threads. What a slab of ghosts adds to the ghosts themselves is of no use, and goes to a place behind the
/// window.
struct Slab {
    int replica_begin, replica_end;  ///< slots of the replica
    int begin, end;                  ///< slots of the slab
    int window_begin = 0, window = 0;
    long offset = 0;  ///< where the window starts among all windows
    int longest = 0;  ///< row
    MG_HD bool of_ghosts() const { return begin >= replica_end; }
    /// Place in the window of a slot that the slab's pairs touch.
    MG_HD int place(int slot) const {
        const int k = slot - window_begin;
        return k >= 0 ? k : k + replica_end - replica_begin;
    }
    /// Place of a slot of the slab itself.
    MG_HD int own_place(int slot) const { return of_ghosts() ? window : place(slot); }
};

/// Every pair once, at the slot whose cell has the other's cell ahead of it (for_each_forward_run), or at the ghost
/// where one of the two is a ghost. An entry is a neighbour's slot and, in its lowest bits, its species.
template <>
struct HalfRows<Host> {
    static constexpr int species_bits = 3, most_species = 1 << species_bits;
    static constexpr long most_slots = 1L << (31 - species_bits);
    static int slot_of(int entry) { return entry >> species_bits; }
    static int species_of(int entry) { return entry & (most_species - 1); }
    static constexpr int slab_length = 1000, most_slabs = 64;  ///< slots of a slab, slabs of a replica
    static constexpr int padding = 16;  ///< a whole vector of floats on the widest instruction set

    bool used = false;                      ///< false where the tuned loops do not run
    std::vector<std::vector<int>> entries;  ///< by slab: rows one behind the other, then `padding` zeros at least
    Array<int, Host> length;                ///< (slots) of rows
    Array<int, Host> coordinate;            ///< (3, slots), then `padding`: pair coordinates (PairCoordinateOf<float>)
    std::vector<Slab> slabs;                ///< replica by replica, then those of ghosts
    std::vector<int> first_slab;            ///< (replicas + 1)
    int own_slabs = 0;                      ///< slabs that are not of ghosts
    long windows = 0;                       ///< places of all windows
};

/// Full neighbour rows, in which a pair stands twice.
template <class Space>
struct FullRows {
    RowLayout<Space> layout{0};
    Array<int, Space> row;      ///< (atoms * capacity), see RowLayout
    Array<int, Space> row_end;  ///< (atoms * species) end of the species' group in the row
};

/// Neighbour rows of a batch: full ones, or half rows where the space's tuned loops want those; half rows take the
/// memory they need and are never too short. A full row lists slots within cutoff + skin at the reference positions,
/// grouped by neighbour species; its order follows from the slots and the stencil, so it is the same on every run and
/// needs no sort.
template <class Space>
struct Neighbors {
    double cutoff = 0;  ///< [A]
    double skin = 0;    ///< [A]
    int capacity = 0;   ///< entries per full row, a multiple of 16
    int species = 0;

    CellList<Space> cells;
    Array<int, Space> row;      ///< as in FullRows; empty where there are half rows
    Array<int, Space> row_end;  ///< as in FullRows; empty where there are half rows
    HalfRows<Space> half;
    std::unique_ptr<Domain<Space>> domain;  ///< where the batch is this rank's part of one system, else null

    Array<Vec3, Space> reference_position;  ///< [A] (atoms) at the last build
    Array<Box, Space> reference_box;        ///< (replicas) at the last build
    Array<int, Space> stale;                ///< (replicas) 1 where the rows are to be built
    Array<int, Space> builds;               ///< (replicas) how often they were

    RowLayout<Space> layout() const { return {capacity}; }
    double reach() const { return cutoff + skin; }
    int ghosts() const { return domain ? domain->ghosts : 0; }
};

/// Cells for a search of radius `reach` [A] in boxes like the batch's, or in the part of them that is given.
template <class Space>
CellList<Space> make_cell_list(const Batch<Space>& batch, double reach, const CellGrid& part = {});

/// Sorts the atoms of the replicas marked stale into cells, by the given positions and boxes. A replica with more atoms
/// in a cell than most_in_cell is left out: it is reported, and its mark is taken off.
template <class Space>
void fill_cells(const Batch<Space>& batch, CellList<Space>& cells, double reach, Array<int, Space>& stale,
                const Array<Vec3, Space>& position, const Array<Box, Space>& box, Array<Incident, Space>& incident);

/// What an incident of the kind crowded_cell says.
PhysicsError crowded_cell_error(const Incident& incident, const std::string& when);

/// Memory for the batch's rows and a first build. Throws InputError naming the box that would do where a
/// perpendicular width is below 2 (cutoff + skin). With a team, the batch is this rank's part (own_part of the grid
/// choose_domains) of one system of `total_atoms`, and the call is collective, as are those below.
template <class Space>
Neighbors<Space> make_neighbors(Batch<Space>& batch, double cutoff, double skin, Comm* team = nullptr,
                                long total_atoms = 0);

/// Rebuilds the rows of every replica in which two atoms may have come closer than the rows know: with F the
/// deformation of the cell since the build and u_i = x_i - F x0_i, rows hold while
/// (cutoff + skin) s_min(F) - |u|_1st - |u|_2nd >= cutoff. No host decision, but where a system is divided: there atoms
/// go to their new owners as well, ghosts are found anew, and rows that are too short are lengthened at once.
/// A replica that cannot have rows (positions that are not finite, a cell that is too small or crowded) is reported,
/// keeps those of its last build, and leaves the others alone; the part of a divided system is left without rows.
template <class Space>
void update_neighbors(Batch<Space>& batch, Neighbors<Space>& neighbors);

/// Builds all rows: from the current positions (which become the reference), or anew from the stored
/// reference (after a restart or with longer rows).
template <class Space>
void build_neighbors(Batch<Space>& batch, Neighbors<Space>& neighbors, bool from_reference = false);

/// The full rows of the last build, written anew where `neighbors` has half rows: for tests and the reference loops.
template <class Space>
FullRows<Space> full_rows(const Batch<Space>& batch, const Neighbors<Space>& neighbors);

/// Lengthens the rows to at least `needed` entries and builds them from the reference.
template <class Space>
void grow_rows(Batch<Space>& batch, Neighbors<Space>& neighbors, int needed);

}  // namespace mg
