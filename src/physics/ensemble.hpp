#pragma once
/// \file One replica's ensemble: what a time step does besides forces. Velocity Verlet (NVE), Nose-Hoover chains
/// (NVT), Martyna-Tobias-Klein (NPT); see nose_hoover.hpp and cell_motion.hpp for the equations. The step is
///   chains dt/2, cell rate dt/2 | v dt/2, x and h dt | forces | v dt/2 | cell rate dt/2, chains dt/2.

#include "core/box.hpp"
#include "physics/cell_motion.hpp"
#include "physics/nose_hoover.hpp"

namespace mg {

enum class EnsembleKind : int { nve = 0, nvt = 1, npt = 2 };

struct Ensemble {
    EnsembleKind kind = EnsembleKind::nve;
    CellMode cell = CellMode::iso;
    double dt = 0;                 ///< [ps]
    double dof = 0;                ///< 3N - 3
    double mass = 0;               ///< [eV ps^2/A^2] of all atoms
    double kT = 0;                 ///< [eV] target now
    double kT_begin = 0;           ///< [eV]
    double kT_end = 0;             ///< [eV]
    long ramp_steps = 0;           ///< steps from kT_begin to kT_end, linearly; constant afterwards
    long step = 0;                 ///< steps done since the ensemble was set
    double pressure = 0;           ///< [eV/A^3] target
    double tau_temperature = 0.1;  ///< [ps]
    double tau_pressure = 1.0;     ///< [ps]

    double start_conserved = 0;  ///< [eV] the conserved quantity when the ensemble was set
    double start_kT = 0;         ///< [eV] 2 E_kin / (3N - 3) then
    double start_volume = 0;     ///< [A^3]

    NoseHooverChain thermostat, barostat;
    Mat3 rate;                 ///< [1/ps] g, symmetric
    Sym3 kinetic;              ///< [eV] sum of m v (x) v at the end of the last step
    double work = 0;           ///< [eV] done on the extended system by changes of kT
    double potential = 0;      ///< [eV] at the end of the last step that formed energies
    Vec3 drift_velocity;       ///< [A/ps] of the centre of mass, still to be taken off the velocities
    double pending_scale = 1;  ///< factor still to be applied to the velocities (last half step's chain)
    double scale = 1;          ///< factor of this step's first chain
    Mat3 drag, push;           ///< v <- drag v + push f/m over half a step
    Mat3 stretch, advance;     ///< x <- stretch x + advance v over a step
};

inline namespace MG_TARGET {

/// Energy of the parts of the extended system that depend on kT [eV].
MG_HD double bath_energy(const Ensemble& e, double kT) {
    if (e.kind == EnsembleKind::nve) return 0.0;
    double energy = chain_energy(e.thermostat, chain_masses(e.dof, kT, e.tau_temperature), e.dof, kT);
    if (e.kind == EnsembleKind::npt) {
        const double freedoms = cell_freedoms(e.cell);
        energy += chain_energy(e.barostat, chain_masses(freedoms, kT, e.tau_pressure), freedoms, kT) +
                  0.5 * cell_mass(e.dof, kT, e.tau_pressure) * sum_of_squares(e.rate);
    }
    return energy;
}

/// The conserved quantity [eV]: potential + kinetic + baths + P V - work done by ramps.
MG_HD double conserved_quantity(const Ensemble& e, double volume) {
    return e.potential + 0.5 * trace(e.kinetic) + bath_energy(e, e.kT) +
           (e.kind == EnsembleKind::npt ? e.pressure * volume : 0.0) - e.work;
}

/// Half a step of the cell rate under the internal pressure V P_int = sum m v (x) v + virial.
MG_HD void cell_rate_half_step(Ensemble& e, const Sym3& virial, double volume) {
    const double isotropic = trace(e.kinetic) / e.dof - e.pressure * volume;
    const Mat3 drive = to_matrix(e.kinetic + virial) + diagonal(isotropic, isotropic, isotropic);
    e.rate = e.rate + (0.5 * e.dt / cell_mass(e.dof, e.kT, e.tau_pressure)) * project(e.cell, drive);
}

MG_HD void barostat_half_step(Ensemble& e) {
    const double freedoms = cell_freedoms(e.cell);
    double twice = cell_mass(e.dof, e.kT, e.tau_pressure) * sum_of_squares(e.rate);
    const double s =
        chain_half_step(e.barostat, chain_masses(freedoms, e.kT, e.tau_pressure), freedoms, e.kT, e.dt, twice);
    e.rate = s * e.rate;
}

MG_HD double thermostat_half_step(Ensemble& e) {
    double twice = trace(e.kinetic);
    const double s =
        chain_half_step(e.thermostat, chain_masses(e.dof, e.kT, e.tau_temperature), e.dof, e.kT, e.dt, twice);
    e.kinetic = (s * s) * e.kinetic;
    return s;
}

/// First part of a step: advances the baths, the cell rate and the box, and leaves the matrices that move atoms.
MG_HD void begin_step(Ensemble& e, Box& box, const Sym3& virial) {
    ++e.step;
    const double fraction =
        e.step < e.ramp_steps ? static_cast<double>(e.step) / static_cast<double>(e.ramp_steps) : 1.0;
    const double kT = e.ramp_steps > 0 ? e.kT_begin + (e.kT_end - e.kT_begin) * fraction : e.kT_end;
    if (kT != e.kT) {
        e.work += bath_energy(e, kT) - bath_energy(e, e.kT);
        e.kT = kT;
    }
    e.scale = 1.0;
    e.drag = identity();
    e.push = diagonal(0.5 * e.dt, 0.5 * e.dt, 0.5 * e.dt);
    e.stretch = identity();
    e.advance = diagonal(e.dt, e.dt, e.dt);
    if (e.kind == EnsembleKind::nve) return;
    if (e.kind == EnsembleKind::npt) barostat_half_step(e);
    e.scale = thermostat_half_step(e);
    if (e.kind == EnsembleKind::nvt) return;
    cell_rate_half_step(e, virial, box.volume);
    const double shift = trace(e.rate) / e.dof;
    const Mat3 b = -0.5 * e.dt * (e.rate + diagonal(shift, shift, shift));
    e.drag = matrix_exponential(b);
    e.push = 0.5 * e.dt * matrix_phi1(b);
    e.stretch = matrix_exponential(e.dt * e.rate);
    e.advance = e.dt * matrix_phi1(e.dt * e.rate);
    box = make_box(e.stretch * box.h);
}

/// Last part: takes the sums over atoms after the second kick.
MG_HD void end_step(Ensemble& e, const Box& box, const Sym3& virial, double potential, const Sym3& kinetic,
                    Vec3 momentum) {
    e.kinetic = kinetic;
    e.potential = potential;
    e.drift_velocity = (1.0 / e.mass) * momentum;
    e.pending_scale = 1.0;
    if (e.kind == EnsembleKind::nve) return;
    if (e.kind == EnsembleKind::npt) cell_rate_half_step(e, virial, box.volume);
    e.pending_scale = thermostat_half_step(e);
    if (e.kind == EnsembleKind::npt) barostat_half_step(e);
}

/// A velocity with what is still to be applied to it.
MG_HD Vec3 settled(const Ensemble& e, Vec3 v) { return e.pending_scale * (v - e.drift_velocity); }

}  // namespace MG_TARGET
}  // namespace mg
