/// \file Conserved quantities: drift of NVE, order of the integrators.

#include <gtest/gtest.h>

#include <cstdio>

#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

EnsembleOptions at(EnsembleKind kind, CellMode cell, double temperature, double dt) {
    EnsembleOptions o;
    o.kind = kind;
    o.cell = cell;
    o.timestep = dt;
    o.temperature_begin = o.temperature_end = temperature;
    return o;
}

/// The reference glass, equilibrated at 300 K and zero pressure for `ps`.
Dynamics<Host> equilibrated(int replicas, Precision precision, double ps) {
    const EamPotential potential = cu_zr();
    const std::vector<Structure> glasses(replicas, reference_glass());
    Dynamics<Host> d(make_batch<Host>(glasses, potential.elements, potential.masses), potential, precision, 1.0);
    std::vector<std::uint32_t> streams(replicas);
    for (int r = 0; r < replicas; ++r) streams[r] = r;
    d.draw_velocities(std::vector<double>(replicas, 600.0), 1, streams);  // half goes into potential energy
    d.set_ensembles({at(EnsembleKind::npt, CellMode::iso, 300, 0.002)});
    RunSchedule run;
    run.steps = std::lround(ps / 0.002);
    d.run(run);
    return d;
}

/// What velocity Verlet conserves to order dt^4 is not H but, for masses m, forces F and velocities v,
///   H + dt^2 (v.V''v / 12 - sum F^2 / 24 m),   v.V''v = -v.dF/dt,
/// (Skeel, Hardy, SIAM J. Sci. Comput. 23, 1172 (2001), doi:10.1137/S106482750138318X). H itself ripples with the state
/// of the atoms, and a glass that relaxes makes a slope of that ripple which is no drift.
/// dF/dt is a central difference of the forces one step before and after.
double shadow_correction(const Batch<Host>& b, double dt, const std::vector<Vec3>& before, const std::vector<Vec3>& now,
                         const std::vector<Vec3>& velocity, const std::vector<Vec3>& after) {
    double curvature = 0, squares = 0;
    for (int i = 0; i < b.atoms; ++i) {
        curvature -= dot(velocity[i], after[i] - before[i]) / (2 * dt);
        squares += norm2(now[i]) / b.mass[i];
    }
    return dt * dt * (curvature / 12 - squares / 24);
}

/// Slope of block means and its standard error from their scatter about the line.
struct Drift {
    double value, error;
};
Drift drift_of(const std::vector<double>& time, const std::vector<double>& energy) {
    const double blocks = static_cast<double>(time.size());
    const Line line = fit_line(time, energy);
    double mean_time = 0, spread = 0;
    for (const double t : time) mean_time += t / blocks;
    for (const double t : time) spread += (t - mean_time) * (t - mean_time);
    return {line.slope, line.rms * std::sqrt(blocks / (blocks - 2.0) / spread)};
}

