#pragma once
/// \file Blocks of threads, run on the CPU: every thread is a fiber, which runs until it waits at a collective (a
/// barrier, a vote, a shuffle), makes way at an atomic, or returns. Which of the threads that can run goes on is drawn
/// at random each time, and so is the order of the blocks, from one seed; no two lanes are ever in lockstep.
///
/// A collective that cannot complete, because a thread it needs has returned or waits at another one, ends the launch
/// with a message that names block, thread and collective.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

#include "vector_types.h"

namespace simt {

inline constexpr unsigned warp_size = 32;
using Location = std::source_location;

// ---- For tests ------------------------------------------------------------------------------------------------------

/// The schedules that follow are those of this seed.
void set_seed(std::uint64_t seed);
/// The seed at the start: MG_SIMT_SEED of the environment, else 1.
std::uint64_t first_seed();
/// What ended the last launch that failed.
const std::string& failure();

// ---- For the runtime ------------------------------------------------------------------------------------------------

/// Calls kernel() in every thread of the grid. Shared memory, static and dynamic, is filled with 0xff (NaN) before
/// every block. False where a thread failed: see failure().
bool run_grid(dim3 grid, dim3 block, std::size_t shared_bytes, const std::function<void()>& kernel);

// ---- For device functions -------------------------------------------------------------------------------------------

extern uint3 thread_index, block_index;
extern dim3 block_size, grid_size;

/// Number of the calling thread in its warp.
unsigned lane();
/// The block's dynamic shared memory. Exactly as long as the launch said, so that the sanitizer knows its end.
void* dynamic_shared_memory();
template <class T>
T* dynamic_shared() {
    return static_cast<T*>(dynamic_shared_memory());
}

/// What each lane gave to a collective of its warp; lanes that took no part gave nothing.
using Given = std::array<std::uint64_t, warp_size>;

/// One lane's part in a collective of its warp.
struct WarpMeeting {
    const char* kind = "";
    unsigned mask = 0;
    int variant = 0;  ///< what besides kind and mask all lanes must agree on: width, type
    std::uint64_t given = 0;
    std::uint64_t (*answer)(const Given&, unsigned mask, int argument) = nullptr;  ///< what the lane gets
    int argument = 0;
};

/// Waits until all lanes of the mask are there; returns the lane's answer.
std::uint64_t meet_in_warp(const WarpMeeting& meeting, Location at);
/// Waits until all threads of the block that have not returned are at this barrier, one line of one file; returns how
/// many of them gave `true`.
int meet_in_block(const char* kind, bool given, Location at);
/// Lets any thread of the block run, the caller among them, or none.
void make_way();
/// Ends the launch: the calling thread did something for which there is no answer.
[[noreturn]] void fail(const std::string& what, Location at);

}  // namespace simt
