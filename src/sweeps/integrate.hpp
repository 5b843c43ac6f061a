#pragma once
/// \file Sweeps of a time step, over replicas and over atoms.

#include "core/incident.hpp"
#include "physics/ensemble.hpp"

namespace mg {

struct BeginStepSweep {
    Ensemble* ensemble;
    Box* box;
    const Sym3* virial;
    MG_HD void operator()(int r) const { begin_step(ensemble[r], box[r], virial[r]); }
};

/// v dt/2 with the force of the last step, then x dt.
struct KickDriftSweep {
    const int* replica_of;
    const Ensemble* ensemble;
    const double* mass;
    const Vec3* force;
    Vec3* velocity;
    Vec3* position;
    MG_HD void operator()(int i) const {
        const Ensemble& e = ensemble[replica_of[i]];
        const Vec3 v = e.drag * (e.scale * settled(e, velocity[i])) + e.push * ((1.0 / mass[i]) * force[i]);
        velocity[i] = v;
        position[i] = e.stretch * position[i] + e.advance * v;
    }
};

/// Sums over a replica's velocities.
struct MotionSums {
    Sym3 kinetic;   ///< sum of m v (x) v [eV]
    Vec3 momentum;  ///< [eV ps/A]
};
MG_HD MotionSums operator+(const MotionSums& a, const MotionSums& b) {
    return {a.kinetic + b.kinetic, a.momentum + b.momentum};
}
MG_HD MotionSums motion_of(double mass, Vec3 velocity) { return {mass * symmetric_outer(velocity), mass * velocity}; }
struct MotionTerm {
    const double* mass;
    const Vec3* velocity;
    MG_HD MotionSums operator()(int i) const { return motion_of(mass[i], velocity[i]); }
};

/// v dt/2 with the new force, and what the velocity then adds to the sums.
struct KickTerm {
    const int* replica_of;
    const Ensemble* ensemble;
    const double* mass;
    const Vec3* force;
    Vec3* velocity;
    MG_HD MotionSums operator()(int i) const {
        const Ensemble& e = ensemble[replica_of[i]];
        const Vec3 v = e.drag * velocity[i] + e.push * ((1.0 / mass[i]) * force[i]);
        velocity[i] = v;
        return motion_of(mass[i], v);
    }
};

struct EndStepSweep {
    Ensemble* ensemble;
    const Box* box;
    const Sym3* virial;
    const double* potential;
    MG_HD void operator()(int r, const MotionSums& sums) const {
        end_step(ensemble[r], box[r], virial[r], potential[r], sums.kinetic, sums.momentum);
    }
};

/// Applies to the velocities what is still pending, then ForgetPendingSweep takes note.
struct SettleSweep {
    const int* replica_of;
    const Ensemble* ensemble;
    Vec3* velocity;
    MG_HD void operator()(int i) const { velocity[i] = settled(ensemble[replica_of[i]], velocity[i]); }
};
struct ForgetPendingSweep {
    Ensemble* ensemble;
    MG_HD void operator()(int r) const {
        ensemble[r].pending_scale = 1.0;
        ensemble[r].drift_velocity = Vec3{};
    }
};

/// Sets what the ensembles know of the atoms, without moving anything.
struct StockSweep {
    Ensemble* ensemble;
    const double* potential;
    MG_HD void operator()(int r, const MotionSums& sums) const {
        ensemble[r].kinetic = sums.kinetic;
        ensemble[r].potential = potential[r];
        ensemble[r].drift_velocity = Vec3{};
        ensemble[r].pending_scale = 1.0;
    }
};

}  // namespace mg
