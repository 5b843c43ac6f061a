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

template <class Real>
void forces_by_loops(Batch<Host>& b, const Neighbors<Host>& n, const EamTables<Host>& t, ForceWork<Host>& w,
                     bool with_energy) {
    const PairSystem<Real, Host> p = pair_system<Real>(b, n, t, w);
    set_coordinates(b, p);
    const int capacity = n.capacity + n.species * NearRows::lanes;
    w.near_row.resize(static_cast<std::size_t>(b.atoms) * capacity);
    w.near_end.resize(static_cast<std::size_t>(2) * b.atoms * n.species);
    const NearRows near{capacity, w.near_row.data(), w.near_end.data()};
    const EamLoops& loops = *host_loops().loops;
    constexpr int block = 32;
    const int blocks = (b.atoms + block - 1) / block;
    const auto range = [&](int k) { return std::pair{k * block, std::min((k + 1) * block, b.atoms)}; };
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int k = 0; k < blocks; ++k) {
            const auto [begin, end] = range(k);
            if constexpr (sizeof(Real) == sizeof(double))
                loops.density_full(p, near, begin, end);
            else
                loops.density_mixed(p, near, begin, end);
        }
#pragma omp for schedule(static)
        for (int k = 0; k < blocks; ++k) {
            const auto [begin, end] = range(k);
            if constexpr (sizeof(Real) == sizeof(double))
                loops.force_full(p, near, with_energy, begin, end);
            else
                loops.force_mixed(p, near, with_energy, begin, end);
        }
    }
    if (with_energy) sum_energies(b);
}

}  // namespace

const EamLoops* host_eam_loops() { return host_loops().loops; }

const char* host_instruction_set() { return host_loops().name; }

template void compute_forces_reference(Batch<Host>&, const Neighbors<Host>&, const EamTables<Host>&, ForceWork<Host>&,
                                       Precision, bool);

template <>
void compute_forces(Batch<Host>& b, const Neighbors<Host>& n, const EamTables<Host>& t, ForceWork<Host>& w,
                    Precision precision, bool with_energy) {
    if (!host_loops().loops) return compute_forces_reference(b, n, t, w, precision, with_energy);
    if (n.capacity > NearRows::longest_row)
        throw Error("a neighbour row would need " + std::to_string(n.capacity) + " entries",
                    "the host loops hold at most " + std::to_string(NearRows::longest_row),
                    "check the density of the structure and the cutoff of the potential");
    size_work(b, w);
    if (precision == Precision::full)
        forces_by_loops<double>(b, n, t, w, with_energy);
    else
        forces_by_loops<float>(b, n, t, w, with_energy);
}

}  // namespace mg
