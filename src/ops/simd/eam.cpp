/// \file Tuned host loops of the EAM. Compiled once per instruction set with MG_TARGET as its name; Highway's
/// static target follows the compiler's flags.
///
/// Replaces: RowSweep, DensitySweep and ForceSweep on the host; same physics functions, on vectors.
/// Mapping: each pair once. One slot at a time, its half row in vectors of neighbours, tables chosen per lane by the
///   neighbour's species. The density loop packs the entries within the cutoff for the force loop, whose vectors are
///   then full of real pairs (the skin holds 45 % more). What a pair gives to its other atom is added, pair by pair, to
///   the window of the slab.
/// Bound: instructions. Counted on AVX2 per atom and step (Cu50Zr50, 52 pairs in 76 entries, `mixed`): 2,570 in the
///   density loop, 2,140 in the force loop; a third of them fetch points and table rows, 16 bytes at a time, and turn
///   them, a third are geometry and the place in the table. What was tried and measured: benchmarks/README.md.
/// Parity: tests/parity/engine.cpp, tests/unit/engine_forces.cpp.

#include <type_traits>

#include "ops/eam_loops.hpp"
#include "ops/forces.hpp"
#include "ops/simd/precisions.hpp"
#include "ops/simd/vectors.hpp"

namespace mg {
inline namespace MG_TARGET {
namespace {

/// Half of RowSweep: slots of neighbouring cells lie in runs along a, so their fractions load as vectors; what is
/// within reach is kept without branches, in the order of the cells ahead. A ghost has all around it. Where atoms are
/// frozen, only the others have rows: all frozen atoms around them, and of the others those with a later slot.
void rows(const RowSweep<Host>& p, const Slab& slab, std::vector<int>& entries, int* length) {
    constexpr int lanes = Full::lanes;
    alignas(64) int found[longest_half_row + lanes];
    std::size_t used = 0;
    const auto make_room = [&](std::size_t n) {
        if (used + n > entries.size()) entries.resize(used + n + entries.size() / 16);
    };
    const F64 d;
    const I32Half i;
    const V64 reach2 = hn::Set(d, p.reach * p.reach);
    const double* fx = p.fraction.component;
    const double* fy = fx + p.fraction.slots;
    const double* fz = fy + p.fraction.slots;
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        const int r = p.replica_of[slot];
        const CellVectors h = spread(p.reference_box[r].h);
        const Vec3 s = p.fraction[slot];
        const V64 sx = hn::Set(d, s.x), sy = hn::Set(d, s.y), sz = hn::Set(d, s.z);
        const int* start = p.cell_start + p.first_cell[r];
        if (p.frozen(slot, r)) {
            length[slot] = 0;
            continue;
        }
        const auto last_movable = hn::Set(i, p.movable_end ? p.movable_end[r] - 1 : 0);
        int n = 0;
        const auto collect = [&](int from, int to) {
            for (int k = from; k < to; k += lanes) {
                // All arrays are padded by a vector.
                V64 x = hn::LoadU(d, fx + k) - sx, y = hn::LoadU(d, fy + k) - sy, z = hn::LoadU(d, fz + k) - sz;
                x = x - hn::Round(x);
                y = y - hn::Round(y);
                z = z - hn::Round(z);
                const auto within = hn::Lt(norm2(to_space<false>(h, x, y, z)), reach2);
                unsigned bits = bits_of(hn::And(within, first_lanes(to - k)));
                if (p.movable_end) {
                    const auto later = hn::Gt(hn::Iota(i, k), hn::Set(i, slot));
                    const auto is_frozen = hn::Gt(hn::LoadU(i, p.atom_of_slot + k), last_movable);
                    std::uint8_t mine[8];
                    hn::StoreMaskBits(i, hn::Or(later, is_frozen), mine);
                    bits &= mine[0];
                }
                const auto species = hn::LoadU(i, p.species_of_slot + k);
                const auto entry = hn::Or(hn::Iota(i, k), hn::ShiftLeft<HalfRows<Host>::species_shift>(species));
                pack(bits, entry, found + (n < longest_half_row ? n : longest_half_row));
                n += __builtin_popcount(bits);
            }
        };
        const int cell = cell_index(p.grid[r], s);
        if (slab.of_ghosts() || p.movable_end)
            for_each_run(p.grid[r], cell, [&](int first, int last) { collect(start[first], start[last]); });
        else
            for_each_forward_run(p.grid[r], cell, [&](int first, int last, bool all) {
                collect(all || start[first] > slot ? start[first] : slot + 1, start[last]);
            });
        // A row that is too long for the loops is told by its length, and never read.
        const int kept = n < longest_half_row ? n : longest_half_row;
        length[slot] = n;
        make_room(static_cast<std::size_t>(n));
        __builtin_memcpy(entries.data() + used, found, sizeof(int) * static_cast<unsigned>(kept));
        used += static_cast<std::size_t>(n);
    }
    make_room(HalfRows<Host>::padding);
    __builtin_memset(entries.data() + used, 0, sizeof(int) * HalfRows<Host>::padding);
}

/// Places in the window of a vector of neighbours.
struct Places {
    VI32 window_begin, slots;
    explicit Places(const Slab& s)
        : window_begin(hn::Set(I32(), s.window_begin)), slots(hn::Set(I32(), s.replica_end - s.replica_begin)) {}
    MG_HD VI32 of(VI32 entry) const {
        const VI32 k = slots_of(entry) - window_begin;
        return k + hn::And(hn::BroadcastSignBit(k), slots);
    }
};

template <class Real>
void report_closest(const PairSystem<Real, Host>& p, int slot, const int* entries, const double* squared, int n) {
    int closest = 0;
    for (int k = 1; k < n; ++k)
        if (squared[k] < squared[closest]) closest = k;
    const int j = entries[closest] & static_cast<int>(HalfRows<Host>::most_slots - 1);
    report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[slot], p.atom_of_slot[j],
                    __builtin_sqrt(squared[closest]));
}

/// Tables per species of the neighbour, for each species of the centre; at_neighbor: what the centre gives to the
/// neighbour, else what the neighbour gives to the centre.
template <class Real>
struct TableStarts {
    PerSpecies of_center[HalfRows<Host>::most_species];
    TableStarts(const PairSystem<Real, Host>& p, int knots, bool at_neighbor) {
        for (int c = 0; c < p.species; ++c)
            for (int n = 0; n < p.species; ++n)
                of_center[c].value[n] = p.table_of[at_neighbor ? c * p.species + n : n * p.species + c] * knots;
    }
};

template <class P, bool diagonal, bool symmetric>
void density(const PairWork<typename P::Real>& w, int index, double* window) {
    using Real = typename P::Real;
    const Slab slab = w.half->slabs[index];
    std::vector<int>& all_near = w.near[index];
    std::size_t near_begin = 0;
    const int* row = w.half->entries[index].data();
    Stage<P> stage;
    alignas(64) int offset_at_j[symmetric ? 1 : Stage<P>::size];
    const typename P::D d;
    const PairSystem<Real, Host>& p = w.p;
    const CellVectors cell = spread(pair_cell<Real>(p.box[p.replica_of[slab.begin]].h));
    const Places places(slab);
    const double dr = 1.0 / p.inverse_dr;
    const TableStarts<Real> starts(p, w.tables.knots, false), starts_at_j(p, w.tables.knots, true);
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        const int center = p.species_of_slot[slot];
        const PerSpecies& start = starts.of_center[center];
        const int length = w.half->length[slot];
        const std::size_t room = near_begin + length + 2 * HalfRows<Host>::padding;
        if (room > all_near.size()) all_near.resize(room + all_near.size() / 16);
        int* near = all_near.data() + near_begin;
        int n = 0;
        // Reading past the row is harmless: what lies there are entries as well, and `keep` stops at the length.
        for (int k = 0; k < length; k += P::lanes) {
            const VI32 entry = P::entries(row + k);
            const auto r2 = P::template squares<diagonal>(cell, P::points(p, slot, entry));
            n += P::keep(r2, p.cutoff_squared, length - k, entry, near + n, stage.r2 + n);
        }
        const int whole = (n + P::lanes - 1) / P::lanes * P::lanes;
        for (int k = n; k < whole; ++k) {
            near[k] = slot;
            stage.r2[k] = p.cutoff_squared;
        }
        w.near_length[slot] = n;
        near_begin += whole;
        row += length;
        V64 smallest = hn::Set(F64(), p.cutoff_squared);
        for (int k = 0; k < n; k += P::lanes) {
            const VI32 entry = P::entries(near + k);
            const auto r2 = P::load_squares(stage.r2 + k);
            const auto g = P::locate(P::at_least(r2, p.lowest_squared), dr, p.inverse_dr, p.pieces);
            P::store(hn::ShiftLeft<1>(start.of(entry) + g.k), stage.offset + k);
            if constexpr (!symmetric)
                P::store(hn::ShiftLeft<1>(starts_at_j.of_center[center].of(entry) + g.k), offset_at_j + k);
            P::store(places.of(entry), stage.place + k);
            hn::Store(g.fraction, d, stage.fraction + k);
            smallest = hn::Min(smallest, P::smallest(r2));
        }
        for (int k = n; k < whole; ++k) {
            stage.offset[k] = 2 * w.tables.zero;
            if constexpr (!symmetric) offset_at_j[k] = 2 * w.tables.zero;
        }
        auto sum = hn::Zero(d);
        for (int k = 0; k < n; k += P::lanes) {
            const auto fraction = hn::Load(d, stage.fraction + k);
            const auto f = load_rows(d, w.tables.density, stage.offset + k);
            const auto at_i = hermite_value(f.a, f.b, f.c, f.d, fraction);
            sum = sum + at_i;
            auto at_j = at_i;
            if constexpr (!symmetric) {
                const auto g = load_rows(d, w.tables.density, offset_at_j + k);
                at_j = hermite_value(g.a, g.b, g.c, g.d, fraction);
            }
            hn::Store(at_j, d, stage.value + k);
        }
        for (int k = 0; k < n; ++k) window[stage.place[k]] += stage.value[k];
        window[slab.own_place(slot)] += P::sum(sum);
        if (hn::GetLane(hn::MinOfLanes(F64(), smallest)) < p.lowest_squared) report_closest(p, slot, near, stage.r2, n);
    }
}

