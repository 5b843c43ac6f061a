/// \file Tuned host loops of the EAM. Compiled once per instruction set with MG_TARGET as its name; Highway's
/// static target follows the compiler's flags.
///
/// Replaces: RowSweep, DensitySweep and ForceSweep on the host; same physics functions, on vectors.
/// Mapping: each pair once. Some slots at a time (a group of 256 pairs), in passes over vectors of their pairs: filter,
///   places in the tables, table rows and polynomials, and last what a pair gives to its other atom, which is added,
///   pair by pair, to the window of the slab. A vector has pairs of one slot, tables chosen per lane by the neighbour's
///   species; the entries within the cutoff are packed for the force loop (the skin holds 45 % more), and each slot's
///   last vector is filled up with the slot itself, whose table rows are zeros.
/// Bound: vector instructions on AVX-512 (two a cycle), and the second cache, which the rows of phi' come from. What
/// was
///   tried and measured: benchmarks/README.md.
/// Parity: tests/parity/engine.cpp, tests/unit/engine_forces.cpp.

#include <type_traits>

#include "ops/eam_loops.hpp"
#include "ops/forces.hpp"
#include "ops/simd/precisions.hpp"
#include "ops/simd/vectors.hpp"

namespace mg {
inline namespace MG_TARGET {
namespace {

bool is_diagonal(const Mat3& h) {
    return h.m[1] == 0 && h.m[2] == 0 && h.m[3] == 0 && h.m[5] == 0 && h.m[6] == 0 && h.m[7] == 0;
}

/// Half of RowSweep: slots of neighbouring cells lie in runs along a, so their coordinates load as vectors; what is
/// within reach is kept without branches, in the order of the cells ahead. A ghost has all around it. Where atoms are
/// frozen, only the others have rows: all frozen atoms around them, and of the others those with a later slot.
/// Distances are in float, with a margin: a pair too many costs nothing, for the density loop looks again.
template <bool diagonal>
void rows_of(const RowSweep<Host>& p, const HalfRows<Host>& half, const Slab& slab, std::vector<int>& entries,
             int* length) {
    constexpr int lanes = Mixed::lanes;
    alignas(64) int found[longest_half_row + lanes];
    std::size_t used = 0;
    const auto make_room = [&](std::size_t n) {
        if (used + n > entries.size()) entries.resize(used + n + entries.size() / 256);
    };
    const F32 f;
    const I32 i;
    const V32 reach2 = hn::Set(f, static_cast<float>(p.reach * p.reach * (1 + 1e-6)));
    const int* x = half.coordinate.data();
    const int* y = x + p.fraction.slots;
    const int* z = y + p.fraction.slots;
    const int r = p.replica_of[slab.begin];
    const CellVectors cell = spread(pair_cell<float>(p.reference_box[r].h));
    const int* start = p.cell_start + p.first_cell[r];
    const auto last_movable = hn::Set(i, p.movable_end ? p.movable_end[r] - 1 : 0);
    for (int slot = slab.begin; slot < slab.end; ++slot) {
        if (p.frozen(slot, r)) {
            length[slot] = 0;
            continue;
        }
        const VI32 x0 = hn::Set(i, x[slot]), y0 = hn::Set(i, y[slot]), z0 = hn::Set(i, z[slot]);
        int n = 0;
        const auto collect = [&](int from, int to) {
            for (int k = from; k < to; k += lanes) {
                // All arrays are padded by a vector.
                const auto difference = [&](const int* to, VI32 from) {
                    return hn::ConvertTo(f, hn::LoadU(i, to + k) - from);
                };
                const V32 r2 = norm2(to_space<diagonal>(cell, difference(x, x0), difference(y, y0), difference(z, z0)));
                unsigned bits = bits_of(f, hn::Lt(r2, reach2)) & first_bits(to - k, lanes);
                if (p.movable_end) {
                    const auto later = hn::Gt(hn::Iota(i, k), hn::Set(i, slot));
                    const auto is_frozen = hn::Gt(hn::LoadU(i, p.atom_of_slot + k), last_movable);
                    bits &= bits_of(i, hn::Or(later, is_frozen));
                }
                const auto species = hn::LoadU(i, p.species_of_slot + k);
                const auto entry = hn::Or(hn::ShiftLeft<HalfRows<Host>::species_bits>(hn::Iota(i, k)), species);
                pack(bits, entry, found + (n < longest_half_row ? n : longest_half_row));
                n += __builtin_popcount(bits);
            }
        };
        const int number = cell_index(p.grid[r], p.fraction[slot]);
        if (slab.of_ghosts() || p.movable_end)
            for_each_run(p.grid[r], number, [&](int first, int last) { collect(start[first], start[last]); });
        else
            for_each_forward_run(p.grid[r], number, [&](int first, int last, bool all) {
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

void rows(const RowSweep<Host>& p, const HalfRows<Host>& half, const Slab& slab, std::vector<int>& entries,
          int* length) {
    if (is_diagonal(p.reference_box[p.replica_of[slab.begin]].h))
        rows_of<true>(p, half, slab, entries, length);
    else
        rows_of<false>(p, half, slab, entries, length);
}

/// Places in the window of a vector of neighbours. What fills up a vector, the slot itself, goes behind the window.
struct Places {
    VI32 window_begin, slots, behind;
    explicit Places(const Slab& s)
        : window_begin(hn::Set(I32(), s.window_begin)),
          slots(hn::Set(I32(), s.replica_end - s.replica_begin)),
          behind(hn::Iota(I32(), s.window)) {}
    template <class Mask>
    MG_HD VI32 of(VI32 entry, Mask filler) const {
        const VI32 k = slots_of(entry) - window_begin;
        return hn::IfThenElse(filler, behind, k + hn::And(hn::BroadcastSignBit(k), slots));
    }
};

/// Pairs that a slot takes in the passes: whole vectors.
template <class P>
int whole(int pairs) {
    return (pairs + P::lanes - 1) / P::lanes * P::lanes;
}

/// The entry that fills up the last vector of a slot's pairs: the slot itself.
int filler_of(int slot) { return slot << HalfRows<Host>::species_bits; }

/// Tells the passes which of the group's slots a slot's vectors belong to. Where there are none, its sums are zero
/// (frozen atoms have no rows).
template <class P>
void mark(Stage<P>& stage, int used, int slot, int first_slot, int pairs) {
    const typename P::D d;
    const int first = used / P::lanes, last = (used + pairs) / P::lanes;
    if (pairs == 0) {
        const int number = slot - first_slot;
        hn::Store(hn::Zero(d), d, stage.sum[number]);
        hn::Store(hn::Zero(d), d, stage.sum2[number]);
        for (auto& component : stage.virial[number]) hn::Store(hn::Zero(d), d, component);
        return;
    }
    for (int v = first; v < last; v += I32Lanes) hn::StoreU(hn::Set(I32(), slot), I32(), stage.slot + v);
    for (int v = first; v < last; v += P::lanes) hn::StoreU(hn::Set(d, typename P::Real(1)), d, stage.goes_on + v);
    stage.goes_on[first] = 0;
}
/// Whether the next slot, with so many pairs, still belongs to the group.
template <class P>
bool fits(int used, int slots, int pairs) {
    return slots < Stage<P>::slots && used + whole<P>(pairs) <= Stage<P>::most;
}

template <class P>
void report_closest(const PairSystem<typename P::Real, Host>& p, const Stage<P>& stage, int used) {
    int closest = 0;
    for (int k = 1; k < used; ++k)
        if (stage.r2[k] < stage.r2[closest]) closest = k;
    const int j = HalfRows<Host>::slot_of(stage.entry[closest]);
    report_incident(p.incident, IncidentKind::pair_below_table, p.atom_of_slot[stage.slot[closest / P::lanes]],
                    p.atom_of_slot[j], __builtin_sqrt(stage.r2[closest]));
}

/// The pairs of a slot within the cutoff, as entries, and those within the densities' as entries with r^2; both filled
/// up with the slot itself.
template <class P>
struct Near {
    int* entries;
    int* inner_entries;
    typename P::Real* inner_r2;
    int pairs = 0, inner_pairs = 0;
};
template <class P, bool diagonal>
void filter(const PairSystem<typename P::Real, Host>& p, const CellVectors& cell, int slot, const int* row, int length,
            Near<P>& near) {
    using Real = typename P::Real;
    const typename P::D d;
    const auto limit = hn::Set(d, static_cast<Real>(p.cutoff_squared));
    const auto inner_limit = hn::Set(d, static_cast<Real>(p.density_squared));
    int n = 0, inner = 0;
    // Reading past the row is harmless: what lies there are entries as well, and they are not counted.
    for (int k = 0; k < length; k += P::lanes) {
        const VI32 entry = P::entries(row + k);
        const auto r2 = P::template squares<diagonal>(cell, P::differences(p.point, slot, row + k));
        const unsigned bits = bits_of(d, hn::Lt(r2, limit)) & first_bits(length - k, P::lanes);
        const unsigned inner_bits = bits_of(d, hn::Lt(r2, inner_limit)) & bits;
        pack(bits, entry, near.entries + n);
        pack(inner_bits, entry, near.inner_entries + inner);
        P::pack_squares(inner_bits, r2, near.inner_r2 + inner);
        n += __builtin_popcount(bits);
        inner += __builtin_popcount(inner_bits);
    }
    const VI32 filler = hn::Set(I32(), filler_of(slot));
    hn::StoreU(filler, I32(), near.entries + n);
    hn::StoreU(filler, I32(), near.inner_entries + inner);
    hn::StoreU(limit, d, near.inner_r2 + inner);
    near.pairs = n;
    near.inner_pairs = inner;
}

template <class Real>
auto vector_of(const PairSystem<Real, Host>& p, VI32 entry, int center) {
    const auto filler = hn::Eq(entry, hn::Set(I32(), filler_of(center)));
    return PairVector<decltype(filler)>{entry, filler, p.species_of_slot[center]};
}

template <class P, bool diagonal, bool symmetric>
void density(const PairWork<typename P::Real>& w, int index, double* window) {
    using Real = typename P::Real;
    constexpr int lanes = P::lanes;
    const Slab slab = w.half->slabs[index];
    std::vector<int>& all_near = w.near[index];
    std::size_t near_begin = 0;
    const int* row = w.half->entries[index].data();
    Stage<P> stage;
    const typename P::D d;
    const PairSystem<Real, Host>& p = w.p;
    const Mat3 cell_matrix = pair_cell<Real>(p.box[p.replica_of[slab.begin]].h);
    const CellVectors cell = spread(cell_matrix);
    const Places places(slab);
    const typename P::Tables tables(w, cell_matrix);
    const auto lowest = hn::Set(d, static_cast<Real>(p.lowest_squared));
    for (int slot = slab.begin; slot < slab.end;) {
        const int first = slot;
        int used = 0;
        do {
            const int length = w.half->length[slot];
            const std::size_t room = near_begin + length + 3 * HalfRows<Host>::padding;
            if (room > all_near.size()) all_near.resize(room + all_near.size() / 256);
            Near<P> near{all_near.data() + near_begin, stage.entry + used, stage.r2 + used};
            filter<P, diagonal>(p, cell, slot, row, length, near);
            w.near_length[slot] = near.pairs;
            near_begin += whole<P>(near.pairs);
            mark(stage, used, slot, first, whole<P>(near.inner_pairs));
            used += whole<P>(near.inner_pairs);
            row += length;
            ++slot;
        } while (slot < slab.end && fits<P>(used, slot - first, w.half->length[slot]));
        auto smallest = lowest;
        for (int k = 0; k < used; k += lanes) {
            const auto pairs = vector_of(p, P::entries(stage.entry + k), stage.slot[k / lanes]);
            const auto r2 = hn::Load(d, stage.r2 + k);
            P::template locate_density<symmetric>(tables, pairs, hn::Max(r2, lowest), stage, k);
            P::store(places.of(pairs.entry, pairs.filler), stage.place + k);
            smallest = hn::Min(smallest, r2);
        }
        auto sum = hn::Zero(d);
        for (int k = 0; k < used; k += lanes) {
            const auto at_i = P::density(tables, stage, stage.offset, k);
            P::to_doubles(symmetric ? at_i : P::density(tables, stage, stage.offset_at_j, k), stage.share + k);
            sum = hn::MulAdd(sum, hn::Set(d, stage.goes_on[k / lanes]), at_i);
            hn::Store(sum, d, stage.sum[stage.slot[k / lanes] - first]);
        }
        for (int center = first; center < slot; ++center)
            window[slab.own_place(center)] += P::sum(hn::Load(d, stage.sum[center - first]));
        for (int k = 0; k < used; k += lanes)
#pragma GCC unroll 16
            for (int l = 0; l < lanes; ++l) window[stage.place[k + l]] += stage.share[k + l];
        if (hn::GetLane(hn::MinOfLanes(d, smallest)) < static_cast<Real>(p.lowest_squared))
            report_closest(p, stage, used);
    }
}

template <class P, bool diagonal, bool symmetric, Sums sums>
void force(const PairWork<typename P::Real>& w, int index, PairForce<double>* window) {
    using Real = typename P::Real;
    using V = typename P::V;
    constexpr int lanes = P::lanes;
    constexpr bool with_virial = sums != Sums::none, with_energy = sums == Sums::energy;
    const Slab slab = w.half->slabs[index];
    const int* near = w.near[index].data();
    Stage<P> stage;
    const typename P::D d;
    const PairSystem<Real, Host>& p = w.p;
    const Mat3 cell_matrix = pair_cell<Real>(p.box[p.replica_of[slab.begin]].h);
    const CellVectors cell = spread(cell_matrix);
    const Places places(slab);
    const typename P::Tables tables(w, cell_matrix);
    // A slot's own sum is of half the pair's energy, what goes to neighbours of minus that.
    alignas(32) static constexpr double own_signs[4] = {1, 1, 1, -1};
    for (int slot = slab.begin; slot < slab.end;) {
        const int first = slot;
        int used = 0;
        do {
            const int pairs = whole<P>(w.near_length[slot]);
            mark(stage, used, slot, first, pairs);
            used += pairs;
            ++slot;
        } while (slot < slab.end && fits<P>(used, slot - first, w.near_length[slot]));

        for (int k = 0; k < used; k += lanes)
            P::store(P::differences(p.point, stage.slot[k / lanes], near + k), stage, k);
        for (int k = 0; k < used; k += lanes) {
            const auto pairs = vector_of(p, P::entries(near + k), stage.slot[k / lanes]);
            P::template locate_force<diagonal, symmetric, with_energy>(tables, cell, pairs, p.lowest_squared, stage, k);
            const auto u = P::template displacement<diagonal>(cell, stage, k);
            hn::Store(u.x, d, stage.dx + k);
            hn::Store(u.y, d, stage.dy + k);
            hn::Store(u.z, d, stage.dz + k);
            P::store(in_row_order(d, places.of(pairs.entry, pairs.filler)), stage.place + k);
        }
        near += used;
        const V minus_half = hn::Set(d, Real(-0.5));
        V even = hn::Zero(d), odd = even, xx = even, yy = even, zz = even, yz = even, xz = even, xy = even;
        for (int k = 0; k < used; k += lanes) {
            const int center = stage.slot[k / lanes];
            const V goes_on = hn::Set(d, stage.goes_on[k / lanes]);
            const auto term =
                P::template term<symmetric, with_energy>(tables, stage, k, hn::Set(d, p.point[center].embedding_slope));
            const V x = hn::Load(d, stage.dx + k), y = hn::Load(d, stage.dy + k), z = hn::Load(d, stage.dz + k);
            const V cx = term.slope_over_r * x, cy = term.slope_over_r * y, cz = term.slope_over_r * z;
            V half = hn::Zero(d);
            if constexpr (with_energy) half = minus_half * term.energy;
            const auto rows = to_rows(cx, cy, cz, half);
            store_rows(d, rows, &stage.force[k].x);
            even = hn::MulAdd(even, goes_on, rows.a + rows.b);
            odd = hn::MulAdd(odd, goes_on, rows.c + rows.d);
            hn::Store(even, d, stage.sum[center - first]);
            hn::Store(odd, d, stage.sum2[center - first]);
            if constexpr (with_virial) {
                const auto add = [&](V& sum, V a, V b, int component) {
                    sum = hn::MulAdd(a, b, sum * goes_on);
                    hn::Store(sum, d, stage.virial[center - first][component]);
                };
                add(xx, cx, x, 0);
                add(yy, cy, y, 1);
                add(zz, cz, z, 2);
                add(yz, cy, z, 3);
                add(xz, cx, z, 4);
                add(xy, cx, y, 5);
            }
        }
        for (int center = first; center < slot; ++center) {
            double* mine = &window[slab.own_place(center)].x;
            const auto sum = sum_of_rows(hn::Load(d, stage.sum[center - first])) +
                             sum_of_rows(hn::Load(d, stage.sum2[center - first]));
            hn::Store(hn::MulAdd(sum, hn::Load(Four(), own_signs), hn::Load(Four(), mine)), Four(), mine);
            if constexpr (with_virial) {
                const auto component = [&](int k) { return -P::sum(hn::Load(d, stage.virial[center - first][k])); };
                p.local_virial[p.atom_of_slot[center]] = {component(0), component(1), component(2),
                                                          component(3), component(4), component(5)};
            }
        }
        for (int k = 0; k < used; k += lanes)
#pragma GCC unroll 16
            for (int l = 0; l < lanes; ++l) {
                double* to = &window[stage.place[k + l]].x;
                hn::Store(hn::Load(Four(), to) - load_four(&stage.force[k + l].x), Four(), to);
            }
    }
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
