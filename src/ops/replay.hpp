#pragma once
/// \file Replay: the same step many times over, on the device as CUDA graphs of one step and of many.

#include <functional>
#include <memory>
#include <string>

#include "core/space.hpp"

namespace mg {

/// Repeats a step made of ops. On the host it just calls it.
template <class Space>
class Replay;

template <>
class Replay<Host> {
public:
    /// step() `times` times.
    void run(long times, const std::function<void()>& step, long /*key*/) {
        for (long k = 0; k < times; ++k) step();
    }
    void invalidate() {}
    bool captured() const { return false; }
    bool conditional() const { return false; }
    std::string obstacle() const { return {}; }
};

/// On the device: the first run under a new key calls step() once as it is, so that work arrays take their size, then
/// captures it into CUDA graphs, of 16 steps and of one, and launches those for the rest.
///
/// While it is captured a step runs on no data, and afterwards its launches are repeated with the very pointers and
/// numbers of then. So it must not allocate, free, copy from or to the host or wait; what it changes on the host
/// changes at the capture (up to 17 times), not at each repetition. Give another key, or invalidate(), whenever an
/// array that the step uses may have moved or a number that it passes to an op has changed.
///
/// Work under if_any_marked becomes a conditional node; where graphs with such nodes are refused, or the environment
/// variable MGSTIFF_NO_CONDITIONAL is set to anything but "" or "0", its kernels are recorded as they are. Where
/// capturing fails, or MGSTIFF_NO_GRAPHS is set in the same way, every repetition calls step().
template <>
class Replay<Cuda> {
public:
    Replay();
    ~Replay();
    Replay(Replay&&) noexcept;
    Replay& operator=(Replay&&) noexcept;

    /// The step `times` times, on the stream; returns without waiting. Throws what step() throws outside a capture,
    /// and Error where the device refuses a graph it has accepted before.
    void run(long times, const std::function<void()>& step, long key);
    /// Forgets the graph: the next run captures anew.
    void invalidate();
    /// Whether the last run launched a graph.
    bool captured() const;
    /// Whether its graphs have conditional nodes.
    bool conditional() const;
    /// Why there is no graph, or none with conditional nodes, although one was wanted; empty otherwise.
    std::string obstacle() const;

private:
    struct Graph;
    std::unique_ptr<Graph> graph_;
};

}  // namespace mg
