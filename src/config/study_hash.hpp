#pragma once
/// \file What the numbers of a study follow from, as SHA-256.

#include <set>
#include <string>

#include "config/study_tables.hpp"

namespace mg {

/// SHA-256 of all that the numbers of a study follow from: not its name, output, backend, batching or report, and
/// of files their content, not their path.
std::string study_hash(const StudyFile& study);

/// SHA-256 of the seed, the precision, the keys of the given tables, the content of all files, and `further` text. An
/// optional table that the study does not have adds nothing.
std::string tables_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further);

}  // namespace mg
