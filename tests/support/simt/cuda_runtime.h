#pragma once
/// \file A stand-in for the CUDA runtime under which cuda/*.cu, compiled as C++, run on the CPU. It shows whether
/// kernels compute the right thing, with barriers, shared memory and captured graphs; it shows nothing of speed, of
/// races between blocks or warps, or of what nvcc makes of the code.
///
/// The threads of a block are fibers that run one after another, from the last to the first, and change at barriers;
/// blocks run in order. Fresh device memory is filled with 0xff, so that reading it before writing gives NaN.

#include <ucontext.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorMemoryAllocation = 2,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901,
};
inline const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaSuccess: return "no error";
        case cudaErrorMemoryAllocation: return "out of memory";
        case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
        case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
    }
    return "unknown error";
}

namespace simt {

struct Index {
    unsigned x = 0;
};
inline Index block_index, thread_index;

/// A list of work: what a capture records and a graph repeats.
struct Graph {
    std::vector<std::function<void()>> nodes;
};
inline Graph* capturing = nullptr;
inline bool capture_broken = false;

inline void enqueue(std::function<void()> work) {
    if (capturing)
        capturing->nodes.push_back(std::move(work));
    else
        work();
}
/// What may not be done during a capture.
inline cudaError_t refuse_in_capture() {
    if (!capturing) return cudaSuccess;
    capture_broken = true;
    return cudaErrorStreamCaptureUnsupported;
}

inline ucontext_t scheduler;
inline std::vector<ucontext_t> fibers;
inline std::vector<char> finished;
inline std::function<void()> kernel_call;

inline void fiber() {
    const unsigned me = thread_index.x;
    kernel_call();
    finished[me] = 1;
    swapcontext(&fibers[me], &scheduler);
}

inline void run_block(unsigned block, unsigned threads) {
    constexpr std::size_t stack = std::size_t{64} << 10;
    static std::vector<char> stacks;
    if (stacks.size() < threads * stack) stacks.resize(threads * stack);
    fibers.resize(threads);
    finished.assign(threads, 0);
    for (unsigned t = 0; t < threads; ++t) {
        getcontext(&fibers[t]);
        fibers[t].uc_stack.ss_sp = &stacks[t * stack];
        fibers[t].uc_stack.ss_size = stack;
        fibers[t].uc_link = nullptr;
        makecontext(&fibers[t], fiber, 0);
    }
    block_index.x = block;
    for (bool waiting = true; waiting;) {
        waiting = false;
        for (unsigned t = threads; t-- > 0;) {
            if (finished[t]) continue;
            thread_index.x = t;
            swapcontext(&scheduler, &fibers[t]);
            waiting = waiting || !finished[t];
        }
    }
}

inline void barrier() { swapcontext(&fibers[thread_index.x], &scheduler); }

}  // namespace simt

#define blockIdx simt::block_index
#define threadIdx simt::thread_index
#define __syncthreads() simt::barrier()
#define __global__ static
#define __device__
#define __shared__ static
#define __grid_constant__
#define __launch_bounds__(...)

using cudaStream_t = int*;
using cudaGraph_t = simt::Graph*;
using cudaGraphExec_t = simt::Graph*;
enum { cudaStreamNonBlocking, cudaStreamCaptureModeThreadLocal };
enum { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };

inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, int) {
    *stream = nullptr;
    return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return simt::refuse_in_capture(); }
inline cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    if (const cudaError_t refused = simt::refuse_in_capture()) return refused;
    if (bytes >> 40) return cudaErrorMemoryAllocation;
    *memory = std::malloc(bytes);
    if (!*memory) return cudaErrorMemoryAllocation;
    std::memset(*memory, 0xff, bytes);
    return cudaSuccess;
}
inline cudaError_t cudaFree(void* memory) {
    std::free(memory);
    return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, int, cudaStream_t) {
    simt::enqueue([=] { std::memcpy(to, from, bytes); });
    return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
    simt::enqueue([=] { std::memset(memory, value, bytes); });
    return cudaSuccess;
}

struct cudaLaunchConfig_t {
    unsigned gridDim, blockDim;
    std::size_t dynamicSmemBytes;
    cudaStream_t stream;
};
template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* shape, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
    const unsigned blocks = shape->gridDim, threads = shape->blockDim;
    simt::enqueue([=] {
        simt::kernel_call = [=] { kernel(arguments...); };
        for (unsigned b = 0; b < blocks; ++b) simt::run_block(b, threads);
    });
    return cudaSuccess;
}

inline cudaError_t cudaStreamBeginCapture(cudaStream_t, int) {
    simt::capturing = new simt::Graph;
    simt::capture_broken = false;
    return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
    *graph = std::exchange(simt::capturing, nullptr);
    if (!simt::capture_broken) return cudaSuccess;
    delete std::exchange(*graph, nullptr);
    return cudaErrorStreamCaptureInvalidated;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, int) {
    *executable = new simt::Graph(*graph);
    return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    delete executable;
    return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t) {
    for (const auto& node : executable->nodes) node();
    return cudaSuccess;
}