void nve_drift(Precision precision, double ps, double bound) {
    // A fast-quenched glass relaxes at first.
    Dynamics<Host> d = equilibrated(1, precision, full_validation() ? 30.0 : 4.0);
    constexpr double dt = 0.002;
    d.set_ensembles({at(EnsembleKind::nve, CellMode::fixed, 300, dt)});
    constexpr int blocks = 20;
    constexpr long every = 10;
    const long steps = std::lround(ps / dt), per_block = steps / every / blocks;
    std::vector<double> time(blocks), energy(blocks), shadow(blocks);
    double temperature = 0;
    long taken = 0;
    std::vector<Vec3> before, now, velocity;
    double total = 0;
    RunSchedule run;
    run.steps = per_block * blocks * every + 1;
    run.report_every = every;
    run.report = [&](long) {
        const Thermo t = d.thermo()[0];
        now = to_host(d.batch().force);
        velocity = to_host(d.batch().velocity);
        total = t.conserved;
        temperature += t.temperature;
    };
    // Forces one step before and after each report.
    run.sample_every = 1;
    run.sample = [&](long step) {
        if (step % every == every - 1) before = to_host(d.batch().force);
        if (step % every != 1 || step == 1) return;
        const auto block = static_cast<std::size_t>(taken++ / per_block);
        time[block] += static_cast<double>(step - 1) * dt / static_cast<double>(per_block);
        energy[block] += total / static_cast<double>(per_block);
        shadow[block] += (total + shadow_correction(d.batch(), dt, before, now, velocity, to_host(d.batch().force))) /
                         static_cast<double>(per_block);
    };
    d.run(run);
    ASSERT_EQ(taken, per_block * blocks);
    temperature /= static_cast<double>(taken);
    // kT per ns and degree of freedom: energies are in eV, times in ps.
    const double unit = units::boltzmann * temperature * (3.0 * d.batch().atoms - 3.0) * 1e-3;
    const Drift plain = drift_of(time, energy), corrected = drift_of(time, shadow);
    std::printf("NVE %s %g ps, %.1f K: drift %.2e +- %.1e kT/ns per degree of freedom (of H: %.2e +- %.1e)\n",
                precision == Precision::full ? "double" : "mixed", ps, temperature, corrected.value / unit,
                corrected.error / unit, plain.value / unit, plain.error / unit);
    EXPECT_LT(std::abs(corrected.value / unit), bound);
    EXPECT_NEAR(temperature, 300, 20);
}

// After 4 ps the glass still relaxes, which shows in the next order (1.2e-4 in either precision).
TEST(NveDrift, Double) { nve_drift(Precision::full, full_validation() ? 100 : 4, full_validation() ? 1e-5 : 3e-4); }
TEST(NveDrift, Mixed) { nve_drift(Precision::mixed, full_validation() ? 100 : 4, full_validation() ? 5e-5 : 3e-4); }
TEST(NveDrift, DoubleOneNanosecond) {
    const char* wish = std::getenv("MG_VALIDATION");
    if (!wish || std::string(wish) != "nanosecond")
        GTEST_SKIP() << "runs with MG_VALIDATION=nanosecond (an hour or more)";
    nve_drift(Precision::full, 1000, 1e-6);
}

TEST(ConservedQuantity, FluctuatesAsTheSquareOfTheTimestep) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (minutes)";
    const Dynamics<Host> start = equilibrated(1, Precision::full, 10.0);
    const Structure glass = to_structure(start.batch(), 0);
    const EamPotential potential = cu_zr();
    const char* names[3] = {"NVT", "NPT iso", "NPT tri"};
    double rms[3][3];
    for (int k = 0; k < 3; ++k) {
        const double dt = 0.001 * (1 << k);
        Dynamics<Host> d(make_batch<Host>({glass, glass, glass}, potential.elements, potential.masses), potential,
                         Precision::full, 1.0);
        d.set_ensembles({at(EnsembleKind::nvt, CellMode::fixed, 300, dt), at(EnsembleKind::npt, CellMode::iso, 300, dt),
                         at(EnsembleKind::npt, CellMode::tri, 300, dt)});
        std::vector<double> time, conserved[3];
        RunSchedule run;
        run.steps = std::lround(20.0 / dt);
        run.report_every = std::lround(0.02 / dt);
        run.report = [&](long) {
            const std::vector<Thermo> t = d.thermo();
            time.push_back(t[0].time);
            for (int e = 0; e < 3; ++e) conserved[e].push_back(t[e].conserved);
        };
        d.run(run);
        for (int e = 0; e < 3; ++e) rms[e][k] = fit_line(time, conserved[e]).rms;
    }
    for (int e = 0; e < 3; ++e) {
        std::printf("%-8s rms about the trend at 1, 2, 4 fs: %.3e %.3e %.3e eV; ratios %.2f %.2f\n", names[e],
                    rms[e][0], rms[e][1], rms[e][2], rms[e][1] / rms[e][0], rms[e][2] / rms[e][1]);
        EXPECT_NEAR(rms[e][1] / rms[e][0], 4.0, 1.0);
        EXPECT_NEAR(rms[e][2] / rms[e][1], 4.0, 1.0);
    }
}

}  // namespace
}  // namespace mg
