/// \file Ensembles: what a thermostat and a barostat draw from (the kinetic energy: tests/unit/engine_dynamics.cpp).
/// Replicas run side by side, and their scatter is the error of every slope.
///
/// Of two runs of one system at inverse temperatures b1 and b2, P(E|2) / P(E|1) is proportional to exp(-(b2 - b1) E),
/// and at two pressures P(V|2) / P(V|1) to exp(-b (p2 - p1) V), whatever the density of states is (M. R. Shirts, J.
/// Chem. Theory Comput. 9, 909 (2013)). The slope is found by maximum likelihood, as logistic regression of which run
/// a sample is of; it needs no histogram.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

/// fcc copper of the Cu-Zr potential: a crystal is in equilibrium within picoseconds, as no glass is.
Structure copper(const EamPotential& potential) {
    constexpr int cells = 5;
    constexpr double a = 3.664;  // [A] at 600 K
    constexpr double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    Structure s;
    s.elements = potential.elements;
    s.masses = potential.masses;
    for (int k = 0; k < cells * cells * cells; ++k)
        for (const auto& b : basis) {
            s.position.push_back(
                {a * (k % cells + b[0]), a * (k / cells % cells + b[1]), a * (k / (cells * cells) + b[2])});
            s.species.push_back(0);
            s.id.push_back(static_cast<long>(s.id.size()) + 1);
        }
    s.box = orthorhombic(cells * a, cells * a, cells * a);
    return s;
}

/// (replicas, samples) of one state point.
struct Samples {
    std::vector<std::vector<double>> potential, kinetic, volume;  // [eV], [eV], [A^3]
};

/// Replicas started at the state point, each with velocities of its own.
Samples sampled(const EnsembleOptions& o, std::uint64_t seed) {
    constexpr int replicas = 16;
    const EamPotential potential = cu_zr();
    Dynamics<Host> d(cases::batch_of(std::vector<Structure>(replicas, copper(potential)), potential), potential,
                     Precision::mixed, 0.5);
    std::vector<std::uint32_t> streams(replicas);
    for (int r = 0; r < replicas; ++r) streams[r] = r;
    d.draw_velocities(std::vector<double>(replicas, 2 * o.temperature_end), seed, streams);
    // The volume rings for ten picoseconds after a kick, the longer the freer the cell: atoms are warm before it moves.
    for (const EnsembleKind kind : {EnsembleKind::nvt, o.kind}) {
        EnsembleOptions settling = o;
        settling.kind = kind;
        d.set_ensembles({settling});
        RunSchedule settle;
        settle.steps = std::lround((kind == EnsembleKind::npt ? 10.0 : 2.0) / o.timestep);
        d.run(settle);
    }
    Samples s;
    s.potential.resize(replicas);
    s.kinetic = s.volume = s.potential;
    RunSchedule run;
    run.steps = std::lround(15.0 / o.timestep);
    run.report_every = std::lround(0.2 / o.timestep);
    run.report = [&](long) {
        const std::vector<Thermo> now = d.thermo();
        for (int r = 0; r < replicas; ++r) {
            s.potential[r].push_back(now[r].potential);
            s.kinetic[r].push_back(now[r].kinetic);
            s.volume[r].push_back(now[r].volume);
        }
    };
    d.run(run);
    return s;
}

/// The slope of ln P(x|2) / P(x|1) over x by Newton's method: the probability that x is of run 2 is 1 / (1 + exp(-a -
/// slope x)).
double slope_of(const std::vector<double>& one, const std::vector<double>& two) {
    double mean = 0;
    for (const auto* v : {&one, &two})
        for (const double x : *v) mean += x / static_cast<double>(one.size() + two.size());
    double a = 0, slope = 0;
    for (int turn = 0; turn < 50; ++turn) {
        double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
        for (int of = 0; of < 2; ++of)
            for (const double value : of ? two : one) {
                const double x = value - mean, p = 1 / (1 + std::exp(-a - slope * x)), w = p * (1 - p);
                g0 += of - p;
                g1 += (of - p) * x;
                h00 += w;
                h01 += w * x;
                h11 += w * x * x;
            }
        const double determinant = h00 * h11 - h01 * h01;
        a += (h11 * g0 - h01 * g1) / determinant;
        slope += (h00 * g1 - h01 * g0) / determinant;
    }
    return slope;
}

std::vector<double> flat(const std::vector<std::vector<double>>& replicas, std::size_t left_out) {
    std::vector<double> all;
    for (std::size_t r = 0; r < replicas.size(); ++r)
        if (r != left_out) all.insert(all.end(), replicas[r].begin(), replicas[r].end());
    return all;
}

/// The slope, and its standard error by leaving out a replica of both at a time.
void expect_slope(const char* what, const std::vector<std::vector<double>>& one,
                  const std::vector<std::vector<double>>& two, double wanted) {
    const std::size_t n = one.size();
    const double slope = slope_of(flat(one, n), flat(two, n));
    std::vector<double> without;
    double mean = 0, squares = 0;
    for (std::size_t r = 0; r < n; ++r) without.push_back(slope_of(flat(one, r), flat(two, r)));
    for (const double x : without) mean += x / static_cast<double>(n);
    for (const double x : without) squares += (x - mean) * (x - mean);
    const double error = std::sqrt(squares * static_cast<double>(n - 1) / static_cast<double>(n));
    std::printf("%s: slope %.5g, wanted %.5g, error %.2g (%.1f sigma)\n", what, slope, wanted, error,
                (slope - wanted) / error);
    EXPECT_LT(std::abs(slope - wanted), 3 * error);
    EXPECT_LT(error, 0.1 * std::abs(wanted)) << "it says nothing";
}

TEST(Ensembles, TwoTemperatures) {
    if (!full_validation()) GTEST_SKIP() << "runs with MG_VALIDATION=full (minutes)";
    const Samples one = sampled(cases::ensemble(EnsembleKind::nvt, 600), 2),
                  two = sampled(cases::ensemble(EnsembleKind::nvt, 630), 3);
    const double wanted = -(1 / 630.0 - 1 / 600.0) / units::boltzmann;
    expect_slope("potential energy at 600 and 630 K [1/eV]", one.potential, two.potential, wanted);
    std::vector<std::vector<double>> total[2] = {one.potential, two.potential};
    for (std::size_t r = 0; r < total[0].size(); ++r)
        for (std::size_t k = 0; k < total[0][r].size(); ++k) {
            total[0][r][k] += one.kinetic[r][k];
            total[1][r][k] += two.kinetic[r][k];
        }
    expect_slope("total energy at 600 and 630 K [1/eV]", total[0], total[1], wanted);
}

TEST(Ensembles, TwoPressures) {
    if (!full_validation()) GTEST_SKIP() << "runs with MG_VALIDATION=full (minutes)";
    for (const CellMode cell : {CellMode::iso, CellMode::tri}) {
        EnsembleOptions o = cases::ensemble(EnsembleKind::npt, 600, 0.002, cell);
        const Samples one = sampled(o, 4);
        o.pressure = 1.0 / units::gigapascal_per_pressure;
        const Samples two = sampled(o, 5);
        expect_slope(cell == CellMode::iso ? "volume at 0 and 1 GPa [1/A^3]" : "volume at 0 and 1 GPa, tri [1/A^3]",
                     one.volume, two.volume, -o.pressure / (units::boltzmann * 600));
    }
}

}  // namespace
}  // namespace mg
