#pragma once
/// \file for_each and the segmented reduction on the device: the twin of ops/for_each_host.hpp. Everything is put on
/// the stream and nothing waits or allocates, so that all of it can be captured in a graph.

#include "core/chunks.hpp"
#include "launch.cuh"

namespace mg {

/// Threads of a block of sweep_kernel: few, so that sweeps with many registers still fill a multiprocessor and a small
/// batch spreads over all of them.
inline constexpr unsigned sweep_threads = 128;

/// One thread per index; neighbouring threads have neighbouring indices.
template <class Sweep>
__global__ void __launch_bounds__(sweep_threads) sweep_kernel(int n, const __grid_constant__ Sweep sweep) {
    const int i = static_cast<int>(blockIdx.x * sweep_threads + threadIdx.x);
    if (i < n) sweep(i);
}

/// sweep(i) for i in [0, n), in any order.
template <class Sweep>
void for_each(Cuda, int n, const Sweep& sweep) {
    if (n <= 0) return;
    launch(sweep_kernel<Sweep>, {(static_cast<unsigned>(n) + sweep_threads - 1) / sweep_threads, sweep_threads}, n,
           sweep);
}

/// The sum of the block's values in a fixed tree, valid on thread 0. `threads`, a power of two, is the block's size.
template <int threads, class T>
__device__ T block_sum(const T& mine) {
    static_assert((threads & (threads - 1)) == 0 && sizeof(T) <= 128);
    // Raw memory: T has default member initialisers, which shared variables may not have.
    alignas(16) __shared__ unsigned char memory[threads * sizeof(T)];
    T* values = reinterpret_cast<T*>(memory);
    const int t = static_cast<int>(threadIdx.x);
    values[t] = mine;
    for (int half = threads / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half) values[t] = values[t] + values[t + half];
    }
    return values[t];
}

inline constexpr int chunk_threads = Chunks<Cuda>::length;
inline constexpr int replica_threads = 128;

/// One block per chunk, one thread per atom.
template <class T, class Term>
__global__ void __launch_bounds__(chunk_threads)
    chunk_sum_kernel(const int* begin, const __grid_constant__ Term term, T* sums) {
    const int chunk = static_cast<int>(blockIdx.x);
    const int i = begin[chunk] + static_cast<int>(threadIdx.x);
    T mine{};
    if (i < begin[chunk + 1]) mine = term(i);
    const T sum = block_sum<chunk_threads>(mine);
    if (threadIdx.x == 0) sums[chunk] = sum;
}

/// One block per replica: thread t takes chunks t, t + 128, ... of the replica, in order, then a fixed tree. The
/// order depends on the replica's number of chunks alone.
template <class T>
__global__ void __launch_bounds__(replica_threads)
    replica_sum_kernel(const int* first_chunk, const T* chunk_sums, T* result) {
    const int replica = static_cast<int>(blockIdx.x);
    const int end = first_chunk[replica + 1];
    T mine{};
    for (int c = first_chunk[replica] + static_cast<int>(threadIdx.x); c < end; c += replica_threads)
        mine = mine + chunk_sums[c];
    const T sum = block_sum<replica_threads>(mine);
    if (threadIdx.x == 0) result[replica] = sum;
}

/// result[r] = the sum over the atoms i of replica r of term(i), for a default-constructible T with operator+ of which
/// T{} is the neutral element. `scratch` has room for chunks.count of T. The same bits on every run, whatever else is
/// in the batch; another order of summation than on the host.
template <class T, class Term>
void reduce_by_replica(const Chunks<Cuda>& chunks, const Term& term, T* scratch, T* result) {
    launch(chunk_sum_kernel<T, Term>, {static_cast<unsigned>(chunks.count), chunk_threads}, chunks.begin, term,
           scratch);
    launch(replica_sum_kernel<T>, {static_cast<unsigned>(chunks.replicas), replica_threads}, chunks.first_chunk,
           static_cast<const T*>(scratch), result);
}

/// sums[k] = values[0] + ... + values[k-1], k = 0..n. Allocates only where n is far beyond every earlier n.
void exclusive_scan(Cuda, int n, const int* values, int* sums);

/// True where no flag is set: lets the host skip sweeps. The device's flags are not looked at, which would be a wait.
inline bool nothing_marked(Cuda, const Array<int, Cuda>&) { return false; }

}  // namespace mg
