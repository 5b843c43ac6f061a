#pragma once
/// \file The stream that orders all work on the device, and the check of the runtime's answers.

#include <cuda_runtime.h>

namespace mg {

/// Throws Error where `status` is not success. `what` completes "the GPU failed to ...".
void check(cudaError_t status, const char* what);

/// The one stream of the process, created on the device that is current at the first call. It does not wait for the
/// default stream. Throws Error where there is no device.
cudaStream_t stream();

/// While it lives, stream() is another one: the body of a conditional node is recorded on a stream of its own.
class OtherStream {
public:
    explicit OtherStream(cudaStream_t other);
    OtherStream(const OtherStream&) = delete;
    OtherStream& operator=(const OtherStream&) = delete;
    ~OtherStream();
};

/// Multiprocessors of the device in use.
int multiprocessors();

/// A new stream that does not wait for the default one. Never destroyed: static destructors run after the driver has
/// gone.
cudaStream_t make_stream();

}  // namespace mg
