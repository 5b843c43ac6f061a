/// \file Generic bodies of the time step's ops; compiled for Host by integrate.cpp and for Cuda by cuda/integrate.cu.

#include "ops/integrate.hpp"

namespace mg {

template <class Space>
void begin_step(Batch<Space>& b, Ensembles<Space>& e) {
    for_each(Space{}, b.replicas, BeginStepSweep{e.each.data(), b.box.data(), b.virial.data()});
    for_each(Space{}, b.atoms,
             KickDriftSweep{b.replica_of.data(), e.each.data(), b.mass.data(), b.force.data(), b.velocity.data(),
                            b.position.data()});
}

template <class Space>
void end_step(Batch<Space>& b, Ensembles<Space>& e) {
    reduce_by_replica(b.chunks,
                      KickTerm{b.replica_of.data(), e.each.data(), b.mass.data(), b.force.data(), b.velocity.data()},
                      b.template scratch_as<MotionSums>(),
                      EndStepSweep{e.each.data(), b.box.data(), b.virial.data(), b.potential_energy.data()});
}

template <class Space>
void settle_velocities(Batch<Space>& b, Ensembles<Space>& e) {
    for_each(Space{}, b.atoms, SettleSweep{b.replica_of.data(), e.each.data(), b.velocity.data()});
    for_each(Space{}, b.replicas, ForgetPendingSweep{e.each.data()});
}

template <class Space>
void take_stock(Batch<Space>& b, Ensembles<Space>& e) {
    reduce_by_replica(b.chunks, MotionTerm{b.mass.data(), b.velocity.data()}, b.template scratch_as<MotionSums>(),
                      StockSweep{e.each.data(), b.potential_energy.data()});
}

}  // namespace mg

#define MG_INTEGRATE_OPS(Space)                                                    \
    template void mg::begin_step(Batch<mg::Space>&, Ensembles<mg::Space>&);        \
    template void mg::end_step(Batch<mg::Space>&, Ensembles<mg::Space>&);          \
    template void mg::settle_velocities(Batch<mg::Space>&, Ensembles<mg::Space>&); \
    template void mg::take_stock(Batch<mg::Space>&, Ensembles<mg::Space>&);
