#pragma once
/// \file What the keys of a study file must be to one another, and the files that they name.

#include <string>

#include "config/study_tables.hpp"
#include "io/toml_reader.hpp"

namespace mg {

/// Gives the reader all faults of keys that are sound by themselves, and completes the study: paths of potential and
/// structures, which start at `folder`, become absolute, their files are hashed, and stiffness.sample_every_fs becomes
/// the whole number of time steps nearest 50 fs where it was not given.
void check_study(StudyFile& study, TomlReader& reader, const std::string& folder);

}  // namespace mg
