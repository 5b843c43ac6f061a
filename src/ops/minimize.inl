/// \file Generic body of the minimiser's op; compiled for Host by minimize.cpp and for Cuda by cuda/minimize.cu.

#include "ops/minimize.hpp"
#include "sweeps/minimize.hpp"

namespace mg {

template <class Space>
void fire_step(Batch<Space>& b, Relaxation<Space>& m) {
    reduce_by_replica(
        b.chunks, FireTerm{b.force.data(), m.velocity.data()}, b.template scratch_as<FireSums>(),
        FireReplicaSweep{m.options, b.virial.data(), b.replica_atoms.data(), m.state.data(), b.box.data()});
    for_each(Space{}, b.atoms,
             FireAtomSweep{m.options.step_max, b.replica_of.data(), m.state.data(), b.force.data(), m.velocity.data(),
                           b.position.data()});
}

}  // namespace mg

#define MG_MINIMIZE_OPS(Space) template void mg::fire_step(Batch<mg::Space>&, Relaxation<mg::Space>&);
