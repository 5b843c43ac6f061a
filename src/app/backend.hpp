#pragma once
/// \file Which backend a command runs on. Only src/app chooses Space.

#include <string>

#include "core/space.hpp"

namespace mg {

#if defined(MG_WITH_CUDA)
inline constexpr bool with_cuda = true;
#else
inline constexpr bool with_cuda = false;
#endif

/// CUDA devices that this process can use; 0 in a build without CUDA.
int gpus();

/// Makes the device whose number is this rank's on its node (ranks beyond them share) the one that this process uses,
/// and returns that number. Only where gpus() > 0, before anything has run on a device.
int bind_gpu();

/// Whether the backend asked for ("auto", "host" or "cuda") means the device. Throws InputError where "cuda" is not to
/// be had.
bool use_cuda(const std::string& backend);

/// Name of what a command runs on, for people.
std::string device_name(bool cuda);

/// Calls f(Host{}) or f(Cuda{}).
template <class F>
void with_space([[maybe_unused]] bool cuda, const F& f) {
#if defined(MG_WITH_CUDA)
    if (cuda) return f(Cuda{});
#endif
    f(Host{});
}

}  // namespace mg
