/// \file Molecular dynamics on the host: reversibility, ensembles, conserved quantities, and the promise that a
/// replica's bits depend on nothing but the replica.

#include <gtest/gtest.h>

#include <omp.h>

#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"
#include "physics/conservation.hpp"
#include "support/engine.hpp"
#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

using cases::ensemble;
using cases::same_bits;
using cases::steps;

constexpr double gigapascal = 1 / units::gigapascal_per_pressure;

const EamPotential& alloy() {
    static const EamPotential p = oracle::analytic_potential(2, true);
    return p;
}

/// A solid solution near zero pressure, 4 cells^3 atoms, a little strained.
Structure solid(int cells, std::uint64_t seed) { return oracle::triclinic_alloy(cells, 2, seed, 3.55, 0.05, 0.02); }

/// Total momentum over the sum of its atoms' absolute momenta.
double relative_momentum(const Batch<Host>& b) {
    Vec3 sum;
    double absolute = 0;
    for (int i = 0; i < b.atoms; ++i) {
        sum += b.mass[i] * b.velocity[i];
        absolute += b.mass[i] * std::sqrt(norm2(b.velocity[i]));
    }
    return std::sqrt(norm2(sum)) / absolute;
}

/// sup |F_n - F| of a sample, and the p-value of Kolmogorov's limit.
template <class Cdf>
double kolmogorov_smirnov(std::vector<double> sample, const Cdf& cdf) {
    std::sort(sample.begin(), sample.end());
    const double n = static_cast<double>(sample.size());
    double d = 0;
    for (std::size_t k = 0; k < sample.size(); ++k)
        d = std::max({d, (k + 1) / n - cdf(sample[k]), cdf(sample[k]) - k / n});
    const double x = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * d;
    double p = 0;
    for (int k = 1; k < 100; ++k) p += (k % 2 ? 2 : -2) * std::exp(-2 * k * k * x * x);
    return std::clamp(p, 0.0, 1.0);
}

/// The regularised lower incomplete gamma function by its series.
double gamma_p(double a, double x) {
    double term = 1 / a, sum = term;
    for (int k = 1; k < 2000; ++k) sum += term *= x / (a + k);
    return sum * std::exp(-x + a * std::log(x) - std::lgamma(a));
}

TEST(EngineDynamics, NveIsReversible) {
    Dynamics<Host> d = cases::dynamics({solid(4, 1)}, alloy(), Precision::full, 600);
    d.set_ensembles({ensemble(EnsembleKind::nve, 0)});
    const std::vector<Vec3> start = to_host(d.batch().position), fast = to_host(d.batch().velocity);
    d.run(steps(100));
    EXPECT_GT(cases::largest_difference(to_host(d.batch().position), start), 0.2);
    for (Vec3& v : d.batch().velocity) v = -v;
    d.run(steps(100));
    EXPECT_LT(cases::largest_difference(to_host(d.batch().position), start), 1e-6);
    for (Vec3& v : d.batch().velocity) v = -v;
    EXPECT_LT(cases::largest_difference(to_host(d.batch().velocity), fast), 1e-5);
}

TEST(EngineDynamics, EnergyOfNveFluctuatesAsTheSquareOfTheStep) {
    const auto spread = [](double dt) {
        Dynamics<Host> d = cases::dynamics({solid(4, 2)}, alloy(), Precision::full, 600);
        d.set_ensembles({ensemble(EnsembleKind::nve, 0, dt)});
        std::vector<double> energy;
        RunSchedule run = steps(std::lround(0.4 / dt));
        run.report_every = std::lround(0.008 / dt);
        run.report = [&](long) { energy.push_back(d.thermo()[0].conserved); };
        d.run(run);
        const double mean = std::accumulate(energy.begin(), energy.end(), 0.0) / energy.size();
        double squares = 0;
        for (const double e : energy) squares += (e - mean) * (e - mean);
        return std::sqrt(squares / energy.size());
    };
    EXPECT_NEAR(spread(0.004) / spread(0.002), 4.0, 1.0);
}