/// What the pairs of a slot give to it, lane by lane: force, minus half of the energy, and minus the virial.
template <class P>
struct SlotSums {
    using V = typename P::V;
    V fx = hn::Zero(typename P::D()), fy = fx, fz = fx, e = fx, xx = fx, yy = fx, zz = fx, yz = fx, xz = fx, xy = fx;

    MG_HD void add_force(V cx, V cy, V cz) {
        fx = fx + cx;
        fy = fy + cy;
        fz = fz + cz;
    }
    MG_HD void add_virial(V cx, V cy, V cz, V x, V y, V z) {
        xx = hn::MulAdd(cx, x, xx);
        yy = hn::MulAdd(cy, y, yy);
        zz = hn::MulAdd(cz, z, zz);
        yz = hn::MulAdd(cy, z, yz);
        xz = hn::MulAdd(cx, z, xz);
        xy = hn::MulAdd(cx, y, xy);
    }
    MG_HD Sym3 virial() const { return {-P::sum(xx), -P::sum(yy), -P::sum(zz), -P::sum(yz), -P::sum(xz), -P::sum(xy)}; }
};

template <class P, bool diagonal, bool symmetric, Sums sums>
void force(const PairWork<typename P::Real>& w, int index, PairForce<double>* window) {
    using Real = typename P::Real;
    const Slab slab = w.half->slabs[index];
    const int* near = w.near[index].data();
    using V = typename P::V;
    constexpr bool with_virial = sums != Sums::none, with_energy = sums == Sums::energy;
    const hn::FixedTag<double, 4> four;
    Stage<P> stage;
    alignas(64) int offset_at_j[symmetric ? 1 : Stage<P>::size];
    const typename P::D d;
    const PairSystem<Real, Host>& p = w.p;
    const CellVectors cell = spread(pair_cell<Real>(p.box[p.replica_of[slab.begin]].h));
    const Places places(slab);
    const double dr = 1.0 / p.inverse_dr;
    const V inverse_dr = hn::Set(d, static_cast<Real>(p.inverse_dr));
    const TableStarts<Real> starts(p, w.tables.knots, false), starts_at_j(p, w.tables.knots, true);
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        const int center = p.species_of_slot[slot];
        const PerSpecies& start = starts.of_center[center];
        const int n = w.near_length[slot];
        for (int k = 0; k < n; k += P::lanes) {
            const VI32 entry = P::entries(near + k);
            const auto points = P::points(p, slot, entry);
            // The padding is the slot itself, and its table row is zero.
            const auto r2 = P::at_least(P::template squares<diagonal>(cell, points), p.lowest_squared);
            const auto g = P::locate(r2, dr, p.inverse_dr, p.pieces);
            const auto u = P::template displacement<diagonal>(cell, points);
            const VI32 knot = start.of(entry) + g.k;
            P::store(hn::ShiftLeft<2>(knot), stage.offset + k);
            if constexpr (with_energy) P::store(hn::ShiftLeft<1>(knot), stage.value_offset + k);
            if constexpr (!symmetric)
                P::store(hn::ShiftLeft<2>(starts_at_j.of_center[center].of(entry) + g.k), offset_at_j + k);
            P::store(places.of(entry), stage.place + k);
            hn::Store(g.fraction, d, stage.fraction + k);
            hn::Store(g.inverse_r, d, stage.inverse_r + k);
            hn::Store(u.x, d, stage.x + k);
            hn::Store(u.y, d, stage.y + k);
            hn::Store(u.z, d, stage.z + k);
            hn::Store(points.embedding_slope, d, stage.slope + k);
        }
        const int whole = (n + P::lanes - 1) / P::lanes * P::lanes;
        near += whole;
        for (int k = n; k < whole; ++k) {
            stage.offset[k] = 4 * w.tables.zero;
            if constexpr (with_energy) stage.value_offset[k] = 2 * w.tables.zero;
            if constexpr (!symmetric) offset_at_j[k] = 4 * w.tables.zero;
        }
        const V slope_i = hn::Set(d, p.point[slot].embedding_slope);
        const V minus_half = hn::Set(d, Real(-0.5));
        SlotSums<P> sum;
        for (int k = 0; k < n; k += P::lanes) {
            const auto term =
                P::template term<symmetric, with_energy>(w.tables, stage, offset_at_j, k, inverse_dr, slope_i);
            const V x = hn::Load(d, stage.x + k), y = hn::Load(d, stage.y + k), z = hn::Load(d, stage.z + k);
            const V cx = term.slope_over_r * x, cy = term.slope_over_r * y, cz = term.slope_over_r * z;
            sum.add_force(cx, cy, cz);
            V half = hn::Zero(d);
            if constexpr (with_energy) {
                half = minus_half * term.energy;
                sum.e = sum.e + half;
            }
            if constexpr (with_virial) sum.add_virial(cx, cy, cz, x, y, z);
            hn::StoreInterleaved4(cx, cy, cz, half, d, &stage.force[k].x);
        }
        for (int k = 0; k < n; ++k) {
            double* to = &window[stage.place[k]].x;
            hn::Store(hn::Load(four, to) - load_four(&stage.force[k].x), four, to);
        }
        PairForce<double>& mine = window[slab.own_place(slot)];
        mine.x += P::sum(sum.fx);
        mine.y += P::sum(sum.fy);
        mine.z += P::sum(sum.fz);
        if constexpr (with_energy) mine.energy -= P::sum(sum.e);
        if constexpr (with_virial) p.local_virial[p.atom_of_slot[slot]] = sum.virial();
    }
}

