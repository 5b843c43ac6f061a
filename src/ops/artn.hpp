#pragma once
/// \file Steps of saddle searches, on whole batches: a search is a replica, of which the atoms before
/// Batch::movable_end move.

#include "core/batch.hpp"
#include "physics/artn.hpp"

namespace mg {

/// What the searches of a batch keep. Arrays are over the movable atoms, replica by replica; see SearchAtoms.
template <class Space>
struct Searches {
    SearchOptions options;
    int count = 0;                    ///< movable atoms
    std::vector<int> first;           ///< (replicas + 1) movable atoms by replica
    Chunks<Space> chunks;             ///< of the movable atoms
    Array<int, Space> replica_of;     ///< (count)
    Array<int, Space> atom_of;        ///< (count) index in the batch
    Array<SearchState, Space> state;  ///< (replicas)
    Array<Vec3, Space> start, kick, noise, mode, second, direction, velocity, center, center_force, residual, saddle,
        end_a, end_b;
    Array<Vec3, Space> vectors;  ///< (most_lanczos_vectors, count)
    Array<char, Space> scratch;

    /// The arrays that a search takes along when the batch is put together anew, without the vectors.
    std::vector<Array<Vec3, Space>*> arrays() {
        return {&start,  &kick,         &noise,    &mode,   &second, &direction, &velocity,
                &center, &center_force, &residual, &saddle, &end_a,  &end_b};
    }
};

/// Arrays for the movable atoms of a batch, of which replica r has first[r+1] - first[r]; contents are undefined.
template <class Space>
void make_searches(const Batch<Space>& batch, const std::vector<int>& first, Searches<Space>& searches);

/// With forces and energies of the batch at hand: decides for each search what comes next, and moves its atoms. No
/// decision by the host. Where the batch's incident tells of a row that is too short, nothing changes.
template <class Space>
void search_step(Batch<Space>& batch, Searches<Space>& searches);

/// to[k] = source[k] >= 0 ? from[source[k]] : fresh[-1 - source[k]] for k in [0, n). T: Vec3, double, SearchState.
template <class Space, class T>
void gather_elements(Space, int n, const Array<int, Space>& source, const T* from, const T* fresh, T* to);

}  // namespace mg
