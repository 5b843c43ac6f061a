#pragma once
/// \file The tuned host loops of the EAM, one set per instruction set (eam_simd.cpp is compiled once for each).

#include "ops/forces.hpp"
#include "ops/neighbors.hpp"
#include "sweeps/eam.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {

/// Pairs of a half row within the cutoff: written by the density loop, read by the force loop. Entries as in HalfRows.
struct NearRows {
    static constexpr int longest = 4096;  ///< entries that the loops' work space holds
    int capacity;
    int* row;     ///< (slots * capacity)
    int* length;  ///< (slots)
};

/// Adds up what pairs give to both of their atoms: the fourth number is minus half the pair's energy.
template <class Real>
struct alignas(4 * sizeof(Real)) PairForce {
    Real x, y, z, energy;
};

/// KnotArrays of one precision. All offsets count Reals.
template <class Real>
struct KnotTables {
    const Real* density;
    const Real* slope;
    const Real* pair;  ///< `mixed` only
    int knots;         ///< of one table
    int zero;          ///< number of the first knot of zeros
    bool symmetric;
};

/// Everything a loop over the slots of a slab reads.
template <class Real>
struct PairWork {
    PairSystem<Real, Host> p;
    KnotTables<Real> tables;
    const HalfRows<Host>* half;
    NearRows near;
};

/// rows: half rows of a slab. density: adds f of all pairs of a slab to the slab's window. force:
/// adds their forces likewise, and where wanted their energies and, to local_virial of the slot that keeps the pair,
/// their virial.
struct EamLoops {
    void (*rows)(const RowSweep<Host>&, HalfRows<Host>&, const Slab&);
    void (*density_full)(const PairWork<double>&, const Slab&, double* window);
    void (*density_mixed)(const PairWork<float>&, const Slab&, double* window);
    void (*force_full)(const PairWork<double>&, const Slab&, Sums sums, PairForce<double>* window);
    void (*force_mixed)(const PairWork<float>&, const Slab&, Sums sums, PairForce<double>* window);
};

/// The loops of this machine's instruction set; null where the generic sweeps run instead.
const EamLoops* host_eam_loops();

}  // namespace mg
