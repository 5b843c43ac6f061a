#include "core/device.hpp"

#include <chrono>

namespace mg {

double seconds_of(Host, const std::function<void()>& f) {
    const auto begin = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace mg