TEST(EngineDynamics, ThermoIsWhatTheAtomsSay) {
    Dynamics<Host> d = cases::dynamics({solid(4, 3), solid(4, 4)}, alloy(), Precision::full, 500);
    d.set_ensembles({ensemble(EnsembleKind::nvt, 500)});
    d.run(steps(20));
    const std::vector<Structure> s = to_structures(d.batch());
    for (int r = 0; r < 2; ++r) {
        const Thermo t = d.thermo()[r];
        const oracle::Result o = oracle::eam(alloy(), s[r]);
        Mat3 kinetic;
        for (int i = 0; i < s[r].size(); ++i) {
            const double m = s[r].masses[s[r].species[i]] * units::atomic_mass;
            kinetic = kinetic + m * to_matrix(symmetric_outer(s[r].velocity[i]));
        }
        EXPECT_NEAR(t.potential, o.energy, 1e-8);
        EXPECT_NEAR(t.kinetic, 0.5 * trace(kinetic), 1e-10);
        EXPECT_NEAR(t.temperature, trace(kinetic) / ((3 * 256 - 3) * units::boltzmann), 1e-7);
        EXPECT_NEAR(t.volume, determinant(s[r].box.h), 1e-9);
        EXPECT_NEAR(t.time, 0.04, 1e-12);
        const Sym3 expected = (1 / t.volume) * cases::voigt(kinetic + o.virial);
        EXPECT_LT(cases::largest_difference(t.pressure, expected), 1e-10);
    }
}

/// Eight hot gases: the mean temperature, the distribution of the kinetic energy, and Maxwell's of the velocities.
TEST(EngineDynamics, NvtIsCanonical) {
    std::vector<Structure> s;
    for (int r = 0; r < 8; ++r) s.push_back(oracle::gas(50, orthorhombic(13.2, 13.2, 13.2), 2.2, 2, 40 + r));
    Dynamics<Host> d = cases::dynamics(s, alloy(), Precision::full, 2500);
    constexpr double temperature = 2000, dof = 147;
    d.set_ensembles({ensemble(EnsembleKind::nvt, temperature)});
    std::vector<double> kinetic, speeds;
    RunSchedule run = steps(4000);
    run.report_every = 250;
    run.report = [&](long step) {
        if (step < 500) return;
        for (const Thermo& t : d.thermo()) kinetic.push_back(t.kinetic / (units::boltzmann * temperature));
    };
    d.run(run);
    const double mean = std::accumulate(kinetic.begin(), kinetic.end(), 0.0) / kinetic.size();
    EXPECT_NEAR(mean, dof / 2, 3 * std::sqrt(dof / 2 / kinetic.size()));
    double squares = 0;
    for (const double k : kinetic) squares += (k - mean) * (k - mean) / kinetic.size();
    EXPECT_NEAR(squares / (dof / 2), 1.0, 0.4);  // a Berendsen-like thermostat would give far less
    EXPECT_GT(kolmogorov_smirnov(kinetic, [](double x) { return gamma_p(dof / 2, x); }), 0.01);
    const Batch<Host>& b = d.batch();
    for (int i = 0; i < b.atoms; ++i)
        for (const double v : {b.velocity[i].x, b.velocity[i].y, b.velocity[i].z})
            speeds.push_back(v * std::sqrt(b.mass[i] / (units::boltzmann * temperature)));
    EXPECT_GT(kolmogorov_smirnov(speeds, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }), 0.01);
}

TEST(EngineDynamics, MomentumStaysZero) {
    for (const EnsembleKind kind : {EnsembleKind::nve, EnsembleKind::nvt, EnsembleKind::npt})
        for (const Precision precision : {Precision::full, Precision::mixed}) {
            Dynamics<Host> d = cases::dynamics({solid(4, 6)}, alloy(), precision, 600);
            d.set_ensembles({ensemble(kind, 300, 0.002, CellMode::tri)});
            d.run(steps(60));
            EXPECT_LT(relative_momentum(d.batch()), 1e-14);
        }
}

// ---- NPT ---------------------------------------------------------------------------------------------------------