bool is_diagonal(const Mat3& h) {
    return h.m[1] == 0 && h.m[2] == 0 && h.m[3] == 0 && h.m[5] == 0 && h.m[6] == 0 && h.m[7] == 0;
}

/// choose(diagonal, symmetric) with the two as types.
template <class Real, class F>
void with_shape(const PairWork<Real>& w, int index, const F& choose) {
    const int replica = w.p.replica_of[w.half->slabs[index].begin];
    const bool diagonal = is_diagonal(w.p.box[replica].h), symmetric = w.tables.symmetric;
    if (diagonal && symmetric) return choose(std::true_type{}, std::true_type{});
    if (diagonal) return choose(std::true_type{}, std::false_type{});
    if (symmetric) return choose(std::false_type{}, std::true_type{});
    choose(std::false_type{}, std::false_type{});
}

template <class P>
void density_any(const PairWork<typename P::Real>& w, int index, double* window) {
    with_shape(w, index,
               [&](auto diagonal, auto symmetric) { density<P, diagonal.value, symmetric.value>(w, index, window); });
}

template <class P>
void force_any(const PairWork<typename P::Real>& w, int index, Sums sums, PairForce<double>* window) {
    with_shape(w, index, [&](auto diagonal, auto symmetric) {
        switch (sums) {
            case Sums::none:
                return force<P, diagonal.value, symmetric.value, Sums::none>(w, index, window);
            case Sums::virial:
                return force<P, diagonal.value, symmetric.value, Sums::virial>(w, index, window);
            case Sums::energy:
                return force<P, diagonal.value, symmetric.value, Sums::energy>(w, index, window);
        }
    });
}

}  // namespace

const EamLoops& eam_loops() {
    static constexpr EamLoops loops{rows, density_any<Full>, density_any<Mixed>, force_any<Full>, force_any<Mixed>};
    return loops;
}

}  // namespace MG_TARGET
}  // namespace mg
