#pragma once
/// \file JSON files.

#include <nlohmann/json.hpp>
#include <string>

namespace mg::io {

/// Writes `value`, indented by two, atomically. Non-finite numbers become null. Throws Error where it cannot.
void write_json(const std::string& path, const nlohmann::json& value);

/// Reads a JSON file. Throws InputError with the parser's place where it is none.
nlohmann::json read_json(const std::string& path);

}  // namespace mg::io
