#pragma once
/// \file The tuned EAM kernels: density with embedding, then forces. They replace DensitySweep and ForceSweep.
///
/// Mapping: `lanes` (1, 2 or 4) neighbouring threads share a slot's row. Of every 8 entries of the row each takes
/// 8 / lanes neighbouring ones. Entries 2q and 2q + 1 of the eight belong to partial sum q, whoever adds them, and the
/// 4 partial sums go through one tree, neighbours first: the same bits for any number of lanes.
///
/// `mixed`: densities in float throughout; for forces the distance is formed in double, tables are read in float, and
/// sums are double. An entry of a row gathers 16 bytes of the neighbour and 16 of a coarse table through the L1, and
/// for forces 16 of the fine table through texture units.
///
/// What bounds them on an H200, 64 glasses of 19,652 atoms, 152 entries per row of which 105 are within the cutoff, by
/// its counters: the density kernel (0.61 ms) keeps the L1's data stage busy 90 % of the time, 24 passes for 32 entries
/// (rows of 16 bytes at random meet in banks); the force kernel (1.23 ms) shares it between gathers (55 %) and textures
/// (35 %), and waits. Tests: tests/parity/kernels_cuda.cpp. Measured: benchmarks/README.md.

#include "for_each.cuh"
#include "load.cuh"
#include "ops/forces.hpp"
#include "physics/pair_metric.hpp"
#include "sweeps/eam.hpp"

namespace mg {

inline constexpr int pair_threads = 128;
inline constexpr int partial_sums = 4;

/// The tables that the kernels read: in double those of the file, which PairSystem has, in float the compact ones.
template <class Real>
struct PairTables {
    explicit PairTables(const KnotArrays<Cuda>&) {}
};
template <>
struct PairTables<float> {
    explicit PairTables(const KnotArrays<Cuda>& a)
        : density(a.density.data()),
          slope(a.slope.data()),
          force(a.force_texture.handle()),
          pieces(a.coarse_pieces),
          intervals(a.intervals),
          knots(static_cast<float>(a.coarse_knots)),
          inverse_knots(1.0f / static_cast<float>(a.coarse_knots)) {}
    const Cubic<float>* density;
    const Cubic<float>* slope;
    cudaTextureObject_t force;
    int pieces, intervals;
    float knots, inverse_knots;
};

/// One entry of a row. Entries behind the row's end and beyond the cutoff go through all arithmetic too, marked, so
/// that all lanes go one way.
template <class Real>
struct RowEntry {
    bool in_row;
    PairCoordinate<Real> x, y, z;  ///< from the centre to the neighbour
    Real embedding_slope;          ///< F' of the neighbour
    int at_center, at_neighbor;    ///< numbers of the tables of f at the centre and f at the neighbour
    int slot;
};

/// The tables of a row's entries: entries are grouped by species, and visited in order.
template <class Real>
class GroupTables {
public:
    __device__ GroupTables(const PairSystem<Real, Cuda>& p, int slot)
        : p_(p), center_(p.species_of_slot[slot]), ends_(p.row_end + slot * p.species) {}

