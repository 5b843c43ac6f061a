#pragma once
/// \file Displacement accumulators of a batch: no trajectory is kept.

#include "core/batch.hpp"
#include "sweeps/displacement.hpp"

namespace mg {

/// Sums over a window, in two halves for the reliability of what follows from them.
template <class Space>
struct DisplacementWindow {
    Array<Vec3, Space> first;                ///< [A] (atoms) positions of the first frame
    Array<DisplacementSums, Space> half[2];  ///< (atoms)
    Array<MassMoment, Space> drift;          ///< (replicas)
    long frames[2] = {0, 0};
};

/// Starts a window at the batch's present positions, without counting a frame.
template <class Space>
void start_window(const Batch<Space>& batch, DisplacementWindow<Space>& window);

/// Counts the present positions as a frame of half 0 or 1.
template <class Space>
void accumulate_displacements(Batch<Space>& batch, DisplacementWindow<Space>& window, int half);

}  // namespace mg
