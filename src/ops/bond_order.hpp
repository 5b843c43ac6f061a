#pragma once
/// \file Bond-orientational order of every atom of a batch.

#include "core/batch.hpp"
#include "physics/bond_order.hpp"

namespace mg {

/// values (atoms, 2): the order of each atom's shell, which is all neighbours within `reach` [A], all periodic images,
/// and the order averaged over the atom and its shell. Zero for an atom without neighbours. Neighbours are added in a
/// fixed order: the host's results have the same bits for any number of threads. Its own cell search, as
/// sum_radial_functions has.
template <class Space>
void compute_bond_order(const Batch<Space>& batch, double reach, Array<BondOrder, Space>& values);

}  // namespace mg
