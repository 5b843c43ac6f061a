#pragma once
/// \file The two EAM sweeps over neighbour rows: densities with embedding, then forces. One slot is one index.

#include "core/batch.hpp"
#include "physics/eam.hpp"
#include "physics/pair_geometry.hpp"
#include "sweeps/row_layout.hpp"

namespace mg {

/// Everything the pair loops read and write, as raw pointers. Real is double (functions tabulated in r) or
/// float (resampled functions; geometry, sums and
/// embedding stay double).
template <class Real, class Space>
struct PairSystem {
    int slots = 0;
    int species = 0;
    RowLayout<Space> layout{0};
    const int* replica_of = nullptr;          ///< (slots)
    const Box* box = nullptr;                 ///< (replicas)
    const PairCoordinate<Real>* x = nullptr;  ///< (slots) fractional coordinates, by slot
    const PairCoordinate<Real>* y = nullptr;
    const PairCoordinate<Real>* z = nullptr;
    const int* species_of_slot = nullptr;
    const int* atom_of_slot = nullptr;
    const int* row = nullptr;
    const int* row_end = nullptr;             ///< (slots * species)

    const Cubic<Real>* functions = nullptr;   ///< (functions * pieces)
    int pieces = 0;
    double inverse_dr = 0;                    ///< [1/A]
    const int* density_index = nullptr;       ///< (species^2) function of source * species + center
    const int* pair_index = nullptr;          ///< (species^2)
    double cutoff_squared = 0;                ///< [A^2]
    double lowest_squared = 0;                ///< [A^2] below it the table means nothing

    const Cubic<double>* embedding = nullptr; ///< (species * embedding_pieces)
    int embedding_pieces = 0;
    double inverse_drho = 0;
    double density_limit = 0;                 ///< far above the table

    Real* embedding_slope = nullptr;          ///< [eV] (slots) F'(rho)
    double* embedding_energy = nullptr;       ///< [eV] (slots) F(rho)
    Vec3* force = nullptr;                    ///< by atom
    double* local_energy = nullptr;           ///< by atom
    Sym3* local_virial = nullptr;             ///< by atom
    Incident* incident = nullptr;
};

/// What the pair loops need at one distance.
inline namespace MG_TARGET {

/// The distance [A] from its square. For floats a single-precision root and one Newton step in double: as good as a
/// double root (1e-15) at a third of its cost.
template <class Real>
MG_HD double distance(double r2) {
    if constexpr (sizeof(Real) == sizeof(double)) {
        return __builtin_sqrt(r2);
    } else {
        const float root = __builtin_sqrtf(static_cast<float>(r2));
        const double r = root;
        return r + (r2 - r * r) * static_cast<double>(0.5f / root);
    }
}

/// The pair's term from what the tables of Real hold.
template <class Real, class T>
MG_HD PairTerm<T> pair_term(T inverse_r, T inverse_dr, T pair, T pair_slope, T slope_i, T f_i, T slope_j, T f_j) {
    if constexpr (sizeof(Real) == sizeof(double))
        return pair_term_from_z(inverse_r, inverse_dr, pair, pair_slope, slope_i, f_i, slope_j, f_j);
    else
        return pair_term_from_phi(inverse_r, inverse_dr, pair, pair_slope, slope_i, f_i, slope_j, f_j);
}

/// From `from` to the nearest image of `to` [A].
template <class Coordinate>
MG_HD Vec3 pair_displacement(const Mat3& cell, const Coordinate* x, const Coordinate* y, const Coordinate* z, int from,
                             int to) {
    return cell * Vec3{nearest_difference(x[from], x[to]), nearest_difference(y[from], y[to]),
                       nearest_difference(z[from], z[to])};
}

/// F(rho) and F' of one slot, with the checks of a density.
template <class Real, class Space>
MG_HD void embed_slot(const PairSystem<Real, Space>& p, int slot, double rho) {
    // The comparison is false for NaN as well.
    if (!(rho < p.density_limit))
        report_incident(p.incident, rho == rho ? IncidentKind::density_above_table : IncidentKind::not_finite,
                        p.atom_of_slot[slot], -1, rho);
    const Embedding f = embed(p.embedding + p.species_of_slot[slot] * p.embedding_pieces, p.embedding_pieces,
                              p.inverse_drho, rho == rho ? rho : 0.0);
    p.embedding_slope[slot] = static_cast<Real>(f.slope);
    p.embedding_energy[slot] = f.energy;
}

}  // namespace MG_TARGET

/// Pair coordinates of a slot from the atom's position and the present cell.
template <class Real>
struct CoordinateSweep {
    const int* replica_of;
    const int* atom_of_slot;
    const Box* box;
    const Vec3* position;
    PairCoordinate<Real>* x;
    PairCoordinate<Real>* y;
    PairCoordinate<Real>* z;

