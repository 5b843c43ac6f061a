#pragma once
/// \file How neighbour rows lie in memory, and the largest displacements that decide when they are rebuilt.

#include "core/macros.hpp"
#include "core/space.hpp"
#include "core/vec3.hpp"

namespace mg {

/// The two largest squared displacements of a set of atoms [A^2], and the lowest number of an atom that has none, for
/// its position is not finite: comparisons would lose a NaN.
struct TopTwo {
    static constexpr long no_atom = __LONG_MAX__;
    double first = 0, second = 0;
    long lost = no_atom;
};
MG_HD TopTwo operator+(TopTwo a, TopTwo b) {
    const long lost = a.lost < b.lost ? a.lost : b.lost;
    if (a.first >= b.first) return {a.first, a.second > b.first ? a.second : b.first, lost};
    return {b.first, b.second > a.first ? b.second : a.first, lost};
}
/// Numbers of atoms among those of all ranks that share a replica: rank * this + the atom's own.
inline constexpr long numbers_per_rank = 1L << 32;

/// Fractional positions of slots, one component after the other (3, slots), so that runs of slots load as vectors.
struct Fractions {
    double* component = nullptr;
    long slots = 0;
    MG_HD Vec3 operator[](int slot) const {
        return {component[slot], component[slots + slot], component[2 * slots + slot]};
    }
    MG_HD void set(int slot, Vec3 s) const {
        component[slot] = s.x;
        component[slots + slot] = s.y;
        component[2 * slots + slot] = s.z;
    }
};

/// Index of entry k of a slot's row.
template <class Space>
struct RowLayout {
    int capacity;
    MG_HD long operator()(int slot, int k) const { return static_cast<long>(slot) * capacity + k; }
};
/// On the device rows lie in pieces of 8 entries, and the pieces of 32 neighbouring slots side by side: one thread per
/// slot reads a piece as two 16-byte loads, 8 threads per slot read it as one sector. `capacity` is a multiple of 8.
template <>
struct RowLayout<Cuda> {
    static constexpr int piece = 8;
    static constexpr int next_piece = 32 * piece;  ///< from a piece of a row to the next
    int capacity;
    MG_HD long operator()(int slot, int k) const {
        return static_cast<long>(slot / 32) * 32 * capacity + k / piece * (32 * piece) + slot % 32 * piece + k % piece;
    }
};

}  // namespace mg
