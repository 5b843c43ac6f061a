#pragma once
/// \file The tuned EAM kernels: density with embedding, then forces. They replace DensitySweep and ForceSweep.
///
/// Mapping: `lanes` (1, 2, 4 or 8) neighbouring threads share a slot's row. Of every 8 entries of the row each takes
/// 8 / lanes neighbouring ones. Entry k belongs to partial sum k % 8, whoever adds it, and the 8 partial sums go
/// through one tree, neighbours first: the same bits for any number of lanes.
///
/// Work per entry of a row (Cu50Zr50, skin 1 A: 152 entries, 105 of them within the cutoff), `mixed`: 4 bytes of the
/// row, 16 of the neighbour and 16 (density) or 32 (force) of the table are gathered through L1; 10 double operations,
/// 6 conversions from or to double and one reciprocal root place the pair; 58 (density) or 97 (force) instructions in
/// all. What bounds them by these counts is the issue of instructions, then the conversions: benchmarks/README.md has
/// registers, counts and what they predict. Tests: tests/parity/kernels_cuda.cpp. NOT YET MEASURED ON A GPU.

#include "for_each.cuh"
#include "load.cuh"
#include "physics/pair_metric.hpp"
#include "sweeps/eam.hpp"

namespace mg {

inline constexpr unsigned pair_threads = 128;

__device__ inline float inverse_root(float x) { return rsqrtf(x); }
__device__ inline double inverse_root(double x) { return rsqrt(x); }

/// One pair as the kernels see it. Entries that are not within the cutoff go through all arithmetic too, marked, so
/// that all lanes go one way.
template <class Real>
struct RowPair {
    bool within;
    double squared;              ///< t^2 [knots^2]
    PairCoordinate<Real> x, y, z;
    Real embedding_slope;        ///< F' of the neighbour
    int at_center, at_neighbor;  ///< first piece of the tables of f at the centre and f at the neighbour
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
            at_center_ = p_.table_of[species_ * p_.species + center_] * p_.pieces;
            at_neighbor_ = p_.table_of[center_ * p_.species + species_] * p_.pieces;
        }
    }
    __device__ void give_to(RowPair<Real>& pair) const {
        pair.at_center = at_center_;
        pair.at_neighbor = at_neighbor_;
    }

private:
    const PairSystem<Real, Cuda>& p_;
    int center_;
    const int* ends_;
    int species_ = -1, end_ = 0;
    int at_center_ = 0, at_neighbor_ = 0;
};

/// Calls visit(partial sum, pair) for the entries of a slot's row that are this lane's, in the order of the row.
template <class Real, int lanes, class Visit>
__device__ void for_each_pair(const PairSystem<Real, Cuda>& p, int slot, int lane, const Visit& visit) {
    constexpr int own = RowLayout<Cuda>::piece / lanes;
    // Points in flight at a time: what registers hold.
    constexpr int most = sizeof(Real) == sizeof(double) ? 2 : 4, batch = own < most ? own : most;
    struct alignas(own * sizeof(int) < 16 ? own * sizeof(int) : 16) Entries {
        int slot[own];
    };
    const PairMetric metric = pair_metric<Real>(p.box[p.replica_of[slot]].h, p.inverse_dr);
    const Real cutoff = static_cast<Real>(p.cutoff_squared * p.inverse_dr * p.inverse_dr);
    const PairPoint<Real> here = load(p.point + slot);
    GroupTables<Real> tables(p, slot);
    const int length = tables.row_length();
    for (int first = lane * own; first < length; first += RowLayout<Cuda>::piece) {
        const Entries entries = load_constant(reinterpret_cast<const Entries*>(p.row + p.layout(slot, first)));
#pragma unroll
        for (int b = 0; b < own; b += batch) {
            PairPoint<Real> there[batch];
            RowPair<Real> pair[batch];
#pragma unroll
            for (int q = 0; q < batch; ++q) {
                pair[q].slot = entries.slot[b + q];  // behind the row's end stand slots too: zeros, or an older row's
                there[q] = load(p.point + pair[q].slot);
            }
            if (tables.holds(first + b + batch - 1)) {
#pragma unroll
                for (int q = 0; q < batch; ++q) tables.give_to(pair[q]);
            } else {
#pragma unroll
                for (int q = 0; q < batch; ++q) {
                    tables.advance_to(first + b + q);
                    tables.give_to(pair[q]);
                }
            }
#pragma unroll
            for (int q = 0; q < batch; ++q) {
                RowPair<Real>& one = pair[q];
                one.x = coordinate_difference(here.x, there[q].x);
                one.y = coordinate_difference(here.y, there[q].y);
                one.z = coordinate_difference(here.z, there[q].z);
                one.embedding_slope = there[q].embedding_slope;
                one.squared = squared_distance(metric, one.x, one.y, one.z);
                one.within = first + b + q < length && static_cast<Real>(one.squared) < cutoff;
            }
#pragma unroll
            for (int q = 0; q < batch; ++q) visit(b + q, pair[q]);
        }
    }
}

/// The sum of a slot's 8 partial sums, on each of its lanes: neighbours first, whatever the number of lanes.
template <int lanes, class Real, int own>
__device__ double row_sum(const Real (&partial)[own]) {
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
    const int thread = static_cast<int>(blockIdx.x * pair_threads + threadIdx.x);
    const int slot = thread / lanes, lane = thread % lanes;
    return {slot < slots ? slot : slots - 1, lane, slot < slots && lane == 0};
}

