#pragma once
/// \file Relaxation of positions and cell by L-BFGS: Nocedal, Math. Comp. 35, 773 (1980); Nocedal and Wright, Numerical
/// Optimization (2006), algorithm 7.4.
///
/// What falls is the enthalpy H = E + P V. A replica's coordinates are its positions x and the symmetric strain e of
/// its cell as u = c e, c = sqrt(N) (V/N)^(1/3): Sheppard, Xiao, Chemelewski, Johnson, Henkelman, J. Chem. Phys. 136,
/// 074103 (2012). A strain of the cell then has the curvature 9 B V / c^2 (B the bulk modulus), which is that of a bond
/// whatever N is, so that the cell comes to rest with the atoms. A step is
///   x <- (1 + e) x + dx,   h <- (1 + e) h,
/// and the forces are f_x = -dH/dx and f_u = (W - P V) / c, with W the virial, -dE/de.
///
/// The two loops of the recursion need dot products of vectors over atoms, each of which would be a reduction of its
/// own. All that they need at once are the products of force f, steps s and changes of the gradient y; the loops
/// themselves then run over coefficients: Chen, Wang, Zhou, NIPS 27 (2014). Steps are not searched along a line: with a
/// pair for every step the next one makes up for one that went too far, and a force evaluation is not spent on it.

#include <cmath>

#include "core/box.hpp"
#include "physics/cell_motion.hpp"

namespace mg {

/// Pairs (step, change) that are remembered. 4, 5, 8 and 16 need as many evaluations in glasses; sums of 5 fit into one
/// reduction.
inline constexpr int lbfgs_pairs = 5;

struct LbfgsOptions {
    double force_max = 1e-6;  ///< [eV/A] converged when the largest force on an atom is below this
    double pressure = 0;      ///< [eV/A^3] target, where the cell moves
    double stress = 1e-7;  ///< [eV/A^3] and every element of the stress that may relax, less the pressure, below this
    CellMode cell = CellMode::fixed;
    double step_max = 0.1;        ///< [A] largest displacement of an atom in one step, beside the strain of the cell
    double strain_max = 1e-3;     ///< of the cell in one step
    double first_curvature = 30;  ///< [eV/A^2] assumed before there is a pair: as stiff as bonds are
};

/// One replica's relaxation.
struct LbfgsState {
    int converged = 0;
    long steps = 0;
    double force_max = 0;  ///< [eV/A]
    double stress = 0;     ///< [eV/A^3] the largest element of what may relax
    double cell_unit = 1;  ///< [A] c

    int pairs = 0;    ///< in memory
    int place = 0;    ///< where the next pair goes; those before it in the ring are ever older
    int pending = 0;  ///< a step was made that is no pair yet
    double force_along_step[lbfgs_pairs] = {}, force_along_change[lbfgs_pairs] = {};  ///< f s_j, f y_j
    double step_along_change[lbfgs_pairs][lbfgs_pairs] = {};                          ///< s_i y_j, i not younger than j
    double change_along_change[lbfgs_pairs][lbfgs_pairs] = {};
    Mat3 cell_step[lbfgs_pairs], cell_change[lbfgs_pairs], cell_force;

