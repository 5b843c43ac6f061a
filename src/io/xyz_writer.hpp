#pragma once
/// \file Writer of extended XYZ files, which OVITO and ASE open.

#include <string>
#include <vector>

#include "core/structure.hpp"

namespace mg::io {

/// One per-atom property. Exactly one of the three vectors is filled: (n width), atom by atom.
struct XyzColumn {
    std::string name;
    int width = 1;
    std::vector<double> values;
    std::vector<long> integers = {};
    std::vector<std::string> texts = {};
    bool has_gaps = false;  ///< NaN stands for no value, and is written as nan
};

/// Writes one structure atomically, atoms in the order of `structure`. Columns: species, pos, then `columns`, then id;
/// a column named `id` (it needs no values) moves the id to its place. Positions have the cell's origin added, which
/// is also in the key Origin where it is not zero. Numbers have `digits` significant digits (17 gives the same bits
/// back). `extra_comment` is appended to the second line: key=value words.
///
/// Throws Error for columns of the wrong length, for numbers that are not finite (but for gaps), and where the file
/// cannot be written.
void write_xyz(const std::string& path, const Structure& structure, const std::vector<XyzColumn>& columns,
               const std::string& extra_comment = "", int digits = 10);

/// What write_xyz writes, for files of several frames, one text behind the other; `path` is for messages.
std::string xyz_text(const std::string& path, const Structure& structure, const std::vector<XyzColumn>& columns,
                     const std::string& extra_comment = "", int digits = 10);

}  // namespace mg::io
