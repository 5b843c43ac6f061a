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

void nve_drift(Precision precision, double ps, double bound) {
    // A fast-quenched glass relaxes at first, and its heat shows as a drift of the truncated Hamiltonian.
    Dynamics<Host> d = equilibrated(1, precision, full_validation() ? 30.0 : 4.0);
    d.set_ensembles({at(EnsembleKind::nve, CellMode::fixed, 300, 0.002)});
    // Means over blocks take out the fast ripple of the truncated Hamiltonian; their scatter about the line gives the
    // standard error of its slope.
    constexpr int blocks = 20;
    constexpr long every = 10;
    const long steps = std::lround(ps / 0.002), per_block = steps / every / blocks;
    std::vector<double> time(blocks), energy(blocks);
    double temperature = 0;
    long taken = 0;
    RunSchedule run;
    run.steps = per_block * blocks * every;
    run.report_every = every;
    run.report = [&](long) {
        const Thermo t = d.thermo()[0];
        const auto block = static_cast<std::size_t>(taken++ / per_block);
        time[block] += t.time / static_cast<double>(per_block);
        energy[block] += t.conserved / static_cast<double>(per_block);
        temperature += t.temperature;
    };
    d.run(run);
    temperature /= static_cast<double>(taken);
    // kT per ns and degree of freedom: energies are in eV, times in ps.
    const double unit = units::boltzmann * temperature * (3.0 * d.batch().atoms - 3.0) * 1e-3;
    const Line line = fit_line(time, energy);
    const double drift = line.slope / unit;
    double mean_time = 0, spread = 0;
    for (const double t : time) mean_time += t / blocks;
    for (const double t : time) spread += (t - mean_time) * (t - mean_time);
    const double error = line.rms * std::sqrt(blocks / (blocks - 2.0) / spread) / unit;
    std::printf("NVE %s %g ps, %.1f K: drift %.2e +- %.1e kT/ns per degree of freedom\n",
                precision == Precision::full ? "double" : "mixed", ps, temperature, drift, error);
    EXPECT_LT(std::abs(drift), bound);
    EXPECT_NEAR(temperature, 300, 20);
}

// 4 ps resolve 1.5e-4; the bound is four times that.
TEST(NveDrift, Double) { nve_drift(Precision::full, full_validation() ? 100 : 4, full_validation() ? 1e-5 : 6e-4); }
TEST(NveDrift, Mixed) { nve_drift(Precision::mixed, full_validation() ? 100 : 4, full_validation() ? 5e-5 : 6e-4); }
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
