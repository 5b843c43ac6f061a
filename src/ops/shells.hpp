#pragma once
/// \file Shell histograms of every atom of a batch.

#include "core/batch.hpp"
#include "physics/shells.hpp"

namespace mg {

/// counts (atoms, shells, species): neighbours of each species in each shell, all periodic images, from the batch's
/// positions. Its own cell search: the reach is shells.r_max, which the force rows need not have.
template <class Space>
void count_shells(const Batch<Space>& batch, const Shells& shells, Array<int, Space>& counts);

}  // namespace mg