/// A temperature ramp does work on the baths; what is conserved accounts for it, to second order in the time step.
TEST(EngineDynamics, ConservedQuantitySurvivesARamp) {
    for (const CellMode cell : {CellMode::iso, CellMode::aniso, CellMode::tri}) {
        double heat = 0;
        const auto error = [&](double dt) {
            Dynamics<Host> d = cases::dynamics({solid(4, 7)}, alloy(), Precision::full, 300);
            EnsembleOptions o = ensemble(EnsembleKind::npt, 300, dt, cell);
            const long ramp = std::lround(0.4 / dt);
            o.temperature_end = 600;
            o.ramp_steps = ramp;
            o.pressure = 1 * gigapascal;
            d.set_ensembles({o});
            const Thermo start = d.thermo()[0];
            double squares = 0;
            RunSchedule run = steps(std::lround(0.6 / dt));
            run.report_every = std::lround(0.01 / dt);
            run.report = [&](long step) {
                const Thermo t = d.thermo()[0];
                squares += (t.conserved - start.conserved) * (t.conserved - start.conserved);
                heat = std::max(heat, std::abs(t.potential + t.kinetic - start.potential - start.kinetic));
                EXPECT_NEAR(t.target, step < ramp ? 300 + 300.0 * step / ramp : 600, 1e-9);
            };
            d.run(run);
            return std::sqrt(squares / 60);
        };
        const double coarse = error(0.002), fine = error(0.001);
        EXPECT_GT(heat, 3.0);  // [eV] there was something to account for
        EXPECT_LT(coarse, 0.05);
        EXPECT_NEAR(coarse / fine, 4.0, 1.0);
    }
}

TEST(EngineDynamics, PressureFindsItsTargetAndModesKeepTheirShape) {
    std::vector<Structure> s(3, solid(5, 8));
    Dynamics<Host> d = cases::dynamics(s, alloy(), Precision::mixed, 400);
    std::vector<EnsembleOptions> each;
    for (const CellMode cell : {CellMode::iso, CellMode::aniso, CellMode::tri}) {
        each.push_back(ensemble(EnsembleKind::npt, 300, 0.002, cell));
        each.back().pressure = 6 * gigapascal;
        each.back().tau_pressure = 0.3;
    }
    d.set_ensembles(each);
    for (const Thermo& t : d.thermo()) ASSERT_GT(std::abs(t.mean_pressure() / gigapascal - 6), 3);
    d.run(steps(600));
    double mean[3] = {};
    Sym3 tensor[3];
    int count = 0;
    RunSchedule run = steps(700);
    run.report_every = 10;
    run.report = [&](long) {
        const std::vector<Thermo> t = d.thermo();
        for (int r = 0; r < 3; ++r) {
            mean[r] += t[r].mean_pressure() / gigapascal;
            tensor[r] = tensor[r] + (1 / gigapascal) * t[r].pressure;
        }
        ++count;
    };
    d.run(run);
    for (int r = 0; r < 3; ++r) EXPECT_NEAR(mean[r] / count, 6, 0.3) << r;
    // `tri` relaxes every component of the stress, `iso` only the trace.
    EXPECT_LT(cases::largest_difference((1.0 / count) * tensor[2], Sym3{6, 6, 6, 0, 0, 0}), 0.6);
    EXPECT_GT(cases::largest_difference((1.0 / count) * tensor[0], Sym3{6, 6, 6, 0, 0, 0}), 0.6);

    const Mat3 change[3] = {d.batch().box[0].h * s[0].box.inverse, d.batch().box[1].h * s[1].box.inverse,
                            d.batch().box[2].h * s[2].box.inverse};
    const auto off_diagonal = [](const Mat3& m) {
        return std::max({std::abs(m(0, 1)), std::abs(m(1, 0)), std::abs(m(0, 2)), std::abs(m(2, 0)), std::abs(m(1, 2)),
                         std::abs(m(2, 1))});
    };
    EXPECT_LT(off_diagonal(change[0]), 1e-12);
    EXPECT_NEAR(change[0](0, 0), change[0](1, 1), 1e-12);
    EXPECT_NEAR(change[0](0, 0), change[0](2, 2), 1e-12);
    EXPECT_LT(off_diagonal(change[1]), 1e-12);
    EXPECT_GT(std::abs(change[1](0, 0) - change[1](1, 1)), 1e-5);
    EXPECT_GT(off_diagonal(change[2]), 1e-4);
}

TEST(EngineDynamics, RateOfTriIsSymmetric) {
    engine_test::Engine<Host> e({solid(4, 9)}, EnsembleKind::npt, CellMode::tri, 0.002);
    for (int k = 0; k < 50; ++k) e.step();
    const Mat3 g = e.ensembles.each[0].rate;
    EXPECT_GT(std::abs(g(0, 1)), 1e-6);
    EXPECT_EQ(g(0, 1), g(1, 0));
    EXPECT_EQ(g(0, 2), g(2, 0));
    EXPECT_EQ(g(1, 2), g(2, 1));
}

