#pragma once
/// \file SHA-256 of everything that the results of a study depend on.

#include <set>
#include <string>
#include <vector>

#include "config/study_tables.hpp"

namespace mg {

/// SHA-256 of everything that the results of a study depend on: not its name, output, backend, batching or report. Of
/// files the content counts, not the path.
std::string study_hash(const StudyFile& study);

/// A line "table.key = value" for the seed, the precision and each key of the given tables, and one for each file.
std::string tables_text(const StudyFile& study, const std::set<std::string>& tables);
/// The keys in which two such texts differ, for people: "train.epochs is 300 and was 400".
std::vector<std::string> differences(const std::string& text, const std::string& before);

/// SHA-256 of the seed, the precision, the keys of the given tables, the content of all files, and `further` text. An
/// optional table that the study does not have adds nothing.
std::string tables_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further);

/// The same for results of single samples, each of which follows from itself alone: of the keys that say which samples
/// there are (their number, rates and structures, which are searched) it has what they make of `samples`, and nothing
/// of other ones. So a study that gets further samples keeps the results of those that it had.
std::string samples_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further,
                         const std::vector<int>& samples);

}  // namespace mg
