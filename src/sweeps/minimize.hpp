#pragma once
/// \file Sweeps of the minimisers FIRE and L-BFGS.

#include "core/box.hpp"
#include "physics/fire.hpp"
#include "physics/lbfgs.hpp"

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

/// What L-BFGS keeps of an atom.
struct LbfgsAtom {
    Vec3 step[lbfgs_pairs], change[lbfgs_pairs];  ///< [A], [eV/A]
    Vec3 force;                                   ///< [eV/A] before the last step
};

/// Term of the dots; completes the pair of the step under way.
struct LbfgsDotsTerm {
    const int* replica_of;
    const LbfgsState* state;
    const Vec3* force;
    LbfgsAtom* atom;
    MG_HD LbfgsDots operator()(int i) const {
        LbfgsDots dots;
        const LbfgsState& s = state[replica_of[i]];
        if (s.converged) return dots;
        LbfgsAtom& a = atom[i];
        const Vec3 f = force[i], change = a.force - f;
        if (s.pending) a.change[s.place] = change;
        for (int j = 0; j < lbfgs_pairs; ++j) {
            if (!(lbfgs_holds(s, j) || (s.pending && j == s.place))) continue;
            dots.force_along_step[j] = dot(f, a.step[j]);
            dots.force_along_change[j] = dot(f, a.change[j]);
            if (s.pending) dots.change_along_change[j] = dot(change, a.change[j]);
        }
        dots.largest = norm2(f);
        return dots;
    }
};

struct LbfgsWeighSweep {
    LbfgsOptions options;
    const Sym3* virial;
    const Box* box;
    LbfgsState* state;
    MG_HD void operator()(int r, const LbfgsDots& dots) const {
        lbfgs_weigh(state[r], options, dots, virial[r], box[r]);
    }
};

/// Term of the direction, which it leaves where the step will be.
struct LbfgsDirectionTerm {
    const int* replica_of;
    const LbfgsState* state;
    const Vec3* force;
    LbfgsAtom* atom;
    MG_HD LbfgsDirection operator()(int i) const {
        const LbfgsState& s = state[replica_of[i]];
        if (s.converged) return {};
        LbfgsAtom& a = atom[i];
        const Vec3 f = force[i];
        Vec3 p = s.force_weight * f;
        for (int j = 0; j < lbfgs_pairs; ++j)
            if (s.step_weight[j] != 0 || s.change_weight[j] != 0)
                p += s.step_weight[j] * a.step[j] + s.change_weight[j] * a.change[j];
        a.step[s.place] = p;
        return {dot(f, p), norm2(f), norm2(p), norm2(f)};
    }
};

struct LbfgsStrideSweep {
    LbfgsOptions options;
    LbfgsState* state;
    Box* box;
    MG_HD void operator()(int r, const LbfgsDirection& sums) const { lbfgs_stride(state[r], options, sums, box[r]); }
};

struct LbfgsMoveSweep {
    const int* replica_of;
    const LbfgsState* state;
    const Vec3* force;
    LbfgsAtom* atom;
    Vec3* position;
    MG_HD void operator()(int i) const {
        const LbfgsState& s = state[replica_of[i]];
        if (s.converged) return;
        LbfgsAtom& a = atom[i];
        const Vec3 step = s.scale * (s.steepest ? force[i] : a.step[s.place]);
        a.step[s.place] = step;
        a.force = force[i];
        position[i] = s.stretch * position[i] + step;
    }
};

}  // namespace mg