    __device__ int row_length() const { return ends_[p_.species - 1]; }
    /// Whether entry k is in the group of the entry before it.
    __device__ bool holds(int k) const { return k < end_; }
    __device__ void advance_to(int k) {
        while (k >= end_ && species_ + 1 < p_.species) {
            end_ = ends_[++species_];
            at_center_ = p_.table_of[species_ * p_.species + center_];
            at_neighbor_ = p_.table_of[center_ * p_.species + species_];
        }
    }
    __device__ void give_to(RowEntry<Real>& entry) const {
        entry.at_center = at_center_;
        entry.at_neighbor = at_neighbor_;
    }

private:
    const PairSystem<Real, Cuda>& p_;
    int center_;
    const int* ends_;
    int species_ = -1, end_ = 0;
    int at_center_ = 0, at_neighbor_ = 0;
};

/// Calls visit(q, entry) for the entries of a slot's row that are this lane's, in the order of the row; q, known when
/// compiling, counts the lane's entries of each eight.
template <class Real, int lanes, class Visit>
__device__ void for_each_entry(const PairSystem<Real, Cuda>& p, int slot, int lane, const Visit& visit) {
    constexpr int own = RowLayout<Cuda>::piece / lanes;
    // Points in flight at a time: what registers hold.
    constexpr int most = sizeof(Real) == sizeof(double) ? 2 : 4, batch = own < most ? own : most;
    struct alignas(own * sizeof(int) < 16 ? own * sizeof(int) : 16) Slots {
        int slot[own];
    };
    const PairPoint<Real> here = load(p.point + slot);
    GroupTables<Real> tables(p, slot);
    const int length = tables.row_length();
    int first = lane * own;
    if (first >= length) return;
    const int* piece = p.row + p.layout(slot, first);
    // A row streams in from memory: the next piece is asked for before this one is worked on.
    for (Slots next = load_constant(reinterpret_cast<const Slots*>(piece)); first < length;
         first += RowLayout<Cuda>::piece) {
        const Slots now = next;
        piece += RowLayout<Cuda>::next_piece;
        if (first + RowLayout<Cuda>::piece < length) next = load_constant(reinterpret_cast<const Slots*>(piece));
        const int rest = length - first;
#pragma unroll
        for (int b = 0; b < own; b += batch) {
            PairPoint<Real> there[batch];
            RowEntry<Real> entry[batch];
#pragma unroll
            for (int q = 0; q < batch; ++q) {
                entry[q].slot = now.slot[b + q];  // behind the row's end stand slots too: zeros, or an older row's
                there[q] = load(p.point + entry[q].slot);
            }
            if (tables.holds(first + b + batch - 1)) {
#pragma unroll
                for (int q = 0; q < batch; ++q) tables.give_to(entry[q]);
            } else {
#pragma unroll
                for (int q = 0; q < batch; ++q) {
                    tables.advance_to(first + b + q);
                    tables.give_to(entry[q]);
                }
            }
#pragma unroll
            for (int q = 0; q < batch; ++q) {
                RowEntry<Real>& one = entry[q];
                one.x = coordinate_difference(here.x, there[q].x);
                one.y = coordinate_difference(here.y, there[q].y);
                one.z = coordinate_difference(here.z, there[q].z);
                one.embedding_slope = there[q].embedding_slope;
                one.in_row = b + q < rest;
            }
#pragma unroll
            for (int q = 0; q < batch; ++q) visit(b + q, entry[q]);
        }
    }
}

/// The sum of a slot's partial sums, on each of its lanes: neighbours first, whatever the number of lanes.
template <int lanes, class T, int own>
__device__ double row_sum(const T (&partial)[own]) {
    static_assert(own * lanes == partial_sums);
    double sum[own];
#pragma unroll
    for (int k = 0; k < own; ++k) sum[k] = partial[k];
#pragma unroll
    for (int width = own / 2; width > 0; width /= 2)
#pragma unroll
        for (int k = 0; k < width; ++k) sum[k] = sum[2 * k] + sum[2 * k + 1];
#pragma unroll
    for (int step = 1; step < lanes; step *= 2) sum[0] += __shfl_xor_sync(~0u, sum[0], step);
    return sum[0];
}

/// The slot and lane of a thread. Threads behind the last slot repeat it, because shuffles take whole warps; they
/// must not write.
struct RowThread {
    int slot, lane;
    bool writes;
};
template <int lanes>
__device__ RowThread row_thread(int slots) {
    const int thread = static_cast<int>(blockIdx.x) * pair_threads + static_cast<int>(threadIdx.x);
    const int slot = thread / lanes, lane = thread % lanes;
    return {slot < slots ? slot : slots - 1, lane, slot < slots && lane == 0};
}

/// Names a thread's pairs that are below the table: rare, so it walks the row anew.
template <class Real, int lanes>
__device__ void report_close_pairs(const PairSystem<Real, Cuda>& p, const RowThread& me) {
    const PairMetric metric = pair_metric<Real>(p.box[p.replica_of[me.slot]].h, p.inverse_dr);
    for_each_entry<Real, lanes>(p, me.slot, me.lane, [&](int, const RowEntry<Real>& e) {
        const double r2 = squared_distance(metric, exact_double(e.x), exact_double(e.y), exact_double(e.z)) /
                          (p.inverse_dr * p.inverse_dr);
        if (e.in_row && r2 < p.lowest_squared)
            report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[me.slot], p.atom_of_slot[e.slot],
                            __builtin_sqrt(r2));
    });
}