// ---- Bits --------------------------------------------------------------------------------------------------------

struct Bits {
    std::vector<Vec3> position, velocity;
    std::vector<Box> box;
    std::vector<double> conserved;
};
bool operator==(const Bits& a, const Bits& b) {
    return same_bits(a.position, b.position) && same_bits(a.velocity, b.velocity) && same_bits(a.box, b.box) &&
           same_bits(a.conserved, b.conserved);
}
Bits bits_of(const Dynamics<Host>& d, int r) {
    const Structure s = to_structure(d.batch(), r);
    return {s.position, s.velocity, {s.box}, {d.thermo()[r].conserved}};
}

/// Three replicas of different sizes, densities and ensembles.
struct Three {
    std::vector<Structure> s = {solid(4, 11), oracle::gas(120, orthorhombic(20, 14, 17), 2.2, 2, 12), solid(5, 13)};
    std::vector<EnsembleOptions> o = {ensemble(EnsembleKind::nvt, 900), ensemble(EnsembleKind::nve, 0),
                                      ensemble(EnsembleKind::npt, 600, 0.002, CellMode::tri)};
    std::vector<double> temperature = {1200, 1500, 900};
    std::vector<std::uint32_t> stream = {3, 1, 4};

    std::vector<Bits> run(const std::vector<int>& chosen, Precision precision, int* builds = nullptr) const {
        std::vector<Structure> structures;
        std::vector<EnsembleOptions> options;
        std::vector<double> kelvin;
        std::vector<std::uint32_t> streams;
        for (const int r : chosen) {
            structures.push_back(s[r]);
            options.push_back(o[r]);
            kelvin.push_back(temperature[r]);
            streams.push_back(stream[r]);
        }
        Dynamics<Host> d(cases::batch_of(structures, alloy()), alloy(), precision, 0.3);
        d.draw_velocities(kelvin, 5, streams);
        d.set_ensembles(options);
        d.run(steps(55));
        std::vector<Bits> out;
        for (std::size_t r = 0; r < chosen.size(); ++r) {
            out.push_back(bits_of(d, static_cast<int>(r)));
            if (builds) *builds = std::max(*builds, d.neighbors().builds[r]);
        }
        return out;
    }
};

TEST(EngineDynamics, AReplicasBitsDependOnNothingElse) {
    const Three three;
    const int before = omp_get_max_threads();
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        SCOPED_TRACE(precision == Precision::full ? "full" : "mixed");
        omp_set_num_threads(1);
        int builds = 0;
        const std::vector<Bits> together = three.run({0, 1, 2}, precision, &builds);
        EXPECT_GE(builds, 3);
        const std::vector<Bits> turned = three.run({2, 1, 0}, precision);
        omp_set_num_threads(2);
        const std::vector<Bits> threaded = three.run({0, 1, 2}, precision);
        omp_set_num_threads(1);
        for (int r = 0; r < 3; ++r) {
            SCOPED_TRACE("replica " + std::to_string(r));
            EXPECT_TRUE(threaded[r] == together[r]) << "threads";
            EXPECT_TRUE(turned[2 - r] == together[r]) << "order in the batch";
            EXPECT_TRUE(three.run({r}, precision)[0] == together[r]) << "alone";
        }
    }
    omp_set_num_threads(before);
}

TEST(EngineDynamics, ReportsAndPiecesOfARunChangeNoBit) {
    for (const Precision precision : {Precision::full, Precision::mixed})
        for (const EnsembleKind kind : {EnsembleKind::nve, EnsembleKind::nvt, EnsembleKind::npt}) {
            const auto run = [&](long every, std::vector<long> pieces) {
                Dynamics<Host> d = cases::dynamics({solid(4, 14)}, alloy(), precision, 900);
                d.set_ensembles({ensemble(kind, 500)});
                for (const long length : pieces) {
                    RunSchedule s = steps(length);
                    s.report_every = s.sample_every = every;
                    s.report = s.sample = [](long) {};
                    d.run(s);
                }
                return bits_of(d, 0);
            };
            const Bits plain = run(0, {100});
            EXPECT_TRUE(run(10, {100}) == plain);
            EXPECT_TRUE(run(7, {100}) == plain);
            EXPECT_TRUE(run(0, {33, 67}) == plain);
        }
}

