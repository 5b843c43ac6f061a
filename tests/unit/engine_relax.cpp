/// \file Relaxation of positions and cell: the enthalpy's gradient, and glasses and crystals that come to rest.

#include <gtest/gtest.h>

#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

const EamPotential& potential() {
    static const EamPotential p = cu_zr();
    return p;
}

Dynamics<Host> batch(const std::vector<Structure>& s, Precision precision = Precision::full, double skin = 0.5) {
    return Dynamics<Host>(cases::batch_of(s, potential()), potential(), precision, skin);
}

LbfgsOptions options(CellMode cell, double pressure = 0) {
    LbfgsOptions o;
    o.cell = cell;
    o.pressure = pressure;
    return o;
}

/// A disordered alloy of 500 atoms in a triclinic cell, hot.
Structure hot_glass(int seed) {
    Structure s = oracle::fcc(5, 5, 5, 4.05);
    for (int i = 0; i < s.size(); ++i) s.species[i] = (i * 7 + seed) % 2;
    oracle::displace(s, 0.25, seed);
    Dynamics<Host> d = cases::dynamics({s}, potential(), Precision::mixed, 4000);
    d.set_ensembles({cases::ensemble(EnsembleKind::npt, 2000)});
    d.run(cases::steps(1000));
    d.set_ensembles({cases::ensemble(EnsembleKind::npt, 300)});
    d.run(cases::steps(1000));
    Structure melt = to_structure(d.batch(), 0);
    oracle::deform(melt, {{1.004, 0.01, -0.005, 0.0, 0.997, 0.008, 0.005, 0.0, 1.002}});
    return melt;
}

double enthalpy(const Dynamics<Host>& d, double pressure, int r = 0) {
    return d.batch().potential_energy[r] + pressure * d.batch().box[r].volume;
}

/// A step along a direction in positions and cell changes the enthalpy by minus the force's share of it.
TEST(EngineRelax, ForcesAreTheSlopeOfTheEnthalpy) {
    Structure s = hot_glass(1);
    const double pressure = 2 / units::gigapascal_per_pressure, h = 1e-5;
    oracle::Random random(5);
    const Mat3 a{{0.3, 0.2, -0.1, 0.2, -0.5, 0.4, -0.1, 0.4, 0.6}};
    for (const CellMode mode : {CellMode::iso, CellMode::aniso, CellMode::tri}) {
        Dynamics<Host> d = batch({s});
        LbfgsState state;
        state.cell_unit = lbfgs_cell_unit(s.box.volume, s.size());
        const Mat3 f = lbfgs_cell_force(state, options(mode, pressure), d.batch().virial[0], d.batch().box[0]);
        const Mat3 u = project(mode, a);
        std::vector<Vec3> along(s.size());
        double slope = -dot(f, u);
        for (int i = 0; i < s.size(); ++i) {
            const double x = random.between(-0.1, 0.1), y = random.between(-0.1, 0.1);
            along[i] = {x, y, random.between(-0.1, 0.1)};
            slope -= dot(d.batch().force[i], along[i]);
        }
        double at[2];
        for (int side = 0; side < 2; ++side) {
            const double t = side == 0 ? h : -h;
            const Mat3 stretch = identity() + (t / state.cell_unit) * u;
            Structure moved = s;
            moved.box = make_box(stretch * s.box.h);
            for (int i = 0; i < s.size(); ++i) moved.position[i] = stretch * s.position[i] + t * along[i];
            at[side] = enthalpy(batch({moved}), pressure);
        }
        EXPECT_NEAR((at[0] - at[1]) / (2 * h), slope, 1e-5 * (1 + std::abs(slope))) << static_cast<int>(mode);
    }
}

