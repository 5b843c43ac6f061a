#pragma once
/// \file Raw memory of the two spaces, as plain overloads; cuda/memory.cu defines the Cuda ones.
/// Work on the device is ordered on one stream; copies to the host wait for it.

#include <cstddef>

#include "core/space.hpp"

namespace mg {

/// What is said where memory has ended.
inline constexpr char out_of_memory[] =
    "cannot allocate memory (out of memory); use fewer atoms, fewer replicas per batch (compute.replicas_per_batch), "
    "fewer threads, or a larger machine";
/// From now on memory that has ended inside a parallel region, which no exception may leave, ends the program with
/// a message and exit code 1; elsewhere std::bad_alloc is thrown as ever.
void say_where_memory_ends();

/// Memory aligned to 64 bytes (Host) or 256 bytes (Cuda). Throws mg::Error where it is not to be had.
void* allocate(Host, std::size_t bytes);
void* allocate(Cuda, std::size_t bytes);
void deallocate(Host, void* memory) noexcept;
void deallocate(Cuda, void* memory) noexcept;

void copy_bytes(Host, const void* from, Host, void* to, std::size_t bytes);
void copy_bytes(Host, const void* from, Cuda, void* to, std::size_t bytes);
void copy_bytes(Cuda, const void* from, Host, void* to, std::size_t bytes);
void copy_bytes(Cuda, const void* from, Cuda, void* to, std::size_t bytes);

void zero_bytes(Host, void* memory, std::size_t bytes);
void zero_bytes(Cuda, void* memory, std::size_t bytes);

/// Waits until all work given to the space is done; raises what the device reported.
void synchronize(Host);
void synchronize(Cuda);

/// Number of devices of the space that this process can use; 1 for Host.
int device_count(Host);
int device_count(Cuda);

/// The device that this process uses from now on, 0 to device_count() - 1; before any other use of the space.
void use_device(Host, int number);
void use_device(Cuda, int number);

}  // namespace mg