/// A gas that is compressed until its rows overflow, against the same with rows that were long enough from the start.
TEST(EngineDynamics, ReplayAfterAnOverflowHasTheSameBits) {
    const Structure s = oracle::gas(250, orthorhombic(22, 22, 22), 2.1, 2, 15);
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        const auto run = [&](bool long_rows, int& first, int& last) {
            // So hot and so slowly that energy is conserved where this gas falls together.
            Dynamics<Host> d = cases::dynamics({s}, alloy(), precision, 3000);
            EnsembleOptions o = ensemble(EnsembleKind::npt, 3000);
            o.pressure = 20 * gigapascal;
            o.tau_pressure = 0.3;
            o.timestep = 0.001;
            d.set_ensembles({o});
            if (long_rows) grow_rows(d.batch(), d.neighbors(), 400);
            first = d.neighbors().capacity;
            d.run(steps(600));
            last = d.neighbors().capacity;
            return bits_of(d, 0);
        };
        int first = 0, last = 0, long_first = 0, long_last = 0;
        const Bits grown = run(false, first, last), roomy = run(true, long_first, long_last);
        const bool tuned = std::string(host_instruction_set()) != "generic";  // rows that take what they need
        EXPECT_TRUE(tuned || last > first) << "it did not overflow";
        EXPECT_EQ(long_last, long_first);
        EXPECT_TRUE(grown == roomy);
    }
}

// ---- Velocities --------------------------------------------------------------------------------------------------

TEST(EngineDynamics, DrawnVelocitiesAreExactAndKeyed) {
    const Structure s = solid(4, 16);
    Structure other = s;  // same atoms elsewhere, other ids
    oracle::displace(other, 0.1, 17);
    for (long& id : other.id) id += 1000;
    Dynamics<Host> d(cases::batch_of({s, s, other, s}, alloy()), alloy(), Precision::full, 0.5);
    d.draw_velocities({300, 300, 300, 700}, 99, {4, 5, 4, 4});
    EXPECT_LT(relative_momentum(d.batch()), 1e-15);
    const std::vector<Thermo> t = d.thermo();
    for (int r = 0; r < 4; ++r) EXPECT_NEAR(t[r].temperature, r == 3 ? 700 : 300, 1e-9);
    const std::vector<Structure> out = to_structures(d.batch());
    EXPECT_GT(cases::largest_difference(out[0].velocity, out[1].velocity), 1);  // another stream
    EXPECT_GT(cases::largest_difference(out[0].velocity, out[2].velocity), 1);  // other ids
    for (int i = 0; i < s.size(); ++i)  // the same numbers at another temperature
        ASSERT_LT(std::sqrt(norm2(out[3].velocity[i] - std::sqrt(7.0 / 3.0) * out[0].velocity[i])), 1e-12);

    Dynamics<Host> alone(cases::batch_of({s}, alloy()), alloy(), Precision::full, 0.5);
    alone.draw_velocities({300}, 99, {5});
    EXPECT_TRUE(same_bits(to_structure(alone.batch(), 0).velocity, out[1].velocity));
    alone.draw_velocities({300}, 100, {5});
    EXPECT_GT(cases::largest_difference(to_structure(alone.batch(), 0).velocity, out[1].velocity), 1);

    std::vector<double> v;
    for (int i = 0; i < s.size(); ++i) {
        const double scale = std::sqrt(s.masses[s.species[i]] * units::atomic_mass / (units::boltzmann * 300));
        const Vec3 u = scale * out[0].velocity[i];
        v.insert(v.end(), {u.x, u.y, u.z});
    }
    EXPECT_GT(kolmogorov_smirnov(v, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }), 0.01);
}

// ---- Errors ------------------------------------------------------------------------------------------------------

template <class Exception, class Action>
std::string message_of(const Action& action) {
    try {
        action();
    } catch (const Exception& e) {
        return e.what();
    }
    ADD_FAILURE() << "no such error";
    return {};
}

