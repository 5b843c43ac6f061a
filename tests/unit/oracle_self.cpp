/// \file The oracle is tested against closed forms, finite differences, a fully naive image sum and LAMMPS.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "support/oracle.hpp"
#include "support/oracle_io.hpp"

namespace mg::oracle {
namespace {

double largest(Vec3 v) { return std::max({std::abs(v.x), std::abs(v.y), std::abs(v.z)}); }
double largest(const Mat3& m) {
    double out = 0;
    for (double v : m.m) out = std::max(out, std::abs(v));
    return out;
}

// ---- Spline ------------------------------------------------------------------------------------------------

TEST(OracleSpline, IsExactForCubicsAwayFromTheEnds) {
    const double delta = 0.125;
    const auto f = [](long double x) { return 2 - 3 * x + 0.5L * x * x - 1.25L * x * x * x; };
    const auto slope = [](long double x) { return -3 + x - 3.75L * x * x; };
    std::vector<double> table;
    for (int k = 0; k < 12; ++k) table.push_back(static_cast<double>(f(k * 0.125L)));
    const Spline spline(table, delta);
    for (double x = 2 * delta; x <= 9 * delta; x += 0.01) {  // knots 3 to n - 2
        EXPECT_NEAR(spline(x).value, f(x), 1e-13);
        EXPECT_NEAR(spline(x).slope, slope(x), 1e-12);
    }
}

TEST(OracleSpline, HasTheSlopesOfLammpsAtItsEnds) {
    const std::vector<double> f = {1, 4, -2, 7, 3, 11, 5, 2};
    const double delta = 0.5;
    const Spline spline(f, delta);
    const double expected[8] = {3,
                                -1.5,
                                ((1 - 3) + 8 * (7.0 - 4)) / 12,
                                ((4 - 11) + 8 * (3.0 + 2)) / 12,
                                ((-2 - 5) + 8 * (11.0 - 7)) / 12,
                                ((7 - 2) + 8 * (5.0 - 3)) / 12,
                                -4.5,
                                -3};
    for (int k = 0; k < 8; ++k) {
        EXPECT_NEAR(spline(k * delta).value, f[k], 1e-14) << k;
        EXPECT_NEAR(spline(k * delta).slope, expected[k] / delta, 1e-13) << k;
    }
    EXPECT_NEAR(spline(0.25).value, (1 + 4) / 2.0 + (3 + 1.5) / 8, 1e-14);  // middle of a Hermite piece
}

TEST(OracleSpline, StaysAtItsLastKnotAndEmbeddingGoesOnLinearly) {
    const std::vector<double> f = {1, 4, -2, 7, 3, 11, 5, 2};
    const Spline spline(f, 0.5);
    EXPECT_EQ(spline(40).value, 2);
    EXPECT_EQ(spline(40).slope, -6);
    EamPotential p;
    p.elements = {"X"};
    p.embedding = p.density = p.pair = {f};
    p.drho = p.dr = 0.5;
    EXPECT_NEAR(Tables(p).embedding(0, 4.0).value, 2 - 6 * 0.5, 1e-14);
    EXPECT_EQ(Tables(p).embedding(0, 4.0).slope, -6);
}

TEST(OracleSpline, FindsWhereSentinelsEnd) {
    EamPotential p;
    p.elements = {"X"};
    p.dr = 0.1;
    p.pair = {{1e12, 1e12, 5, 4, 3, 2, 1, 0}};
    EXPECT_DOUBLE_EQ(clean_from(p, 0, 0), 0.4);
    EXPECT_LT(std::abs(Spline(p.pair[0], p.dr)(0.4).slope), 100);
    EXPECT_GT(std::abs(Spline(p.pair[0], p.dr)(0.3).slope), 1e10);  // why it is two knots above the first good one
    p.pair = {{5, 4, 3, 2}};
    EXPECT_EQ(clean_from(p, 0, 0), 0);
}

// ---- Closed forms ------------------------------------------------------------------------------------------

TEST(OracleAnalytic, SlopesMatchTheFunctions) {
    const Analytic form{3, true};
    const long double h = 1e-4L;
    const auto difference = [&](auto&& f, long double x) {
        return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
    };
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b)
            for (long double r = 1.5L; r < 6.2L; r += 0.1L) {
                EXPECT_NEAR(form.pair(a, b, r).slope,
                            difference([&](long double x) { return form.pair(a, b, x).value; }, r), 1e-10);
                EXPECT_NEAR(form.density(a, b, r).slope,
                            difference([&](long double x) { return form.density(a, b, x).value; }, r), 1e-10);
                EXPECT_NEAR(form.embedding(a, 5 * r).slope,
                            difference([&](long double x) { return form.embedding(a, x).value; }, 5 * r), 1e-10);
            }
    EXPECT_EQ(form.pair(0, 1, 6.0L).value, 0);
    EXPECT_EQ(form.density(0, 1, 6.0L).slope, 0);
    EXPECT_GT(std::abs(form.density(0, 1, 2.5L).value - form.density(1, 0, 2.5L).value), 0.1L);
}

class OracleCluster : public testing::TestWithParam<bool> {};

TEST_P(OracleCluster, DimerAndTrimerMatchTheClosedForms) {
    const bool fs = GetParam();
    const Analytic form{3, fs};
    const EamPotential potential = analytic_potential(3, fs);
    const Box box = orthorhombic(40, 40, 40);
    const std::vector<Vec3> all = {{1, 1, 1}, {3.1, 1.9, 0.2}, {0.4, 3.6, 2.3}};
    const std::vector<int> species = {0, 2, 1};
    for (int n : {2, 3}) {
        const std::vector<Vec3> x(all.begin(), all.begin() + n);
        const Result r = eam(potential, x, {species.begin(), species.begin() + n}, box);
        const auto distance = [&](int i, int j) { return std::sqrt(static_cast<long double>(norm2(x[j] - x[i]))); };
        std::vector<long double> rho(n, 0);
        long double energy = 0;
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j)
                if (j != i) rho[i] += form.density(species[j], species[i], distance(i, j)).value;
            energy += form.embedding(species[i], rho[i]).value;
            EXPECT_NEAR(r.rho[i], rho[i], 1e-10);
        }
        std::vector<Vec3> force(n);
        Mat3 virial;
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < i; ++j) {
                const int a = species[i], b = species[j];
                const long double d = distance(i, j);
                energy += form.pair(a, b, d).value;
                const double slope = static_cast<double>(form.embedding(a, rho[i]).slope * form.density(b, a, d).slope +
                                                         form.embedding(b, rho[j]).slope * form.density(a, b, d).slope +
                                                         form.pair(a, b, d).slope);
                const Vec3 rij = x[i] - x[j], fij = (-slope / static_cast<double>(d)) * rij;
                force[i] += fij;
                force[j] -= fij;
                const double u[3] = {rij.x, rij.y, rij.z}, f[3] = {fij.x, fij.y, fij.z};
                for (int k = 0; k < 3; ++k)
                    for (int l = 0; l < 3; ++l) virial(k, l) += u[k] * f[l];
            }
        EXPECT_NEAR(r.energy, energy, 1e-10);
        for (int i = 0; i < n; ++i) EXPECT_LT(largest(r.force[i] - force[i]), 1e-8) << i;
        EXPECT_LT(largest(r.virial - virial), 2e-8);
        EXPECT_GT(largest(force[0]), 0.05);  // the test is not about zeros
    }
}
INSTANTIATE_TEST_SUITE_P(Formats, OracleCluster, testing::Bool());

