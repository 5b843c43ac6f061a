#pragma once
/// \file The tuned host loops of the EAM, one set per instruction set (eam_simd.cpp is compiled once for each).

#include "sweeps/eam.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {

/// A slot's neighbours within the cutoff, written by the density loop and read by the force loop: group t of
/// slot i occupies row[i * capacity + begin ..], padded with i itself to whole vectors.
struct NearRows {
    static constexpr int lanes = 16;  ///< padding: a whole vector of floats on the widest instruction set
    static constexpr int longest_row = 4096 - lanes;
    int capacity;
    int* row;
    int* bounds;  ///< (2 * slots * species): begin and unpadded end of each group
};

/// Each works on slots [begin, end).
struct EamLoops {
    void (*rows)(const RowSweep<Host>&, int begin, int end);
    void (*density_full)(const PairSystem<double, Host>&, const NearRows&, int begin, int end);
    void (*density_mixed)(const PairSystem<float, Host>&, const NearRows&, int begin, int end);
    void (*force_full)(const PairSystem<double, Host>&, const NearRows&, bool with_energy, int begin, int end);
    void (*force_mixed)(const PairSystem<float, Host>&, const NearRows&, bool with_energy, int begin, int end);
};

/// The loops of this machine's instruction set; null where the generic sweeps run instead.
const EamLoops* host_eam_loops();

}  // namespace mg