/// The strain of the cell is as stiff a coordinate as an atom's, for any number of atoms.
TEST(EngineRelax, TheCellIsAsStiffAsABond) {
    for (const int n : {4, 6}) {
        const Structure s = oracle::fcc(n, n, n, 3.63909);
        const double c = lbfgs_cell_unit(s.box.volume, s.size()), h = 1e-2;
        double at[3];
        for (int k = 0; k < 3; ++k) {
            Structure moved = s;
            const double stretch = 1 + (k - 1) * h / c / std::sqrt(3.0);
            moved.box = make_box(stretch * s.box.h);
            for (Vec3& x : moved.position) x = stretch * x;
            const oracle::Result r = oracle::eam(potential(), moved);
            at[k] = r.energy;
        }
        const double curvature = (at[0] - 2 * at[1] + at[2]) / (h * h);
        EXPECT_GT(curvature, 3) << n;
        EXPECT_LT(curvature, 30) << n;
    }
}

/// The recursion over coefficients is that over vectors.
TEST(EngineRelax, WeightsAreThoseOfTheTwoLoops) {
    constexpr int n = 12;
    oracle::Random random(3);
    const auto vector = [&] {
        std::vector<double> v(n);
        for (double& x : v) x = random.between(-1, 1);
        return v;
    };
    const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
        double sum = 0;
        for (int k = 0; k < n; ++k) sum += a[k] * b[k];
        return sum;
    };
    for (int pairs = 0; pairs <= lbfgs_pairs; ++pairs) {
        LbfgsState s;
        s.place = 3;
        s.pairs = pairs;
        std::vector<std::vector<double>> step(lbfgs_pairs), change(lbfgs_pairs);
        const std::vector<double> f = vector();
        for (int j = 0; j < lbfgs_pairs; ++j) {
            step[j] = vector();
            change[j] = vector();
            for (int k = 0; k < n; ++k) change[j][k] = 0.3 * change[j][k] + (2 + k) * step[j][k];
        }
        for (int i = 0; i < lbfgs_pairs; ++i) {
            s.force_along_step[i] = product(f, step[i]);
            s.force_along_change[i] = product(f, change[i]);
            for (int j = 0; j < lbfgs_pairs; ++j) {
                s.step_along_change[i][j] = product(step[i], change[j]);
                s.change_along_change[i][j] = product(change[i], change[j]);
            }
        }
        weigh_pairs(s, LbfgsOptions{});
        std::vector<double> q = f;
        double alpha[lbfgs_pairs];
        for (int age = 0; age < pairs; ++age) {
            const int i = lbfgs_place(s, age);
            alpha[age] = product(step[i], q) / product(step[i], change[i]);
            for (int k = 0; k < n; ++k) q[k] -= alpha[age] * change[i][k];
        }
        const int newest = lbfgs_place(s, 0);
        const double gamma =
            pairs ? product(step[newest], change[newest]) / product(change[newest], change[newest]) : 1 / 30.0;
        for (double& x : q) x *= gamma;
        for (int age = pairs - 1; age >= 0; --age) {
            const int i = lbfgs_place(s, age);
            const double beta = product(change[i], q) / product(step[i], change[i]);
            for (int k = 0; k < n; ++k) q[k] += (alpha[age] - beta) * step[i][k];
        }
        for (int k = 0; k < n; ++k) {
            double p = s.force_weight * f[k];
            for (int j = 0; j < lbfgs_pairs; ++j)
                p += s.step_weight[j] * step[j][k] + s.change_weight[j] * change[j][k];
            EXPECT_NEAR(p, q[k], 1e-12) << pairs;
        }
    }
}

TEST(EngineRelax, GlassesComeToRestInEveryCell) {
    const Structure s = hot_glass(2);
    const double pressure = 3 / units::gigapascal_per_pressure;
    for (const CellMode mode : {CellMode::fixed, CellMode::iso, CellMode::aniso, CellMode::tri}) {
        Dynamics<Host> d = batch({s}, Precision::mixed);
        const double before = enthalpy(d, pressure), atom_steps = d.atom_steps();
        const LbfgsState state = d.relax(options(mode, pressure)).at(0);
        EXPECT_TRUE(state.converged) << static_cast<int>(mode);
        // Looked at anew, in double.
        Dynamics<Host> again = batch({to_structure(d.batch(), 0)});
        EXPECT_LT(cases::largest_difference(to_host(again.batch().force), std::vector<Vec3>(s.size())), 1e-6);
        const double volume = again.batch().box[0].volume;
        const Mat3 excess =
            project(mode, to_matrix((1 / volume) * again.batch().virial[0]) - diagonal(pressure, pressure, pressure));
        EXPECT_LT(cases::largest(to_symmetric(excess)), 1e-7) << static_cast<int>(mode);
        EXPECT_LT(enthalpy(again, pressure), before - 1) << static_cast<int>(mode);
        EXPECT_NEAR(d.batch().potential_energy[0], again.batch().potential_energy[0], 1e-8);
        EXPECT_LT((d.atom_steps() - atom_steps) / s.size(), 1200) << static_cast<int>(mode);
        EXPECT_TRUE(mode != CellMode::fixed || d.batch().box[0].h(0, 0) == s.box.h(0, 0));
    }
}