TEST(OracleImages, OneAtomSeesItself) {
    const Analytic form{1, true};
    const EamPotential potential = analytic_potential(1, true);
    const double l = 4.3;  // below the cutoff of 6; the next images, at 4.3 sqrt(2), are beyond it
    const Result r = eam(potential, {{0.3, 7.7, -9.1}}, {0}, orthorhombic(l, l, l));
    const long double rho = 6 * form.density(0, 0, l).value;
    EXPECT_NEAR(r.rho[0], rho, 1e-11);
    EXPECT_NEAR(r.energy, form.embedding(0, rho).value + 3 * form.pair(0, 0, l).value, 1e-10);
    EXPECT_EQ(largest(r.force[0]), 0);
    const long double g = 2 * form.embedding(0, rho).slope * form.density(0, 0, l).slope + form.pair(0, 0, l).slope;
    EXPECT_LT(largest(r.virial - static_cast<double>(-g * l) * identity()), 1e-9);
}

// ---- The oracle against itself -------------------------------------------------------------------------------

/// Small systems in cells below and above the cutoff, triclinic, some atoms far outside the cell.
std::vector<Structure> small_systems() {
    std::vector<Structure> out;
    for (int cells : {1, 2}) {
        out.push_back(triclinic_alloy(cells, 2, 11 + cells));
        out.push_back(triclinic_alloy(cells, 2, 21 + cells, 3.7, 0.1, 0.25));
    }
    Structure b = b2(2, 1, 3, 3.2);
    displace(b, 0.2, 31);
    deform(b, {{1, 0.9, -0.8, 0, 1, 0.7, 0, 0, 1}});  // tilted by most of a cell
    out.push_back(b);
    out.push_back(gas(12, make_box({{9, 2, -3, 0, 7, 4, 1, 0, 8}}), 2.0, 2, 41));
    for (std::size_t k = 1; k < out.size(); k += 2) unwrap_randomly(out[k], 2, 51 + k);
    return out;
}

