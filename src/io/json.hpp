#pragma once
/// \file JSON files.

#include <nlohmann/json.hpp>
#include <string>

namespace mg::io {

/// Writes `value`, indented by two, atomically. Non-finite numbers become null. Throws Error where it cannot.
void write_json(const std::string& path, const nlohmann::json& value);

/// Reads a JSON file. Throws InputError with the parser's place where it is none.
nlohmann::json read_json(const std::string& path);

/// The same of an object that is a result, which must not be empty: its last key, `sha256`, is the hash of the bytes
/// before the line that it stands in, so that a file that was changed since can be told.
void write_sealed_json(const std::string& path, const nlohmann::json& object);
/// Without the key `sha256`. Throws InputError where it is missing or another one.
nlohmann::json read_sealed_json(const std::string& path);

}  // namespace mg::io
