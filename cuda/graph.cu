// CUDA graphs of repeated steps: the device's half of ops/replay.hpp.

#include <cstdlib>
#include <exception>
#include <string_view>

#include "ops/replay.hpp"
#include "stream.cuh"

namespace mg {
namespace {

bool graphs_wanted() {
    const char* variable = std::getenv("MGSTIFF_NO_GRAPHS");
    const std::string_view value = variable ? variable : "";
    return value.empty() || value == "0";
}

}  // namespace

struct Replay<Cuda>::Graph {
    long key;
    cudaGraphExec_t executable = nullptr;
    bool plain = !graphs_wanted();  ///< call the step instead
    std::string obstacle;

    explicit Graph(long k) : key(k) {}
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    // The runtime keeps an executable graph that is still running until it has finished.
    ~Graph() {
        if (executable) cudaGraphExecDestroy(executable);
    }

    /// Leaves `executable`, or `plain` with the obstacle.
    void capture(const std::function<void()>& step) {
        check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal), "start recording a graph");
        std::string thrown;
        try {
            step();
        } catch (const std::exception& e) {
            // Nothing has run: if the step itself is at fault, calling it as it is throws again.
            thrown = e.what();
        }
        cudaGraph_t graph = nullptr;
        cudaError_t status = cudaStreamEndCapture(stream(), &graph);
        if (status == cudaSuccess && thrown.empty()) status = cudaGraphInstantiate(&executable, graph, 0);
        if (graph) cudaGraphDestroy(graph);
        if (status == cudaSuccess && thrown.empty()) return;
        cudaGetLastError();
        executable = nullptr;
        plain = true;
        obstacle = thrown.empty() ? cudaGetErrorString(status) : thrown;
    }
};

Replay<Cuda>::Replay() = default;
Replay<Cuda>::~Replay() = default;
Replay<Cuda>::Replay(Replay&&) noexcept = default;
Replay<Cuda>& Replay<Cuda>::operator=(Replay&&) noexcept = default;

void Replay<Cuda>::run(long times, const std::function<void()>& step, long key) {
    if (times <= 0) return;
    if (!graph_ || graph_->key != key) {
        graph_ = std::make_unique<Graph>(key);
        step();
        --times;
    }
    if (times > 0 && !graph_->plain && !graph_->executable) graph_->capture(step);
    for (long k = 0; k < times; ++k) {
        if (graph_->executable)
            check(cudaGraphLaunch(graph_->executable, stream()), "launch a graph");
        else
            step();
    }
}

void Replay<Cuda>::invalidate() { graph_.reset(); }

bool Replay<Cuda>::captured() const { return graph_ && graph_->executable; }

std::string Replay<Cuda>::obstacle() const { return graph_ ? graph_->obstacle : std::string(); }

}  // namespace mg