/// The metric that densities take.
template <class Real>
__device__ auto density_metric(const PairSystem<Real, Cuda>& p, int slot) {
    const PairMetric metric = pair_metric<Real>(p.box[p.replica_of[slot]].h, p.inverse_dr);
    if constexpr (sizeof(Real) == sizeof(double))
        return metric;
    else
        return rough(metric);
}
/// f at the centre of a neighbour at t^2.
__device__ inline double density_of(const PairSystem<double, Cuda>& p, const PairTables<double>&,
                                    const RowEntry<double>& e, double squared) {
    const PairPlace<double> at = place_on_grid<double>(squared, rsqrt(squared), p.pieces);
    return value(load_constant(&p.tables[e.at_center * p.pieces + at.piece].density), at.fraction);
}
__device__ inline float density_of(const PairSystem<float, Cuda>&, const PairTables<float>& t, const RowEntry<float>& e,
                                   float squared) {
    const TablePlace at = nearest_piece(squared * rsqrtf(squared), t.knots, t.inverse_knots, t.pieces);
    return fused_value(load_constant(t.density + (e.at_center * t.pieces + at.piece)), at.offset);
}

/// rho of each slot, then F and F', which goes beside the position.
template <class Real, int lanes, int warps>
__global__ void __launch_bounds__(pair_threads, warps * 32 / pair_threads)
    density_kernel(const __grid_constant__ PairSystem<Real, Cuda> p, const __grid_constant__ PairTables<Real> t) {
    const RowThread me = row_thread<lanes>(p.slots);
    const auto metric = density_metric(p, me.slot);
    const Real cutoff = static_cast<Real>(p.cutoff_squared * p.inverse_dr * p.inverse_dr);
    Real density[partial_sums / lanes] = {}, closest = cutoff;
    for_each_entry<Real, lanes>(p, me.slot, me.lane, [&](int q, const RowEntry<Real>& e) {
        const Real squared =
            squared_distance(metric, static_cast<Real>(e.x), static_cast<Real>(e.y), static_cast<Real>(e.z));
        closest = fmin(closest, squared);  // behind the row's end as well: who reports looks again
        const Real f = density_of(p, t, e, squared);
        density[q / 2] += e.in_row && squared < cutoff ? f : Real(0);
    });
    const double rho = row_sum<lanes>(density);
    if (me.writes) embed_slot(p, me.slot, rho);
    if (closest < static_cast<Real>(p.lowest_squared * p.inverse_dr * p.inverse_dr))
        report_close_pairs<Real, lanes>(p, me);
}

/// psi'(r)/r [eV/A^2], and phi(r) [eV] where it is wanted, of a pair at t^2 in double and rounded.
template <bool with_energy>
__device__ PairTerm<double> term_of(const PairSystem<double, Cuda>& p, const PairTables<double>&,
                                    const RowEntry<double>& e, double slope_here, double squared, double) {
    const PairPlace<double> at = place_on_grid<double>(squared, rsqrt(squared), p.pieces);
    const PairPiece<double> here = load_constant(p.tables + e.at_center * p.pieces + at.piece);
    const double slope_at_center = slope(here.density, at.fraction);
    double slope_at_neighbor = slope_at_center;
    if (e.at_neighbor != e.at_center)  // only where densities depend on the order of the species
        slope_at_neighbor = slope(load_constant(&p.tables[e.at_neighbor * p.pieces + at.piece].density), at.fraction);
    return pair_term_from_z(at.inverse * p.inverse_dr, p.inverse_dr, value(here.pair, at.fraction),
                            slope(here.pair, at.fraction), slope_here, slope_at_center, e.embedding_slope,
                            slope_at_neighbor);
}
template <bool with_energy>
__device__ PairTerm<float> term_of(const PairSystem<float, Cuda>& p, const PairTables<float>& t,
                                   const RowEntry<float>& e, float slope_here, double squared, float rounded) {
    const SplitRoot root = split_root(squared, rounded, rsqrtf(rounded));
    TablePlace coarse = nearest_piece(root.root, t.knots, t.inverse_knots, t.pieces);
    coarse.offset += root.rest;
    const TablePlace fine = interval(root, t.intervals);
    const float4 g = tex1Dfetch<float4>(t.force, e.at_center * t.intervals + fine.piece);
    const float f = fused_value(load_constant(t.slope + (e.at_center * t.pieces + coarse.piece)), coarse.offset);
    float density = (slope_here + e.embedding_slope) * f;
    if (e.at_neighbor != e.at_center) {  // only where densities depend on the order of the species
        const Cubic<float> other = load_constant(t.slope + (e.at_neighbor * t.pieces + coarse.piece));
        density = __builtin_fmaf(e.embedding_slope, fused_value(other, coarse.offset), slope_here * f);
    }
    const float pair = __builtin_fmaf(fine.offset, __builtin_fmaf(fine.offset, g.z, g.y), g.x);
    float energy = 0;
    if constexpr (with_energy) {
        // From phi at the knot on by the mean of phi' at both ends of the way.
        const float dr = static_cast<float>(1.0 / p.inverse_dr), way = fine.offset * dr;
        const float r = (root.root + root.rest) * dr;
        energy = __builtin_fmaf(0.5f * way, __builtin_fmaf(pair, r, g.x * (r - way)), g.w);
    }
    return {pair + density, energy};
}

