#pragma once
/// \file What the commands on studies, run and check, are given: the study file and what overrides it.

#include <string>
#include <vector>

#include "config/study_file.hpp"

namespace CLI {
class App;
}

namespace mg {

struct StudyArguments {
    std::string file;
    std::vector<std::string> overrides;  ///< table.key=value
    std::string output, backend;         ///< empty: the study file's
};

void add_study_arguments(CLI::App& command, StudyArguments& a);

/// The study with what overrides it. Throws InputError as read_study() does.
StudyFile read_with_arguments(const StudyArguments& a);

}  // namespace mg
