#pragma once
/// \file One atomic structure on the host, as it is read from and written to files.

#include <string>
#include <vector>

#include "core/box.hpp"

namespace mg {

/// Atoms of one periodic system. All per-atom vectors have length n, in the order of ascending `id`.
struct Structure {
    std::vector<std::string> elements;  ///< species names, e.g. {"Cu", "Zr"}; empty where the file names none
    std::vector<double> masses;         ///< [u] (elements); empty where the file has none
    std::vector<long> id;               ///< (n) ids of the file, ascending
    std::vector<int> species;           ///< (n) index into elements, from 0
    std::vector<Vec3> position;         ///< [A] (n) unwrapped where the file has images
    std::vector<Vec3> velocity;         ///< [A/ps] (n), or empty
    Box box;
    Vec3 origin;  ///< [A] of the cell in the file; positions are relative to it

    int size() const { return static_cast<int>(position.size()); }
};

}  // namespace mg
