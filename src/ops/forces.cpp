#include "ops/for_each_host.hpp"

#include "ops/forces.inl"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "ops/eam_loops.hpp"

namespace mg {

// Each set of loops stands in the inline namespace of its instruction set (ops/eam_simd.cpp).
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
    return {a.full_density.data(),
            a.full_slope.data(),
            nullptr,
            a.full_knots,
            static_cast<int>(a.full_density.size()) / 2 - 2,
            a.symmetric};
}
KnotTables<float> knot_tables(const EamTables<Host>& t, float) {
    const KnotArrays<Host>& a = t.knots;
    return {a.mixed_density.data(),
            a.mixed_slope.data(),
            a.mixed_pair.data(),
            a.mixed_knots,
            static_cast<int>(a.mixed_density.size()) / 2 - 2,
            a.symmetric};
}

/// body(slot, share) for the slots of a range of one replica and each share that a slab's window holds for them, slab
/// by slab.
template <class T, class Body>
void for_each_share(const HalfRows<Host>& h, int replica, int begin, int end, const T* windows, const Body& body) {
    for (int k = h.first_slab[replica]; k < h.first_slab[replica + 1]; ++k) {
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

template <class Real>
void forces_by_loops(Batch<Host>& b, const Neighbors<Host>& n, const EamTables<Host>& t, ForceWork<Host>& w,
                     Sums sums) {
    const HalfRows<Host>& h = n.half;
    const int capacity = h.capacity + HalfRows<Host>::padding;
    w.near_row.resize(static_cast<std::size_t>(b.atoms) * capacity + HalfRows<Host>::padding);
    w.near_length.resize(b.atoms);
    w.density_windows.resize(h.windows);
    w.force_windows.resize(4 * h.windows);
    auto* const force_windows = reinterpret_cast<PairForce<double>*>(w.force_windows.data());
    double* const density_windows = w.density_windows.data();

    const PairWork<Real> work{
        pair_system<Real>(b, n, t, w), knot_tables(t, Real()), &h, {capacity, w.near_row.data(), w.near_length.data()}};
    const PairSystem<Real, Host>& p = work.p;
    set_coordinates(b, p);
    const EamLoops& loops = *host_loops().loops;
    const int slabs = static_cast<int>(h.slabs.size()), chunks = b.chunks.count;
#pragma omp parallel
    {
#pragma omp for schedule(dynamic)
        for (int k = 0; k < slabs; ++k) {
            const Slab& s = h.slabs[k];
            double* const window = density_windows + s.offset;
            std::fill_n(window, s.window, 0.0);
            if constexpr (sizeof(Real) == sizeof(double))
                loops.density_full(work, s, window);
            else
                loops.density_mixed(work, s, window);
        }
#pragma omp for schedule(static)
        for (int c = 0; c < chunks; ++c) {
            const int begin = b.chunks.begin[c], end = b.chunks.begin[c + 1];
            double rho[Chunks<Host>::length] = {};
            for_each_share(h, b.replica_of[begin], begin, end, static_cast<const double*>(density_windows),
                           [&](int slot, double share) { rho[slot - begin] += share; });
            for (int slot = begin; slot < end; ++slot) embed_slot(p, slot, rho[slot - begin]);
        }
#pragma omp for schedule(dynamic)
        for (int k = 0; k < slabs; ++k) {
            const Slab& s = h.slabs[k];
            PairForce<double>* const window = force_windows + s.offset;
            std::fill_n(window, s.window, PairForce<double>{});
            if constexpr (sizeof(Real) == sizeof(double))
                loops.force_full(work, s, sums, window);
            else
                loops.force_mixed(work, s, sums, window);
        }
#pragma omp for schedule(static)
        for (int c = 0; c < chunks; ++c) {
            const int begin = b.chunks.begin[c], end = b.chunks.begin[c + 1];
            PairForce<double> sum[Chunks<Host>::length] = {};
            for_each_share(h, b.replica_of[begin], begin, end, static_cast<const PairForce<double>*>(force_windows),
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
                if (!(norm2(p.force[i]) < 1e20))
                    report_incident(p.incident, IncidentKind::not_finite, i, -1, norm2(p.force[i]));
                if (sums == Sums::energy) p.local_energy[i] = p.embedding_energy[slot] + f.energy;
            }
        }
    }
    // Without new energies the old ones are summed again, to the same bits.
    if (sums != Sums::none) sum_energies(b);
}

}  // namespace

const EamLoops* host_eam_loops() { return host_loops().loops; }

const char* host_instruction_set() { return host_loops().name; }

template void compute_forces_reference(Batch<Host>&, const Neighbors<Host>&, const EamTables<Host>&, ForceWork<Host>&,
                                       Precision, Sums);

template <>
void compute_forces(Batch<Host>& b, const Neighbors<Host>& n, const EamTables<Host>& t, ForceWork<Host>& w,
                    Precision precision, Sums sums) {
    if (n.half.capacity == 0) return compute_forces_reference(b, n, t, w, precision, sums);
    if (n.half.capacity > NearRows::longest)
        throw Error("a neighbour row would need " + std::to_string(n.half.capacity) + " entries",
                    "the host loops hold at most " + std::to_string(NearRows::longest),
                    "check the density of the structure and the cutoff of the potential");
    size_work(b, w);
    if (precision == Precision::full)
        forces_by_loops<double>(b, n, t, w, sums);
    else
        forces_by_loops<float>(b, n, t, w, sums);
}

}  // namespace mg