TEST(OracleSelf, FastAndNaiveImageSumsAgree) {
    const EamPotential potential = analytic_potential(2, true);
    for (const Structure& s : small_systems()) {
        const auto fast = neighbors(s.position, s.box, potential.cutoff);
        const auto naive = neighbors_naive(s.position, s.box, potential.cutoff);
        ASSERT_EQ(fast.size(), naive.size());
        ASSERT_GT(fast.size(), 100u);
        for (std::size_t k = 0; k < fast.size(); ++k)
            ASSERT_TRUE(fast[k].i == naive[k].i && fast[k].j == naive[k].j && fast[k].r == naive[k].r) << k;
        EXPECT_EQ(eam(potential, s).energy, eam_naive(potential, s).energy);
    }
}

TEST(OracleSelf, ForceIsMinusTheGradientAndVirialMinusTheStrainDerivative) {
    const double h = 5e-4;
    for (bool fs : {false, true}) {
        const EamPotential potential = analytic_potential(2, fs);
        for (const Structure& s : small_systems()) {
            const Result r = eam(potential, s);
            const auto derivative = [&](auto&& energy) {
                return (8 * (energy(h) - energy(-h)) - (energy(2 * h) - energy(-2 * h))) / (12 * h);
            };
            for (int i = 0; i < std::min(s.size(), 6); ++i) {
                const double f[3] = {r.force[i].x, r.force[i].y, r.force[i].z};
                for (int k = 0; k < 3; ++k) {
                    const double slope = derivative([&](double d) {
                        Structure moved = s;
                        moved.position[i] += Vec3{k == 0 ? d : 0, k == 1 ? d : 0, k == 2 ? d : 0};
                        return eam(potential, moved).energy;
                    });
                    EXPECT_NEAR(f[k], -slope, 1e-8 * std::max(1.0, std::abs(slope))) << i << " " << k;
                }
            }
            for (int k = 0; k < 3; ++k)
                for (int l = 0; l < 3; ++l) {
                    const double slope = derivative([&](double d) {
                        Structure strained = s;
                        Mat3 f = identity();
                        f(k, l) += d;
                        deform(strained, f);
                        return eam(potential, strained).energy;
                    });
                    EXPECT_NEAR(r.virial(k, l), -slope, 1e-7 * std::max(1.0, std::abs(slope))) << k << " " << l;
                }
        }
    }
}

TEST(OracleSelf, LocalPartsAddUpAndWrappingAndDoublingChangeNothing) {
    const EamPotential potential = analytic_potential(2, true);
    for (const Structure& s : small_systems()) {
        const Result r = eam(potential, s);
        double energy = 0;
        Vec3 force;
        Mat3 virial;
        for (int i = 0; i < s.size(); ++i) {
            energy += r.local_energy[i];
            force += r.force[i];
            virial = virial + r.local_virial[i];
        }
        EXPECT_NEAR(energy, r.energy, 1e-11);
        EXPECT_LT(largest(force), 1e-11);
        EXPECT_LT(largest(virial - r.virial), 1e-10);
        EXPECT_LT(largest(r.virial - transpose(r.virial)), 1e-10);

        Structure moved = s;
        unwrap_randomly(moved, 3, 77);
        EXPECT_NEAR(eam(potential, moved).energy, r.energy, 1e-10);

        Structure twice = s;  // doubled along b
        for (int i = 0; i < s.size(); ++i) detail::add_atom(twice, s.species[i], s.position[i] + s.box.h.column(1));
        Mat3 h = s.box.h;
        for (int k = 0; k < 3; ++k) h(k, 1) *= 2;
        twice.box = make_box(h);
        const Result q = eam(potential, twice);
        EXPECT_NEAR(q.energy, 2 * r.energy, 1e-10);
        for (int i = 0; i < s.size(); ++i) EXPECT_LT(largest(q.force[i] - r.force[i]), 1e-10);
    }
}