    MG_HD void operator()(int slot) const {
        const Vec3 s = box[replica_of[slot]].inverse * position[atom_of_slot[slot]];
        x[slot] = to_pair_coordinate<Real>(wrap_fraction(s.x));
        y[slot] = to_pair_coordinate<Real>(wrap_fraction(s.y));
        z[slot] = to_pair_coordinate<Real>(wrap_fraction(s.z));
    }
};

/// rho of a slot, then F and F'.
template <class Real, class Space>
struct DensitySweep {
    PairSystem<Real, Space> p;

    MG_HD void operator()(int slot) const {
        const Mat3 cell = pair_cell<Real>(p.box[p.replica_of[slot]].h);
        const int center = p.species_of_slot[slot];
        double rho = 0;
        int k = 0;
        for (int t = 0; t < p.species; ++t) {
            const Cubic<Real>* f = p.functions + p.density_index[t * p.species + center] * p.pieces;
            for (; k < p.row_end[slot * p.species + t]; ++k) {
                const int j = p.row[p.layout(slot, k)];
                const double r2 = norm2(pair_displacement(cell, p.x, p.y, p.z, slot, j));
                if (!(r2 < p.cutoff_squared)) continue;
                if (r2 < p.lowest_squared)
                    report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[slot],
                                    p.atom_of_slot[j], __builtin_sqrt(r2));
                const double r = distance<Real>(r2);
                const GridPoint<Real> g = locate<Real>(r, p.inverse_dr, p.pieces);
                rho += value(f[g.piece], g.fraction);
            }
        }
        embed_slot(p, slot, rho);
    }
};

/// Force on a slot's atom, and its energy and virial where wanted.
template <class Real, class Space, bool with_energy>
struct ForceSweep {
    PairSystem<Real, Space> p;

    MG_HD void operator()(int slot) const {
        const Mat3 cell = pair_cell<Real>(p.box[p.replica_of[slot]].h);
        const int center = p.species_of_slot[slot];
        const Real slope_i = p.embedding_slope[slot];
        Vec3 force;
        double energy = 0;
        Sym3 virial;
        int k = 0;
        for (int t = 0; t < p.species; ++t) {
            const Cubic<Real>* at_i = p.functions + p.density_index[t * p.species + center] * p.pieces;
            const Cubic<Real>* at_j = p.functions + p.density_index[center * p.species + t] * p.pieces;
            const Cubic<Real>* pair = p.functions + p.pair_index[t * p.species + center] * p.pieces;
            for (; k < p.row_end[slot * p.species + t]; ++k) {
                const int j = p.row[p.layout(slot, k)];
                const Vec3 d = pair_displacement(cell, p.x, p.y, p.z, slot, j);
                const double r2 = norm2(d);
                if (!(r2 < p.cutoff_squared)) continue;
                const double r = distance<Real>(r2);
                const GridPoint<Real> g = locate<Real>(r, p.inverse_dr, p.pieces);
                const PairTerm<Real> term =
                    pair_term<Real>(Real(1) / static_cast<Real>(r), static_cast<Real>(p.inverse_dr),
                                    value(pair[g.piece], g.fraction), slope(pair[g.piece], g.fraction), slope_i,
                                    slope(at_i[g.piece], g.fraction), p.embedding_slope[j],
                                    slope(at_j[g.piece], g.fraction));
                force += static_cast<double>(term.slope_over_r) * d;
                if constexpr (with_energy) {
                    energy += term.energy;
                    virial = virial + -0.5 * static_cast<double>(term.slope_over_r) * symmetric_outer(d);
                }
            }
        }
        const int i = p.atom_of_slot[slot];
        p.force[i] = force;
        if (!(norm2(force) < 1e20)) report_incident(p.incident, IncidentKind::not_finite, i, -1, norm2(force));
        if constexpr (with_energy) {
            p.local_energy[i] = p.embedding_energy[slot] + 0.5 * energy;
            p.local_virial[i] = virial;
        }
    }
};

/// Terms of the sums over a replica's atoms.
template <class T>
struct ValueTerm {
    const T* values;
    MG_HD T operator()(int i) const { return values[i]; }
};

}  // namespace mg