/// Names a thread's pairs that are below the table: rare, so it walks the row anew.
template <class Real, int lanes>
__device__ void report_close_pairs(const PairSystem<Real, Cuda>& p, const RowThread& me) {
    for_each_pair<Real, lanes>(p, me.slot, me.lane, [&](int, const RowPair<Real>& pair) {
        const double r2 = pair.squared / (p.inverse_dr * p.inverse_dr);
        if (pair.within && r2 < p.lowest_squared)
            report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[me.slot],
                            p.atom_of_slot[pair.slot], __builtin_sqrt(r2));
    });
}

/// rho of each slot, then F and F', which goes beside the position.
template <class Real, int lanes>
__global__ void __launch_bounds__(pair_threads) density_kernel(const __grid_constant__ PairSystem<Real, Cuda> p) {
    const RowThread me = row_thread<lanes>(p.slots);
    const Real lowest = static_cast<Real>(p.lowest_squared * p.inverse_dr * p.inverse_dr);
    Real density[RowLayout<Cuda>::piece / lanes] = {};
    bool too_close = false;
    for_each_pair<Real, lanes>(p, me.slot, me.lane, [&](int partial, const RowPair<Real>& pair) {
        too_close |= pair.within && static_cast<Real>(pair.squared) < lowest;
        const PairPlace<Real> at =
            place_on_grid<Real>(pair.squared, inverse_root(static_cast<Real>(pair.squared)), p.pieces);
        const Real f = value(load_constant(&p.tables[pair.at_center + at.piece].density), at.fraction);
        density[partial] += pair.within ? f : Real(0);
    });
    const double rho = row_sum<lanes>(density);
    if (me.writes) embed_slot(p, me.slot, rho);
    if (too_close) report_close_pairs<Real, lanes>(p, me);
}

/// Force on each slot's atom, and its energy and virial where wanted. Sums are formed of c s, with s the fractional
/// differences; the cell's matrix acts on the sums.
template <class Real, int lanes, bool with_energy>
__global__ void __launch_bounds__(pair_threads) force_kernel(const __grid_constant__ PairSystem<Real, Cuda> p) {
    constexpr int own = RowLayout<Cuda>::piece / lanes;
    const RowThread me = row_thread<lanes>(p.slots);
    const Real slope_here = p.point[me.slot].embedding_slope;
    const Real inverse_dr = static_cast<Real>(p.inverse_dr);
    Real x[own] = {}, y[own] = {}, z[own] = {}, energy[own] = {};
    Real xx[own] = {}, yy[own] = {}, zz[own] = {}, yz[own] = {}, xz[own] = {}, xy[own] = {};
    for_each_pair<Real, lanes>(p, me.slot, me.lane, [&](int k, const RowPair<Real>& pair) {
        const PairPlace<Real> at =
            place_on_grid<Real>(pair.squared, inverse_root(static_cast<Real>(pair.squared)), p.pieces);
        const PairPiece<Real> here = load_constant(p.tables + pair.at_center + at.piece);
        const Real slope_at_center = slope(here.density, at.fraction);
        Real slope_at_neighbor = slope_at_center;
        if (pair.at_neighbor != pair.at_center)  // only where densities depend on the order of the species
            slope_at_neighbor =
                slope(load_constant(&p.tables[pair.at_neighbor + at.piece].density), at.fraction);
        const PairTerm<Real> term = pair_term<Real>(
            at.inverse * inverse_dr, inverse_dr, value(here.pair, at.fraction), slope(here.pair, at.fraction),
            slope_here, slope_at_center, pair.embedding_slope, slope_at_neighbor);
        const Real c = pair.within ? term.slope_over_r : Real(0);
        const Real sx = static_cast<Real>(pair.x), sy = static_cast<Real>(pair.y), sz = static_cast<Real>(pair.z);
        x[k] += c * sx;
        y[k] += c * sy;
        z[k] += c * sz;
        if constexpr (with_energy) {
            energy[k] += pair.within ? term.energy : Real(0);
            xx[k] += c * sx * sx;
            yy[k] += c * sy * sy;
            zz[k] += c * sz * sz;
            yz[k] += c * sy * sz;
            xz[k] += c * sx * sz;
            xy[k] += c * sx * sy;
        }
    });
    const Mat3 cell = pair_cell<Real>(p.box[p.replica_of[me.slot]].h);
    const int i = p.atom_of_slot[me.slot];
    const Vec3 force = cell * Vec3{row_sum<lanes>(x), row_sum<lanes>(y), row_sum<lanes>(z)};
    if (me.writes) {
        p.force[i] = force;
        if (!(norm2(force) < 1e20)) report_incident(p.incident, IncidentKind::not_finite, i, -1, norm2(force));
    }
    if constexpr (with_energy) {
        const double pairs = row_sum<lanes>(energy);
        const Sym3 sums{row_sum<lanes>(xx), row_sum<lanes>(yy), row_sum<lanes>(zz),
                        row_sum<lanes>(yz), row_sum<lanes>(xz), row_sum<lanes>(xy)};
        if (me.writes) {
            p.local_energy[i] = p.embedding_energy[me.slot] + 0.5 * pairs;
            p.local_virial[i] = -0.5 * to_symmetric(cell * to_matrix(sums) * transpose(cell));
        }
    }
}

}  // namespace mg
