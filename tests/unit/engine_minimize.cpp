/// \file The minimiser: crystals come back to what is known of them.

#include <gtest/gtest.h>

#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

/// fcc Cu with Cu-Zr_2.eam.fs, from LAMMPS.
constexpr double lattice_constant = 3.63909, cohesive_energy = -3.283116;

const EamPotential& potential() {
    static const EamPotential p = cu_zr();
    return p;
}

Dynamics<Host> batch(const std::vector<Structure>& s, Precision precision = Precision::full, double skin = 0.5) {
    return Dynamics<Host>(cases::batch_of(s, potential()), potential(), precision, skin);
}

TEST(EngineMinimize, DisplacedCopperReturnsToItsLattice) {
    Structure s = oracle::fcc(5, 5, 5, lattice_constant);
    oracle::displace(s, 0.15, 1);
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        Dynamics<Host> d = batch({s}, precision);
        EXPECT_GT(d.thermo()[0].potential / 500, cohesive_energy + 0.01);
        FireOptions options;
        options.force_norm = 1e-3;
        const std::vector<FireState> state = d.minimize(options);
        EXPECT_TRUE(state[0].converged);
        EXPECT_GT(state[0].steps, 5);
        EXPECT_LE(state[0].force_norm, 1e-3);
        EXPECT_LE(state[0].force_max, 1e-4);
        EXPECT_NEAR(d.thermo()[0].potential / 500, cohesive_energy, 1e-6);
        EXPECT_EQ(d.batch().box[0].h(0, 0), s.box.h(0, 0));
        // Back to one lattice: every atom has moved by minus its displacement, up to one common shift.
        const Structure perfect = oracle::fcc(5, 5, 5, lattice_constant);
        const Structure found = to_structure(d.batch(), 0);
        const Vec3 shift = found.position[0] - perfect.position[0];
        for (int i = 0; i < 500; ++i)
            ASSERT_LT(std::sqrt(norm2(found.position[i] - perfect.position[i] - shift)), 1e-3) << i;
    }
}

TEST(EngineMinimize, CellsOfEveryModeFindTheLatticeConstant) {
    Structure s = oracle::fcc(5, 5, 5, 3.66);
    oracle::displace(s, 0.05, 2);
    for (const CellMode mode : {CellMode::iso, CellMode::aniso, CellMode::tri}) {
        Dynamics<Host> d = batch({s});
        FireOptions o;
        o.cell = mode;
        const std::vector<FireState> state = d.minimize(o);
        EXPECT_TRUE(state[0].converged);
        EXPECT_NEAR(std::cbrt(d.batch().box[0].volume) / 5, lattice_constant, 1e-5) << static_cast<int>(mode);
        EXPECT_NEAR(d.thermo()[0].potential / 500, cohesive_energy, 1e-6);
    }
}

TEST(EngineMinimize, StrainedCrystalLosesItsStress) {
    Structure s = oracle::fcc(5, 5, 5, lattice_constant);
    oracle::deform(s, {{1.01, 0.02, -0.01, 0.0, 0.985, 0.015, 0.01, 0.0, 1.005}});
    Dynamics<Host> d = batch({s});
    FireOptions o;
    o.cell = CellMode::tri;
    ASSERT_GT(cases::largest((1 / d.batch().box[0].volume) * d.batch().virial[0]), 1e-3);
    EXPECT_TRUE(d.minimize(o)[0].converged);
    EXPECT_LT(cases::largest((1 / d.batch().box[0].volume) * d.batch().virial[0]), 6.1e-7);
    EXPECT_NEAR(d.thermo()[0].potential / 500, cohesive_energy, 1e-6);
    // A cube again: the metric h^T h of the cell is that of the lattice, whatever its orientation.
    const Mat3 h = d.batch().box[0].h, metric = transpose(h) * h;
    const double a2 = 25 * lattice_constant * lattice_constant;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) EXPECT_NEAR(metric(i, j) / a2, i == j ? 1 : 0, 1e-5);
}

TEST(EngineMinimize, CellUnderPressure) {
    const double pressure = 5 / units::gigapascal_per_pressure;
    Structure s = oracle::fcc(5, 5, 5, lattice_constant);
    Dynamics<Host> d = batch({s});
    FireOptions o;
    o.cell = CellMode::iso;
    o.pressure = pressure;
    EXPECT_TRUE(d.minimize(o)[0].converged);
    EXPECT_NEAR(trace(d.batch().virial[0]) / 3 / d.batch().box[0].volume, pressure, 6.1e-7);
    EXPECT_LT(d.batch().box[0].h(0, 0), 5 * lattice_constant - 0.1);
}

TEST(EngineMinimize, StopsWhereToldToAndSaysSo) {
    Structure s = oracle::fcc(5, 5, 5, lattice_constant);
    oracle::displace(s, 0.15, 3);
    Dynamics<Host> d = batch({s});
    const double before = d.thermo()[0].potential;
    const std::vector<FireState> state = d.minimize(FireOptions{}, 5);
    EXPECT_FALSE(state[0].converged);
    EXPECT_GE(state[0].steps, 5);
    EXPECT_LE(state[0].steps, 6);
    EXPECT_GT(state[0].force_norm, 1e-3);
    EXPECT_LT(d.thermo()[0].potential, before);
    // The perfect crystal is found so at once, and stays where it is.
    const Structure perfect = oracle::fcc(5, 5, 5, lattice_constant);
    Dynamics<Host> e = batch({perfect});
    const std::vector<FireState> done = e.minimize(FireOptions{});
    EXPECT_TRUE(done[0].converged);
    EXPECT_EQ(done[0].steps, 0);
    EXPECT_TRUE(cases::same_bits(to_host(e.batch().position), perfect.position));
}

/// A replica relaxes to the same bits alone and among others that need longer.
TEST(EngineMinimize, ReplicasRelaxOnTheirOwn) {
    std::vector<Structure> s = {oracle::fcc(5, 5, 5, lattice_constant), oracle::fcc(5, 5, 5, 3.62),
                                oracle::b2(6, 6, 6, 3.2)};
    for (int r = 0; r < 3; ++r) oracle::displace(s[r], 0.05 + 0.05 * r, 4 + r);
    FireOptions o;
    o.cell = CellMode::aniso;
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        Dynamics<Host> together = batch(s, precision);
        const std::vector<FireState> state = together.minimize(o);
        for (int r = 0; r < 3; ++r) {
            EXPECT_TRUE(state[r].converged);
            Dynamics<Host> alone = batch({s[r]}, precision);
            EXPECT_EQ(alone.minimize(o)[0].steps, state[r].steps);
            EXPECT_TRUE(
                cases::same_bits(to_structure(alone.batch(), 0).position, to_structure(together.batch(), r).position));
        }
    }
}

}  // namespace
}  // namespace mg
