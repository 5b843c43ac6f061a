#pragma once
/// \file The fast inertial relaxation engine: Bitzek, Koskinen, Gaehler, Moseler, Gumbsch, PRL 97, 170201 (2006).
/// Unit mass; "time" in A / sqrt(eV). With a cell, a strain e is one more coordinate N e with the force
/// (virial - P V) / N, as ASE's cell filter has it.

#include "core/box.hpp"
#include "physics/cell_motion.hpp"

namespace mg {

struct FireOptions {
    double force_norm = 1e30;  ///< [eV/A] converged when the 2-norm over the replica's atoms is below this; off by
                               ///< default, since it tightens with the number of atoms
    double force_max = 1e-4;   ///< [eV/A] and the largest force on an atom below this
    double pressure = 0;       ///< [eV/A^3] target, where the cell moves
    double stress = 6e-7;      ///< [eV/A^3] tolerance of the stress (about 1e-4 GPa)
    CellMode cell = CellMode::fixed;
    double dt = 0.1, dt_max = 0.3;
    double step_max = 0.1;  ///< [A] largest displacement of an atom in one step
};

/// One replica's relaxation.
struct FireState {
    double dt = 0.1;
    double alpha = 0.1;
    int uphill_free = 0;  ///< steps since the power was last negative
    int converged = 0;
    long steps = 0;
    double keep = 0, turn = 0;  ///< v <- keep v + turn f
    Mat3 cell_velocity;         ///< of N e
    Mat3 cell_force;            ///< [eV]
    Mat3 stretch;               ///< of this step
    double force_norm = 0, force_max = 0;
};

/// Sums over a replica.
struct FireSums {
    double fv = 0, ff = 0, vv = 0, largest = 0;
};
MG_HD FireSums operator+(const FireSums& a, const FireSums& b) {
    return {a.fv + b.fv, a.ff + b.ff, a.vv + b.vv, a.largest > b.largest ? a.largest : b.largest};
}

inline namespace MG_TARGET {

/// FIRE's mixing of one step, v <- keep v + turn f: downhill the velocity turns towards the force, and after five such
/// steps time goes faster; uphill it is lost, and time slows down. State has dt, alpha, keep, turn and uphill_free as
/// FireState does; fv, ff and vv are sums of the force that acts and of the velocity. `first`: no step came before.
template <class State>
MG_HD void mix_fire(State& s, double fv, double ff, double vv, double dt_max, bool first) {
    if (fv > 0) {
        s.keep = 1.0 - s.alpha;
        s.turn = ff > 0 ? s.alpha * __builtin_sqrt(vv / ff) : 0.0;
        if (++s.uphill_free > 5) {
            s.dt = s.dt * 1.1 < dt_max ? s.dt * 1.1 : dt_max;
            s.alpha *= 0.99;
        }
    } else {
        s.keep = s.turn = 0.0;
        if (!first) s.dt *= 0.5;
        s.alpha = 0.1;
        s.uphill_free = 0;
    }
}

/// Decides the mixing of this step from the sums over atoms, and moves the cell.
MG_HD void fire_step(FireState& s, const FireOptions& o, const FireSums& atoms, const Sym3& virial, Box& box, int n) {
    s.force_norm = __builtin_sqrt(atoms.ff);
    s.force_max = __builtin_sqrt(atoms.largest);
    double fv = atoms.fv, ff = atoms.ff, vv = atoms.vv, worst_stress = 0;
    s.cell_force = Mat3{};
    if (o.cell != CellMode::fixed) {
        const double pv = o.pressure * box.volume;
        s.cell_force = (1.0 / n) * project(o.cell, to_matrix(virial) - diagonal(pv, pv, pv));
        for (int k = 0; k < 9; ++k) {
            const double f = s.cell_force.m[k], v = s.cell_velocity.m[k];
            fv += f * v;
            ff += f * f;
            vv += v * v;
            const double stress = (f < 0 ? -f : f) * n / box.volume;
            worst_stress = stress > worst_stress ? stress : worst_stress;
        }
    }
    s.stretch = identity();
    s.converged = s.force_norm <= o.force_norm && s.force_max <= o.force_max && worst_stress <= o.stress;
    if (s.converged) return;
    ++s.steps;
    mix_fire(s, fv, ff, vv, o.dt_max, s.steps == 1);
    if (o.cell != CellMode::fixed) {
        s.cell_velocity = s.keep * s.cell_velocity + (s.turn + s.dt) * s.cell_force;
        // A strain step moves the faces of the cell; it is bounded like an atom's step.
        Mat3 strain = (s.dt / n) * s.cell_velocity;
        const double bound = 1e-3, size = norm_bound(strain);
        if (size > bound) strain = (bound / size) * strain;
        s.stretch = identity() + strain;
        box = make_box(s.stretch * box.h);
    }
}

}  // namespace MG_TARGET
}  // namespace mg
