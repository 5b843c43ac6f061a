#pragma once
/// \file What the results of a stage follow from.

#include <string>

#include "config/study_file.hpp"

namespace mg {

/// SHA-256 of all that the results of one stage follow from: its own keys and those of the stages before it. `stage`
/// is "quench", "stiffness", "descriptors", "barriers", "train" or "report"; throws InputError for another.
std::string stage_hash(const StudyFile& study, const std::string& stage);

}  // namespace mg
