// CUDA graphs of repeated steps: the device's half of ops/replay.hpp.

#include <cstdlib>
#include <exception>
#include <string_view>

#include "conditional.cuh"
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
    /// Steps of the longer graph: 49 steps, what is left of 50 between looks when the last one forms energies, are
    /// three launches of it and one of the graph of a single step.
    static constexpr long many = 16;

    long key;
    cudaGraphExec_t one_step = nullptr, many_steps = nullptr;
    bool plain = !graphs_wanted();  ///< call the step instead
    bool many_refused = false;
    bool conditional = false;  ///< the graphs made have conditional nodes where the step marks work
    std::string obstacle;

    explicit Graph(long k) : key(k) {}
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    // The runtime keeps an executable graph that is still running until it has finished.
    ~Graph() {
        if (one_step) cudaGraphExecDestroy(one_step);
        if (many_steps) cudaGraphExecDestroy(many_steps);
    }

    /// Does up to `times` steps, at least one; returns how many.
    long advance(long times, const std::function<void()>& step) {
        if (!plain && !many_refused && times >= many) {
            if (!many_steps) many_steps = capture(step, many);
            many_refused = !many_steps;
            if (many_steps) return replay(many_steps, many);
        }
        if (!plain && !one_step) one_step = capture(step, 1);
        plain = !one_step;
        if (one_step) return replay(one_step, 1);
        step();
        return 1;
    }

    long replay(cudaGraphExec_t executable, long steps) {
        check(cudaGraphLaunch(executable, stream()), "launch a graph");
        return steps;
    }

    /// A graph of some steps, without conditional nodes where it is refused with them; null, with the obstacle, where
    /// it is refused then too.
    cudaGraphExec_t capture(const std::function<void()>& step, long steps) {
        obstacle.clear();
        cudaGraphExec_t made = try_capture(step, steps);
        if (!made && conditional_nodes_wanted()) {
            conditional_nodes_wanted() = false;
            made = try_capture(step, steps);
            conditional_nodes_wanted() = !made;
        }
        conditional = made && conditional_nodes_wanted();
        return made;
    }

    cudaGraphExec_t try_capture(const std::function<void()>& step, long steps) {
        check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal), "start recording a graph");
        std::string thrown;
        try {
            for (long k = 0; k < steps; ++k) step();
        } catch (const std::exception& e) {
            // Nothing has run: if the step itself is at fault, calling it as it is throws again.
            thrown = e.what();
        } catch (...) {
            thrown = "the step threw something";
        }
        cudaGraph_t graph = nullptr;
        cudaGraphExec_t executable = nullptr;
        cudaError_t status = cudaStreamEndCapture(stream(), &graph);
        if (status == cudaSuccess && thrown.empty()) status = cudaGraphInstantiate(&executable, graph, 0);
        if (graph) cudaGraphDestroy(graph);
        const bool made = status == cudaSuccess && thrown.empty();
        if (made) return executable;
        // Of two tries the first says what stands in the way.
        if (obstacle.empty()) obstacle = thrown.empty() ? cudaGetErrorString(status) : thrown;
        cudaGetLastError();
        return nullptr;
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
    while (times > 0) times -= graph_->advance(times, step);
}

void Replay<Cuda>::invalidate() { graph_.reset(); }

bool Replay<Cuda>::conditional() const { return captured() && graph_->conditional; }

bool Replay<Cuda>::captured() const { return graph_ && (graph_->one_step || graph_->many_steps); }

std::string Replay<Cuda>::obstacle() const { return graph_ ? graph_->obstacle : std::string(); }

}  // namespace mg
