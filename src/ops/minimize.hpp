#pragma once
/// \file Steps of the FIRE minimiser, on whole batches.

#include "core/batch.hpp"
#include "physics/fire.hpp"

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

}  // namespace mg
