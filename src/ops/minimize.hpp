#pragma once
/// \file Steps of the minimisers FIRE and L-BFGS, on whole batches.

#include "core/batch.hpp"
#include "physics/fire.hpp"
#include "sweeps/minimize.hpp"

namespace mg {

template <class Space>
struct Relaxation {
    FireOptions options;
    Array<FireState, Space> state;  ///< (replicas)
    Array<Vec3, Space> velocity;    ///< (atoms) of the minimiser, [A / "time"]
};

/// From forces (and virials where the cell moves) to new positions and boxes. Converged replicas stay.
template <class Space>
void fire_step(Batch<Space>& batch, Relaxation<Space>& relaxation);

template <class Space>
struct Descent {
    LbfgsOptions options;
    Array<LbfgsState, Space> state;  ///< (replicas)
    Array<LbfgsAtom, Space> atom;    ///< (atoms)
};

/// A descent of the batch from where it is, without memory.
template <class Space>
Descent<Space> start_descent(const Batch<Space>& batch, const LbfgsOptions& options);

/// A step of L-BFGS, from forces (and virials where the cell moves) to new positions and boxes. Converged replicas
/// stay.
template <class Space>
void lbfgs_step(Batch<Space>& batch, Descent<Space>& descent);

}  // namespace mg