// ---- Analysis --------------------------------------------------------------------------------------------------

TEST(OracleAnalysis, CountsTheShellsOfFccWithAllImages) {
    for (int cells : {1, 2}) {
        const double a = 4;  // shells at 2.83 (12), 4 (6), 4.90 (24), 5.66 (12)
        const Structure s = fcc(cells, cells, cells, a);
        const Shells c = shell_counts(s, 2, 2.0, 6.0, 0.5);
        ASSERT_EQ(c.shells, 8);
        const int expected[8] = {0, 12, 0, 0, 6, 24, 0, 12};
        for (int i = 0; i < s.size(); ++i)
            for (int k = 0; k < 8; ++k) {
                EXPECT_EQ(c(i, k, 0), expected[k]);
                EXPECT_EQ(c(i, k, 1), 0);
            }
        EXPECT_NEAR(c.edge_distance, 0, 1e-12);  // 4.0 is an edge: a perfect crystal is a bad test, and it says so
        const std::vector<double> g = radial_distribution(s, 2.0, 6.0, 0.5);
        EXPECT_NEAR(g[1], 12 / (4 * std::numbers::pi * 2.75 * 2.75 * 0.5 * 4 / 64), 1e-12);
    }
    Structure s = triclinic_alloy(2, 2, 5);
    const Shells c = shell_counts(s, 2, 2.0, 10.0, 0.2);
    EXPECT_EQ(c.shells, 40);
    EXPECT_GT(c.edge_distance, 1e-9);
    const auto all = neighbors_naive(s.position, s.box, 10.0);
    std::size_t inside = 0;
    for (const Neighbor& p : all) inside += p.r >= 2.0L;
    std::size_t counted = 0;
    for (int v : c.count) counted += v;
    EXPECT_EQ(counted, inside);
}

TEST(OracleAnalysis, CountsShellsBySpeciesOfTheNeighbour) {
    const Structure s = b2(1, 1, 1, 3.0);  // 8 unlike at 2.598, 6 like at 3.0
    const Shells c = shell_counts(s, 2, 2.2, 3.4, 0.6);
    EXPECT_EQ(c(0, 0, 0), 0);
    EXPECT_EQ(c(0, 0, 1), 8);
    EXPECT_EQ(c(0, 1, 0), 6);
    EXPECT_EQ(c(1, 0, 0), 8);
    EXPECT_EQ(c(1, 1, 1), 6);
    EXPECT_EQ(c(1, 1, 0), 0);
}

TEST(OracleAnalysis, MinimumImageIsTheShortestOfManyImages) {
    Random random(3);
    const Mat3 cells[] = {diagonal(5, 6, 7), {{6, 2.9, -2.9, 0, 5, 2.4, 0, 0, 7}}, {{6, 14, -9, 0, 5, 11, 0, 0, 4}}};
    for (const Mat3& h : cells) {
        const Box box = make_box(h);
        for (int trial = 0; trial < 50; ++trial) {
            const double a = random.between(-2, 2), b = random.between(-2, 2);
            const Vec3 d = h * Vec3{a, b, random.between(-2, 2)};
            double shortest = 1e300;
            for (int i = -14; i <= 14; ++i)
                for (int j = -14; j <= 14; ++j)
                    for (int k = -6; k <= 6; ++k)
                        shortest = std::min(shortest, norm2(d + h * Vec3{double(i), double(j), double(k)}));
            const Vec3 m = minimum_image(d, box);
            EXPECT_NEAR(std::sqrt(norm2(m)), std::sqrt(shortest), 1e-12);
            const Vec3 s = box.inverse * (m - d);
            EXPECT_NEAR(s.x, std::round(s.x), 1e-10);
            EXPECT_NEAR(s.y, std::round(s.y), 1e-10);
            EXPECT_NEAR(s.z, std::round(s.z), 1e-10);
        }
    }
}

