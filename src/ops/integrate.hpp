#pragma once
/// \file The parts of a time step, on whole batches. begin_step, (neighbours, forces), end_step.

#include "core/batch.hpp"
#include "physics/ensemble.hpp"
#include "sweeps/integrate.hpp"

namespace mg {

/// Ensembles of a batch.
template <class Space>
struct Ensembles {
    Array<Ensemble, Space> each;  ///< (replicas)
};

/// Baths and cells of all replicas half a step on, boxes a step; then velocities half a step and positions a step.
template <class Space>
void begin_step(Batch<Space>& batch, Ensembles<Space>& ensembles);

/// Velocities half a step with the new forces, then cells and baths.
template <class Space>
void end_step(Batch<Space>& batch, Ensembles<Space>& ensembles);

/// Applies pending factors, so that batch.velocity is the velocity at the end of the step. Changes no later bit.
template <class Space>
void settle_velocities(Batch<Space>& batch, Ensembles<Space>& ensembles);

/// kinetic, drift and potential energies of the ensembles from the batch as it stands (before the first step).
template <class Space>
void take_stock(Batch<Space>& batch, Ensembles<Space>& ensembles);

}  // namespace mg
