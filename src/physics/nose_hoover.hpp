#pragma once
/// \file Nose-Hoover chains of three links in the Trotter form of Martyna, Tuckerman, Tobias, Klein,
/// Mol. Phys. 87, 1117 (1996), eqs. 29-38.

#include "core/macros.hpp"

namespace mg {

inline constexpr int chain_links = 3;

/// One chain: positions eta, their rates [1/ps]. A chain of rates zero with infinite masses does nothing.
struct NoseHooverChain {
    double eta[chain_links] = {0, 0, 0};
    double rate[chain_links] = {0, 0, 0};
};

inline namespace MG_TARGET {

/// Masses of the links [eV ps^2]: Q_1 = dof kT tau^2, Q_k = kT tau^2 (eq. 21).
struct ChainMasses {
    double q[chain_links];
};
MG_HD ChainMasses chain_masses(double dof, double kT, double tau) {
    return {{dof * kT * tau * tau, kT * tau * tau, kT * tau * tau}};
}

/// Advances the chain by half a time step dt and returns the factor for the velocities it acts on.
/// `twice_kinetic` [eV] is the sum of m v^2 (or W v_g^2) before, and scaled on return.
MG_HD double chain_half_step(NoseHooverChain& c, const ChainMasses& m, double dof, double kT, double dt,
                             double& twice_kinetic) {
    const double dt4 = 0.25 * dt, dt8 = 0.125 * dt;
    c.rate[2] += dt4 * (m.q[1] * c.rate[1] * c.rate[1] - kT) / m.q[2];
    double drag = __builtin_exp(-dt8 * c.rate[2]);
    c.rate[1] = (c.rate[1] * drag + dt4 * (m.q[0] * c.rate[0] * c.rate[0] - kT) / m.q[1]) * drag;
    drag = __builtin_exp(-dt8 * c.rate[1]);
    c.rate[0] = (c.rate[0] * drag + dt4 * (twice_kinetic - dof * kT) / m.q[0]) * drag;

    const double scale = __builtin_exp(-0.5 * dt * c.rate[0]);
    twice_kinetic *= scale * scale;
    for (int k = 0; k < chain_links; ++k) c.eta[k] += 0.5 * dt * c.rate[k];

    drag = __builtin_exp(-dt8 * c.rate[1]);
    c.rate[0] = (c.rate[0] * drag + dt4 * (twice_kinetic - dof * kT) / m.q[0]) * drag;
    drag = __builtin_exp(-dt8 * c.rate[2]);
    c.rate[1] = (c.rate[1] * drag + dt4 * (m.q[0] * c.rate[0] * c.rate[0] - kT) / m.q[1]) * drag;
    c.rate[2] += dt4 * (m.q[1] * c.rate[1] * c.rate[1] - kT) / m.q[2];
    return scale;
}

/// The chain's share of the conserved quantity [eV] (eq. 25).
MG_HD double chain_energy(const NoseHooverChain& c, const ChainMasses& m, double dof, double kT) {
    double e = dof * kT * c.eta[0];
    for (int k = 0; k < chain_links; ++k) e += 0.5 * m.q[k] * c.rate[k] * c.rate[k] + (k > 0 ? kT * c.eta[k] : 0.0);
    return e;
}

}  // namespace MG_TARGET
}  // namespace mg
