#pragma once
/// \file Radial functions of every atom of a batch.

#include "core/batch.hpp"
#include "physics/radial.hpp"

namespace mg {

/// values (atoms, species, functions): sums over the neighbours of each species, all periodic images, from the batch's
/// positions. Its own cell search: the reach is functions.r_max, which the force rows need not have.
template <class Space>
void sum_radial_functions(const Batch<Space>& batch, const RadialFunctions& functions, Array<double, Space>& values);

}  // namespace mg
