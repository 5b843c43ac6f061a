#include "core/memory.hpp"

#include <cstdlib>
#include <cstring>
#include <string>

#include "core/error.hpp"

namespace mg {

void* allocate(Host, std::size_t bytes) {
    constexpr std::size_t alignment = 64;
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!memory)
        throw Error("cannot allocate " + std::to_string(bytes >> 20) + " MiB on the host", "out of memory",
                    "use fewer replicas per batch (compute.replicas_per_batch) or a larger machine");
    return memory;
}

void deallocate(Host, void* memory) noexcept { std::free(memory); }

void copy_bytes(Host, const void* from, Host, void* to, std::size_t bytes) { std::memcpy(to, from, bytes); }

void zero_bytes(Host, void* memory, std::size_t bytes) { std::memset(memory, 0, bytes); }

void synchronize(Host) {}

int device_count(Host) { return 1; }

}  // namespace mg
