/// \file Generic bodies of the minimisers' ops; compiled for Host by minimize.cpp and for Cuda by cuda/minimize.cu.

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

template <class Space>
Descent<Space> start_descent(const Batch<Space>& b, const LbfgsOptions& options) {
    const std::vector<Box> box = to_host(b.box);
    std::vector<LbfgsState> state(b.replicas);
    for (int r = 0; r < b.replicas; ++r)
        state[r].cell_unit = lbfgs_cell_unit(box[r].volume, static_cast<double>(b.replica_atoms_host[r]));
    Descent<Space> m;
    m.options = options;
    m.state = to_space<Space>(state);
    m.atom.resize(b.atoms);
    fill_zero(m.atom);
    return m;
}

template <class Space>
void lbfgs_step(Batch<Space>& b, Descent<Space>& m) {
    const int* const replica_of = b.replica_of.data();
    const Vec3* const force = b.force.data();
    LbfgsState* const state = m.state.data();
    LbfgsAtom* const atom = m.atom.data();
    reduce_by_replica(b.chunks, LbfgsDotsTerm{replica_of, state, force, atom}, b.template scratch_as<LbfgsDots>(),
                      LbfgsWeighSweep{m.options, b.virial.data(), b.box.data(), state});
    reduce_by_replica(b.chunks, LbfgsDirectionTerm{replica_of, state, force, atom},
                      b.template scratch_as<LbfgsDirection>(), LbfgsStrideSweep{m.options, state, b.box.data()});
    for_each(Space{}, b.atoms, LbfgsMoveSweep{replica_of, state, force, atom, b.position.data()});
}

}  // namespace mg

#define MG_MINIMIZE_OPS(Space)                                                                       \
    template void mg::fire_step(Batch<mg::Space>&, Relaxation<mg::Space>&);                          \
    template mg::Descent<mg::Space> mg::start_descent(const Batch<mg::Space>&, const LbfgsOptions&); \
    template void mg::lbfgs_step(Batch<mg::Space>&, Descent<mg::Space>&);
