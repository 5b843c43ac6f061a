#include <algorithm>
#include <cstdlib>

#include "pair_kernels.cuh"

#include "ops/forces.inl"

namespace mg {

namespace {

/// Threads per slot: as many as it takes to fill the multiprocessors. Any number gives the same bits. The environment
/// variable MGSTIFF_LANES (1, 2, 4 or 8) overrides it, for measurements. NOT YET MEASURED ON A GPU.
int lanes_for(int slots) {
    if (const char* wish = std::getenv("MGSTIFF_LANES")) {
        const int lanes = std::atoi(wish);
        if (lanes == 1 || lanes == 2 || lanes == 4 || lanes == 8) return lanes;
    }
    return slots < 30'000 ? 8 : slots < 100'000 ? 4 : slots < 300'000 ? 2 : 1;
}

template <class Real, int lanes>
void launch_pairs(const Batch<Cuda>& b, const Neighbors<Cuda>& n, const PairSystem<Real, Cuda>& p, bool with_energy) {
    const auto shape = [&](int lanes_per_slot) {
        const unsigned threads = static_cast<unsigned>(p.slots) * static_cast<unsigned>(lanes_per_slot);
        return LaunchShape{(threads + pair_threads - 1) / pair_threads, pair_threads};
    };
    launch(density_kernel<Real, lanes>, shape(lanes), p);
    exchange_points(b, n, p);
    // Ten sums per slot: fewer than four lanes would not hold their partial sums in registers.
    constexpr int lanes_with_energy = std::max(lanes, 4);
    if (with_energy)
        launch(force_kernel<Real, lanes_with_energy, true>, shape(lanes_with_energy), p);
    else
        launch(force_kernel<Real, lanes, false>, shape(lanes), p);
}

template <class Real>
void forces_by_kernels(Batch<Cuda>& b, const Neighbors<Cuda>& n, const EamTables<Cuda>& t, ForceWork<Cuda>& w,
                       bool with_energy) {
    const PairSystem<Real, Cuda> p = pair_system<Real>(b, n, t, w);
    set_coordinates(b, p);
    exchange_points(b, n, p);
    switch (lanes_for(b.atoms)) {
        case 1: launch_pairs<Real, 1>(b, n, p, with_energy); break;
        case 2: launch_pairs<Real, 2>(b, n, p, with_energy); break;
        case 4: launch_pairs<Real, 4>(b, n, p, with_energy); break;
        default: launch_pairs<Real, 8>(b, n, p, with_energy);
    }
    if (with_energy) sum_energies(b);
}

}  // namespace

template void compute_forces_reference(Batch<Cuda>&, const Neighbors<Cuda>&, const EamTables<Cuda>&, ForceWork<Cuda>&,
                                       Precision, Sums);

template <>
void compute_forces(Batch<Cuda>& b, const Neighbors<Cuda>& n, const EamTables<Cuda>& t, ForceWork<Cuda>& w,
                    Precision precision, Sums sums) {
    const bool with_energy = sums != Sums::none;
    size_work(b, n, w, precision);
    if (precision == Precision::full)
        forces_by_kernels<double>(b, n, t, w, with_energy);
    else
        forces_by_kernels<float>(b, n, t, w, with_energy);
}

}  // namespace mg
