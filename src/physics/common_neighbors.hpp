#pragma once
/// \file Adaptive common-neighbour analysis: is an atom's surrounding that of a crystal?
///
/// A. Stukowski, Modelling Simul. Mater. Sci. Eng. 20 (2012) 045021, doi:10.1088/0965-0393/20/4/045021, section 2.4;
/// signatures: J. D. Honeycutt and H. C. Andersen, J. Phys. Chem. 91 (1987) 4950; D. Faken and H. Jonsson, Comput.
/// Mater. Sci. 2 (1994) 279.

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/vec3.hpp"

namespace mg {

enum class LocalStructure : int { other, fcc, hcp, bcc, icosahedral };

/// Of a neighbour: how many of the other neighbours are also its own, how many bonds there are between these, and how
/// many bonds the largest set of them has that hangs together.
struct CommonNeighbors {
    int common = 0, bonds = 0, chain = 0;
    bool operator==(const CommonNeighbors&) const = default;
};

/// The largest number of neighbours that a structure is told from.
inline constexpr int most_common_neighbors = 14;

/// `bonded[k]`: bit j is set where neighbours j and k are bonded.
inline CommonNeighbors common_neighbors(const std::uint32_t* bonded, int neighbor) {
    const std::uint32_t common = bonded[neighbor];
    CommonNeighbors result;
    result.common = std::popcount(common);
    std::uint32_t left = common;
    while (left) {
        // Everything that hangs together with the lowest bit.
        std::uint32_t cluster = left & (0u - left), border = cluster;
        int ends = 0;
        while (border) {
            const int k = std::countr_zero(border);
            border &= border - 1;
            const std::uint32_t mine = bonded[k] & common;
            ends += std::popcount(mine);
            border |= mine & ~cluster;
            cluster |= mine;
        }
        result.bonds += ends / 2;
        result.chain = result.chain > ends / 2 ? result.chain : ends / 2;
        left &= ~cluster;
    }
    return result;
}

/// The surrounding of an atom from the vectors to its `count` nearest neighbours [A], the nearest first; fewer than 12
/// are `other`. Bonds are shorter than halfway between the first and the second shell of the crystal that the distances
/// suggest: (1 + sqrt 2) / 2 times the mean of twelve (fcc, hcp, icosahedron), or times the mean of the fourteen
/// lattice constants that the first eight and the next six give (bcc). The same as OVITO's.
inline LocalStructure local_structure(const Vec3* neighbor, int count) {
    const auto bonds_of = [&](int n, double cutoff, std::uint32_t* bonded) {
        for (int i = 0; i < n; ++i) bonded[i] = 0;
        for (int i = 0; i < n; ++i)
            for (int j = i + 1; j < n; ++j)
                if (norm2(neighbor[i] - neighbor[j]) < cutoff * cutoff) {
                    bonded[i] |= 1u << j;
                    bonded[j] |= 1u << i;
                }
    };
    const double halfway = 0.5 * (1 + std::sqrt(2.0));
    std::uint32_t bonded[most_common_neighbors];
    if (count < 12) return LocalStructure::other;
    double mean = 0;
    for (int k = 0; k < 12; ++k) mean += std::sqrt(norm2(neighbor[k])) / 12;
    bonds_of(12, halfway * mean, bonded);
    int n421 = 0, n422 = 0, n555 = 0;
    for (int k = 0; k < 12; ++k) {
        const CommonNeighbors c = common_neighbors(bonded, k);
        n421 += c == CommonNeighbors{4, 2, 1};
        n422 += c == CommonNeighbors{4, 2, 2};
        n555 += c == CommonNeighbors{5, 5, 5};
    }
    if (n421 == 12) return LocalStructure::fcc;
    if (n421 == 6 && n422 == 6) return LocalStructure::hcp;
    if (n555 == 12) return LocalStructure::icosahedral;
    if (count < 14) return LocalStructure::other;
    double lattice = 0;
    for (int k = 0; k < 14; ++k) lattice += std::sqrt(norm2(neighbor[k])) * (k < 8 ? 2 / std::sqrt(3.0) : 1.0) / 14;
    bonds_of(14, halfway * lattice, bonded);
    int n444 = 0, n666 = 0;
    for (int k = 0; k < 14; ++k) {
        const CommonNeighbors c = common_neighbors(bonded, k);
        n444 += c == CommonNeighbors{4, 4, 4};
        n666 += c == CommonNeighbors{6, 6, 6};
    }
    return n444 == 6 && n666 == 8 ? LocalStructure::bcc : LocalStructure::other;
}

/// Whether it is one of the crystals: an icosahedron is no crystal's.
inline bool is_crystalline(LocalStructure s) {
    return s == LocalStructure::fcc || s == LocalStructure::hcp || s == LocalStructure::bcc;
}

}  // namespace mg
