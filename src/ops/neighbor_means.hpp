#pragma once
/// \file Means of per-atom values over neighbours.

#include "core/batch.hpp"

namespace mg {

/// means (atoms, columns): that of `values` (atoms, columns), row-major, over all neighbours of each atom within
/// `reach` [A], all periodic images, the atom itself left out; zero for an atom without neighbours. Neighbours are
/// added in a fixed order: the host's results have the same bits for any number of threads. Its own cell search, as
/// sum_radial_functions has.
template <class Space>
void average_over_neighbors(const Batch<Space>& batch, double reach, const Array<double, Space>& values,
                            Array<double, Space>& means);

}  // namespace mg
