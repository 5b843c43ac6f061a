#pragma once
/// \file What networks learn and predict of an atom.

#include <string>

namespace mg {

struct Property {
    std::string name = "stiffness";  ///< a word, as datasets, columns and outputs are called
    std::string unit = "eV/A^2";     ///< for people

    /// What the program measures itself, or else somebody's own.
    bool is_stiffness() const { return name == "stiffness"; }
    bool operator==(const Property&) const = default;
};

}  // namespace mg
