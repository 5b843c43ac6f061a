// The SIMT emulation (tests/support/simt) itself: what it computes, and that it catches what it is there to catch.
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/array.hpp"
#include "core/error.hpp"
#include "for_each.cuh"
#include "ops/replay.hpp"
#include "support/schedules.hpp"

namespace {

using namespace mg;

constexpr unsigned full_warp = 0xffffffffu;
constexpr int block = 128;

/// What the launch was refused with; empty where it was not.
template <class... Parameters, class... Arguments>
std::string failure_of(void (*kernel)(Parameters...), LaunchShape shape, Arguments&&... arguments) {
    try {
        launch(kernel, shape, std::forward<Arguments>(arguments)...);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
}

/// Whether kernel(input, output) gives `expected`, under each of ten schedules. The input is 1, 2, ..., n.
template <class T>
std::vector<bool> right_answers(void (*kernel)(const T*, T*), LaunchShape shape, int n,
                                const std::vector<T>& expected) {
    std::vector<T> values(n);
    std::iota(values.begin(), values.end(), T(1));
    const Array<T, Cuda> input = to_space<Cuda>(values);
    std::vector<bool> right;
    for_schedules(schedules, [&] {
        Array<T, Cuda> output(expected.size());
        launch(kernel, shape, input.data(), output.data());
        right.push_back(to_host(output) == expected);
    });
    EXPECT_EQ(right.size(), std::size_t{schedules});
    return right;
}

bool all_of(const std::vector<bool>& v) { return std::find(v.begin(), v.end(), false) == v.end(); }

// ---- Barriers -------------------------------------------------------------------------------------------------------

/// Sums of blocks in a tree; the barrier of the tree may be missing.
template <bool with_barrier, class T>
__global__ void block_sum_kernel(const T* values, T* sums) {
    __shared__ T shared[block];
    const int t = static_cast<int>(threadIdx.x);
    shared[t] = values[blockIdx.x * block + threadIdx.x];
    for (int half = block / 2; half > 0; half /= 2) {
        if (with_barrier) __syncthreads();
        if (t < half) shared[t] += shared[t + half];
    }
    if (t == 0) sums[blockIdx.x] = shared[0];
}

TEST(Simt, ABlockSumIsRight) {
    const std::vector<double> sums{128 * 129 / 2, 256 * 257 / 2 - 128 * 129 / 2};
    EXPECT_TRUE(all_of(right_answers(block_sum_kernel<true, double>, {2, block}, 2 * block, sums)));
}

TEST(Simt, AMissingBarrierIsCaught) {
    const std::vector<double> sums{128 * 129 / 2, 256 * 257 / 2 - 128 * 129 / 2};
    EXPECT_FALSE(all_of(right_answers(block_sum_kernel<false, double>, {2, block}, 2 * block, sums)));
    const std::vector<int> integers{128 * 129 / 2};
    EXPECT_FALSE(all_of(right_answers(block_sum_kernel<false, int>, {1, block}, block, integers)));
}

/// Each round reads what one neighbour wrote, then overwrites what the other reads. Where the second barrier is
/// missing, no poison helps: the memory is not fresh.
template <bool with_barrier>
__global__ void shift_kernel(const int* values, int* shifted) {
    extern __shared__ int shared[];
    const int t = static_cast<int>(threadIdx.x);
    shared[t] = values[t];
    for (int round = 0; round < 3; ++round) {
        __syncthreads();
        const int next = shared[(t + 1) % block];
        if (with_barrier) __syncthreads();
        shared[t] = next;
    }
    shifted[t] = shared[t];
}

TEST(Simt, AMissingSecondBarrierIsCaught) {
    std::vector<int> shifted(block);
    for (int t = 0; t < block; ++t) shifted[t] = (t + 3) % block + 1;
    const LaunchShape shape{1, block, block * sizeof(int)};
    EXPECT_TRUE(all_of(right_answers(shift_kernel<true>, shape, block, shifted)));
    EXPECT_FALSE(all_of(right_answers(shift_kernel<false>, shape, block, shifted)));
}

/// Lanes exchange values through shared memory, within their warp.
template <bool with_barrier>
__global__ void swap_kernel(const float* values, float* swapped) {
    __shared__ float shared[block];
    const unsigned t = threadIdx.x;
    shared[t] = values[t];
    if (with_barrier) __syncwarp();
    swapped[t] = shared[t ^ 1];
}

TEST(Simt, AMissingBarrierOfAWarpIsCaught) {
    std::vector<float> swapped(block);
    for (int t = 0; t < block; ++t) swapped[t] = static_cast<float>((t ^ 1) + 1);
    EXPECT_TRUE(all_of(right_answers(swap_kernel<true>, {1, block}, block, swapped)));
    EXPECT_FALSE(all_of(right_answers(swap_kernel<false>, {1, block}, block, swapped)));
}

/// Barriers that count; threads that have returned are not waited for.
__global__ void count_kernel(int* counts) {
    const int t = static_cast<int>(threadIdx.x);
    if (t >= 40) return;
    const int low = __syncthreads_count(t < 30), any = __syncthreads_or(t == 39), none = __syncthreads_or(t == 40);
    const int all = __syncthreads_and(t < 40), not_all = __syncthreads_and(t != 7);
    if (t == 5) {
        const int seen[5] = {low, any, none, all, not_all};
        for (int k = 0; k < 5; ++k) counts[k] = seen[k];
    }
}

TEST(Simt, BarriersCount) {
    Array<int, Cuda> counts(5);
    launch(count_kernel, {1, 64}, counts.data());
    EXPECT_EQ(to_host(counts), (std::vector<int>{30, 1, 0, 1, 0}));
}

// ---- Shared memory --------------------------------------------------------------------------------------------------

/// Counts words of shared memory that are not poison, and leaves none.
template <class T>
__global__ void poison_kernel(T* clean) {
    __shared__ T of_template[8];
    extern __shared__ unsigned char dynamic[];
    T* const words = reinterpret_cast<T*>(dynamic);
    T found = 0;
    for (int k = 0; k < 8; ++k) {
        found += of_template[k] != T(-1);
        found += words[k] != T(-1);
        of_template[k] = words[k] = T(k);
    }
    clean[blockIdx.x] = found;
}

__global__ void plain_poison_kernel(int* clean) {
    __shared__ int one;
    alignas(16) __shared__ float many[3];
    clean[blockIdx.x] = (one != -1) + !std::isnan(many[0]) + !std::isnan(many[2]);
    one = 1;
    many[0] = many[2] = 0;
}

TEST(Simt, EveryBlockFindsItsSharedMemoryPoisoned) {
    Array<int, Cuda> integers(3);
    Array<long long, Cuda> longs(3);
    launch(poison_kernel<int>, {3, 1, 32}, integers.data());
    launch(poison_kernel<long long>, {3, 1, 64}, longs.data());
    EXPECT_EQ(to_host(integers), std::vector<int>(3, 0));
    EXPECT_EQ(to_host(longs), std::vector<long long>(3, 0));
    launch(plain_poison_kernel, {3, 1}, integers.data());
    EXPECT_EQ(to_host(integers), std::vector<int>(3, 0));
}

TEST(Simt, MoreSharedMemoryMustBeAskedFor) {
    const LaunchShape shape{1, 1, 100 << 10};
    Array<int, Cuda> clean(1);
    expect_parts(failure_of(poison_kernel<int>, shape, clean.data()), {"invalid argument"});
    ASSERT_EQ(cudaFuncSetAttribute(poison_kernel<int>, cudaFuncAttributeMaxDynamicSharedMemorySize, 100 << 10),
              cudaSuccess);
    EXPECT_EQ(failure_of(poison_kernel<int>, shape, clean.data()), "");
    EXPECT_NE(cudaFuncSetAttribute(poison_kernel<int>, cudaFuncAttributeMaxDynamicSharedMemorySize, 300 << 10),
              cudaSuccess);
}

// ---- Indices --------------------------------------------------------------------------------------------------------

__global__ void read_kernel(const int* values, int i, int* result) { *result = values[i]; }

__global__ void read_shared_kernel(int i, int* result) {
    __shared__ int values[32];
    values[threadIdx.x] = 1;
    __syncwarp();
    if (threadIdx.x == 0) *result = values[i];
}

__global__ void read_dynamic_kernel(int i, int* result) {
    extern __shared__ int values[];
    values[threadIdx.x] = 1;
    __syncwarp();
    if (threadIdx.x == 0) *result = values[i];
}

/// As a kernel would that the sanitizer does not see into.
__attribute__((no_sanitize("address", "undefined"), noinline)) void write_unseen(int* values, int i) { values[i] = 1; }
__global__ void write_kernel(int* values, int i) { write_unseen(values, i); }

TEST(SimtDeathTest, AnIndexOneTooFarIsCaught) {
    Array<int, Cuda> values(33), result(1);
    fill_zero(values);
    launch(read_kernel, {1, 1}, values.data(), 32, result.data());
    EXPECT_DEATH(launch(read_kernel, {1, 1}, values.data(), 33, result.data()), "AddressSanitizer.*poison");
    EXPECT_DEATH(launch(read_kernel, {1, 1}, values.data(), -1, result.data()), "AddressSanitizer.*poison");
}

TEST(SimtDeathTest, AnIndexOneTooFarInSharedMemoryIsCaught) {
    Array<int, Cuda> result(1);
    const LaunchShape shape{1, 32}, dynamic{1, 32, 128};
    launch(read_shared_kernel, shape, 31, result.data());
    EXPECT_DEATH(launch(read_shared_kernel, shape, 32, result.data()), "out of bounds|global-buffer-overflow");
    launch(read_dynamic_kernel, dynamic, 31, result.data());
    EXPECT_DEATH(launch(read_dynamic_kernel, dynamic, 32, result.data()), "heap-buffer-overflow");
}

TEST(SimtDeathTest, AWriteThatTheSanitizerDoesNotSeeIsCaughtWhenTheMemoryIsFreed) {
    const auto write_and_free = [](int i) {
        Array<int, Cuda> values(33);
        launch(write_kernel, {1, 1}, values.data(), i);
    };
    write_and_free(32);
    EXPECT_DEATH(write_and_free(33), "written behind its end");
    EXPECT_DEATH(write_and_free(-1), "written before its begin");
}

__global__ void misaligned_kernel(const float* values, float* result) {
    const float4 v = *reinterpret_cast<const float4*>(values + 1);
    *result = v.x;
}

TEST(SimtDeathTest, AMisalignedVectorIsCaught) {
    Array<float, Cuda> values(32), result(1);
    EXPECT_DEATH(launch(misaligned_kernel, {1, 1}, values.data(), result.data()), "misaligned address");
}

// ---- Shuffles and votes ---------------------------------------------------------------------------------------------

enum class Shuffle { plain, up, down, exclusive_or };

template <Shuffle kind, int width, class T>
__global__ void shuffle_kernel(const T* values, T* result, int by) {
    const T mine = values[threadIdx.x];
    T got{};
    if (kind == Shuffle::plain) got = __shfl_sync(full_warp, mine, by, width);
    if (kind == Shuffle::up) got = __shfl_up_sync(full_warp, mine, static_cast<unsigned>(by), width);
    if (kind == Shuffle::down) got = __shfl_down_sync(full_warp, mine, static_cast<unsigned>(by), width);
    if (kind == Shuffle::exclusive_or) got = __shfl_xor_sync(full_warp, mine, by, width);
    result[threadIdx.x] = got;
}

/// Two warps whose threads give 0, 1, ..., 63: what each gets, where lane l of the first is to get expected[l].
template <Shuffle kind, int width, class T = int>
void expect_shuffle(int by, const std::vector<int>& expected) {
    std::vector<T> values(64), both;
    std::iota(values.begin(), values.end(), T(0));
    for (int t = 0; t < 64; ++t) both.push_back(static_cast<T>(expected[t % 32] + t / 32 * 32));
    const Array<T, Cuda> given = to_space<Cuda>(values);
    Array<T, Cuda> result(64);
    launch(shuffle_kernel<kind, width, T>, {1, 64}, given.data(), result.data(), by);
    EXPECT_EQ(to_host(result), both) << "by " << by << ", width " << width;
}

TEST(Simt, ShufflesAreThoseOfTheManual) {
    for_schedules(schedules, [] {
        std::vector<int> lanes(32);
        std::iota(lanes.begin(), lanes.end(), 0);
        const std::vector<int> broadcast(32, 5);
        expect_shuffle<Shuffle::plain, 32>(5, broadcast);
        expect_shuffle<Shuffle::plain, 32, double>(37, broadcast);  // modulo the width
        expect_shuffle<Shuffle::plain, 8>(3, {3,  3,  3,  3,  3,  3,  3,  3,  11, 11, 11, 11, 11, 11, 11, 11,
                                              19, 19, 19, 19, 19, 19, 19, 19, 27, 27, 27, 27, 27, 27, 27, 27});
        expect_shuffle<Shuffle::up, 16>(2, {0,  1,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                                            16, 17, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29});
        expect_shuffle<Shuffle::up, 8, float>(1, {0,  0,  1,  2,  3,  4,  5,  6,  8,  8,  9,  10, 11, 12, 13, 14,
                                                  16, 16, 17, 18, 19, 20, 21, 22, 24, 24, 25, 26, 27, 28, 29, 30});
        expect_shuffle<Shuffle::down, 8>(3, {3,  4,  5,  6,  7,  5,  6,  7,  11, 12, 13, 14, 15, 13, 14, 15,
                                             19, 20, 21, 22, 23, 21, 22, 23, 27, 28, 29, 30, 31, 29, 30, 31});
        expect_shuffle<Shuffle::down, 16, long long>(15,
                                                     {15, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                      31, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31});
        expect_shuffle<Shuffle::exclusive_or, 32>(1, {1,  0,  3,  2,  5,  4,  7,  6,  9,  8,  11, 10, 13, 12, 15, 14,
                                                      17, 16, 19, 18, 21, 20, 23, 22, 25, 24, 27, 26, 29, 28, 31, 30});
        // Groups of 8: lanes 8-15 reach back into the first group, which cannot reach forward.
        expect_shuffle<Shuffle::exclusive_or, 8>(8, {0,  1,  2,  3,  4,  5,  6,  7,  0,  1,  2,  3,  4,  5,  6,  7,
                                                     16, 17, 18, 19, 20, 21, 22, 23, 16, 17, 18, 19, 20, 21, 22, 23});
        expect_shuffle<Shuffle::exclusive_or, 16, double>(16, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                                               0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
        expect_shuffle<Shuffle::up, 32>(0, lanes);
    });
}

/// Half warps take different ways, each with its own mask.
__global__ void vote_kernel(int* result) {
    const int lane = static_cast<int>(threadIdx.x);
    int sum = 0;
    if (lane < 16) {
        const unsigned low = 0x0000ffffu;
        sum = __reduce_add_sync(low, lane) + 1000 * __any_sync(low, lane == 3) + 2000 * __all_sync(low, lane != 3);
    } else {
        const unsigned high = 0xffff0000u;
        sum = static_cast<int>(__ballot_sync(high, lane % 2) >> 16) + __reduce_min_sync(high, -lane) +
              __popc(__activemask());
    }
    result[lane] = sum;
}

TEST(Simt, VotesAreOfTheLanesInTheMask) {
    for_schedules(schedules, [] {
        Array<int, Cuda> result(32);
        launch(vote_kernel, {1, 32}, result.data());
        std::vector<int> expected(32, 120 + 1000);
        std::fill(expected.begin() + 16, expected.end(), 0xaaaa - 31 + 1);
        EXPECT_EQ(to_host(result), expected);
    });
}

// ---- Divergent collectives ------------------------------------------------------------------------------------------

enum class Fault { returned, elsewhere, other_mask, not_named, reads_unnamed, width, branch, barrier_or_shuffle, trap };

template <Fault fault>
__global__ void faulty_kernel(int* result) {
    const int t = static_cast<int>(threadIdx.x);
    if (fault == Fault::returned && t == 45) return;
    if (fault == Fault::elsewhere && t == 45) {
        __syncwarp();
    } else if (fault == Fault::other_mask && t == 45) {
        result[t] = __shfl_sync(1u << 13 | 1u << 12, t, 13);
    } else if (fault == Fault::not_named && t == 45) {
        result[t] = __shfl_sync(0xffu, t, 3);
    } else if (fault == Fault::reads_unnamed) {
        if (t % 32 < 16) result[t] = __shfl_sync(0xffffu, t, t == 45 ? 20 : 13);
    } else if (fault == Fault::width && t == 45) {
        result[t] = __shfl_sync(full_warp, t, 3, 5);
    } else if (fault == Fault::branch) {
        if (t == 45)
            __syncthreads();
        else
            __syncthreads();  // another line
    } else if (fault == Fault::barrier_or_shuffle && t == 45) {
        __syncthreads();
    } else if (fault == Fault::trap) {
        if (t == 45) __trap();
    } else {
        result[t] = __shfl_sync(full_warp, t, 3);
    }
}

template <Fault fault>
void expect_report(const std::vector<std::string>& parts) {
    for_schedules(schedules, [&] {
        Array<int, Cuda> result(2 * 64);
        const std::string report = failure_of(faulty_kernel<fault>, {2, 64}, result.data());
        expect_parts(report, {"block (", "thread (", "self_test.cu:"});
        expect_parts(report, parts);
    });
    // Nothing is left of it.
    EXPECT_TRUE(all_of(right_answers(block_sum_kernel<true, int>, {1, block}, block, {128 * 129 / 2})));
}

TEST(Simt, DivergentCollectivesAreReported) {
    expect_report<Fault::returned>({"warp 1", "__shfl_sync", "mask 0xffffffff", "thread (45,0,0)", "has returned"});
    expect_report<Fault::elsewhere>({"warp 1", "__shfl_sync", "waits at __syncwarp"});
    expect_report<Fault::other_mask>({"warp 1", "mask 0xffffffff", "mask 0x3000"});
    expect_report<Fault::not_named>({"thread (45,0,0)", "__shfl_sync", "does not name the calling lane"});
    expect_report<Fault::reads_unnamed>({"thread (45,0,0)", "__shfl_sync", "reads from lane 20"});
    expect_report<Fault::width>({"thread (45,0,0)", "width of __shfl_sync is 5"});
    expect_report<Fault::branch>({"thread (45,0,0)", "waits at __syncthreads"});
    expect_report<Fault::barrier_or_shuffle>({"__shfl_sync", "waits at __syncthreads"});
    expect_report<Fault::trap>({"thread (45,0,0)", "__trap"});
}

TEST(Simt, AWarpThatIsNotFullIsReported) {
    Array<int, Cuda> result(40);
    expect_parts(failure_of(faulty_kernel<Fault::elsewhere>, {1, 40}, result.data()), {"warp 1", "does not exist"});
}

TEST(Simt, AFailureInAGraphIsReported) {
    Array<int, Cuda> result(64);
    bool broken = false;
    Replay<Cuda> replay;
    const auto step = [&] {
        if (broken) launch(faulty_kernel<Fault::returned>, {1, 64}, result.data());
    };
    replay.run(1, step, 1);
    broken = true;
    EXPECT_THROW(replay.run(1, step, 1), Error);
}

/// Prefix sums ask for more memory the more values there are, which a step that is captured may not allocate.
TEST(Simt, ASumThatWasProvidedForIsCaptured) {
    const auto captured = [](int n, bool provided) {
        const Array<int, Cuda> ones = to_space<Cuda>(std::vector<int>(n, 1));
        Array<int, Cuda> sums(n + 1);
        if (provided) reserve_scan(Cuda{}, n);
        bool first = true;
        Replay<Cuda> replay;
        replay.run(
            2,
            [&] {
                if (!std::exchange(first, false)) exclusive_scan(Cuda{}, n, ones.data(), sums.data());
            },
            1);
        EXPECT_EQ(to_host(sums)[n], n);
        return replay.captured();
    };
    EXPECT_TRUE(captured(2 << 20, true));
    EXPECT_FALSE(captured(8 << 20, false));
}

// ---- Schedules ------------------------------------------------------------------------------------------------------

/// Each thread takes the next ticket.
__global__ void order_kernel(int* next, int* order) {
    const int ticket = atomicAdd(next, 1);
    order[ticket] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

std::vector<int> order_of(std::uint64_t seed) {
    simt::set_seed(seed);
    Array<int, Cuda> next = to_space<Cuda>(std::vector<int>{0}), order(96);
    launch(order_kernel, {3, 32}, next.data(), order.data());
    return to_host(order);
}

TEST(Simt, TheSeedSetsTheOrder) {
    EXPECT_EQ(order_of(1), order_of(1));
    EXPECT_NE(order_of(1), order_of(2));
    std::vector<int> first_blocks, sorted = order_of(3);
    for (int seed = 0; seed < 20; ++seed) first_blocks.push_back(order_of(seed)[0] / 32);
    for (int b = 0; b < 3; ++b) EXPECT_NE(std::count(first_blocks.begin(), first_blocks.end(), b), 0);
    std::sort(sorted.begin(), sorted.end());
    for (int t = 0; t < 96; ++t) EXPECT_EQ(sorted[t], t);
}

/// A lock that its owner holds over a collective: whoever spins makes way.
__global__ void lock_kernel(int* lock, int* count) {
    while (atomicCAS(lock, 0, 1) != 0) {
    }
    const int old = *count;
    __threadfence();
    *count = old + 1;
    atomicExch(lock, 0);
}

TEST(Simt, ThreadsMakeWayAtAtomics) {
    for_schedules(schedules, [] {
        Array<int, Cuda> lock = to_space<Cuda>(std::vector<int>{0}), count = to_space<Cuda>(std::vector<int>{0});
        launch(lock_kernel, {2, 96}, lock.data(), count.data());
        EXPECT_EQ(to_host(count)[0], 192);
    });
}

/// Indices of three dimensions count x first.
__global__ void index_kernel(int* ranks) {
    const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    const unsigned in_grid = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
    const unsigned lane = thread % warpSize;
    ranks[in_grid * threads + thread] = static_cast<int>(__shfl_sync(full_warp, thread, static_cast<int>(lane)));
}

TEST(Simt, IndicesHaveThreeDimensions) {
    cudaLaunchConfig_t shape{};
    shape.gridDim = dim3(2, 3, 2);
    shape.blockDim = dim3(8, 2, 4);
    Array<int, Cuda> ranks(12 * 64);
    check(cudaLaunchKernelEx(&shape, index_kernel, ranks.data()), "launch");
    const std::vector<int> found = to_host(ranks);
    for (int k = 0; k < 12 * 64; ++k) EXPECT_EQ(found[k], k % 64);
}

TEST(Simt, NumbersAreThoseOfTheDevice) {
    EXPECT_EQ(__float_as_int(1.0f), 0x3f800000);
    EXPECT_EQ(__int_as_float(0x40000000), 2.0f);
    EXPECT_EQ(__hiloint2double(__double2hiint(0.1), __double2loint(0.1)), 0.1);
    EXPECT_EQ(__ffs(8), 4);
    EXPECT_EQ(__ffs(0), 0);
    EXPECT_EQ(__clz(1), 31);
    EXPECT_EQ(__umulhi(0x80000000u, 6), 3u);
    EXPECT_EQ(__mulhi(-1, 1), -1);
    EXPECT_EQ(__float2int_rn(2.5f), 2);
    EXPECT_EQ(__double2int_rn(1e20), 2147483647);
    EXPECT_EQ(__float2int_rd(-0.5f), -1);
    EXPECT_EQ(__float2int_rn(NAN), 0);
    EXPECT_EQ(rsqrtf(4.0f), 0.5f);
    EXPECT_EQ(sizeof(float3), 12u);
    EXPECT_EQ(alignof(float4), 16u);
    EXPECT_EQ(alignof(double2), 16u);
    EXPECT_EQ(alignof(int2), 8u);
}

}  // namespace
