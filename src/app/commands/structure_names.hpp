#pragma once
/// \file Names of the files that commands write for the structures given to them.

#include <string>
#include <vector>

namespace mg {

/// One output for each structure: `out` for all, or NAME`ending` in the working directory, NAME being the structure's
/// without folder and the endings of structure files. Throws InputError where two structures would be written to one
/// file, or one onto itself.
std::vector<std::string> output_names(const std::vector<std::string>& structures, const std::string& out,
                                      const std::string& ending);

}  // namespace mg
