#include "core/memory.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include <omp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.hpp"

namespace mg {

void say_where_memory_ends() {
    std::set_new_handler([] {
        if (omp_get_level() == 0) throw std::bad_alloc();  // a region of one thread counts as well
        for (const std::string_view text : {"mgstiff-gpu: ", out_of_memory, "\n"})
            [[maybe_unused]] const auto written = write(2, text.data(), text.size());
        _exit(1);
    });
}

void* allocate(Host, std::size_t bytes) {
    // Large arrays (tables, rows) are read at random: huge pages spare them the page walks.
    constexpr std::size_t huge = std::size_t{2} << 20;
    const std::size_t alignment = bytes >= huge / 2 ? huge : 64;
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!memory)
        throw Error("cannot allocate " + std::to_string(bytes >> 20) + " MiB on the host", "out of memory",
                    "use fewer replicas per batch (compute.replicas_per_batch) or a larger machine");
    if (alignment == huge) madvise(memory, (bytes + huge - 1) / huge * huge, MADV_HUGEPAGE);
    return memory;
}

void deallocate(Host, void* memory) noexcept { std::free(memory); }

void copy_bytes(Host, const void* from, Host, void* to, std::size_t bytes) { std::memcpy(to, from, bytes); }

void zero_bytes(Host, void* memory, std::size_t bytes) { std::memset(memory, 0, bytes); }

void synchronize(Host) {}

void use_device(Host, int) {}

int device_count(Host) { return 1; }

}  // namespace mg
