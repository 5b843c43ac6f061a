#pragma once
/// \file Files that are written as a whole or not at all.

#include <string>
#include <string_view>

namespace mg::io {

/// Flushes `temporary` to disk, renames it to `path` and flushes the directory. Throws Error with the system's
/// reason (full disk, read-only directory); the old `path` is intact then.
void commit_file(const std::string& temporary, const std::string& path);

/// Writes `bytes` beside `path` (`path.tmp`), flushes them to disk and renames: at any instant `path` is the old
/// file or the new one. Throws Error with the system's reason; nothing is left behind then.
void write_file_atomically(const std::string& path, std::string_view bytes);

}  // namespace mg::io
