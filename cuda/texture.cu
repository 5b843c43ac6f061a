// Tables as texture units read them: the device's half of TableTexture (ops/forces.hpp).

#include "ops/forces.hpp"
#include "stream.cuh"

namespace mg {

TableTexture::TableTexture(const void* table, std::size_t bytes) {
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeLinear;
    resource.res.linear.devPtr = const_cast<void*>(table);
    resource.res.linear.desc = cudaCreateChannelDesc<float4>();
    resource.res.linear.sizeInBytes = bytes;
    cudaTextureDesc reading{};
    reading.readMode = cudaReadModeElementType;
    check(cudaCreateTextureObject(&handle_, &resource, &reading, nullptr), "make a texture of a table");
}

TableTexture::~TableTexture() {
    if (handle_) cudaDestroyTextureObject(handle_);
}

}  // namespace mg
