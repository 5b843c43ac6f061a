#pragma once
/// \file A stand-in for the CUDA runtime under which cuda/*.cu, compiled as C++ under the address sanitizer, run on the
/// CPU.
///
/// What it shows: wrong values; indices outside of device memory, shared memory and stack; shared or device memory read
/// before it is written (both start as 0xff, which is NaN); missing barriers, since threads run in a random order
/// between them; collectives that not all lanes of the mask reach, shuffles from lanes outside of the mask, and any
/// dependence on lanes being in lockstep or on the order of blocks; misaligned vector accesses; what may not be
/// captured in a graph.
///
/// What it cannot show: speed; races between blocks, which run one after another, and memory order; a race between two
/// threads of a block whose outcome no order of the pieces between collectives changes; the rounding of approximate
/// device functions, and what nvcc contracts or makes of the code; limits on registers and static shared memory;
/// Thrust, CUB and cuBLAS, of which only what cuda/ uses is imitated.

#include <sanitizer/asan_interface.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

#include "device_functions.h"
#include "scheduler.hpp"
#include "vector_types.h"

#define __global__ static
#define __device__
#define __host__
#define __constant__
// The attribute collects these variables in sections of their own, also those of templates, whose sections the linker
// merges; each block finds them poisoned. `extern __shared__` is rewritten before compiling (translate.cmake).
#define __shared__ static __attribute__((noinit))
#define __grid_constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorIllegalState = 401,
    cudaErrorLaunchFailure = 719,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901,
};
inline const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaSuccess:
            return "no error";
        case cudaErrorInvalidValue:
            return "invalid argument";
        case cudaErrorMemoryAllocation:
            return "out of memory";
        case cudaErrorInvalidConfiguration:
            return "invalid configuration argument";
        case cudaErrorIllegalState:
            return "the operation cannot be performed in the present state";
        case cudaErrorLaunchFailure:
            return simt::failure().c_str();
        case cudaErrorStreamCaptureUnsupported:
            return "operation not permitted when stream is capturing";
        case cudaErrorStreamCaptureInvalidated:
            return "operation failed due to a previous error during capture";
    }
    return "unknown error";
}

using cudaStream_t = int*;

namespace simt {

/// A list of work: what a capture records and a graph repeats. Bodies of conditional nodes and their conditions live as
/// long as a graph that has them.
struct Graph {
    std::vector<std::function<cudaError_t()>> nodes;
    std::vector<std::shared_ptr<Graph>> bodies;
    std::vector<std::shared_ptr<unsigned>> conditions;
    bool loose_node = false;  ///< a node was added on which the capture does not depend yet

    cudaError_t run() const {
        for (const auto& node : nodes)
            if (const cudaError_t status = node()) return status;
        return cudaSuccess;
    }
};
/// What a stream records into: a graph of its own, or the body of a conditional node, which is its graph's.
struct Capture {
    Graph* graph;
    bool body;
};
inline std::map<cudaStream_t, Capture> captures;
inline bool capture_broken = false;  ///< all that are under way

inline cudaError_t enqueue(cudaStream_t stream, std::function<cudaError_t()> work) {
    const auto capture = captures.find(stream);
    if (capture == captures.end()) return work();
    if (capture_broken) return cudaErrorStreamCaptureInvalidated;
    capture->second.graph->nodes.push_back(std::move(work));
    return cudaSuccess;
}
/// What may not be done during a capture.
inline cudaError_t refuse_in_capture() {
    if (captures.empty()) return cudaSuccess;
    capture_broken = true;
    return cudaErrorStreamCaptureUnsupported;
}

/// Device memory between two guards, which the sanitizer watches; those that it does not see (code compiled without
/// it) leave their marks there, which release() finds.
class DeviceMemory {
public:
    static void* allocate(std::size_t bytes) {
        auto* block = static_cast<unsigned char*>(::operator new(bytes + 2 * guard, alignment, std::nothrow));
        if (!block) return nullptr;
        std::memset(block, mark, guard);
        std::memset(block + guard, 0xff, bytes);
        std::memset(block + guard + bytes, mark, guard);
        __asan_poison_memory_region(block, guard);
        __asan_poison_memory_region(block + guard + bytes, guard);
        sizes()[block + guard] = bytes;
        return block + guard;
    }
    static void release(void* memory) {
        if (!memory) return;
        const auto found = sizes().find(memory);
        if (found == sizes().end()) stop("cudaFree of what cudaMalloc did not give");
        const std::size_t bytes = found->second;
        sizes().erase(found);
        unsigned char* const block = static_cast<unsigned char*>(memory) - guard;
        __asan_unpoison_memory_region(block, bytes + 2 * guard);
        for (std::size_t k = 0; k < guard; ++k) {
            if (block[k] != mark) stop("device memory was written before its begin");
            if (block[guard + bytes + k] != mark) stop("device memory was written behind its end");
        }
        ::operator delete(block, alignment);
    }

private:
    static constexpr std::size_t guard = 256;  // keeps the alignment of cudaMalloc
    static constexpr std::align_val_t alignment{guard};
    static constexpr unsigned char mark = 0xa5;

