#pragma once
/// \file Reading and writing a study file.

#include "config/study_tables.hpp"

namespace mg {

/// Reads and checks a study file. `overrides` are "table.key=value", as io::TomlReader takes them. Relative paths of
/// potential and structures start at the folder of the study file.
///
/// Throws one InputError with one line per fault, "file:line:column: problem (why); what to do", in the order of the
/// file; faults of an override are located as "--set table.key". A TOML syntax error stops there and stands alone.
StudyFile read_study(const std::string& path, const std::vector<std::string>& overrides = {});

/// Every key with its value, as TOML. read_study on it gives the same study, and this text again, byte by byte.
std::string resolved_toml(const StudyFile& study);

}  // namespace mg
