#pragma once
/// \file The fixed pieces in which atoms are reduced to replicas.

#include <vector>

#include "core/array.hpp"
#include "core/comm.hpp"
#include "core/macros.hpp"

namespace mg {

/// Atoms of each replica in runs of at most `length`; a run never spans two replicas, so that a replica's
/// sums do not depend on what else is in the batch. A replica without atoms has one empty run.
template <class Space>
struct Chunks {
    static constexpr int length = 256;
    int replicas = 0;
    int count = 0;
    Comm* team = nullptr;            ///< the ranks that share the replicas, or null: sums are over all of them
    Array<int, Space> first_atom_;   ///< (replicas + 1)
    Array<int, Space> begin_;        ///< (count + 1) first atom of a chunk
    Array<int, Space> first_chunk_;  ///< (replicas + 1)
    Array<int, Space> replica_of_;   ///< (count)
    Array<int, Space> arrived_;      ///< (replicas) zero between reductions: for the device's count of chunks summed
    const int* first_atom = nullptr;
    const int* begin = nullptr;
    const int* first_chunk = nullptr;
    const int* replica_of = nullptr;
    int* arrived = nullptr;

    explicit Chunks(const std::vector<int>& first = {0}) : replicas(static_cast<int>(first.size()) - 1) {
        std::vector<int> begins, firsts{0}, replica_of_chunk;
        for (int r = 0; r < replicas; ++r) {
            begins.push_back(first[r]);
            for (int i = first[r] + length; i < first[r + 1]; i += length) begins.push_back(i);
            firsts.push_back(static_cast<int>(begins.size()));
            replica_of_chunk.resize(begins.size(), r);
        }
        count = static_cast<int>(begins.size());
        begins.push_back(first.back());
        first_atom_ = to_space<Space>(first);
        begin_ = to_space<Space>(begins);
        first_chunk_ = to_space<Space>(firsts);
        replica_of_ = to_space<Space>(replica_of_chunk);
        arrived_ = to_space<Space>(std::vector<int>(replicas, 0));
        first_atom = first_atom_.data();
        begin = begin_.data();
        first_chunk = first_chunk_.data();
        replica_of = replica_of_.data();
        arrived = arrived_.data();
    }
};

/// The sum of every rank's value, in the order of ranks: the same bits on all of them.
template <class T>
T sum_over(Comm* team, const T& mine) {
    if (!team) return mine;
    T sum{};
    for (const T& value : team->all_gather_value(mine)) sum = sum + value;
    return sum;
}

/// What a reduction does with a replica's sum where nothing else follows: result[r] = sum.
template <class T>
struct StoreSum {
    T* result;
    MG_HD void operator()(int r, const T& sum) const { result[r] = sum; }
};

}  // namespace mg