    static std::map<void*, std::size_t>& sizes() {
        static auto& made = *new std::map<void*, std::size_t>;
        return made;
    }
    [[noreturn]] static void stop(const char* what) {
        std::fprintf(stderr, "simt: %s\n", what);
        std::abort();
    }
};

/// Bytes of dynamic shared memory that a kernel has been allowed, where that is more than the default.
inline std::map<const void*, std::size_t>& shared_limits() {
    static auto& made = *new std::map<const void*, std::size_t>;
    return made;
}
inline constexpr std::size_t default_shared_bytes = 48 << 10, most_shared_bytes = 227 << 10;
inline constexpr unsigned most_threads = 1024;

}  // namespace simt

// ---- Memory, streams and devices ------------------------------------------------------------------------------------

using cudaGraph_t = simt::Graph*;
using cudaGraphExec_t = simt::Graph*;
enum { cudaStreamNonBlocking, cudaStreamCaptureModeThreadLocal };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16, cudaDevAttrMaxSharedMemoryPerBlockOptin = 97 };

inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaSetDevice(int number) { return number == 0 ? cudaSuccess : cudaErrorInvalidValue; }
inline cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
    constexpr int few = 3;  // so that grids which depend on it have several blocks, and none of them many
    *value = attribute == cudaDevAttrMultiProcessorCount ? few : static_cast<int>(simt::most_shared_bytes);
    return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, int) {
    if (const cudaError_t refused = simt::refuse_in_capture()) return refused;
    *stream = new int;
    return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return simt::refuse_in_capture(); }
inline cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    if (const cudaError_t refused = simt::refuse_in_capture()) return refused;
    *memory = bytes >> 40 ? nullptr : simt::DeviceMemory::allocate(bytes);
    return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaFree(void* memory) {
    simt::DeviceMemory::release(memory);
    return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    return simt::enqueue(stream, [=] {
        std::memcpy(to, from, bytes);
        return cudaSuccess;
    });
}
inline cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
    return simt::enqueue(stream, [=] {
        std::memset(memory, value, bytes);
        return cudaSuccess;
    });
}
template <class T>
cudaError_t cudaMemcpyToSymbolAsync(T& symbol, const void* from, std::size_t bytes, std::size_t offset,
                                    cudaMemcpyKind kind, cudaStream_t stream) {
    if (offset + bytes > sizeof(T)) return cudaErrorInvalidValue;
    return cudaMemcpyAsync(reinterpret_cast<char*>(&symbol) + offset, from, bytes, kind, stream);
}

// ---- Textures -------------------------------------------------------------------------------------------------------

// Of linear memory, rows of four floats: behind its end zeros are read.
using cudaTextureObject_t = unsigned long long;
struct cudaChannelFormatDesc {};
enum { cudaResourceTypeLinear = 2, cudaReadModeElementType = 0 };
struct cudaResourceDesc {
    int resType;
    struct {
        struct {
            void* devPtr;
            cudaChannelFormatDesc desc;
            std::size_t sizeInBytes;
        } linear;
    } res;
};
struct cudaTextureDesc {
    int readMode;
};
struct cudaResourceViewDesc;

template <class T>
cudaChannelFormatDesc cudaCreateChannelDesc() {
    static_assert(std::is_same_v<T, float4>, "nothing else is imitated");
    return {};
}
inline cudaError_t cudaCreateTextureObject(cudaTextureObject_t* texture, const cudaResourceDesc* resource,
                                           const cudaTextureDesc*, const cudaResourceViewDesc*) {
    *texture = reinterpret_cast<cudaTextureObject_t>(new cudaResourceDesc(*resource));
    return cudaSuccess;
}
inline cudaError_t cudaDestroyTextureObject(cudaTextureObject_t texture) {
    delete reinterpret_cast<cudaResourceDesc*>(texture);
    return cudaSuccess;
}
template <class T>
T tex1Dfetch(cudaTextureObject_t texture, int row) {
    const auto& linear = reinterpret_cast<const cudaResourceDesc*>(texture)->res.linear;
    const bool within = row >= 0 && (static_cast<std::size_t>(row) + 1) * sizeof(T) <= linear.sizeInBytes;
    return within ? static_cast<const T*>(linear.devPtr)[row] : T{};
}

// ---- Launches -------------------------------------------------------------------------------------------------------

struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    std::size_t dynamicSmemBytes = 0;
    cudaStream_t stream = nullptr;
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

template <class... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute, int bytes) {
    if (bytes < 0 || static_cast<std::size_t>(bytes) > simt::most_shared_bytes) return cudaErrorInvalidValue;
    simt::shared_limits()[reinterpret_cast<const void*>(kernel)] = static_cast<std::size_t>(bytes);
    return cudaSuccess;
}

