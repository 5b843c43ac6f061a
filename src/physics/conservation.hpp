#pragma once
/// \file How far a run may stray before its physics is lost.
///
/// An integrator with a time step dt conserves not the energy but a quantity that differs from it by terms of dt^2. So
/// the conserved quantity fluctuates, by some 1e-4 kT per atom at 2 fs, moves once by up to (omega dt)^2 kT / 8 for
/// each mode where a run begins with all its energy in the velocities, 0.02 kT per atom at 5 fs, and then keeps its
/// mean. Where the step is too long for the highest frequency, or a collision too hard for it, it drifts, while a
/// thermostat hides that from the temperature.

#include <algorithm>

#include "physics/ensemble.hpp"

namespace mg {

/// [1/ps] The conserved quantity of a run may move by so many kT of the target per atom and picosecond: the heat of
/// a glass at 300 K, 1.3 meV per atom and ps, is the thermostat's to take away within its time of 0.1 ps.
inline constexpr double largest_drift = 0.05;
/// [ps] That a run has for free, at the temperature that it has or began with.
inline constexpr double free_drift_time = 1;
/// Times the target, or the temperature that a run began with: latent heat makes no more.
inline constexpr double largest_overheating = 10;
/// Times the volume that a run began with: a liquid under tension has torn by then.
inline constexpr double largest_expansion = 3;

/// [eV ps] Of a replica, the integral of its target kT since its ensemble was set; in NVE the target is what its
/// velocities began with.
inline double integrated_target(const Ensemble& e) {
    const double time = static_cast<double>(e.step) * e.dt;
    if (e.kind == EnsembleKind::nve) return e.start_kT * time;
    if (e.ramp_steps == 0) return e.kT_end * time;
    const double ramp = std::min(time, static_cast<double>(e.ramp_steps) * e.dt);
    return 0.5 * (e.kT_begin + e.kT) * ramp + e.kT_end * (time - ramp);
}

/// [eV] How far the conserved quantity of a replica of so many atoms may be from where it began, on the way and when
/// the run has ended: what moves once has by then had the time to count for little.
inline double allowed_drift(const Ensemble& e, double atoms, bool ended) {
    const double free = free_drift_time * std::max({trace(e.kinetic) / e.dof, e.start_kT, e.kT_begin});
    const double target = integrated_target(e);
    return largest_drift * atoms * (ended ? std::max(free, target) : free + target);
}

}  // namespace mg
