// Device memory and the stream: the device's half of core/memory.hpp. Transfers between host and device wait until
// they are done, so that pageable host memory may be reused at once; all else is only put on the stream.

#include <string>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "stream.cuh"

namespace mg {

void check(cudaError_t status, const char* what) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // an error that is not sticky must not be met again by the next check
    throw Error(std::string("the GPU failed to ") + what, cudaGetErrorString(status),
                "check the device with nvidia-smi, or run with --backend host");
}

cudaStream_t make_stream() {
    cudaStream_t created = nullptr;
    check(cudaStreamCreateWithFlags(&created, cudaStreamNonBlocking), "start");
    return created;
}

namespace {
cudaStream_t other_stream = nullptr;
}  // namespace

cudaStream_t stream() {
    static const cudaStream_t the_stream = make_stream();
    return other_stream ? other_stream : the_stream;
}

OtherStream::OtherStream(cudaStream_t other) { other_stream = other; }
OtherStream::~OtherStream() { other_stream = nullptr; }

int multiprocessors() {
    static const int count = [] {
        int device = 0, value = 0;
        check(cudaGetDevice(&device), "say which device is in use");
        check(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, device), "count its multiprocessors");
        return value;
    }();
    return count;
}

void* allocate(Cuda, std::size_t bytes) {
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        throw Error("cannot allocate " + std::to_string(bytes >> 20) + " MiB on the GPU", cudaGetErrorString(status),
                    "use fewer replicas per batch (compute.replicas_per_batch) or a GPU with more memory");
    }
    check(status, "allocate memory");
    return memory;
}

// cudaFree waits for work that may still use the memory. It fails only where the runtime is being unloaded or the
// device is lost, which the next check reports.
void deallocate(Cuda, void* memory) noexcept { cudaFree(memory); }

void copy_bytes(Host, const void* from, Cuda, void* to, std::size_t bytes) {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream()), "copy from the host");
    check(cudaStreamSynchronize(stream()), "copy from the host");
}

void copy_bytes(Cuda, const void* from, Host, void* to, std::size_t bytes) {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream()), "copy to the host");
    check(cudaStreamSynchronize(stream()), "finish its work");
}

void copy_bytes(Cuda, const void* from, Cuda, void* to, std::size_t bytes) {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream()), "copy memory");
}

void zero_bytes(Cuda, void* memory, std::size_t bytes) {
    check(cudaMemsetAsync(memory, 0, bytes, stream()), "clear memory");
}

void synchronize(Cuda) { check(cudaStreamSynchronize(stream()), "finish its work"); }

int device_count(Cuda) {
    int count = 0;
    if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
    cudaGetLastError();  // no driver or no device: nothing that later checks should trip over
    return 0;
}

void use_device(Cuda, int number) { check(cudaSetDevice(number), "choose a device"); }

}  // namespace mg
