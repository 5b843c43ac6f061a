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
Dynamics<Host> equilibrated(int replicas, const EamPotential& potential, Precision precision, double ps) {
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
/// Returns the correction per replica.
std::vector<double> shadow_correction(const Batch<Host>& b, double dt, const std::vector<Vec3>& before,
                                      const std::vector<Vec3>& now, const std::vector<Vec3>& velocity,
                                      const std::vector<Vec3>& after) {
    std::vector<double> correction;
    for (int r = 0; r < b.replicas; ++r) {
        double curvature = 0, squares = 0;
        for (int i = b.first_atom_host[r]; i < b.first_atom_host[r + 1]; ++i) {
            curvature -= dot(velocity[i], after[i] - before[i]) / (2 * dt);
            squares += norm2(now[i]) / b.mass[i];
        }
        correction.push_back(dt * dt * (curvature / 12 - squares / 24));
    }
    return correction;
}

/// Mean and its standard error.
struct Estimate {
    double value, error;
};
Estimate estimate_of(const std::vector<double>& values) {
    const double n = static_cast<double>(values.size());
    double mean = 0, squares = 0;
    for (const double v : values) mean += v / n;
    for (const double v : values) squares += (v - mean) * (v - mean);
    return {mean, std::sqrt(squares / (n - 1) / n)};
}

/// The potential on its own grid, but through every `stride`-th knot alone: a cubic spline with continuous second
/// derivatives there, so that the last digits of the file's numbers, which act on the atoms as a rough force, are gone.
EamPotential without_noise(EamPotential p, int stride) {
    const auto smooth = [stride](std::vector<double>& f, int from) {
        // Natural spline of the knots from, from + stride, ...; the tables end in zeros.
        const int n = (static_cast<int>(f.size()) - 1 - from) / stride + 1;
        std::vector<double> y(n), curvature(n, 0.0), factor(n, 0.0);
        for (int k = 0; k < n; ++k) y[k] = f[from + k * stride];
        for (int k = 1; k + 1 < n; ++k) {
            factor[k] = 1.0 / (4.0 - factor[k - 1]);
            curvature[k] = (6.0 * (y[k + 1] - 2.0 * y[k] + y[k - 1]) - curvature[k - 1]) * factor[k];
        }
        for (int k = n - 2; k > 0; --k) curvature[k] -= factor[k] * curvature[k + 1];
        for (int k = 0; k + 1 < n; ++k)
            for (int j = 0; j < stride; ++j) {
                const double b = static_cast<double>(j) / stride, a = 1.0 - b;
                f[from + k * stride + j] = a * y[k] + b * y[k + 1] +
                                           ((a * a * a - a) * curvature[k] + (b * b * b - b) * curvature[k + 1]) / 6.0;
            }
    };
    const int first = static_cast<int>(1.9 / p.dr);  // closer pairs do not occur, and their table has steps
    for (auto& f : p.density) smooth(f, first);
    for (auto& z : p.pair) smooth(z, first);
    for (auto& f : p.embedding) smooth(f, static_cast<int>(f.size()) / 20);
    return p;
}

bool nanosecond() {
    const char* wish = std::getenv("MG_VALIDATION");
    return wish && std::string(wish) == "nanosecond";
}

/// Standard error of the slope of block means from their scatter about the line.
double slope_error(const std::vector<double>& time, const std::vector<double>& energy) {
    const double blocks = static_cast<double>(time.size());
    double mean_time = 0, spread = 0;
    for (const double t : time) mean_time += t / blocks;
    for (const double t : time) spread += (t - mean_time) * (t - mean_time);
    return fit_line(time, energy).rms * std::sqrt(blocks / (blocks - 2.0) / spread);
}

/// Drift over `ps` of independent runs, with the standard error from their scatter. One run of 100 ps alone says
/// little: its slope scatters by 1e-5 about the mean, twice what the scatter of its own blocks makes one think, and as
/// much with a table whose last digits have been smoothed away.
void nve_drift(const char* name, const EamPotential& potential, Precision precision, int runs, double ps,
               double bound) {
    // A fast-quenched glass relaxes at first.
    Dynamics<Host> d = equilibrated(runs, potential, precision, full_validation() || nanosecond() ? 30.0 : 4.0);
    constexpr double dt = 0.002;
    d.set_ensembles({at(EnsembleKind::nve, CellMode::fixed, 300, dt)});
    constexpr int blocks = 20;
    constexpr long every = 10;
    const long steps = std::lround(ps / dt), per_block = steps / every / blocks;
    const double share = 1.0 / static_cast<double>(per_block);
    std::vector<double> time(blocks);
    std::vector<std::vector<double>> energy(runs, time), shadow(runs, time);
    double temperature = 0;
    long taken = 0;
    std::vector<Vec3> before, now, velocity;
    std::vector<double> total(runs);
    RunSchedule run;
    run.steps = per_block * blocks * every + 1;
    run.report_every = every;
    run.report = [&](long) {
        const std::vector<Thermo> t = d.thermo();
        now = to_host(d.batch().force);
        velocity = to_host(d.batch().velocity);
        for (int r = 0; r < runs; ++r) {
            total[r] = t[r].conserved;
            temperature += t[r].temperature / runs;
        }
    };
    // Forces one step before and after each report.
    run.sample_every = 1;
    run.sample = [&](long step) {
        if (step % every == every - 1) before = to_host(d.batch().force);
        if (step % every != 1 || step == 1) return;
        const std::vector<double> correction =
            shadow_correction(d.batch(), dt, before, now, velocity, to_host(d.batch().force));
        const auto block = static_cast<std::size_t>(taken++ / per_block);
        time[block] += static_cast<double>(step - 1) * dt * share;
        for (int r = 0; r < runs; ++r) {
            energy[r][block] += total[r] * share;
            shadow[r][block] += (total[r] + correction[r]) * share;
        }
    };
    d.run(run);
    ASSERT_EQ(taken, per_block * blocks);
    temperature /= static_cast<double>(taken);
    // kT per ns and degree of freedom: energies are in eV, times in ps.
    const double unit = units::boltzmann * temperature * (3.0 * d.batch().atoms_of(0) - 3.0) * 1e-3;
    std::vector<double> plain, corrected;
    for (int r = 0; r < runs; ++r) {
        plain.push_back(fit_line(time, energy[r]).slope / unit);
        corrected.push_back(fit_line(time, shadow[r]).slope / unit);
    }
    Estimate of_shadow = estimate_of(corrected), of_plain = estimate_of(plain);
    if (runs == 1) {
        of_shadow.error = slope_error(time, shadow[0]) / unit;
        of_plain.error = slope_error(time, energy[0]) / unit;
    }
    std::printf(
        "NVE %s, %d runs of %g ps, %.1f K: drift %.2e +- %.1e kT/ns per degree of freedom (of H: %.2e +- "
        "%.1e); runs:",
        name, runs, ps, temperature, of_shadow.value, of_shadow.error, of_plain.value, of_plain.error);
    for (const double c : corrected) std::printf(" %.1e", c);
    std::printf("\n");
    EXPECT_LT(std::abs(of_shadow.value), bound);
    EXPECT_NEAR(temperature, 300, 20);
}

// After 4 ps the glass still relaxes, which shows in the next order (1.2e-4 in either precision).
TEST(NveDrift, Double) {
    const bool full = full_validation();
    nve_drift("double", cu_zr(), Precision::full, full ? 6 : 1, full ? 100 : 4, full ? 1e-5 : 3e-4);
}
TEST(NveDrift, Mixed) {
    const bool full = full_validation();
    nve_drift("mixed", cu_zr(), Precision::mixed, full ? 4 : 1, full ? 100 : 4, full ? 5e-5 : 3e-4);
}
TEST(NveDrift, DoubleOfATableWithoutNoise) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (minutes)";
    nve_drift("double, smooth table", without_noise(cu_zr(), 16), Precision::full, 3, 100, 5e-6);
}
TEST(NveDrift, DoubleOneNanosecond) {
    if (!nanosecond()) GTEST_SKIP() << "runs with MG_VALIDATION=nanosecond (hours)";
    nve_drift("double", cu_zr(), Precision::full, 1, 1000, 1e-6);
}

TEST(ConservedQuantity, FluctuatesAsTheSquareOfTheTimestep) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (minutes)";
    const EamPotential potential = cu_zr();
    const Dynamics<Host> start = equilibrated(1, potential, Precision::full, 10.0);
    const Structure glass = to_structure(start.batch(), 0);
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