TEST(EngineErrors, OverlappingAtomsAreNamed) {
    const EamPotential p = cu_zr();
    Structure s = oracle::fcc(5, 5, 5, 3.7);
    for (long& id : s.id) id += 1000;
    s.position[120] = s.position[7] + Vec3{0.1, 0.2, 0.1};
    const Structure fine = oracle::fcc(5, 5, 5, 3.7);
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        const std::string text = message_of<PhysicsError>([&] {
            Dynamics<Host>(cases::batch_of({fine, s}, p), p, precision, 0.5);
        });
        EXPECT_NE(text.find("atom 1008 of replica 1"), std::string::npos) << text;
        EXPECT_NE(text.find("atom 1121 of replica 1"), std::string::npos) << text;
        EXPECT_NE(text.find("0.244949"), std::string::npos) << text;
    }
    s.position[120] = s.position[7];
    EXPECT_THROW(Dynamics<Host>(cases::batch_of({s}, p), p, Precision::full, 0.5), PhysicsError);
    EXPECT_THROW(Dynamics<Host>(cases::batch_of({s}, p), p, Precision::mixed, 0.5), PhysicsError);
}

TEST(EngineErrors, PositionsMustBeFinite) {
    Structure s = solid(4, 21);
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        s.position[9].y = bad;
        const std::string text = message_of<InputError>([&] { cases::batch_of({s}, alloy()); });
        EXPECT_NE(text.find("atom 10 "), std::string::npos) << text;
    }
}

TEST(EngineErrors, LostEnergyIsNamedAndTheStateIsOfBefore) {
    const std::vector<Structure> s = {solid(4, 24), solid(5, 25)};
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        Dynamics<Host> d = cases::dynamics(s, alloy(), precision, 900);
        std::vector<EnsembleOptions> each(2, ensemble(EnsembleKind::nvt, 900));
        each[1].timestep = 0.025;
        d.set_ensembles(each);
        try {
            d.run(steps(2000));
            FAIL() << "25 fs conserve the energy?";
        } catch (const PhysicsError& e) {
            const std::string text = e.what();
            EXPECT_EQ(e.replica, 1) << text;
            EXPECT_NE(text.find("replica 1"), std::string::npos) << text;
            for (const Vec3& x : to_host(d.batch().position)) EXPECT_TRUE(std::isfinite(norm2(x)));
        }
    }
}

TEST(EngineErrors, ATornSampleIsNamed) {
    Dynamics<Host> d = cases::dynamics({solid(4, 24)}, alloy(), Precision::full, 900);
    EnsembleOptions o = ensemble(EnsembleKind::npt, 900);
    o.pressure = -30 * gigapascal;
    d.set_ensembles({o});
    const std::string text = message_of<PhysicsError>([&] { d.run(steps(4000)); });
    EXPECT_NE(text.find("replica 0 has torn or boiled: its cell has grown to 3"), std::string::npos) << text;
    EXPECT_NE(text.find("900 K and -30 GPa"), std::string::npos) << text;
    EXPECT_LT(to_host(d.batch().box)[0].volume, 3 * d.ensembles().each[0].start_volume);
}

TEST(EngineErrors, TheDriftAllowedIsAShareOfTheTargetsIntegral) {
    Ensemble e;
    e.kind = EnsembleKind::nvt;
    e.dt = 0.002;
    e.dof = 3 * 100 - 3;
    e.kT_begin = 0.2;
    e.kT_end = 0.1;
    e.ramp_steps = 1000;
    e.start_kT = 0.05;
    e.step = 500;  // 1 ps, half way
    e.kT = 0.15;
    EXPECT_NEAR(integrated_target(e), 0.175, 1e-12);
    EXPECT_NEAR(allowed_drift(e, 100, false), largest_drift * 100 * (0.2 * free_drift_time + 0.175), 1e-12);
    e.step = 3000;  // 2 ps of ramp, 4 ps at its end
    e.kT = 0.1;
    EXPECT_NEAR(integrated_target(e), 0.3 + 0.4, 1e-12);
    EXPECT_NEAR(allowed_drift(e, 100, true), largest_drift * 100 * 0.7, 1e-12);
    e.kind = EnsembleKind::nve;
    EXPECT_NEAR(integrated_target(e), 0.05 * 6, 1e-12);
}

