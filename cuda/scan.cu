// Prefix sums by CUB, in a file of their own because CUB takes long to compile.

#include <cub/device/device_scan.cuh>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "for_each.cuh"

namespace mg {
namespace {

/// Temporary storage of CUB. Pieces that became too small are kept: graphs that were captured with them still use them.
void* scan_storage(std::size_t bytes) {
    // Never destroyed: static destructors run after the driver has gone.
    static auto& pieces = *new std::vector<Array<unsigned char, Cuda>>;
    constexpr std::size_t enough_for_most = std::size_t{1} << 20;
    if (pieces.empty() || pieces.back().size() < bytes)
        pieces.emplace_back(std::max({bytes, enough_for_most, pieces.empty() ? 0 : 2 * pieces.back().size()}));
    return pieces.back().data();
}

std::size_t bytes_for(int n) {
    std::size_t bytes = 0;
    const int* const values = nullptr;
    int* const sums = nullptr;
    check(cub::DeviceScan::InclusiveSum(nullptr, bytes, values, sums, n, stream()), "form prefix sums");
    return bytes;
}

}  // namespace

void reserve_scan(Cuda, int n) {
    if (n > 0) scan_storage(bytes_for(n));
}

void exclusive_scan(Cuda, int n, const int* values, int* sums) {
    zero_bytes(Cuda{}, sums, sizeof(int));
    if (n <= 0) return;
    std::size_t bytes = bytes_for(n);
    check(cub::DeviceScan::InclusiveSum(scan_storage(bytes), bytes, values, sums + 1, n, stream()), "form prefix sums");
}

}  // namespace mg
