#pragma once
/// \file Where the files are that come with the program: figures/ (scripts of the report), jobs/ (study files,
/// potentials, job scripts).

#include <string>
#include <vector>

namespace mg::io {

/// The folders that may hold them, in the order in which they count: $MGSTIFF_SHARE alone where that is set, else, from
/// the folder of the program's own file, ../share/mgstiff-gpu (installed or bundled) and share/mgstiff-gpu (a build
/// tree). Not all of them exist.
std::vector<std::string> share_folders();

/// Whether $MGSTIFF_SHARE says where they are.
bool share_is_chosen();

}  // namespace mg::io
