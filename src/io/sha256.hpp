#pragma once
/// \file SHA-256 of files and bytes, for provenance and for checkpoints.

#include <string>
#include <string_view>

namespace mg::io {

/// SHA-256 as 64 hexadecimal digits, lower case.
std::string sha256_of(std::string_view bytes);

/// SHA-256 of a file from byte `offset` on, read in pieces. Throws InputError where it cannot be read.
std::string sha256_of_file(const std::string& path, long offset = 0);

}  // namespace mg::io
