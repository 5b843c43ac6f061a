#pragma once
/// \file for_each and the segmented reduction on the device: the twin of ops/for_each_host.hpp. Everything is put on
/// the stream and nothing waits or allocates, so that all of it can be captured in a graph.

#include "conditional.cuh"
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

/// body(i) for every `stride`-th of the indices of marked replicas, which count as if they stood in a row: those of
/// replica r are first[r] to first[r + 1] - 1. `me`, from 0 to stride - 1, is the same in a warp or differs from thread
/// to thread; whole warps come here. Replicas that are not marked cost a 32nd of a vote each.
template <class Body>
__device__ void for_each_marked(int replicas, const int* first, const int* marked, int me, int stride,
                                const Body& body) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    int before = 0;  // indices of marked replicas so far, modulo the stride
    for (int base = 0; base < replicas; base += 32) {
        unsigned votes = __ballot_sync(~0u, base + lane < replicas && marked[base + lane] != 0);
        for (; votes != 0; votes &= votes - 1) {
            const int r = base + __ffs(static_cast<int>(votes)) - 1;
            const int begin = first[r], count = first[r + 1] - begin;
            int i = me - before;
            for (i = i < 0 ? i + stride : i; i < count; i += stride) body(begin + i);
            before = static_cast<int>((static_cast<long>(before) + count) % stride);
        }
    }
}

/// One thread per index of a marked replica, or per several: the grid's size does not know how many are marked.
template <class Sweep>
__global__ void __launch_bounds__(sweep_threads)
    marked_kernel(int replicas, const int* first, const int* marked, const __grid_constant__ Sweep sweep) {
    for_each_marked(replicas, first, marked, static_cast<int>(blockIdx.x * sweep_threads + threadIdx.x),
                    static_cast<int>(gridDim.x * sweep_threads), sweep);
}

/// Blocks that the device has room for at a time, and no more than are wanted: what is not marked must not cost one.
inline unsigned resident_blocks(unsigned wanted, unsigned per_multiprocessor) {
    const unsigned most = per_multiprocessor * static_cast<unsigned>(multiprocessors());
    return wanted < most ? wanted : most;
}

/// sweep(i) for the indices of marked replicas, in any order: those of replica r are first[r] to first[r + 1] - 1, and
/// `end` is first[replicas].
template <class Sweep>
void for_each_marked(Cuda, int replicas, const int* first, int end, const int* marked, const Sweep& sweep) {
    if (end <= 0) return;
    const unsigned blocks = (static_cast<unsigned>(end) + sweep_threads - 1) / sweep_threads;
    constexpr unsigned resident = 16;  // with up to 32 registers
    launch(marked_kernel<Sweep>, {resident_blocks(blocks, resident), sweep_threads}, replicas, first, marked, sweep);
}

/// The sum of the block's values in a fixed tree, valid on thread 0. `threads`, a power of two, is the block's size.
template <int threads, class T>
__device__ T block_sum(const T& mine) {
    static_assert((threads & (threads - 1)) == 0 && sizeof(T) <= 128);
    // Raw memory: T has default member initialisers, which shared variables may not have.
    alignas(16) __shared__ unsigned char memory[threads * sizeof(T)];
    T* values = reinterpret_cast<T*>(memory);
    const int t = static_cast<int>(threadIdx.x);
    __syncthreads();  // an earlier sum of the block may still be read
    values[t] = mine;
    for (int half = threads / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half) values[t] = values[t] + values[t + half];
    }
    return values[t];
}

inline constexpr int chunk_threads = Chunks<Cuda>::length;

/// One block per chunk, one thread per atom. The block that comes last in a replica adds the replica's chunks: thread t
/// takes chunks t, t + 256, ... in order, then a fixed tree, so the order depends on the replica's number of chunks
/// alone, not on which block came last. One launch instead of three (chunks, replicas, what follows per replica).
/// Bound: the latency of two trees and of finish() on one thread; the atoms' data stream at the memory's rate.
/// On an H200 7.5 us for one glass of 20,000 atoms; 30 us for 64, which is the memory's rate.
template <class T, class Term, class Finish>
__global__ void __launch_bounds__(chunk_threads)
    reduce_kernel(const int* begin, const int* first_chunk, const int* replica_of, int* arrived,
                  const __grid_constant__ Term term, T* sums, const __grid_constant__ Finish finish) {
    __shared__ bool last;
    const int chunk = static_cast<int>(blockIdx.x), t = static_cast<int>(threadIdx.x);
    const int replica = replica_of[chunk];
    const int first = first_chunk[replica], end = first_chunk[replica + 1];
    T mine{};
    const int i = begin[chunk] + t;
    if (i < begin[chunk + 1]) mine = term(i);
    const T sum = block_sum<chunk_threads>(mine);
    if (t == 0) {
        sums[chunk] = sum;
        __threadfence();
        last = atomicAdd(&arrived[replica], 1) == end - first - 1;
    }
    __syncthreads();
    if (!last) return;
    __threadfence();
    mine = T{};
    for (int c = first + t; c < end; c += chunk_threads) mine = mine + sums[c];
    const T total = block_sum<chunk_threads>(mine);
    if (t == 0) {
        arrived[replica] = 0;
        finish(replica, total);
    }
}

/// reduce_by_replica over the atoms of this rank.
template <class T, class Term, class Finish>
void reduce_by_replica_here(const Chunks<Cuda>& chunks, const Term& term, T* scratch, const Finish& finish) {
    launch(reduce_kernel<T, Term, Finish>, {static_cast<unsigned>(chunks.count), chunk_threads}, chunks.begin,
           chunks.first_chunk, chunks.replica_of, chunks.arrived, term, scratch, finish);
}

/// What follows a reduction, where its sum is known to the host first.
template <class T, class Finish>
struct FinishSweep {
    const T* sum;
    Finish finish;
    MG_HD void operator()(int r) const { finish(r, sum[r]); }
};

/// finish(r, the sum over the atoms i of replica r of term(i)) on one thread per replica, for a default-constructible T
/// with operator+ of which T{} is the neutral element. `scratch` has room for chunks.count of T. The same bits on every
/// run, whatever else is in the batch; another order of summation than on the host.
template <class T, class Term, class Finish>
void reduce_by_replica(const Chunks<Cuda>& chunks, const Term& term, T* scratch, const Finish& finish) {
    if (chunks.team) {
        // Ranks share the (one) replica: its sum goes through the host, which a captured step never does.
        reduce_by_replica_here(chunks, term, scratch, StoreSum<T>{scratch});
        T sum;
        copy_bytes(Cuda{}, scratch, Host{}, &sum, sizeof(T));
        sum = sum_over(chunks.team, sum);
        copy_bytes(Host{}, &sum, Cuda{}, scratch, sizeof(T));
        return for_each(Cuda{}, 1, FinishSweep<T, Finish>{scratch, finish});
    }
    reduce_by_replica_here(chunks, term, scratch, finish);
}

/// Memory for exclusive_scan of up to n values, which then allocates nothing: a captured step must not.
void reserve_scan(Cuda, int n);

/// sums[k] = values[0] + ... + values[k-1], k = 0..n.
void exclusive_scan(Cuda, int n, const int* values, int* sums);

}  // namespace mg
