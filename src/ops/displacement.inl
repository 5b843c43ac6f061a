/// \file Generic bodies of the displacement ops; compiled for Host by displacement.cpp and for Cuda by
/// cuda/displacement.cu.

#include "ops/displacement.hpp"

namespace mg {

template <class Space>
void start_window(const Batch<Space>& b, DisplacementWindow<Space>& w) {
    copy(b.position, w.first);
    for (int k = 0; k < 2; ++k) {
        w.half[k].resize(b.atoms);
        fill_zero(w.half[k]);
        w.frames[k] = 0;
    }
    w.drift.resize(b.replicas);
}

template <class Space>
void accumulate_displacements(Batch<Space>& b, DisplacementWindow<Space>& w, int half) {
    reduce_by_replica(b.chunks, MassMomentTerm{b.mass.data(), b.position.data(), w.first.data()},
                      b.template scratch_as<MassMoment>(), StoreSum<MassMoment>{w.drift.data()});
    for_each(
        Space{}, b.atoms,
        AccumulateSweep{b.replica_of.data(), w.drift.data(), b.position.data(), w.first.data(), w.half[half].data()});
    ++w.frames[half];
}

}  // namespace mg

#define MG_DISPLACEMENT_OPS(Space)                                                           \
    template void mg::start_window(const Batch<mg::Space>&, DisplacementWindow<mg::Space>&); \
    template void mg::accumulate_displacements(Batch<mg::Space>&, DisplacementWindow<mg::Space>&, int);
