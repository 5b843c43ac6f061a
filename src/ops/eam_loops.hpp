#pragma once
/// \file The tuned host loops of the EAM, one set per instruction set (simd/eam.cpp is compiled once for each).

#include <vector>

#include "core/space.hpp"
#include "ops/neighbors.hpp"
#include "ops/row_loops.hpp"
#include "sweeps/eam.hpp"

namespace mg {

enum class Sums;

/// The longest half row that the loops' work space holds.
inline constexpr int longest_half_row = 4096;

/// Adds up what pairs give to both of their atoms: the fourth number is minus half the pair's energy.
template <class Real>
struct alignas(4 * sizeof(Real)) PairForce {
    Real x, y, z, energy;
};

/// What a loop reads of KnotArrays. All numbers but `intervals` and `pieces` count rows.
template <class Real>
struct KnotTables;
template <>
struct KnotTables<double> {
    const double* density;  ///< two numbers a row
    const double* slope;    ///< four
    int knots;              ///< of one table
    int zero;               ///< the first knot of zeros
    bool symmetric;
};
template <>
struct KnotTables<float> {
    const Cubic<float>* density;
    const Cubic<float>* slope;
    const ForcePiece* force;
    int pieces, zero_piece;        ///< coarse: of one table, and that of zeros
    int coarse_bits;               ///< a coarse piece spans 2 to the power of it
    int intervals, zero_interval;  ///< of `force`, likewise
    bool symmetric;
};

/// Everything a loop over the slots of a slab reads, and the pairs within the cutoff: entries as in HalfRows, which the
/// density loop writes row by row, each filled up to whole vectors, and the force loop reads.
template <class Real>
struct PairWork {
    PairSystem<Real, Host> p;
    KnotTables<Real> tables;
    const HalfRows<Host>* half;
    std::vector<int>* near;  ///< by slab
    int* near_length;        ///< (slots)
};

/// density: adds f of all pairs of slab k to the slab's window. force: adds their forces likewise, and where wanted
/// their energies and, to local_virial of the slot that keeps the pair, their virial.
struct EamLoops {
    RowLoop rows;
    void (*density_full)(const PairWork<double>&, int k, double* window);
    void (*density_mixed)(const PairWork<float>&, int k, double* window);
    void (*force_full)(const PairWork<double>&, int k, Sums sums, PairForce<double>* window);
    void (*force_mixed)(const PairWork<float>&, int k, Sums sums, PairForce<double>* window);
};

}  // namespace mg
