#pragma once
/// \file The stream that orders all work on the device, and the check of the runtime's answers.

#include <cuda_runtime.h>

namespace mg {

/// Throws Error where `status` is not success. `what` completes "the GPU failed to ...".
void check(cudaError_t status, const char* what);

/// The one stream of the process, created on the device that is current at the first call. It does not wait for the
/// default stream. Throws Error where there is no device.
cudaStream_t stream();

}  // namespace mg
