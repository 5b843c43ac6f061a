#pragma once
/// \file Text files as other programs write them: plain, or packed by gzip or Zstandard.

#include <cstddef>
#include <string>
#include <string_view>

namespace mg::io {

/// Limits of the unpacked size of a file [bytes], so that a small file cannot fill the memory. Tables of atoms shrink 3
/// to 20 times when packed, zeros a thousand times and more.
struct UnpackLimits {
    std::size_t free = std::size_t{256} << 20;    ///< allowed whatever the file's size
    std::size_t ratio = 200;                      ///< beyond that: so many times the size of the file
    std::size_t largest = std::size_t{16} << 30;  ///< and never more than this
};

/// The text of a file. Whether it is packed is seen from its first bytes, whatever its name: gzip (also several members
/// one after the other) and Zstandard (also several frames) are unpacked; anything else comes back as it is.
///
/// Throws InputError where the file cannot be read, is damaged or cut short (with the byte where that shows), is packed
/// in another way (bzip2, xz, lz4, compress, zip, or twice), unpacks to more than the limits, or to more than memory.
std::string read_text(const std::string& path, const UnpackLimits& limits = {});

/// A file's name without .gz or .zst at its end.
std::string_view unpacked_name(std::string_view path);

}  // namespace mg::io
