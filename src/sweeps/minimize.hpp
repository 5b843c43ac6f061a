#pragma once
/// \file Sweeps of the FIRE minimiser.

#include "core/box.hpp"
#include "physics/fire.hpp"

namespace mg {

struct FireTerm {
    const Vec3* force;
    const Vec3* velocity;
    MG_HD FireSums operator()(int i) const {
        const double ff = norm2(force[i]);
        return {dot(force[i], velocity[i]), ff, norm2(velocity[i]), ff};
    }
};

struct FireReplicaSweep {
    FireOptions options;
    const Sym3* virial;
    const int* atoms;  ///< (replicas)
    FireState* state;
    Box* box;
    MG_HD void operator()(int r, const FireSums& sums) const {
        fire_step(state[r], options, sums, virial[r], box[r], atoms[r]);
    }
};

struct FireAtomSweep {
    double step_max;
    const int* replica_of;
    const FireState* state;
    const Vec3* force;
    Vec3* velocity;
    Vec3* position;
    MG_HD void operator()(int i) const {
        const FireState& s = state[replica_of[i]];
        if (s.converged) return;
        const Vec3 v = s.keep * velocity[i] + (s.turn + s.dt) * force[i];
        Vec3 step = s.dt * v;
        const double length = __builtin_sqrt(norm2(step));
        if (length > step_max) step = (step_max / length) * step;
        velocity[i] = v;
        position[i] = s.stretch * position[i] + step;
    }
};

}  // namespace mg