/// Pairs that are worth remembering are what makes it fast: FIRE needs twice as many evaluations and more.
TEST(EngineRelax, HalfTheEvaluationsOfFire) {
    const Structure glass = reference_glass();
    Dynamics<Host> fast = batch({glass}, Precision::full, 1.0), slow = batch({glass}, Precision::full, 1.0);
    const LbfgsState state = fast.relax(options(CellMode::tri)).at(0);
    FireOptions fire;
    fire.cell = CellMode::tri;
    fire.force_max = 1e-6;
    const FireState other = slow.minimize(fire).at(0);
    EXPECT_TRUE(state.converged && other.converged);
    EXPECT_LT(2 * state.steps, other.steps);
    EXPECT_NEAR(fast.batch().potential_energy[0], slow.batch().potential_energy[0], 1e-3 * glass.size());
}

TEST(EngineRelax, CrystalsFindTheirLattice) {
    Structure s = oracle::fcc(5, 5, 5, 3.66);
    oracle::displace(s, 0.15, 2);
    oracle::deform(s, {{1.01, 0.02, -0.01, 0.0, 0.985, 0.015, 0.01, 0.0, 1.005}});
    Dynamics<Host> d = batch({s});
    EXPECT_TRUE(d.relax(options(CellMode::tri))[0].converged);
    EXPECT_NEAR(std::cbrt(d.batch().box[0].volume) / 5, 3.63909, 1e-5);
    EXPECT_NEAR(d.thermo()[0].potential / 500, -3.283116, 1e-6);
    // At rest already: no step is made.
    const Structure rest = to_structure(d.batch(), 0);
    Dynamics<Host> e = batch({rest});
    EXPECT_EQ(e.relax(options(CellMode::tri))[0].steps, 0);
    EXPECT_TRUE(cases::same_bits(to_host(e.batch().position), rest.position));
}

TEST(EngineRelax, StopsWhereToldTo) {
    Structure s = oracle::fcc(5, 5, 5, 3.7);
    oracle::displace(s, 0.15, 3);
    Dynamics<Host> d = batch({s});
    const std::vector<LbfgsState> state = d.relax(options(CellMode::iso), 5);
    EXPECT_FALSE(state[0].converged);
    EXPECT_GE(state[0].steps, 5);
    EXPECT_LE(state[0].steps, 6);
    EXPECT_TRUE(d.relax(options(CellMode::iso), 1000, [] { return true; }).empty());
}

/// A replica relaxes to the same bits alone and among others that need longer, with any number of threads.
TEST(EngineRelax, ReplicasRelaxOnTheirOwn) {
    std::vector<Structure> s = {oracle::fcc(5, 5, 5, 3.66), oracle::fcc(5, 5, 5, 3.62), oracle::b2(6, 6, 6, 3.2)};
    for (int r = 0; r < 3; ++r) oracle::displace(s[r], 0.05 + 0.05 * r, 4 + r);
    const LbfgsOptions o = options(CellMode::aniso);
    Dynamics<Host> together = batch(s);
    const std::vector<LbfgsState> state = together.relax(o);
    for (int r = 0; r < 3; ++r) {
        EXPECT_TRUE(state[r].converged);
        Dynamics<Host> alone = batch({s[r]});
        EXPECT_EQ(alone.relax(o)[0].steps, state[r].steps);
        EXPECT_TRUE(
            cases::same_bits(to_structure(alone.batch(), 0).position, to_structure(together.batch(), r).position));
    }
}

}  // namespace
}  // namespace mg