TEST(OracleAnalysis, CoarseGrainingAveragesWithinTheRadius) {
    const Box box = orthorhombic(10, 10, 10);
    const std::vector<Vec3> x = {{0.5, 0, 0}, {2.5, 0, 0}, {5, 0, 0}, {9, 0, 0}};
    const std::vector<double> g = coarse_grain({1, 2, 4, 8}, x, box, 2.2);
    EXPECT_DOUBLE_EQ(g[0], (1 + 2 + 8) / 3.0);
    EXPECT_DOUBLE_EQ(g[1], (1 + 2) / 2.0);
    EXPECT_DOUBLE_EQ(g[2], 4);
    EXPECT_DOUBLE_EQ(g[3], (1 + 8) / 2.0);
    // A radius beyond the cell: every atom once.
    EXPECT_DOUBLE_EQ(coarse_grain({1, 2, 4, 8}, x, box, 12)[2], 15 / 4.0);
}

TEST(OracleStructures, AreWhatTheySay) {
    const Structure f = fcc(3, 2, 1, 4.0);
    EXPECT_EQ(f.size(), 24);
    EXPECT_NEAR(f.box.volume, 6 * 64, 1e-12);
    EXPECT_NEAR(std::sqrt(norm2(minimum_image(f.position[1] - f.position[0], f.box))), 4 / std::sqrt(2.0), 1e-12);
    Structure s = fcc(2, 2, 2, 4.0, 3);
    shuffle_species(s, 3, 9);
    EXPECT_EQ(std::count(s.species.begin(), s.species.end(), 0), 11);
    EXPECT_EQ(std::count(s.species.begin(), s.species.end(), 2), 10);
    EXPECT_FALSE(std::is_sorted(s.species.begin(), s.species.begin() + 6));
    const Box box = make_box({{12, 3, 0, 0, 11, 2, 0, 0, 10}});
    const Structure g = gas(30, box, 2.1, 2, 7), again = gas(30, box, 2.1, 2, 7);
    for (const Neighbor& p : neighbors_naive(g.position, box, 3.0)) EXPECT_GE(p.r, 2.1 - 1e-12);
    for (int i = 0; i < 30; ++i) EXPECT_EQ(largest(g.position[i] - again.position[i]), 0);
    EXPECT_THROW(gas(30, orthorhombic(4, 4, 4), 2.5, 1, 1), std::runtime_error);
}

// ---- LAMMPS -----------------------------------------------------------------------------------------------------

class OracleLammps : public testing::TestWithParam<const char*> {};

TEST_P(OracleLammps, SinglePointAgrees) {
    const std::string stem = source_root() + "/tests/data/single-point/" + GetParam();
    const EamPotential potential = read_setfl(source_root() + "/jobs/potentials/Cu-Zr_2.eam.fs", true);
    const Structure s = read_lammps_data(stem + ".data");
    const LammpsSinglePoint reference = read_single_point(stem);
    ASSERT_EQ(static_cast<std::size_t>(s.size()), reference.force.size());
    const Result r = eam(potential, s);
    EXPECT_GT(r.smallest_distance, clean_from(potential, 0, 0));
    EXPECT_NEAR(s.box.volume, reference.volume, 1e-12 * reference.volume);
    EXPECT_NEAR(r.energy, reference.energy, 1e-12 * std::abs(reference.energy));
    // Six components in the order xx, yy, zz, yz, xz, xy.
    const auto six = [](const Sym3& q) { return std::array<double, 6>{q.xx, q.yy, q.zz, q.yz, q.xz, q.xy}; };
    const auto bar = [&](const Mat3& v, double volume) {
        const double c = lammps_bar_per_pressure / volume;
        return std::array<double, 6>{c * v(0, 0), c * v(1, 1), c * v(2, 2), c * v(1, 2), c * v(0, 2), c * v(0, 1)};
    };
    double largest_pressure = 0;
    for (double p : six(reference.pressure)) largest_pressure = std::max(largest_pressure, std::abs(p));
    for (int k = 0; k < 6; ++k)
        EXPECT_NEAR(bar(r.virial, s.box.volume)[k], six(reference.pressure)[k], 1e-11 * largest_pressure) << k;
    for (int i = 0; i < s.size(); ++i) {
        EXPECT_NEAR(r.local_energy[i], reference.local_energy[i], 1e-11) << i;
        EXPECT_LT(largest(r.force[i] - reference.force[i]), 1e-11) << i;
    }
}
INSTANTIATE_TEST_SUITE_P(Systems, OracleLammps,
                         testing::Values("b2_triclinic", "fcc_cu_vacancy", "cuzr_glass_4000", "cuzr_liquid_4000"),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace mg::oracle