/// A failure of a thread is the launch's, not that of the next wait as on a device.
template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* shape, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
    const dim3 grid = shape->gridDim, block = shape->blockDim;
    const std::size_t threads = std::size_t{block.x} * block.y * block.z, shared_bytes = shape->dynamicSmemBytes;
    if (threads == 0 || threads > simt::most_threads || grid.x == 0 || grid.y == 0 || grid.z == 0)
        return cudaErrorInvalidConfiguration;
    const auto limit = simt::shared_limits().find(reinterpret_cast<const void*>(kernel));
    if (shared_bytes > (limit == simt::shared_limits().end() ? simt::default_shared_bytes : limit->second))
        return cudaErrorInvalidValue;
    return simt::enqueue(shape->stream, [=, given = std::tuple<Parameters...>(std::forward<Arguments>(arguments)...)] {
        const std::function<void()> call = [&] { std::apply(kernel, given); };
        return simt::run_grid(grid, block, shared_bytes, call) ? cudaSuccess : cudaErrorLaunchFailure;
    });
}

// ---- Graphs ---------------------------------------------------------------------------------------------------------

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, int) {
    if (simt::captures.contains(stream)) return cudaErrorIllegalState;
    if (simt::captures.empty()) simt::capture_broken = false;
    simt::captures[stream] = {new simt::Graph, false};
    return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    const auto capture = simt::captures.find(stream);
    if (capture == simt::captures.end()) return cudaErrorIllegalState;
    const auto [made, body] = capture->second;
    simt::captures.erase(capture);
    // Nothing may record into a graph that is given away, and perhaps destroyed.
    if (made->loose_node || (!body && !simt::captures.empty())) simt::capture_broken = true;
    *graph = simt::capture_broken ? nullptr : made;
    if (!simt::capture_broken) return cudaSuccess;
    if (!body) delete made;
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
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t) { return executable->run(); }

// Conditional nodes, of the kind "if". Nodes run in the order in which they were added, so that dependencies are not
// kept; that the capture is told of an added node is checked.

using cudaGraphNode_t = const void*;
using cudaGraphConditionalHandle = unsigned*;
struct cudaGraphEdgeData {};
enum cudaStreamCaptureStatus {
    cudaStreamCaptureStatusNone,
    cudaStreamCaptureStatusActive,
    cudaStreamCaptureStatusInvalidated
};
enum { cudaStreamSetCaptureDependencies = 1, cudaGraphCondAssignDefault = 1 };
enum cudaGraphNodeType { cudaGraphNodeTypeConditional = 13 };
enum cudaGraphConditionalNodeType { cudaGraphCondTypeIf = 0 };
struct cudaGraphNodeParams {
    cudaGraphNodeType type;
    struct {
        cudaGraphConditionalHandle handle;
        cudaGraphConditionalNodeType type;
        unsigned size;
        cudaGraph_t* phGraph_out;
    } conditional;
};

inline cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* status, unsigned long long*,
                                            cudaGraph_t* graph, const cudaGraphNode_t** nodes,
                                            const cudaGraphEdgeData** edges, std::size_t* count) {
    const auto capture = simt::captures.find(stream);
    const bool active = capture != simt::captures.end();
    *status = !active                ? cudaStreamCaptureStatusNone
              : simt::capture_broken ? cudaStreamCaptureStatusInvalidated
                                     : cudaStreamCaptureStatusActive;
    *graph = active ? capture->second.graph : nullptr;
    *nodes = nullptr;
    *edges = nullptr;
    *count = 0;
    return cudaSuccess;
}
inline cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t stream, cudaGraphNode_t*, const cudaGraphEdgeData*,
                                                       std::size_t, unsigned) {
    simt::captures.at(stream).graph->loose_node = false;
    return cudaSuccess;
}
inline cudaError_t cudaStreamBeginCaptureToGraph(cudaStream_t stream, cudaGraph_t graph, const cudaGraphNode_t*,
                                                 const cudaGraphEdgeData*, std::size_t, int) {
    if (simt::captures.contains(stream)) return cudaErrorIllegalState;
    simt::captures[stream] = {graph, true};
    return cudaSuccess;
}
inline cudaError_t cudaGraphConditionalHandleCreate(cudaGraphConditionalHandle* handle, cudaGraph_t graph,
                                                    unsigned initial, unsigned) {
    *handle = graph->conditions.emplace_back(std::make_shared<unsigned>(initial)).get();
    return cudaSuccess;
}
inline void cudaGraphSetConditional(cudaGraphConditionalHandle handle, unsigned value) { *handle = value; }
inline cudaError_t cudaGraphAddNode(cudaGraphNode_t* node, cudaGraph_t graph, const cudaGraphNode_t*,
                                    const cudaGraphEdgeData*, std::size_t, cudaGraphNodeParams* parameters) {
    simt::Graph* const body = graph->bodies.emplace_back(std::make_shared<simt::Graph>()).get();
    static cudaGraph_t out;
    out = body;
    parameters->conditional.phGraph_out = &out;
    const unsigned* const condition = parameters->conditional.handle;
    graph->nodes.push_back([=] { return *condition ? body->run() : cudaSuccess; });
    graph->loose_node = true;
    *node = body;
    return cudaSuccess;
}
