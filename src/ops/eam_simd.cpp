/// \file Tuned host loops of the EAM. Compiled once per instruction set with MG_TARGET as its name; Highway's
/// static target follows the compiler's flags.
///
/// Replaces: DensitySweep and ForceSweep (sweeps/eam.hpp) on the host; same physics functions, on vectors.
/// Mapping: one slot at a time, its row in vectors of neighbours of one species, so that table bases are
///   scalars. The density loop filters the row to the cutoff without branches and keeps what is left for the
///   force loop, whose vectors are then full of real pairs (the skin holds 45 % more).
/// Bound: fetching rows of table coefficients and of neighbours' points, 16 bytes at a time, and turning them.
/// Parity: tests/parity/engine.cpp, tests/unit/engine_forces.cpp.

#include <hwy/highway.h>

#include "ops/eam_loops.hpp"

namespace mg {
inline namespace MG_TARGET {

namespace {

namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using I32Half = hn::Rebind<std::int32_t, F64>;  // as many lanes as F64
using F32 = hn::ScalableTag<float>;
using I32 = hn::ScalableTag<std::int32_t>;
using F32Half = hn::Rebind<float, F64>;
using V64 = hn::Vec<F64>;
using V32 = hn::Vec<F32>;
using VI32 = hn::Vec<I32>;

MG_HD int padded(int n) { return (n + NearRows::lanes - 1) / NearRows::lanes * NearRows::lanes; }

/// The cell matrix on all lanes.
struct CellVectors {
    V64 h[9];
};
MG_HD CellVectors spread(const Mat3& m) {
    const F64 d;
    return {{hn::Set(d, m.m[0]), hn::Set(d, m.m[1]), hn::Set(d, m.m[2]), hn::Set(d, m.m[3]), hn::Set(d, m.m[4]),
             hn::Set(d, m.m[5]), hn::Set(d, m.m[6]), hn::Set(d, m.m[7]), hn::Set(d, m.m[8])}};
}

/// Displacements of as many pairs as a vector of doubles holds.
struct Pairs {
    V64 x, y, z;
};
MG_HD Pairs to_space(const CellVectors& c, V64 sx, V64 sy, V64 sz) {
    return {hn::MulAdd(c.h[0], sx, hn::MulAdd(c.h[1], sy, c.h[2] * sz)),
            hn::MulAdd(c.h[3], sx, hn::MulAdd(c.h[4], sy, c.h[5] * sz)),
            hn::MulAdd(c.h[6], sx, hn::MulAdd(c.h[7], sy, c.h[8] * sz))};
}
MG_HD V64 norm2(const Pairs& d) { return hn::MulAdd(d.x, d.x, hn::MulAdd(d.y, d.y, d.z * d.z)); }

/// Four numbers of each of several rows, as four vectors with a row per lane. A row is fetched in 16-byte blocks and
/// turned by shuffles: measured 1.6 times as fast as gathers, which cost about a cycle per element.
template <class V>
struct Columns {
    V a, b, c, d;
};

/// The vector of blocks base[k[first]], base[k[first + step]], ...
template <class D, class T = hn::TFromD<D>>
MG_HD hn::Vec<D> load_blocks(D d, const T* base, const int* k, int step) {
    const hn::Full128<T> block;
    constexpr int blocks = static_cast<int>(hn::MaxLanes(D()) * sizeof(T) / 16);
    static_assert(blocks == 2 || blocks == 4);
    if constexpr (blocks == 2) {
        return hn::Combine(d, hn::LoadU(block, base + k[step]), hn::LoadU(block, base + k[0]));
    } else {
        const hn::Half<D> half;
        return hn::Combine(
            d, hn::Combine(half, hn::LoadU(block, base + k[3 * step]), hn::LoadU(block, base + k[2 * step])),
            hn::Combine(half, hn::LoadU(block, base + k[step]), hn::LoadU(block, base + k[0])));
    }
}

/// Rows of doubles at base + k[lane].
MG_HD Columns<V64> load_rows(F64 d, const double* base, const int* k) {
    const V64 even = load_blocks(d, base, k, 2), odd = load_blocks(d, base, k + 1, 2);
    const V64 even2 = load_blocks(d, base + 2, k, 2), odd2 = load_blocks(d, base + 2, k + 1, 2);
    return {hn::InterleaveLower(d, even, odd), hn::InterleaveUpper(d, even, odd), hn::InterleaveLower(d, even2, odd2),
            hn::InterleaveUpper(d, even2, odd2)};
}
/// Rows of floats (or of 32-bit integers seen as floats) at base + k[lane].
MG_HD Columns<V32> load_rows(F32 d, const float* base, const int* k) {
    const V32 r0 = load_blocks(d, base, k, 4), r1 = load_blocks(d, base, k + 1, 4), r2 = load_blocks(d, base, k + 2, 4),
              r3 = load_blocks(d, base, k + 3, 4);
    const V32 ac0 = hn::InterleaveLower(d, r0, r2), ac1 = hn::InterleaveLower(d, r1, r3);  // a0 a2 b0 b2, a1 a3 b1 b3
    const V32 bd0 = hn::InterleaveUpper(d, r0, r2), bd1 = hn::InterleaveUpper(d, r1, r3);
    return {hn::InterleaveLower(d, ac0, ac1), hn::InterleaveUpper(d, ac0, ac1), hn::InterleaveLower(d, bd0, bd1),
            hn::InterleaveUpper(d, bd0, bd1)};
}

/// 4 j of a vector of neighbours: where their points start.
template <int lanes>
struct Offsets {
    alignas(64) int k[lanes];
};
template <int lanes>
MG_HD Offsets<lanes> times_four(const int* j) {
    const hn::CappedTag<std::int32_t, lanes> d;
    Offsets<lanes> o;
    hn::Store(hn::ShiftLeft<2>(hn::LoadU(d, j)), d, o.k);
    return o;
}

/// Policy of `double`: a step handles one vector of doubles.
struct Full {
    using Real = double;
    using D = F64;
    using V = V64;
    static constexpr int lanes = static_cast<int>(hn::MaxLanes(F64()));

    struct Geometry {
        Pairs d;
        V64 r2;
        V embedding_slope;
    };

    static MG_HD V64 nearest(V64 to, double from) {
        const V64 s = to - hn::Set(F64(), from);
        return s - hn::Round(s);
    }
    static MG_HD Geometry geometry(const PairSystem<double, Host>& p, const CellVectors& cell, int slot, const int* j) {
        const auto points = load_rows(F64(), &p.point->x, times_four<lanes>(j).k);
        const PairPoint<double>& from = p.point[slot];
        Geometry g;
        g.d = to_space(cell, nearest(points.a, from.x), nearest(points.b, from.y), nearest(points.c, from.z));
        g.r2 = norm2(g.d);
        g.embedding_slope = points.d;
        return g;
    }
    static MG_HD void store_r2(const Geometry& g, double* to) { hn::StoreU(g.r2, F64(), to); }
    static MG_HD V64 load_r2(const double* from) { return hn::LoadU(F64(), from); }
    static MG_HD V64 at_least(V64 r2, double low) { return hn::Max(r2, hn::Set(F64(), low)); }
    /// The fraction within the piece; leaves 8 k of the pieces and 1 / r.
    static MG_HD V locate(V64 r2, double inverse_dr, int pieces, int* eight_k, double* inverse_r) {
        const F64 d;
        const V64 r = hn::Sqrt(r2);
        const V64 t = r * hn::Set(d, inverse_dr);
        const V64 k = hn::Min(hn::Floor(t), hn::Set(d, pieces - 1.0));
        hn::Store(hn::ShiftLeft<3>(hn::DemoteTo(I32Half(), k)), I32Half(), eight_k);
        hn::Store(hn::Set(d, 1.0) / r, d, inverse_r);
        return hn::Min(t - k, hn::Set(d, 1.0));
    }
    static MG_HD V below(V64 r2, double limit) {
        const F64 d;
        return hn::IfThenElseZero(hn::Lt(r2, hn::Set(d, limit)), hn::Set(d, 1.0));
    }
    static MG_HD V64 smallest(V64 r2) { return r2; }
    static MG_HD V x(const Geometry& g) { return g.d.x; }
    static MG_HD V y(const Geometry& g) { return g.d.y; }
    static MG_HD V z(const Geometry& g) { return g.d.z; }
    static MG_HD V64 r2(const Geometry& g) { return g.r2; }
    static MG_HD V nonzero(V64 r2) {
        const F64 d;
        return hn::IfThenElseZero(hn::Gt(r2, hn::Zero(d)), hn::Set(d, 1.0));
    }
};

/// Two vectors of doubles: the geometry of one vector of floats.
struct Two {
    V64 low, high;
};

/// Policy of `mixed`: a step handles one vector of floats, its geometry in two vectors of doubles.
struct Mixed {
    using Real = float;
    using D = F32;
    using V = V32;
    static constexpr int lanes = static_cast<int>(hn::MaxLanes(F32()));

    struct Geometry {
        Pairs low, high;
        Two r2;
        V embedding_slope;
    };

    static MG_HD V64 low_half(VI32 v) { return hn::PromoteTo(F64(), hn::LowerHalf(I32Half(), v)); }
    static MG_HD V64 high_half(VI32 v) { return hn::PromoteTo(F64(), hn::UpperHalf(I32Half(), v)); }
    static MG_HD V to_float(V64 low, V64 high) {
        return hn::Combine(F32(), hn::DemoteTo(F32Half(), high), hn::DemoteTo(F32Half(), low));
    }
    static MG_HD V64 low_half(V32 v) { return hn::PromoteTo(F64(), hn::LowerHalf(F32Half(), v)); }
    static MG_HD V64 high_half(V32 v) { return hn::PromoteTo(F64(), hn::UpperHalf(F32Half(), v)); }

    static MG_HD VI32 difference(V32 to, int from) { return hn::BitCast(I32(), to) - hn::Set(I32(), from); }
    static MG_HD Geometry geometry(const PairSystem<float, Host>& p, const CellVectors& cell, int slot, const int* j) {
        const auto points = load_rows(F32(), reinterpret_cast<const float*>(p.point), times_four<lanes>(j).k);
        const PairPoint<float>& from = p.point[slot];
        const VI32 x = difference(points.a, from.x), y = difference(points.b, from.y), z = difference(points.c, from.z);
        Geometry g;
        g.low = to_space(cell, low_half(x), low_half(y), low_half(z));
        g.high = to_space(cell, high_half(x), high_half(y), high_half(z));
        g.r2 = {norm2(g.low), norm2(g.high)};
        g.embedding_slope = points.d;
        return g;
    }
    static MG_HD void store_r2(const Geometry& g, double* to) {
        hn::StoreU(g.r2.low, F64(), to);
        hn::StoreU(g.r2.high, F64(), to + lanes / 2);
    }
    static MG_HD Two load_r2(const double* from) {
        return {hn::LoadU(F64(), from), hn::LoadU(F64(), from + lanes / 2)};
    }
    static MG_HD Two at_least(Two r2, double low) {
        const V64 l = hn::Set(F64(), low);
        return {hn::Max(r2.low, l), hn::Max(r2.high, l)};
    }
    /// distance<float>() of sweeps/eam.hpp on vectors: a float root, one Newton step in double.
    static MG_HD V64 refine(V64 r2, V64 root, V64 half_inverse) {
        return hn::MulAdd(hn::NegMulAdd(root, root, r2), half_inverse, root);
    }
    static MG_HD V locate(Two r2, double inverse_dr, int pieces, int* eight_k, float* inverse_r) {
        const F64 d;
        const F32 f;
        const V32 root = hn::Sqrt(to_float(r2.low, r2.high));
        const V32 inverse = hn::Set(f, 1.0f) / root;
        const V32 half = inverse * hn::Set(f, 0.5f);
        const V64 scale = hn::Set(d, inverse_dr), last = hn::Set(d, pieces - 1.0);
        const V64 t_low = refine(r2.low, low_half(root), low_half(half)) * scale;
        const V64 t_high = refine(r2.high, high_half(root), high_half(half)) * scale;
        const V64 k_low = hn::Min(hn::Floor(t_low), last), k_high = hn::Min(hn::Floor(t_high), last);
        const VI32 k = hn::Combine(I32(), hn::DemoteTo(I32Half(), k_high), hn::DemoteTo(I32Half(), k_low));
        hn::Store(hn::ShiftLeft<3>(k), I32(), eight_k);
        hn::Store(inverse, f, inverse_r);
        return hn::Min(to_float(t_low - k_low, t_high - k_high), hn::Set(f, 1.0f));
    }
    static MG_HD V below(Two r2, double limit) {
        const F32 f;
        return hn::IfThenElseZero(hn::Lt(to_float(r2.low, r2.high), hn::Set(f, static_cast<float>(limit))),
                                  hn::Set(f, 1.0f));
    }
    static MG_HD V64 smallest(Two r2) { return hn::Min(r2.low, r2.high); }
    static MG_HD V x(const Geometry& g) { return to_float(g.low.x, g.high.x); }
    static MG_HD V y(const Geometry& g) { return to_float(g.low.y, g.high.y); }
    static MG_HD V z(const Geometry& g) { return to_float(g.low.z, g.high.z); }
    static MG_HD Two r2(const Geometry& g) { return g.r2; }
    static MG_HD V nonzero(Two r2) {
        const F32 f;
        return hn::IfThenElseZero(hn::Gt(to_float(r2.low, r2.high), hn::Zero(f)), hn::Set(f, 1.0f));
    }
};

/// What the first half of a loop leaves for the second. Without the split one vector's chain (points, root, division,
/// table row, polynomial) is longer than the processor looks ahead, and it waits.
template <class P>
struct Stage {
    static constexpr int size = NearRows::longest_row + 2 * NearRows::lanes;
    alignas(64) double r2[size];
    alignas(64) int eight_k[size];
    alignas(64) typename P::Real fraction[size], inverse_r[size], x[size], y[size], z[size], slope[size],
        real_pair[size];
};

/// Sum of the lanes in double, in a fixed tree.
MG_HD double sum_lanes(V64 v) { return hn::GetLane(hn::SumOfLanes(F64(), v)); }
MG_HD double sum_lanes(V32 v) { return sum_lanes(Mixed::low_half(v) + Mixed::high_half(v)); }

/// RowSweep: slots of neighbouring cells lie in runs along a, so their fractions load as vectors; what is within reach
/// is kept without branches, in the stencil's order, then dealt out by species.
void rows(const RowSweep<Host>& p, int begin, int end) {
    constexpr int longest_run = 512, longest_list = NearRows::longest_row;
    constexpr int lanes = Full::lanes;
    alignas(64) double squared[longest_run + lanes];
    int found[longest_list + longest_run], sorted[longest_list + longest_run];
    const F64 d;
    const double reach2 = p.reach * p.reach;
    const double* fx = p.fraction.component;
    const double* fy = fx + p.fraction.slots;
    const double* fz = fy + p.fraction.slots;
    for (int slot = begin; slot < end; ++slot) {
        const int r = p.replica_of[slot];
        if (!p.stale[r]) continue;
        const CellVectors h = spread(p.reference_box[r].h);
        const Vec3 s = p.fraction[slot];
        const V64 sx = hn::Set(d, s.x), sy = hn::Set(d, s.y), sz = hn::Set(d, s.z);
        int n = 0;
        for_each_run(p.grid[r], cell_index(p.grid[r], s), [&](int first, int last) {
            const int to = p.cell_start[p.first_cell[r] + last];
            for (int from = p.cell_start[p.first_cell[r] + first]; from < to && n < longest_list; from += longest_run) {
                const int length = to - from < longest_run ? to - from : longest_run;
                for (int k = 0; k < length; k += lanes) {
                    // The arrays are padded by a vector.
                    V64 x = hn::LoadU(d, fx + from + k) - sx, y = hn::LoadU(d, fy + from + k) - sy,
                        z = hn::LoadU(d, fz + from + k) - sz;
                    x = x - hn::Round(x);
                    y = y - hn::Round(y);
                    z = z - hn::Round(z);
                    hn::StoreU(norm2(to_space(h, x, y, z)), d, squared + k);
                }
                for (int k = 0; k < length; ++k) {
                    found[n] = from + k;
                    n += squared[k] < reach2 && from + k != slot ? 1 : 0;
                }
            }
        });
        // Species follow no pattern that a branch could learn: write always, count where it fits.
        const int kept = n < p.layout.capacity ? n : p.layout.capacity;
        int length = 0;
        for (int t = 0; t < p.species; ++t) {
            for (int k = 0; k < kept; ++k) {
                sorted[length] = found[k];
                length += p.species_of_slot[found[k]] == t ? 1 : 0;
            }
            p.row_end[slot * p.species + t] = length;
        }
        __builtin_memcpy(p.row + p.layout(slot, 0), sorted, sizeof(int) * static_cast<unsigned>(length));
        if (n > p.layout.capacity) report_incident(p.incident, IncidentKind::row_overflow, p.atom_of_slot[slot], -1, n);
    }
}

template <class P>
void density(const PairSystem<typename P::Real, Host>& p, const NearRows& near, int begin, int end) {
    Stage<P> stage;
    double* squared = stage.r2;
    const typename P::D d;
    for (int slot = begin; slot < end; ++slot) {
        const Mat3 matrix = pair_cell<typename P::Real>(p.box[p.replica_of[slot]].h);
        const CellVectors cell = spread(matrix);
        const int center = p.species_of_slot[slot];
        double rho = 0;
        V64 smallest = hn::Set(F64(), p.cutoff_squared);
        int* near_row = near.row + static_cast<long>(slot) * near.capacity;
        int first = 0, from = 0;
        for (int t = 0; t < p.species; ++t) {
            const int* row = p.row + p.layout(slot, from);
            const int length = p.row_end[slot * p.species + t] - from;
            from += length;
            // Reading past the group is harmless: rows are padded (ops/neighbors), and the filter stops at length.
            for (int k = 0; k < length; k += P::lanes) P::store_r2(P::geometry(p, cell, slot, row + k), squared + k);
            int* group = near_row + first;
            int n = 0;
            for (int k = 0; k < length; ++k) {
                const double r2 = squared[k];
                group[n] = row[k];
                squared[n] = r2;
                n += r2 < p.cutoff_squared ? 1 : 0;
            }
            const int whole = padded(n);
            for (int k = n; k < whole; ++k) {
                group[k] = slot;
                squared[k] = p.cutoff_squared;
            }
            near.bounds[2 * (slot * p.species + t)] = first;
            near.bounds[2 * (slot * p.species + t) + 1] = first + n;
            first += whole;

            const auto* f = p.tables + p.table_of[t * p.species + center] * p.pieces;
            for (int k = 0; k < n; k += P::lanes) {
                const auto r2 = P::load_r2(squared + k);
                const auto fraction = P::locate(r2, p.inverse_dr, p.pieces, stage.eight_k + k, stage.inverse_r + k);
                hn::Store(fraction, d, stage.fraction + k);
                hn::Store(P::below(r2, p.cutoff_squared), d, stage.real_pair + k);
                smallest = hn::Min(smallest, P::smallest(r2));
            }
            auto sum = hn::Zero(d);
            for (int k = 0; k < n; k += P::lanes) {
                const auto q = load_rows(d, &f->density.a, stage.eight_k + k);
                sum = hn::MulAdd(hn::Load(d, stage.real_pair + k),
                                 cubic_value(q.a, q.b, q.c, q.d, hn::Load(d, stage.fraction + k)), sum);
            }
            rho += sum_lanes(sum);
        }
        const double closest = hn::GetLane(hn::MinOfLanes(F64(), smallest));
        if (closest < p.lowest_squared) {
            int nearest = -1;
            double best = p.cutoff_squared;
            for (int k = 0; k < p.row_end[slot * p.species + p.species - 1]; ++k) {
                const int j = p.row[p.layout(slot, k)];
                const double r2 = norm2(pair_displacement(matrix, p.point[slot], p.point[j]));
                if (r2 < best) {
                    best = r2;
                    nearest = j;
                }
            }
            report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[slot],
                            nearest < 0 ? -1 : p.atom_of_slot[nearest], __builtin_sqrt(closest));
        }
        embed_slot(p, slot, rho);
    }
}

template <class P, bool with_energy, bool same_density>
MG_HD void force_group(const PairSystem<typename P::Real, Host>& p, const CellVectors& cell, int slot, int t,
                       const int* group, int n, Stage<P>& stage, double sums[10]) {
    const typename P::D d;
    const int center = p.species_of_slot[slot];
    const auto* at_i = p.tables + p.table_of[t * p.species + center] * p.pieces;
    const auto* at_j = p.tables + p.table_of[center * p.species + t] * p.pieces;
    const auto slope_i = hn::Set(d, p.point[slot].embedding_slope);
    const auto inverse_dr = hn::Set(d, static_cast<typename P::Real>(p.inverse_dr));
    for (int k = 0; k < n; k += P::lanes) {
        const auto geometry = P::geometry(p, cell, slot, group + k);
        const auto squared = P::r2(geometry);
        // The padding is the slot itself: any finite coefficient times its d = 0 adds nothing.
        const auto fraction = P::locate(P::at_least(squared, p.lowest_squared), p.inverse_dr, p.pieces,
                                        stage.eight_k + k, stage.inverse_r + k);
        hn::Store(fraction, d, stage.fraction + k);
        hn::Store(P::x(geometry), d, stage.x + k);
        hn::Store(P::y(geometry), d, stage.y + k);
        hn::Store(P::z(geometry), d, stage.z + k);
        hn::Store(geometry.embedding_slope, d, stage.slope + k);
        if constexpr (with_energy) hn::Store(P::nonzero(squared), d, stage.real_pair + k);
    }
    auto fx = hn::Zero(d), fy = fx, fz = fx, e = fx, xx = fx, yy = fx, zz = fx, yz = fx, xz = fx, xy = fx;
    for (int k = 0; k < n; k += P::lanes) {
        const auto fraction = hn::Load(d, stage.fraction + k);
        const auto q = load_rows(d, &at_i->pair.a, stage.eight_k + k);
        const auto f = load_rows(d, &at_i->density.a, stage.eight_k + k);
        const auto f_i = cubic_slope(f.b, f.c, f.d, fraction);
        auto f_j = f_i;
        if constexpr (!same_density) {
            const auto f2 = load_rows(d, &at_j->density.a, stage.eight_k + k);
            f_j = cubic_slope(f2.b, f2.c, f2.d, fraction);
        }
        const auto term = pair_term<typename P::Real>(
            hn::Load(d, stage.inverse_r + k), inverse_dr, cubic_value(q.a, q.b, q.c, q.d, fraction),
            cubic_slope(q.b, q.c, q.d, fraction), slope_i, f_i, hn::Load(d, stage.slope + k), f_j);
        const auto c = term.slope_over_r;
        const auto x = hn::Load(d, stage.x + k), y = hn::Load(d, stage.y + k), z = hn::Load(d, stage.z + k);
        fx = hn::MulAdd(c, x, fx);
        fy = hn::MulAdd(c, y, fy);
        fz = hn::MulAdd(c, z, fz);
        if constexpr (with_energy) {
            const auto cx = c * x, cy = c * y, cz = c * z;
            e = hn::MulAdd(hn::Load(d, stage.real_pair + k), term.energy, e);
            xx = hn::MulAdd(cx, x, xx);
            yy = hn::MulAdd(cy, y, yy);
            zz = hn::MulAdd(cz, z, zz);
            yz = hn::MulAdd(cy, z, yz);
            xz = hn::MulAdd(cx, z, xz);
            xy = hn::MulAdd(cx, y, xy);
        }
    }
    sums[0] += sum_lanes(fx);
    sums[1] += sum_lanes(fy);
    sums[2] += sum_lanes(fz);
    if constexpr (with_energy) {
        const decltype(fx) all[7] = {e, xx, yy, zz, yz, xz, xy};
        for (int k = 0; k < 7; ++k) sums[3 + k] += sum_lanes(all[k]);
    }
}

template <class P, bool with_energy>
void force(const PairSystem<typename P::Real, Host>& p, const NearRows& near, int begin, int end) {
    Stage<P> stage;
    for (int slot = begin; slot < end; ++slot) {
        const CellVectors cell = spread(pair_cell<typename P::Real>(p.box[p.replica_of[slot]].h));
        const int center = p.species_of_slot[slot];
        const int* near_row = near.row + static_cast<long>(slot) * near.capacity;
        double sums[10] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        for (int t = 0; t < p.species; ++t) {
            const int from = near.bounds[2 * (slot * p.species + t)];
            const int n = near.bounds[2 * (slot * p.species + t) + 1] - from;
            if (p.table_of[t * p.species + center] == p.table_of[center * p.species + t])
                force_group<P, with_energy, true>(p, cell, slot, t, near_row + from, n, stage, sums);
            else
                force_group<P, with_energy, false>(p, cell, slot, t, near_row + from, n, stage, sums);
        }
        const int i = p.atom_of_slot[slot];
        p.force[i] = {sums[0], sums[1], sums[2]};
        if (!(norm2(p.force[i]) < 1e20))
            report_incident(p.incident, IncidentKind::not_finite, i, -1, norm2(p.force[i]));
        if constexpr (with_energy) {
            p.local_energy[i] = p.embedding_energy[slot] + 0.5 * sums[3];
            p.local_virial[i] = {-0.5 * sums[4], -0.5 * sums[5], -0.5 * sums[6],
                                 -0.5 * sums[7], -0.5 * sums[8], -0.5 * sums[9]};
        }
    }
}

template <class P>
void force_any(const PairSystem<typename P::Real, Host>& p, const NearRows& near, bool with_energy, int begin,
               int end) {
    if (with_energy)
        force<P, true>(p, near, begin, end);
    else
        force<P, false>(p, near, begin, end);
}

}  // namespace

const EamLoops& eam_loops() {
    static constexpr EamLoops loops{rows, density<Full>, density<Mixed>, force_any<Full>, force_any<Mixed>};
    return loops;
}

}  // namespace MG_TARGET
}  // namespace mg