/// The first look after it names the replica, and the others' bits are those of a batch where nothing was wrong.
TEST(EngineErrors, AVelocityThatIsNotANumberIsNamed) {
    const std::vector<Structure> s = {solid(4, 24), solid(5, 25), solid(4, 26), solid(4, 27)};
    for (const Precision precision : {Precision::full, Precision::mixed})
        for (const EnsembleKind kind : {EnsembleKind::nve, EnsembleKind::nvt, EnsembleKind::npt}) {
            Dynamics<Host> broken = cases::dynamics(s, alloy(), precision, 900),
                           fine = cases::dynamics(s, alloy(), precision, 900);
            broken.set_ensembles({ensemble(kind, 900)});
            fine.set_ensembles({ensemble(kind, 900)});
            broken.run(steps(60));
            fine.run(steps(60));
            const int first = broken.batch().first_atom_host[2];
            broken.batch().velocity[first + 30].z = std::nan("");
            broken.batch().velocity[first + 40].x = HUGE_VAL;
            const std::string text = message_of<PhysicsError>([&] { broken.run(steps(100)); });
            EXPECT_NE(text.find("atom 31 of replica 2"), std::string::npos) << text;
            const long done = broken.ensembles().each[0].step - 60;
            EXPECT_LE(done, 50);
            fine.run(steps(done));
            settle_velocities(broken.batch(), broken.ensembles());
            for (const int r : {0, 1, 3}) {
                const Structure expected = to_structure(fine.batch(), r), got = to_structure(broken.batch(), r);
                EXPECT_TRUE(same_bits(got.position, expected.position)) << r;
                EXPECT_TRUE(same_bits(got.velocity, expected.velocity)) << r;
            }
        }
}

TEST(EngineErrors, APositionThatIsNotANumberIsNamed) {
    Dynamics<Host> d = cases::dynamics({solid(4, 28), solid(4, 29)}, alloy(), Precision::mixed, 300);
    d.batch().position[256 + 12].x = std::nan("");
    const std::string text = message_of<PhysicsError>([&] { d.evaluate("in a test"); });
    EXPECT_NE(text.find("position of atom 13 of replica 1 is not finite"), std::string::npos) << text;
    EXPECT_NE(text.find("(in a test)"), std::string::npos) << text;
}

TEST(EngineErrors, AtomsOnOneSpotAreTold) {
    std::vector<Structure> s = {solid(4, 30), solid(5, 31)};
    std::fill(s[1].position.begin(), s[1].position.end(), Vec3{1, 2, 3});
    const std::string text =
        message_of<PhysicsError>([&] { Dynamics<Host>(cases::batch_of(s, alloy()), alloy(), Precision::full, 0.5); });
    EXPECT_NE(text.find("500 atoms of replica 1 lie in one cell"), std::string::npos) << text;
}

TEST(EngineErrors, DensityFarAboveTheTable) {
    EamPotential p = alloy();
    const Structure s = solid(4, 22);
    const oracle::Result o = oracle::eam(p, s);
    const double highest = *std::max_element(o.rho.begin(), o.rho.end());
    p.nrho = static_cast<int>(highest / 4 / p.drho);
    for (auto& f : p.embedding) f.resize(p.nrho);
    const std::string text =
        message_of<PhysicsError>([&] { Dynamics<Host>(cases::batch_of({s}, p), p, Precision::full, 0.5); });
    EXPECT_NE(text.find("density"), std::string::npos) << text;
    // Twice above the table is a matter of continuing it linearly.
    EamPotential q = alloy();
    q.nrho = static_cast<int>(highest / 2 / q.drho);
    for (auto& f : q.embedding) f.resize(q.nrho);
    Dynamics<Host> d(cases::batch_of({s}, q), q, Precision::full, 0.5);
    EXPECT_NEAR(d.thermo()[0].potential, oracle::eam(q, s).energy, 1e-8);
}

TEST(EngineErrors, AnExplodingRunStops) {
    const EamPotential p = cu_zr();
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        Dynamics<Host> d = cases::dynamics({oracle::fcc(5, 5, 5, 3.64)}, p, precision, 600);
        d.set_ensembles({ensemble(EnsembleKind::nve, 0, 0.05)});
        const std::string text = message_of<PhysicsError>([&] { d.run(steps(100)); });
        EXPECT_NE(text.find("step"), std::string::npos) << text;
    }
}

TEST(EngineErrors, ACellThatShrinksTooFarStops) {
    Dynamics<Host> d =
        cases::dynamics({oracle::gas(60, orthorhombic(14, 14, 14), 2.2, 2, 23)}, alloy(), Precision::full, 300);
    EnsembleOptions o = ensemble(EnsembleKind::npt, 300);
    o.pressure = 20 * gigapascal;
    o.tau_pressure = 0.3;
    d.set_ensembles({o});
    const std::string text = message_of<PhysicsError>([&] { d.run(steps(1000)); });
    EXPECT_NE(text.find("width"), std::string::npos) << text;
}

}  // namespace
}  // namespace mg