    /// The direction is force_weight f + sum of step_weight s + change_weight y.
    double force_weight = 0, step_weight[lbfgs_pairs] = {}, change_weight[lbfgs_pairs] = {};
    double power = 0;  ///< [eV] f s of the step under way
    double scale = 0;  ///< of the direction, or of the force where `steepest`
    int steepest = 0;
    Mat3 stretch;  ///< 1 + e of this step
};

/// What is summed over a replica's atoms with the forces at hand; 128 bytes, the most that a reduction has room for.
struct LbfgsDots {
    double force_along_step[lbfgs_pairs] = {}, force_along_change[lbfgs_pairs] = {};
    double change_along_change[lbfgs_pairs] = {};  ///< of the newest change
    double largest = 0;                            ///< |f|^2
};
MG_HD LbfgsDots operator+(const LbfgsDots& a, const LbfgsDots& b) {
    LbfgsDots sum;
    for (int j = 0; j < lbfgs_pairs; ++j) {
        sum.force_along_step[j] = a.force_along_step[j] + b.force_along_step[j];
        sum.force_along_change[j] = a.force_along_change[j] + b.force_along_change[j];
        sum.change_along_change[j] = a.change_along_change[j] + b.change_along_change[j];
    }
    sum.largest = a.largest > b.largest ? a.largest : b.largest;
    return sum;
}

/// And with the direction p.
struct LbfgsDirection {
    double power = 0;          ///< f p
    double ff = 0;             ///< f f
    double largest = 0;        ///< |p|^2
    double largest_force = 0;  ///< |f|^2
};
MG_HD LbfgsDirection operator+(const LbfgsDirection& a, const LbfgsDirection& b) {
    return {a.power + b.power, a.ff + b.ff, a.largest > b.largest ? a.largest : b.largest,
            a.largest_force > b.largest_force ? a.largest_force : b.largest_force};
}

/// c [A] of a replica of n atoms in the volume [A^3] at the start.
inline double lbfgs_cell_unit(double volume, double n) { return std::sqrt(n) * std::cbrt(volume / n); }

inline namespace MG_TARGET {

/// Sum of the products of elements.
MG_HD double dot(const Mat3& a, const Mat3& b) {
    double sum = 0;
    for (int k = 0; k < 9; ++k) sum += a.m[k] * b.m[k];
    return sum;
}

/// The place of the pair that is `age` pairs older than the newest.
MG_HD int lbfgs_place(const LbfgsState& s, int age) { return (s.place + 2 * lbfgs_pairs - 1 - age) % lbfgs_pairs; }
/// Whether a place holds a pair, the one under way (at s.place) not counted.
MG_HD bool lbfgs_holds(const LbfgsState& s, int place) {
    const int age = (s.place + 2 * lbfgs_pairs - 1 - place) % lbfgs_pairs;
    return place != s.place && age < s.pairs;
}

/// -dH/du [eV/A], projected on the strains that the cell's mode allows.
MG_HD Mat3 lbfgs_cell_force(const LbfgsState& s, const LbfgsOptions& o, const Sym3& virial, const Box& box) {
    const double pv = o.pressure * box.volume;
    return (1.0 / s.cell_unit) * project(o.cell, to_matrix(virial) - diagonal(pv, pv, pv));
}

/// The step under way becomes a pair, now that the forces at its end are known. One whose curvature is negative, or far
/// beyond what bonds have, teaches nothing and is left out.
MG_HD void learn_pair(LbfgsState& s, const LbfgsOptions& o, const LbfgsDots& dots) {
    const int n = s.place;
    const double stepped = s.power - dots.force_along_step[n], changed = dots.change_along_change[n];
    if (!(stepped > 1e-3 * changed / o.first_curvature)) return;
    for (int j = 0; j < lbfgs_pairs; ++j) {
        if (!lbfgs_holds(s, j)) continue;
        s.step_along_change[j][n] = s.force_along_step[j] - dots.force_along_step[j];
        s.change_along_change[j][n] = s.change_along_change[n][j] = dots.change_along_change[j];
    }
    s.step_along_change[n][n] = stepped;
    s.change_along_change[n][n] = changed;
    s.place = (s.place + 1) % lbfgs_pairs;
    ++s.pairs;
}

/// The two loops of the recursion over coefficients.
MG_HD void weigh_pairs(LbfgsState& s, const LbfgsOptions& o) {
    for (int j = 0; j < lbfgs_pairs; ++j) s.step_weight[j] = s.change_weight[j] = 0;
    s.force_weight = 1 / o.first_curvature;
    if (s.pairs == 0) return;
    const int newest = lbfgs_place(s, 0);
    const double gamma = s.step_along_change[newest][newest] / s.change_along_change[newest][newest];
    double alpha[lbfgs_pairs];
    for (int age = 0; age < s.pairs; ++age) {
        const int i = lbfgs_place(s, age);
        double along = s.force_along_step[i];
        for (int younger = 0; younger < age; ++younger) {
            const int j = lbfgs_place(s, younger);
            along -= alpha[younger] * s.step_along_change[i][j];
        }
        alpha[age] = along / s.step_along_change[i][i];
    }
    for (int age = s.pairs - 1; age >= 0; --age) {
        const int i = lbfgs_place(s, age);
        double along = gamma * s.force_along_change[i];
        for (int other = 0; other < s.pairs; ++other) {
            const int j = lbfgs_place(s, other);
            along -= gamma * alpha[other] * s.change_along_change[i][j];
            if (other > age) along += s.step_weight[j] * s.step_along_change[j][i];
        }
        s.step_weight[i] = alpha[age] - along / s.step_along_change[i][i];
        s.change_weight[i] = -gamma * alpha[age];
    }
    s.force_weight = gamma;
}

/// From the sums over atoms: whether the replica has converged, the new pair, and the weights of the direction.
MG_HD void lbfgs_weigh(LbfgsState& s, const LbfgsOptions& o, LbfgsDots dots, const Sym3& virial, const Box& box) {
    if (s.converged) return;
    const Mat3 before = s.cell_force;
    s.cell_force = lbfgs_cell_force(s, o, virial, box);
    s.force_max = __builtin_sqrt(dots.largest);
    s.stress = 0;
    for (int k = 0; k < 9; ++k) {
        const double f = s.cell_force.m[k], stress = (f < 0 ? -f : f) * s.cell_unit / box.volume;
        s.stress = stress > s.stress ? stress : s.stress;
    }
    if (s.pending) s.cell_change[s.place] = before - s.cell_force;
    for (int j = 0; j < lbfgs_pairs; ++j) {
        if (!(lbfgs_holds(s, j) || (s.pending && j == s.place))) continue;
        dots.force_along_step[j] += dot(s.cell_force, s.cell_step[j]);
        dots.force_along_change[j] += dot(s.cell_force, s.cell_change[j]);
        if (s.pending) dots.change_along_change[j] += dot(s.cell_change[s.place], s.cell_change[j]);
    }
    // The step has taken the place of the oldest pair of a full memory.
    if (s.pending && s.pairs == lbfgs_pairs) --s.pairs;
    if (s.pending) learn_pair(s, o, dots);
    s.pending = 0;
    for (int j = 0; j < lbfgs_pairs; ++j) {
        s.force_along_step[j] = dots.force_along_step[j];
        s.force_along_change[j] = dots.force_along_change[j];
    }
    s.converged = s.force_max <= o.force_max && s.stress <= o.stress;
    weigh_pairs(s, o);
}

/// The direction of the cell, in u.
MG_HD Mat3 lbfgs_cell_direction(const LbfgsState& s) {
    Mat3 p = s.force_weight * s.cell_force;
    for (int j = 0; j < lbfgs_pairs; ++j)
        p = p + s.step_weight[j] * s.cell_step[j] + s.change_weight[j] * s.cell_change[j];
    return p;
}

/// From the sums of the direction: how far the step goes, and the step of the cell. A direction that does not lead down
/// is given up, with all pairs, for the force itself.
MG_HD void lbfgs_stride(LbfgsState& s, const LbfgsOptions& o, const LbfgsDirection& atoms, Box& box) {
    s.stretch = identity();
    s.scale = 0;
    if (s.converged) return;
    Mat3 p = lbfgs_cell_direction(s);
    double longest = __builtin_sqrt(atoms.largest);
    s.power = atoms.power + dot(s.cell_force, p);
    s.scale = 1;
    s.steepest = !(s.power > 0);
    if (s.steepest) {
        s.pairs = 0;
        p = s.cell_force;
        longest = __builtin_sqrt(atoms.largest_force);
        s.power = atoms.ff + dot(p, p);
        s.scale = 1 / o.first_curvature;
    }
    const double strain = norm_bound(p) / s.cell_unit;
    if (s.scale * longest > o.step_max) s.scale = o.step_max / longest;
    if (s.scale * strain > o.strain_max) s.scale = o.strain_max / strain;
    s.power *= s.scale;
    s.cell_step[s.place] = s.scale * p;
    s.pending = 1;
    ++s.steps;
    if (o.cell == CellMode::fixed) return;
    s.stretch = identity() + (1 / s.cell_unit) * s.cell_step[s.place];
    box = make_box(s.stretch * box.h);
}

}  // namespace MG_TARGET
}  // namespace mg
