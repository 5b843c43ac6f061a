/// \file Generic body of count_shells; compiled for Host by shells.cpp and for Cuda by cuda/shells.cu.

#include "ops/neighbors.hpp"
#include "ops/shells.hpp"
#include "sweeps/shells.hpp"

namespace mg {

template <class Space>
void count_shells(const Batch<Space>& b, const Shells& shells, Array<int, Space>& counts) {
    CellList<Space> c = make_cell_list(b, shells.r_max);
    const Array<int, Space> all = to_space<Space>(std::vector<int>(b.replicas, 1));
    fill_cells(b, c, shells.r_max, all, b.position, b.box);
    counts.resize(static_cast<std::size_t>(b.atoms) * shells.count * b.species);
    count_neighbors(Space{}, b.atoms,
                    ShellSweep{shells.r_min, shells.r_max, 1.0 / shells.width(), shells.count, b.species,
                               b.replica_of.data(), c.first_cell.data(), c.grid.data(), c.start.data(), b.box.data(),
                               c.atom_of_slot.data(), c.species_of_slot.data(), c.fractions(), counts.data()});
}

}  // namespace mg

#define MG_SHELL_OPS(Space) \
    template void mg::count_shells(const Batch<mg::Space>&, const Shells&, Array<int, mg::Space>&);
