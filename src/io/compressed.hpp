#pragma once
/// \file Text files as other programs write them: plain, or packed by gzip or Zstandard.

#include <string>

namespace mg {

/// The text of a file. What is packed is told by its first bytes, whatever its name: gzip (also several members one
/// after the other) and Zstandard (also several frames) are unpacked. Throws InputError where the file cannot be read,
/// is damaged or cut short, is packed in another way (bzip2, xz), or unpacks to more than 16 GiB.
std::string read_text(const std::string& path);

}  // namespace mg
