#include <cstdlib>

#include "pair_kernels.cuh"

#include "ops/forces.inl"

namespace mg {

namespace {

/// Threads per slot: as many as it takes to fill the multiprocessors (measured on an H200, benchmarks/README.md). Any
/// number gives the same bits. The environment variable MGSTIFF_LANES (1, 2 or 4) overrides it, for measurements.
int lanes_for(int slots) {
    if (const char* wish = std::getenv("MGSTIFF_LANES")) {
        const int lanes = std::atoi(wish);
        if (lanes == 1 || lanes == 2 || lanes == 4) return lanes;
    }
    return slots < 60'000 ? 4 : 2;
}

/// Warps per multiprocessor that the compiler leaves registers for: as many as it can without spilling.
template <class Real>
constexpr int density_warps(int lanes) {
    return sizeof(Real) == sizeof(double) ? (lanes == 4 ? 24 : 16) : lanes == 4 ? 32 : 20;
}
template <class Real>
constexpr int force_warps(int lanes, Sums sums) {
    if (sums != Sums::none) return 16;
    return sizeof(Real) == sizeof(double) ? (lanes == 4 ? 20 : 12) : lanes == 4 ? 24 : lanes == 2 ? 20 : 16;
}

template <class Real, int lanes>
void launch_pairs(const Batch<Cuda>& b, const Neighbors<Cuda>& n, const PairSystem<Real, Cuda>& p,
                  const PairTables<Real>& t, Sums sums) {
    const auto shape = [&](int lanes_per_slot) {
        const unsigned threads = static_cast<unsigned>(p.slots) * static_cast<unsigned>(lanes_per_slot);
        return LaunchShape{(threads + pair_threads - 1) / pair_threads, pair_threads};
    };
    launch(density_kernel<Real, lanes, density_warps<Real>(lanes)>, shape(lanes), p, t);
    exchange_points(b, n, p);
    // Up to ten sums per slot: one lane would not hold all partial sums in registers.
    if (sums == Sums::none)
        launch(force_kernel<Real, lanes, Sums::none, force_warps<Real>(lanes, Sums::none)>, shape(lanes), p, t);
    else if (sums == Sums::virial)
        launch(force_kernel<Real, 4, Sums::virial, force_warps<Real>(4, Sums::virial)>, shape(4), p, t);
    else
        launch(force_kernel<Real, 4, Sums::energy, force_warps<Real>(4, Sums::energy)>, shape(4), p, t);
}

template <class Real>
void forces_by_kernels(Batch<Cuda>& b, const Neighbors<Cuda>& n, const EamTables<Cuda>& t, ForceWork<Cuda>& w,
                       Sums sums) {
    const PairSystem<Real, Cuda> p = pair_system<Real>(b, n, t, w);
    const PairTables<Real> tables(t.knots);
    set_coordinates(b, p);
    exchange_points(b, n, p);
    switch (lanes_for(b.atoms)) {
        case 1:
            launch_pairs<Real, 1>(b, n, p, tables, sums);
            break;
        case 2:
            launch_pairs<Real, 2>(b, n, p, tables, sums);
            break;
        default:
            launch_pairs<Real, 4>(b, n, p, tables, sums);
    }
    if (sums == Sums::energy) sum_energies(b);
    if (sums == Sums::virial) sum_virials(b);
}

}  // namespace

template void compute_forces_reference(Batch<Cuda>&, const Neighbors<Cuda>&, const EamTables<Cuda>&, ForceWork<Cuda>&,
                                       Precision, Sums);

template <>
void compute_forces(Batch<Cuda>& b, const Neighbors<Cuda>& n, const EamTables<Cuda>& t, ForceWork<Cuda>& w,
                    Precision precision, Sums sums) {
    size_work(b, n, w, precision);
    if (precision == Precision::full)
        forces_by_kernels<double>(b, n, t, w, sums);
    else
        forces_by_kernels<float>(b, n, t, w, sums);
}

}  // namespace mg
