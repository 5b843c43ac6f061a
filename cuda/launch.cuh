#pragma once
/// \file The one place where kernels are launched. A plain call, not <<<>>>: a C++ compiler can read it too, so the
/// tests run all kernels on the CPU (tests/support/simt).

#include <utility>

#include "stream.cuh"

namespace mg {

/// How many blocks of how many threads; `shared_bytes` is dynamic shared memory per block.
struct LaunchShape {
    unsigned blocks = 1;
    unsigned threads = 1;
    unsigned shared_bytes = 0;
};

/// Puts kernel(arguments...) on the stream. An empty grid is no launch. Throws Error where the launch itself is
/// refused; what goes wrong inside a kernel is reported by the next wait.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), LaunchShape shape, Arguments&&... arguments) {
    if (shape.blocks == 0) return;
    cudaLaunchConfig_t configuration{};
    configuration.gridDim = shape.blocks;
    configuration.blockDim = shape.threads;
    configuration.dynamicSmemBytes = shape.shared_bytes;
    configuration.stream = stream();
    check(cudaLaunchKernelEx(&configuration, kernel, std::forward<Arguments>(arguments)...), "launch a kernel");
}

}  // namespace mg
