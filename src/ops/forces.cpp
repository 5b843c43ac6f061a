#include "ops/for_each_host.hpp"

#include "ops/forces.inl"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "ops/eam_loops.hpp"

namespace mg {

// Each set of loops stands in the inline namespace of its instruction set (ops/simd/eam.cpp).
#if MG_X86_64
namespace avx2 {
const EamLoops& eam_loops();
}
namespace avx512 {
const EamLoops& eam_loops();
}
#endif

namespace {

/// Tuned loops, or null where the generic sweeps run instead.
struct HostLoops {
    const char* name;
    const EamLoops* loops;
};

HostLoops choose_loops() {
#if MG_X86_64
    const char* variable = std::getenv("MGSTIFF_ISA");
    const std::string_view wish = variable ? variable : "avx512";
    __builtin_cpu_init();
    if (wish == "avx512" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
        return {"avx512", &avx512::eam_loops()};
    if (wish != "generic" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return {"avx2", &avx2::eam_loops()};
#endif
    return {"generic", nullptr};
}

const HostLoops& host_loops() {
    static const HostLoops chosen = choose_loops();
    return chosen;
}

KnotTables<double> knot_tables(const EamTables<Host>& t, double) {
    const KnotArrays<Host>& a = t.knots;
    return {a.full_density.data(), a.full_slope.data(), a.full_knots, static_cast<int>(a.full_density.size()) / 2 - 2,
            a.symmetric};
}
KnotTables<float> knot_tables(const EamTables<Host>& t, float) {
    const KnotArrays<Host>& a = t.knots;
    int coarse_bits = 0;
    while (1 << coarse_bits < a.coarse_knots) ++coarse_bits;
    return {a.density.data(),
            a.slope.data(),
            a.force.data(),
            a.coarse_pieces,
            static_cast<int>(a.density.size()) - 1,
            coarse_bits,
            a.intervals,
            static_cast<int>(a.force.size()) - 1,
            a.symmetric};
}

/// body(slot, share) for the slots of a range of one replica and each share that a slab's window holds for them, slab
/// by slab.
template <class T, class Body>
void for_each_share(const HalfRows<Host>& h, int replica, int begin, int end, const T* windows, const Body& body) {
    // Slabs of ghosts stand behind the last replica's own, and exist only where there is no other.
    const int all = static_cast<int>(h.slabs.size()), after = h.first_slab[replica + 1];
    for (int k = h.first_slab[replica]; k < (after == h.own_slabs ? all : after); ++k) {
        const Slab& s = h.slabs[k];
        // The window wraps around the end of the replica: two runs of slots at most.
        const int slots = s.replica_end - s.replica_begin, last = s.window_begin + s.window;
        for (const int turn : {0, slots}) {
            const int from = std::max(begin, s.window_begin - turn), to = std::min(end, last - turn);
            const T* share = windows + s.offset + turn - s.window_begin;
            for (int slot = from; slot < to; ++slot) body(slot, share[slot]);
        }
    }
}

/// loop(number of the slab, its window of zeros) for the slabs [first, last).
template <class T, class Loop>
void for_each_slab(const HalfRows<Host>& h, int first, int last, T* windows, const Loop& loop) {
#pragma omp parallel for schedule(dynamic)
    for (int k = first; k < last; ++k) {
        const Slab& s = h.slabs[k];
        std::fill_n(windows + s.offset, s.window + HalfRows<Host>::padding, T{});
        if (s.begin < s.end) loop(k, windows + s.offset);
    }
}

/// f(chunk's replica, first slot, end) for every chunk of slots.
template <class F>
void for_each_chunk(const Batch<Host>& b, const F& f) {
#pragma omp parallel for schedule(static)
    for (int c = 0; c < b.chunks.count; ++c) f(b.chunks.replica_of[c], b.chunks.begin[c], b.chunks.begin[c + 1]);
}

/// Pairs with a ghost are met on both sides: half of their virial is this rank's. It is given to the first atom.
void add_virial_of_ghosts(Batch<Host>& b, int ghosts) {
    Sym3 sum;
    for (int g = 0; g < ghosts; ++g) sum = sum + b.local_virial[b.atoms + g];
    if (b.atoms > 0) b.local_virial[0] = b.local_virial[0] + 0.5 * sum;
}

template <class Real>
void forces_by_loops(Batch<Host>& b, const Neighbors<Host>& n, const EamTables<Host>& t, ForceWork<Host>& w,
                     Sums sums) {
    constexpr bool full = sizeof(Real) == sizeof(double);
    const HalfRows<Host>& h = n.half;
    const int slabs = static_cast<int>(h.slabs.size());
    w.near.resize(h.slabs.size());
    w.near_length.resize(h.length.size());
    w.density_windows.resize(h.windows);
    w.force_windows.resize(4 * h.windows);
    auto* const force_windows = reinterpret_cast<PairForce<double>*>(w.force_windows.data());
    double* const density_windows = w.density_windows.data();

    const PairWork<Real> work{pair_system<Real>(b, n, t, w), knot_tables(t, Real()), &h, w.near.data(),
                              w.near_length.data()};
    const PairSystem<Real, Host>& p = work.p;
    const EamLoops& loops = *host_loops().loops;
    // Pairs of a domain's own atoms are worked on while the ghosts' points are on their way.
    const auto over_all_slabs = [&](auto* windows, const auto& loop) {
        if (n.domain) begin_points(*n.domain, p.point, b.atoms);
        for_each_slab(h, 0, h.own_slabs, windows, loop);
        if (n.domain) end_points(*n.domain);
        for_each_slab(h, h.own_slabs, slabs, windows, loop);
    };
    set_coordinates(b, p);
    over_all_slabs(density_windows, [&](int k, double* window) {
        if constexpr (full)
            loops.density_full(work, k, window);
        else
            loops.density_mixed(work, k, window);
    });
    for_each_chunk(b, [&](int replica, int begin, int end) {
        double rho[Chunks<Host>::length] = {};
        for_each_share(h, replica, begin, end, static_cast<const double*>(density_windows),
                       [&](int slot, double share) { rho[slot - begin] += share; });
        for (int slot = begin; slot < end; ++slot) embed_slot(p, slot, rho[slot - begin]);
    });
    over_all_slabs(force_windows, [&](int k, PairForce<double>* window) {
        if constexpr (full)
            loops.force_full(work, k, sums, window);
        else
            loops.force_mixed(work, k, sums, window);
    });
    for_each_chunk(b, [&](int replica, int begin, int end) {
        PairForce<double> sum[Chunks<Host>::length] = {};
        for_each_share(h, replica, begin, end, static_cast<const PairForce<double>*>(force_windows),
                       [&](int slot, const PairForce<double>& share) {
                           PairForce<double>& f = sum[slot - begin];
                           f.x += share.x;
                           f.y += share.y;
                           f.z += share.z;
                           f.energy += share.energy;
                       });
        for (int slot = begin; slot < end; ++slot) {
            const PairForce<double>& f = sum[slot - begin];
            const int i = p.atom_of_slot[slot];
            p.force[i] = {f.x, f.y, f.z};
            if (!(norm2(p.force[i]) < largest_force * largest_force))
                report_incident(p.incident, IncidentKind::not_finite, i, -1, __builtin_sqrt(norm2(p.force[i])));
            if (sums == Sums::energy) p.local_energy[i] = p.embedding_energy[slot] + f.energy;
        }
    });
    if (sums == Sums::none) return;
    if (n.domain) add_virial_of_ghosts(b, n.ghosts());
    // Without new energies the old ones are summed again, to the same bits.
    sum_energies(b);
}

}  // namespace

RowLoop host_row_loop() { return host_loops().loops ? host_loops().loops->rows : nullptr; }

const char* host_instruction_set() { return host_loops().name; }

template void compute_forces_reference(Batch<Host>&, const Neighbors<Host>&, const EamTables<Host>&, ForceWork<Host>&,
                                       Precision, Sums);

template <>
void compute_forces(Batch<Host>& b, const Neighbors<Host>& n, const EamTables<Host>& t, ForceWork<Host>& w,
                    Precision precision, Sums sums) {
    if (!n.half.used) return compute_forces_reference(b, n, t, w, precision, sums);
    for (const Slab& s : n.half.slabs)
        if (s.longest > longest_half_row)
            throw Error("a neighbour row has " + std::to_string(s.longest) + " entries",
                        "the host loops hold at most " + std::to_string(longest_half_row),
                        "check the density of the structure and the cutoff of the potential");
    size_work(b, n, w, precision);
    if (precision == Precision::full)
        forces_by_loops<double>(b, n, t, w, sums);
    else
        forces_by_loops<float>(b, n, t, w, sums);
}

}  // namespace mg
