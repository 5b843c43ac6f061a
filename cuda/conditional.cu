// Work that is done only where a flag is set: in a graph, a conditional node decides on the device.

#include "conditional.cuh"

#include <cstdlib>
#include <functional>
#include <string_view>

#include "launch.cuh"

namespace mg {

bool& conditional_nodes_wanted() {
    static bool wanted = [] {
        const char* variable = std::getenv("MGSTIFF_NO_CONDITIONAL");
        const std::string_view value = variable ? variable : "";
        return value.empty() || value == "0";
    }();
    return wanted;
}

namespace {

constexpr unsigned condition_threads = 256;

/// One block: the condition is whether any of the n flags is set.
__global__ void __launch_bounds__(condition_threads)
    condition_kernel(int n, const int* flags, cudaGraphConditionalHandle handle) {
    int any = 0;
    for (int k = static_cast<int>(threadIdx.x); k < n; k += static_cast<int>(condition_threads)) any |= flags[k];
    any = __syncthreads_or(any);
    if (threadIdx.x == 0) cudaGraphSetConditional(handle, any ? 1 : 0);
}

/// The capture on the stream: its graph, and the nodes that what comes next depends on.
struct Capture {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    cudaGraph_t graph = nullptr;
    const cudaGraphNode_t* nodes = nullptr;
    const cudaGraphEdgeData* edges = nullptr;
    std::size_t count = 0;
};
Capture capture_now() {
    Capture c;
    check(cudaStreamGetCaptureInfo(stream(), &c.status, nullptr, &c.graph, &c.nodes, &c.edges, &c.count),
          "look at a graph that is being recorded");
    return c;
}

/// Puts a conditional node into the graph that is being recorded, and returns the graph of its body.
cudaGraph_t add_conditional(const Array<int, Cuda>& flags) {
    cudaGraphConditionalHandle handle{};
    check(cudaGraphConditionalHandleCreate(&handle, capture_now().graph, 0, cudaGraphCondAssignDefault),
          "make a condition");
    launch(condition_kernel, {1, condition_threads}, static_cast<int>(flags.size()), flags.data(), handle);
    const Capture now = capture_now();
    cudaGraphNodeParams parameters{};
    parameters.type = cudaGraphNodeTypeConditional;
    parameters.conditional.handle = handle;
    parameters.conditional.type = cudaGraphCondTypeIf;
    parameters.conditional.size = 1;
    cudaGraphNode_t node = nullptr;
    check(cudaGraphAddNode(&node, now.graph, now.nodes, now.edges, now.count, &parameters), "make a conditional node");
    check(cudaStreamUpdateCaptureDependencies(stream(), &node, nullptr, 1, cudaStreamSetCaptureDependencies),
          "make a conditional node");
    return parameters.conditional.phGraph_out[0];
}

/// Ends the recording of a body, also of one that has failed: until then its stream can record no other. The graph that
/// comes back belongs to the conditional node.
cudaError_t end_body(cudaStream_t body_stream) {
    cudaGraph_t graph = nullptr;
    return cudaStreamEndCapture(body_stream, &graph);
}

}  // namespace

void if_any_marked(Cuda, const Array<int, Cuda>& flags, const std::function<void()>& body) {
    static const cudaStream_t body_stream = make_stream();  // the first call comes before any capture
    if (!conditional_nodes_wanted() || capture_now().status != cudaStreamCaptureStatusActive) return body();
    const cudaGraph_t graph = add_conditional(flags);
    check(cudaStreamBeginCaptureToGraph(body_stream, graph, nullptr, nullptr, 0, cudaStreamCaptureModeThreadLocal),
          "record the body of a conditional node");
    try {
        const OtherStream recording(body_stream);
        body();
    } catch (...) {
        end_body(body_stream);
        throw;
    }
    check(end_body(body_stream), "record the body of a conditional node");
}

}  // namespace mg
