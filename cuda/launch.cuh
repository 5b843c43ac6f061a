#pragma once
/// \file The one place where kernels are launched.

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
    kernel<<<shape.blocks, shape.threads, shape.shared_bytes, stream()>>>(std::forward<Arguments>(arguments)...);
    check(cudaGetLastError(), "launch a kernel");
}

}  // namespace mg
