#pragma once
/// \file Checks of a study file that concern several keys, or the files that keys name.

#include <string>

#include "config/study_tables.hpp"
#include "io/toml_reader.hpp"

namespace mg {

/// Reports to the reader all faults of keys that are valid by themselves, and completes the study: paths of potential
/// and structures, which start at `folder`, become absolute, their files are hashed, and stiffness.sample_every_fs
/// becomes the whole number of time steps nearest 50 fs where it was not given.
void check_study(StudyFile& study, io::TomlReader& reader, const std::string& folder);

}  // namespace mg