/// Force on each slot's atom, and its virial or its energy as well where wanted. Sums are formed of c s, with s the
/// fractional differences; the cell's matrix acts on the sums.
template <class Real, int lanes, Sums sums, int warps>
__global__ void __launch_bounds__(pair_threads, warps * 32 / pair_threads)
    force_kernel(const __grid_constant__ PairSystem<Real, Cuda> p, const __grid_constant__ PairTables<Real> t) {
    constexpr int own = partial_sums / lanes;
    const RowThread me = row_thread<lanes>(p.slots);
    const Mat3 h = p.box[p.replica_of[me.slot]].h;
    const PairMetric metric = pair_metric<Real>(h, p.inverse_dr);
    const Real cutoff = static_cast<Real>(p.cutoff_squared * p.inverse_dr * p.inverse_dr);
    const Real slope_here = p.point[me.slot].embedding_slope;
    double x[own] = {}, y[own] = {}, z[own] = {}, energy[own] = {};
    double xx[own] = {}, yy[own] = {}, zz[own] = {}, yz[own] = {}, xz[own] = {}, xy[own] = {};
    for_each_entry<Real, lanes>(p, me.slot, me.lane, [&](int q, const RowEntry<Real>& e) {
        const int k = q / 2;
        const double sx = exact_double(e.x), sy = exact_double(e.y), sz = exact_double(e.z);
        const double squared = squared_distance(metric, sx, sy, sz);
        const Real rounded = static_cast<Real>(squared);
        const bool within = e.in_row && rounded < cutoff;
        const PairTerm<Real> term = term_of<sums == Sums::energy>(p, t, e, slope_here, squared, rounded);
        const double c = within ? term.slope_over_r : Real(0);
        x[k] = __builtin_fma(c, sx, x[k]);
        y[k] = __builtin_fma(c, sy, y[k]);
        z[k] = __builtin_fma(c, sz, z[k]);
        if constexpr (sums != Sums::none) {
            const double cx = c * sx, cy = c * sy, cz = c * sz;
            xx[k] = __builtin_fma(cx, sx, xx[k]);
            yy[k] = __builtin_fma(cy, sy, yy[k]);
            zz[k] = __builtin_fma(cz, sz, zz[k]);
            yz[k] = __builtin_fma(cy, sz, yz[k]);
            xz[k] = __builtin_fma(cx, sz, xz[k]);
            xy[k] = __builtin_fma(cx, sy, xy[k]);
        }
        if constexpr (sums == Sums::energy) energy[k] += within ? term.energy : Real(0);
    });
    const Mat3 cell = pair_cell<Real>(h);
    const int i = p.atom_of_slot[me.slot];
    const Vec3 force = cell * Vec3{row_sum<lanes>(x), row_sum<lanes>(y), row_sum<lanes>(z)};
    if (me.writes) {
        p.force[i] = force;
        if (!(norm2(force) < largest_force * largest_force))
            report_incident(p.incident, IncidentKind::not_finite, i, -1, __builtin_sqrt(norm2(force)));
    }
    if constexpr (sums != Sums::none) {
        const Sym3 outer{row_sum<lanes>(xx), row_sum<lanes>(yy), row_sum<lanes>(zz),
                         row_sum<lanes>(yz), row_sum<lanes>(xz), row_sum<lanes>(xy)};
        if (me.writes) p.local_virial[i] = -0.5 * to_symmetric(cell * to_matrix(outer) * transpose(cell));
    }
    if constexpr (sums == Sums::energy) {
        const double pairs = row_sum<lanes>(energy);
        if (me.writes) p.local_energy[i] = p.embedding_energy[me.slot] + 0.5 * pairs;
    }
}

}  // namespace mg
