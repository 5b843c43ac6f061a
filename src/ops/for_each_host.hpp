#pragma once
/// \file for_each and the segmented reduction on the host (OpenMP). cuda/for_each.cuh is the device's twin;
/// an op's generic body (`*.inl`) is compiled with either.

#include "core/chunks.hpp"

namespace mg {

/// sweep(i) for i in [0, n), in any order.
template <class Sweep>
void for_each(Host, int n, const Sweep& sweep) {
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; ++i) sweep(i);
}

/// sweep(i) for the indices of marked replicas, in any order: those of replica r are first[r] to first[r + 1] - 1, and
/// `end` is first[replicas]. A sweep must do nothing where its replica is not marked (here it may be asked).
template <class Sweep>
void for_each_marked(Host, int /*replicas*/, const int* /*first*/, int end, const int* /*marked*/, const Sweep& sweep) {
    for_each(Host{}, end, sweep);
}

/// finish(r, the sum over the atoms i of replica r of term(i)) for every replica, for a default-constructible T with
/// operator+. Chunks are summed on their own, then in order: the same bits for any number of threads. Where ranks share
/// the replicas, the sum is over all of them and every rank gets it.
template <class T, class Term, class Finish>
void reduce_by_replica(const Chunks<Host>& chunks, const Term& term, T* scratch, const Finish& finish) {
    const int n = chunks.count, replicas = chunks.replicas;
#pragma omp parallel for schedule(static)
    for (int c = 0; c < n; ++c) {
        T sum{};
        for (int i = chunks.begin[c]; i < chunks.begin[c + 1]; ++i) sum = sum + term(i);
        scratch[c] = sum;
    }
    for (int r = 0; r < replicas; ++r) {
        T sum{};
        for (int c = chunks.first_chunk[r]; c < chunks.first_chunk[r + 1]; ++c) sum = sum + scratch[c];
        finish(r, sum_over(chunks.team, sum));
    }
}

/// Before exclusive_scan of as many: the device sets memory aside.
inline void reserve_scan(Host, int) {}

/// sums[k] = values[0] + ... + values[k-1], k = 0..n.
inline void exclusive_scan(Host, int n, const int* values, int* sums) {
    sums[0] = 0;
    for (int k = 0; k < n; ++k) sums[k + 1] = sums[k] + values[k];
}

/// body() where any flag is set; it must do nothing where none is (the device may run it all the same).
template <class Body>
void if_any_marked(Host, const Array<int, Host>& flags, const Body& body) {
    for (const int flag : flags)
        if (flag) return body();
}

}  // namespace mg
