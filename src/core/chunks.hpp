#pragma once
/// \file The fixed pieces in which atoms are reduced to replicas.

#include <vector>

#include "core/array.hpp"

namespace mg {

/// Atoms of each replica in runs of at most `length`; a run never spans two replicas, so that a replica's
/// sums do not depend on what else is in the batch.
template <class Space>
struct Chunks {
    static constexpr int length = 256;
    int replicas = 0;
    int count = 0;
    Array<int, Space> begin_;        ///< (count + 1) first atom of a chunk
    Array<int, Space> first_chunk_;  ///< (replicas + 1)
    const int* begin = nullptr;
    const int* first_chunk = nullptr;

    explicit Chunks(const std::vector<int>& first_atom = {0}) : replicas(static_cast<int>(first_atom.size()) - 1) {
        std::vector<int> begins, firsts{0};
        for (int r = 0; r < replicas; ++r) {
            for (int i = first_atom[r]; i < first_atom[r + 1]; i += length) begins.push_back(i);
            firsts.push_back(static_cast<int>(begins.size()));
        }
        count = static_cast<int>(begins.size());
        begins.push_back(first_atom.back());
        begin_ = to_space<Space>(begins);
        first_chunk_ = to_space<Space>(firsts);
        begin = begin_.data();
        first_chunk = first_chunk_.data();
    }
};

}  // namespace mg
