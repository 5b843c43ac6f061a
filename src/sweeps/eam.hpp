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
    const int* replica_of = nullptr;   ///< (slots)
    const Box* box = nullptr;          ///< (replicas)
    PairPoint<Real>* point = nullptr;  ///< (slots) fractional coordinates and F', by slot
    const int* species_of_slot = nullptr;
    const int* atom_of_slot = nullptr;
    const int* row = nullptr;
    const int* row_end = nullptr;  ///< (slots * species)

    const PairPiece<Real>* tables = nullptr;  ///< (tables * pieces)
    int pieces = 0;
    double inverse_dr = 0;          ///< [1/A]
    const int* table_of = nullptr;  ///< (species^2) table of source * species + center
    double cutoff_squared = 0;      ///< [A^2]
    double density_squared = 0;     ///< [A^2] of density_cutoff
    double lowest_squared = 0;      ///< [A^2] below it the table means nothing

    const Cubic<double>* embedding = nullptr;  ///< (species * embedding_pieces)
    int embedding_pieces = 0;
    double inverse_drho = 0;
    double density_limit = 0;  ///< far above the table

    double* embedding_energy = nullptr;  ///< [eV] (slots) F(rho)
    const double* background = nullptr;  ///< by atom, or null: what is added to its density
    double* density = nullptr;           ///< by atom, or null
    Vec3* force = nullptr;               ///< by atom
    double* local_energy = nullptr;      ///< by atom
    Sym3* local_virial = nullptr;        ///< by atom
    Incident* incident = nullptr;
};

// What the pair loops need at one distance.
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
template <class Real>
MG_HD Vec3 pair_displacement(const Mat3& cell, const PairPoint<Real>& from, const PairPoint<Real>& to) {
    return cell *
           Vec3{nearest_difference(from.x, to.x), nearest_difference(from.y, to.y), nearest_difference(from.z, to.z)};
}

/// F(rho) and F' of one slot, with the checks of a density.
template <class Real, class Space>
MG_HD void embed_slot(const PairSystem<Real, Space>& p, int slot, double rho) {
    if (p.background) rho += p.background[p.atom_of_slot[slot]];
    if (p.density) p.density[p.atom_of_slot[slot]] = rho;
    // The comparison is false for NaN as well.
    if (!(rho < p.density_limit))
        report_incident(p.incident, rho == rho ? IncidentKind::density_above_table : IncidentKind::not_finite,
                        p.atom_of_slot[slot], -1, rho);
    const Embedding f = embed(p.embedding + p.species_of_slot[slot] * p.embedding_pieces, p.embedding_pieces,
                              p.inverse_drho, rho == rho ? rho : 0.0);
    p.point[slot].embedding_slope = static_cast<Real>(f.slope);
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
    PairPoint<Real>* point;

    MG_HD void operator()(int slot) const {
        const Vec3 s = wrap_fractions(box[replica_of[slot]].inverse * position[atom_of_slot[slot]]);
        point[slot] = {to_pair_coordinate<Real>(s.x), to_pair_coordinate<Real>(s.y), to_pair_coordinate<Real>(s.z),
                       Real(0)};
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
            const PairPiece<Real>* f = p.tables + p.table_of[t * p.species + center] * p.pieces;
            for (; k < p.row_end[slot * p.species + t]; ++k) {
                const int j = p.row[p.layout(slot, k)];
                const double r2 = norm2(pair_displacement(cell, p.point[slot], p.point[j]));
                if (!(r2 < p.cutoff_squared)) continue;
                if (r2 < p.lowest_squared)
                    report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[slot], p.atom_of_slot[j],
                                    __builtin_sqrt(r2));
                const double r = distance<Real>(r2);
                const GridPoint<Real> g = locate<Real>(r, p.inverse_dr, p.pieces);
                rho += value(f[g.piece].density, g.fraction);
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
        const Real slope_i = p.point[slot].embedding_slope;
        Vec3 force;
        double energy = 0;
        Sym3 virial;
        int k = 0;
        for (int t = 0; t < p.species; ++t) {
            const PairPiece<Real>* at_i = p.tables + p.table_of[t * p.species + center] * p.pieces;
            const PairPiece<Real>* at_j = p.tables + p.table_of[center * p.species + t] * p.pieces;
            for (; k < p.row_end[slot * p.species + t]; ++k) {
                const int j = p.row[p.layout(slot, k)];
                const Vec3 d = pair_displacement(cell, p.point[slot], p.point[j]);
                const double r2 = norm2(d);
                if (!(r2 < p.cutoff_squared)) continue;
                const double r = distance<Real>(r2);
                const GridPoint<Real> g = locate<Real>(r, p.inverse_dr, p.pieces);
                const PairTerm<Real> term =
                    pair_term<Real>(Real(1) / static_cast<Real>(r), static_cast<Real>(p.inverse_dr),
                                    value(at_i[g.piece].pair, g.fraction), slope(at_i[g.piece].pair, g.fraction),
                                    slope_i, slope(at_i[g.piece].density, g.fraction), p.point[j].embedding_slope,
                                    slope(at_j[g.piece].density, g.fraction));
                force += static_cast<double>(term.slope_over_r) * d;
                if constexpr (with_energy) {
                    energy += term.energy;
                    virial = virial + -0.5 * static_cast<double>(term.slope_over_r) * symmetric_outer(d);
                }
            }
        }
        const int i = p.atom_of_slot[slot];
        p.force[i] = force;
        if (!(norm2(force) < largest_force * largest_force))
            report_incident(p.incident, IncidentKind::not_finite, i, -1, __builtin_sqrt(norm2(force)));
        if constexpr (with_energy) {
            p.local_energy[i] = p.embedding_energy[slot] + 0.5 * energy;
            p.local_virial[i] = virial;
        }
    }
};

/// Energy and virial of a replica, summed over its atoms.
struct EnergySums {
    double energy = 0;
    Sym3 virial;
};
MG_HD EnergySums operator+(const EnergySums& a, const EnergySums& b) {
    return {a.energy + b.energy, a.virial + b.virial};
}
struct EnergyTerm {
    const double* local_energy;
    const Sym3* local_virial;
    MG_HD EnergySums operator()(int i) const { return {local_energy[i], local_virial[i]}; }
};
struct VirialTerm {
    const Sym3* local_virial;
    MG_HD Sym3 operator()(int i) const { return local_virial[i]; }
};
struct StoreVirial {
    Sym3* virial;
    MG_HD void operator()(int r, const Sym3& sum) const { virial[r] = sum; }
};
struct StoreEnergies {
    double* potential_energy;
    Sym3* virial;
    MG_HD void operator()(int r, const EnergySums& sums) const {
        potential_energy[r] = sums.energy;
        virial[r] = sums.virial;
    }
};

}  // namespace mg
