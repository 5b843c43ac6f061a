/// \file The inline functions of src/physics against closed forms.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "core/random.hpp"
#include "core/units.hpp"
#include "ops/forces.hpp"
#include "physics/displacement.hpp"
#include "physics/eam.hpp"
#include "physics/ensemble.hpp"
#include "physics/fire.hpp"
#include "physics/pair_geometry.hpp"
#include "physics/shells.hpp"
#include "sweeps/row_layout.hpp"

namespace mg {
namespace {

double largest_element(const Mat3& m) {
    double largest = 0;
    for (const double v : m.m) largest = std::max(largest, std::abs(v));
    return largest;
}

// ---- Splines -----------------------------------------------------------------------------------------------------

TEST(EnginePhysics, HermitePieceIsExactForCubics) {
    const auto f = [](double p) { return 2 - 3 * p + 0.5 * p * p + 4 * p * p * p; };
    const auto s = [](double p) { return -3 + p + 12 * p * p; };
    const Cubic<double> q = hermite<double>(f(0), s(0), f(1), s(1));
    for (const double p : {0.0, 0.1, 0.5, 0.77, 1.0}) {
        EXPECT_NEAR(value(q, p), f(p), 1e-14);
        EXPECT_NEAR(slope(q, p), s(p), 1e-13);
    }
}

TEST(EnginePhysics, GridIndexIsClampedAndFractionAtMostOne) {
    EXPECT_EQ(locate<double>(0.0, 10.0, 5).piece, 0);
    EXPECT_EQ(locate<double>(0.0, 10.0, 5).fraction, 0.0);
    EXPECT_EQ(locate<double>(0.375, 8.0, 5).piece, 3);
    EXPECT_EQ(locate<double>(0.46875, 8.0, 5).fraction, 0.75);
    for (const double beyond : {0.625, 0.7, 12.0}) {
        EXPECT_EQ(locate<double>(beyond, 8.0, 5).piece, 4);
        EXPECT_EQ(locate<double>(beyond, 8.0, 5).fraction, 1.0);
    }
    // A density slightly below zero continues the first piece.
    EXPECT_EQ(locate<double>(-0.01, 8.0, 5).piece, 0);
    EXPECT_DOUBLE_EQ(locate<double>(-0.01, 8.0, 5).fraction, -0.08);
    EXPECT_EQ(locate<double>(-0.3, 8.0, 5).piece, 0);
    // Nothing leaves the table. The compiler must not know the value: what it folds is not what the machine does.
    for (volatile const double wild : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300, -1e12}) {
        const GridPoint<double> g = locate<double>(wild, 8.0, 5);
        EXPECT_GE(g.piece, 0);
        EXPECT_LT(g.piece, 5);
        EXPECT_LE(g.fraction, 1.0);
    }
}

/// Knot slopes as LAMMPS has them: two-point at the ends, three-point next to them, five-point inside.
TEST(EnginePhysics, KnotSlopesAreThoseOfLammps) {
    EamPotential p;
    p.path = "by hand";
    p.elements = {"Cu"};
    p.masses = {63.546};
    const int n = p.nr = 3000;
    p.dr = 0.002;
    p.cutoff = 6.0;
    p.nrho = 6;
    p.drho = 2.0;
    p.embedding = {{0, 1, 4, 9, 16, 25}};
    std::vector<double> f, z;
    for (int k = 0; k < n; ++k) {
        f.push_back(std::pow(1 - k / 3000.0, 3) * (2 + std::sin(0.004 * k)));
        z.push_back(std::pow(1 - k / 3000.0, 3) * (1 + std::cos(0.003 * k)));
    }
    p.density = {f};
    p.pair = {z};
    const EamTables<Host> t = make_eam_tables<Host>(p);
    ASSERT_EQ(t.pieces, n - 1);
    ASSERT_EQ(t.embedding_pieces, 5);
    const auto by_hand = [n](const std::vector<double>& y, int k) {
        if (k == 0) return y[1] - y[0];
        if (k == n - 1) return y[n - 1] - y[n - 2];
        if (k == 1 || k == n - 2) return (y[k + 1] - y[k - 1]) / 2;
        return (y[k - 2] - y[k + 2] + 8 * (y[k + 1] - y[k - 1])) / 12;
    };
    for (const int k : {0, 1, 2, 3, 1500, n - 5, n - 4, n - 3, n - 2}) {
        EXPECT_DOUBLE_EQ(t.exact[k].density.a, f[k]);
        EXPECT_NEAR(t.exact[k].density.b, by_hand(f, k), 1e-15) << k;
        EXPECT_NEAR(value(t.exact[k].density, 1.0), f[k + 1], 1e-14);
        EXPECT_NEAR(slope(t.exact[k].density, 1.0), by_hand(f, k + 1), 1e-14) << k;
        EXPECT_DOUBLE_EQ(t.exact[k].pair.a, z[k]);
        EXPECT_NEAR(t.exact[k].pair.b, by_hand(z, k), 1e-15) << k;
    }
    // F(rho) = (rho / 2)^2 is reproduced between inner knots, whose slopes are exact for quadratics.
    EXPECT_NEAR(embed(t.embedding.data(), 5, 0.5, 5.0).energy, 6.25, 1e-14);
    EXPECT_NEAR(embed(t.embedding.data(), 5, 0.5, 5.0).slope, 2.5, 1e-14);
    // At the last knot the two-point slope is 9 per interval, and F goes on with it.
    const Embedding last = embed(t.embedding.data(), 5, 0.5, 10.0), beyond = embed(t.embedding.data(), 5, 0.5, 13.0);
    EXPECT_NEAR(last.energy, 25, 1e-13);
    EXPECT_NEAR(last.slope, 4.5, 1e-13);
    EXPECT_NEAR(beyond.energy, 25 + 3 * 4.5, 1e-12);
    EXPECT_NEAR(beyond.slope, 4.5, 1e-13);
}

/// psi' is the derivative of phi(r) + F_i(rho_i) + F_j(rho_j) of a pair, phi = z / r.
TEST(EnginePhysics, PairTermIsADerivative) {
    const double inverse_dr = 50;  // 1/A
    const auto z = [](double r) { return 3 * std::exp(-r) * std::cos(r); };
    const auto z_slope = [](double r) { return -3 * std::exp(-r) * (std::cos(r) + std::sin(r)); };
    const auto f_i = [](double r) { return 2 * std::exp(-0.7 * r); };
    const auto f_j = [](double r) { return 5 * std::exp(-1.1 * r); };
    const auto energy = [&](double r) { return z(r) / r - std::sqrt(1 + f_i(r)) + 0.1 * std::pow(2 + f_j(r), 2); };
    for (const double r : {1.7, 2.5, 4.0}) {
        const double slope_i = -0.5 / std::sqrt(1 + f_i(r)), slope_j = 0.2 * (2 + f_j(r));
        const PairTerm<double> a = pair_term_from_z(1 / r, inverse_dr, z(r), z_slope(r) / inverse_dr, slope_i,
                                                    -0.7 * f_i(r) / inverse_dr, slope_j, -1.1 * f_j(r) / inverse_dr);
        const double h = 1e-4;
        const double near = energy(r + h) - energy(r - h), far = energy(r + 2 * h) - energy(r - 2 * h);
        const double expected = (8 * near - far) / (12 * h);
        EXPECT_NEAR(a.slope_over_r * r, expected, 1e-10);
        EXPECT_NEAR(a.energy, z(r) / r, 1e-15);
        const double phi_slope = (z_slope(r) - z(r) / r) / r;
        const PairTerm<double> b = pair_term_from_phi(1 / r, inverse_dr, z(r) / r, phi_slope / inverse_dr, slope_i,
                                                      -0.7 * f_i(r) / inverse_dr, slope_j, -1.1 * f_j(r) / inverse_dr);
        EXPECT_NEAR(b.slope_over_r, a.slope_over_r, 1e-14);
        EXPECT_NEAR(b.energy, a.energy, 1e-15);
    }
}

// ---- Geometry ----------------------------------------------------------------------------------------------------

TEST(EnginePhysics, NearestDifferenceWraps) {
    EXPECT_NEAR(nearest_difference(0.1, 0.3), 0.2, 1e-15);
    EXPECT_NEAR(nearest_difference(0.95, 0.05), 0.1, 1e-15);
    EXPECT_NEAR(nearest_difference(0.05, 0.95), -0.1, 1e-15);
    EXPECT_EQ(nearest_difference(0.25, 0.25), 0.0);
    const RandomStream random(5, RandomUse::order, 0);
    for (int k = 0; k < 2000; ++k) {
        const double a = random.uniform(2 * k), b = random.uniform(2 * k + 1);
        const double d = nearest_difference(a, b);
        EXPECT_EQ(d, -nearest_difference(b, a));
        EXPECT_LE(std::abs(d), 0.5);
        const double turns = d - (b - a);
        EXPECT_NEAR(turns, std::round(turns), 1e-15);
        const int ia = to_pair_coordinate<float>(a), ib = to_pair_coordinate<float>(b);
        const double whole = nearest_difference(ia, ib);
        EXPECT_EQ(whole, -nearest_difference(ib, ia));
        EXPECT_NEAR(whole * PairCoordinateOf<float>::unit, d, 0x1p-32);
    }
    // Across the wrap of the integers.
    EXPECT_EQ(nearest_difference(std::numeric_limits<int>::max(), std::numeric_limits<int>::min()), 1.0);
    EXPECT_EQ(nearest_difference(std::numeric_limits<int>::min(), std::numeric_limits<int>::max()), -1.0);
}

TEST(EnginePhysics, FractionsWrapIntoTheCell) {
    for (const double s : {0.0, 0.3, 1.0, -0.25, 17.75, -1e-18, -1e-300, 1e9 + 0.5, std::nextafter(1.0, 0.0)}) {
        const double w = wrap_fraction(s);
        EXPECT_GE(w, 0.0);
        EXPECT_LT(w, 1.0);
        const double turns = w - s;
        EXPECT_NEAR(turns, std::round(turns), 1e-9);
    }
}

TEST(EnginePhysics, TopTwoKeepsTheTwoLargest) {
    const double values[] = {3, 9, 1, 7, 9, 2, 8};
    TopTwo t;
    for (const double v : values) t = t + TopTwo{v, 0};
    EXPECT_EQ(t.first, 9);
    EXPECT_EQ(t.second, 9);
    const TopTwo u = TopTwo{5, 4} + TopTwo{6, 1}, v = TopTwo{6, 5.5} + TopTwo{5, 4};
    EXPECT_EQ(u.first, 6);
    EXPECT_EQ(u.second, 5);
    EXPECT_EQ(v.first, 6);
    EXPECT_EQ(v.second, 5.5);
    EXPECT_EQ(t.lost, TopTwo::no_atom);
    const TopTwo lost = TopTwo{1, 0} + TopTwo{0, 0, 7} + (TopTwo{3, 0} + TopTwo{0, 0, 4}) + TopTwo{2, 0};
    EXPECT_EQ(lost.lost, 4);
    EXPECT_EQ(lost.first, 3);
    EXPECT_EQ(lost.second, 2);
}

// ---- Thermostats -------------------------------------------------------------------------------------------------

TEST(EnginePhysics, ChainHalfStepIsReversible) {
    NoseHooverChain c{{0.1, -0.2, 0.3}, {1.5, -0.7, 2.0}};
    const NoseHooverChain start = c;
    const double dof = 30, kT = 0.03, tau = 0.1, dt = 0.002;
    const ChainMasses m = chain_masses(dof, kT, tau);
    double twice = 1.3, velocity = 1;
    for (int k = 0; k < 50; ++k) velocity *= chain_half_step(c, m, dof, kT, dt, twice);
    EXPECT_GT(std::abs(twice - 1.3), 1e-3);
    EXPECT_NEAR(twice, 1.3 * velocity * velocity, 1e-13);
    for (int k = 0; k < 50; ++k) velocity *= chain_half_step(c, m, dof, kT, -dt, twice);
    EXPECT_NEAR(twice, 1.3, 1e-12);
    EXPECT_NEAR(velocity, 1, 1e-12);
    for (int k = 0; k < chain_links; ++k) {
        EXPECT_NEAR(c.eta[k], start.eta[k], 1e-12);
        EXPECT_NEAR(c.rate[k], start.rate[k], 1e-11);
    }
}

/// With no forces, kinetic energy and the chain's energy have a constant sum, to second order in dt.
TEST(EnginePhysics, ChainConservesItsEnergy) {
    const auto spread = [](double dt) {
        NoseHooverChain c{{0, 0, 0}, {1.5, -0.7, 2.0}};
        const double dof = 30, kT = 0.03;
        const ChainMasses m = chain_masses(dof, kT, 0.1);
        double twice = 1.3, low = 1e9, high = -1e9;
        for (int k = 0; k * dt < 1.0; ++k) {
            chain_half_step(c, m, dof, kT, dt, twice);
            const double e = 0.5 * twice + chain_energy(c, m, dof, kT);
            low = std::min(low, e);
            high = std::max(high, e);
        }
        return high - low;
    };
    const double coarse = spread(0.002), fine = spread(0.001);
    EXPECT_LT(coarse, 2e-3);
    EXPECT_GT(coarse, 1e-9);
    EXPECT_NEAR(coarse / fine, 4.0, 0.5);
}

TEST(EnginePhysics, ChainMassesAndEnergyByHand) {
    const ChainMasses m = chain_masses(12, 0.05, 0.2);
    EXPECT_DOUBLE_EQ(m.q[0], 12 * 0.05 * 0.04);
    EXPECT_DOUBLE_EQ(m.q[1], 0.05 * 0.04);
    EXPECT_DOUBLE_EQ(m.q[2], 0.05 * 0.04);
    const NoseHooverChain c{{1, 2, 3}, {4, 5, 6}};
    EXPECT_NEAR(chain_energy(c, m, 12, 0.05),
                12 * 0.05 * 1 + 0.05 * (2 + 3) + 0.5 * (m.q[0] * 16 + m.q[1] * 25 + m.q[2] * 36), 1e-14);
}

// ---- Cells -------------------------------------------------------------------------------------------------------

TEST(EnginePhysics, MatrixFunctionsOfDiagonals) {
    const double a[3] = {0.09, -0.05, 1e-9};
    const Mat3 m = diagonal(a[0], a[1], a[2]);
    const Mat3 e = matrix_exponential(m), p = matrix_phi1(m);
    for (int k = 0; k < 3; ++k) {
        EXPECT_NEAR(e(k, k), std::exp(a[k]), 1e-15);
        EXPECT_NEAR(p(k, k), std::expm1(a[k]) / a[k], 1e-15);
        for (int l = 0; l < 3; ++l)
            if (l != k) {
                EXPECT_EQ(e(k, l), 0.0);
                EXPECT_EQ(p(k, l), 0.0);
            }
    }
}

TEST(EnginePhysics, MatrixFunctionsOfSymmetricMatrices) {
    const Mat3 a{{0.03, 0.02, -0.01, 0.02, -0.04, 0.015, -0.01, 0.015, 0.05}};
    const Mat3 e = matrix_exponential(a);
    EXPECT_LT(largest_element(e * matrix_exponential(-1.0 * a) - identity()), 1e-15);
    EXPECT_LT(largest_element(e - identity() - a * matrix_phi1(a)), 1e-15);
    EXPECT_NEAR(determinant(e), std::exp(trace(a)), 1e-15);
    const Mat3 half = matrix_exponential(0.5 * a);
    EXPECT_LT(largest_element(half * half - e), 1e-15);
}

TEST(EnginePhysics, CellModesProject) {
    const Mat3 a{{1, 2, 3, 4, 5, 6, 7, 8, 12}};
    EXPECT_EQ(largest_element(project(CellMode::fixed, a)), 0);
    EXPECT_LT(largest_element(project(CellMode::iso, a) - diagonal(6, 6, 6)), 1e-15);
    EXPECT_LT(largest_element(project(CellMode::aniso, a) - diagonal(1, 5, 12)), 1e-15);
    const Mat3 symmetric{{1, 3, 5, 3, 5, 7, 5, 7, 12}};
    EXPECT_LT(largest_element(project(CellMode::tri, a) - symmetric), 1e-15);
    for (const CellMode mode : {CellMode::iso, CellMode::aniso, CellMode::tri}) {
        const Mat3 once = project(mode, a);
        EXPECT_LT(largest_element(project(mode, once) - once), 1e-15);
    }
    EXPECT_EQ(cell_freedoms(CellMode::fixed), 0);
    EXPECT_EQ(cell_freedoms(CellMode::iso), 1);
    EXPECT_EQ(cell_freedoms(CellMode::aniso), 3);
    EXPECT_EQ(cell_freedoms(CellMode::tri), 6);
}

/// An ideal gas held at its own pressure and temperature: the cell feels exactly the kinetic term over N_f.
TEST(EnginePhysics, CellRateHalfStepByHand) {
    Ensemble e;
    e.kind = EnsembleKind::npt;
    e.cell = CellMode::tri;
    e.dt = 0.002;
    e.dof = 57;
    e.kT = 0.05;
    e.pressure = 0.01;
    e.kinetic = {1.0, 2.0, 3.0, 0.1, 0.2, 0.3};
    const Sym3 virial{0.5, -0.5, 0.25, 0.4, 0.5, 0.6};
    const double volume = 200;
    cell_rate_half_step(e, virial, volume);
    const double w = (57 + 3) * 0.05 * 1.0 / 3;
    const double k = 0.5 * 0.002 / w, iso = 6.0 / 57 - 2.0;
    EXPECT_NEAR(e.rate(0, 0), k * (1.5 + iso), 1e-15);
    EXPECT_NEAR(e.rate(1, 1), k * (1.5 + iso), 1e-15);
    EXPECT_NEAR(e.rate(2, 2), k * (3.25 + iso), 1e-15);
    EXPECT_NEAR(e.rate(1, 2), k * 0.5, 1e-15);
    EXPECT_NEAR(e.rate(0, 2), k * 0.7, 1e-15);
    EXPECT_NEAR(e.rate(0, 1), k * 0.9, 1e-15);
    EXPECT_EQ(e.rate(0, 1), e.rate(1, 0));
}

// ---- Analysis ----------------------------------------------------------------------------------------------------

TEST(EnginePhysics, ShellEdges) {
    // Shells of 1/4 A from 2 A: every edge is a binary fraction, so edges are exact.
    EXPECT_EQ(shell_of(1.999, 2.0, 4.0, 8), -1);
    EXPECT_EQ(shell_of(2.0, 2.0, 4.0, 8), 0);
    EXPECT_EQ(shell_of(2.2499999, 2.0, 4.0, 8), 0);
    EXPECT_EQ(shell_of(2.25, 2.0, 4.0, 8), 1);
    EXPECT_EQ(shell_of(3.9999, 2.0, 4.0, 8), 7);
    EXPECT_EQ(shell_of(4.0, 2.0, 4.0, 8), -1);
    EXPECT_EQ(shell_of(1e8, 2.0, 4.0, 8), -1);
    EXPECT_EQ(shell_of(std::numeric_limits<double>::quiet_NaN(), 2.0, 4.0, 8), -1);
    EXPECT_EQ(Shells{}.width(), 0.2);
    // n neighbours in a shell of a uniform gas of density n / (4 pi r^2 dr) make g = 1.
    EXPECT_NEAR(radial_distribution(7, 3.0, 0.2, 7 / (4 * std::numbers::pi * 9 * 0.2)), 1.0, 1e-14);
}

TEST(EnginePhysics, VarianceAndStiffness) {
    // u = +-(1, 2, 2) about (10, 0, 0), ten frames each: variance 9; and from a first frame at u = 0.
    DisplacementSums s;
    for (int k = 0; k < 20; ++k) {
        const double sign = k % 2 ? 1 : -1;
        const Vec3 u{10 + sign, 2 * sign, 2 * sign};
        s = s + DisplacementSums{u, norm2(u)};
    }
    EXPECT_NEAR(variance_about_mean(s, 20), 9.0, 1e-12);
    DisplacementSums first;
    for (const double x : {0.0, 1.0, 2.0, 3.0}) first = first + DisplacementSums{{x, 0, 0}, x * x};
    EXPECT_NEAR(from_first_frame(first, 4), 14.0 / 3.0, 1e-14);
    EXPECT_NEAR(stiffness(units::boltzmann * 300, 0.01), 2.585199978, 1e-8);
}

// ---- FIRE --------------------------------------------------------------------------------------------------------

struct Quadratic {
    std::vector<Vec3> x, v, f;
    void forces(const std::vector<double>& k) {
        f.resize(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) f[i] = -k[i] * x[i];
    }
    FireSums sums() const {
        FireSums s;
        for (std::size_t i = 0; i < x.size(); ++i)
            s = s + FireSums{dot(f[i], v[i]), norm2(f[i]), norm2(v[i]), norm2(f[i])};
        return s;
    }
};

TEST(EnginePhysics, FireFindsTheMinimumOfAQuadratic) {
    const std::vector<double> k = {1.0, 5.0, 20.0};
    Quadratic q{{{0.3, -0.2, 0.1}, {0.1, 0.4, -0.3}, {-0.2, 0.1, 0.2}}, std::vector<Vec3>(3), {}};
    FireOptions o;
    FireState s;
    s.dt = o.dt;
    Box box = orthorhombic(10, 10, 10);
    int steps = 0;
    for (; steps < 2000; ++steps) {
        q.forces(k);
        fire_step(s, o, q.sums(), Sym3{}, box, 3);
        if (s.converged) break;
        EXPECT_LE(s.dt, o.dt_max);
        for (std::size_t i = 0; i < 3; ++i) {
            q.v[i] = s.keep * q.v[i] + (s.turn + s.dt) * q.f[i];
            q.x[i] += s.dt * q.v[i];
        }
    }
    EXPECT_TRUE(s.converged);
    EXPECT_LT(steps, 500);
    EXPECT_EQ(s.steps, steps);
    EXPECT_EQ(box.volume, 1000.0);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_LT(std::sqrt(norm2(q.x[i])) * k[i], o.force_max);
}

TEST(EnginePhysics, FireStopsWhenItWouldClimb) {
    FireOptions o;
    FireState s;
    s.steps = 40;
    s.dt = 0.2;
    s.alpha = 0.03;
    s.uphill_free = 17;
    Box box = orthorhombic(10, 10, 10);
    fire_step(s, o, FireSums{-0.5, 4.0, 1.0, 2.0}, Sym3{}, box, 8);
    EXPECT_EQ(s.keep, 0.0);
    EXPECT_EQ(s.turn, 0.0);
    EXPECT_DOUBLE_EQ(s.dt, 0.1);
    EXPECT_DOUBLE_EQ(s.alpha, 0.1);
    EXPECT_EQ(s.uphill_free, 0);
    EXPECT_DOUBLE_EQ(s.force_norm, 2.0);
    EXPECT_DOUBLE_EQ(s.force_max, std::sqrt(2.0));
    // Downhill: the velocity turns towards the force by alpha, and is as long as it was where they are parallel.
    fire_step(s, o, FireSums{2.0, 4.0, 1.0, 2.0}, Sym3{}, box, 8);
    EXPECT_DOUBLE_EQ(s.keep, 0.9);
    EXPECT_DOUBLE_EQ(s.turn, 0.1 * std::sqrt(1.0 / 4.0));
}

TEST(EnginePhysics, FireMovesTheCellAgainstItsStress) {
    FireOptions o;
    o.cell = CellMode::iso;
    o.pressure = 0.001;
    FireState s;
    Box box = orthorhombic(10, 10, 10);
    // Virial beyond P V = 1 eV: the cell expands, isotropically.
    fire_step(s, o, FireSums{}, Sym3{4, 5, 6, 1, 1, 1}, box, 100);
    EXPECT_FALSE(s.converged);
    EXPECT_GT(box.volume, 1000);
    EXPECT_EQ(box.h(0, 0), box.h(1, 1));
    EXPECT_EQ(box.h(0, 1), 0.0);
    EXPECT_NEAR(s.cell_force(0, 0), (5.0 - 1.0) / 100, 1e-15);
    FireState rest;
    Box same = orthorhombic(10, 10, 10);
    fire_step(rest, o, FireSums{}, Sym3{1, 1, 1, 0.3, 0, 0}, same, 100);
    EXPECT_TRUE(rest.converged);  // iso does not see the shear
    EXPECT_EQ(same.volume, 1000);
}

}  // namespace
}  // namespace mg
