/// \file Elastic constants by finite strain, against LAMMPS and against the energy.

#include "md/elasticity.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <utility>

#include "support/deviation.hpp"
#include "support/elasticity.hpp"
#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

const EamPotential& potential() {
    static const EamPotential p = cu_zr();
    return p;
}

ElasticConstants constants_of(const Structure& s, const EamPotential& p, const ElasticOptions& options = {}) {
    const std::optional<ElasticConstants> c = elastic_constants<Host>(s, p, 0.5, options);
    EXPECT_TRUE(c.has_value());
    return c.value_or(ElasticConstants{});
}

/// Of the least energy, where the pressure is zero: by secants between two guesses [A].
double lattice_constant(Structure (*crystal)(double), double a, double b) {
    const auto pressure = [&](double x) {
        return trace(cases::evaluate(potential(), {crystal(x)}, Precision::full).virial[0]);
    };
    double at_a = pressure(a);
    for (int turn = 0; turn < 30 && std::abs(b - a) > 1e-11; ++turn) {
        const double at_b = pressure(b), next = b - at_b * (b - a) / (at_b - at_a);
        at_a = at_b;
        a = std::exchange(b, next);
    }
    return b;
}
Structure fcc(double a) { return oracle::fcc(5, 5, 5, a); }
Structure b2(double a) { return oracle::b2(6, 6, 6, a); }

// LAMMPS 22 Jul 2025, pair_style eam/fs, Cu-Zr_2.eam.fs: lattice constants at which the pressure is zero; stresses of
// cells (1 +- epsilon) h and their atoms, strains of 1e-4 in Voigt's directions, half of it in each of the two places
// of a shear; where relaxed, by min_style fire, minimize 0 1e-7 50000 100000. [eV/A^3], A.
TEST(Elasticity, CrystalsHaveTheConstantsOfLammps) {
    struct Reference {
        Structure (*crystal)(double);
        double guess, lattice_constant, c11, c12, c44;
    };
    for (const Reference& r : {Reference{fcc, 3.63, 3.6390851067, 1.10478736, 0.802325970, 0.531773733},
                               Reference{b2, 3.25, 3.2285681160, 0.427915958, 0.641370768, 0.354009629}}) {
        const double a = lattice_constant(r.crystal, r.guess, r.guess + 0.01);
        EXPECT_NEAR(a, r.lattice_constant, 1e-8);
        const ElasticConstants c = constants_of(r.crystal(a), potential());
        EXPECT_DEVIATION(largest_difference(c.affine, cubic(r.c11, r.c12, r.c44)), 1e-6);
        // Every atom is a centre of symmetry, so none moves relative to the cell.
        EXPECT_DEVIATION(largest_difference(c.relaxed, c.affine), 1e-9);
        EXPECT_LT(c.asymmetry, 1e-9);
        EXPECT_LT(cases::largest(c.stress), 1e-9);
    }
}

/// 15.3 GPa: C is what stresses change by, and its bulk modulus that of the equation of state.
TEST(Elasticity, UnderPressureTheyAreStressStrainCoefficients) {
    const ElasticConstants c = constants_of(fcc(3.55), potential());
    EXPECT_NEAR(c.stress.xx, -0.0957698038, 1e-9);
    EXPECT_DEVIATION(largest_difference(c.relaxed, cubic(2.37050335, 1.58932990, 0.769753171)), 1e-6);
    const auto pressure = [](double a) { return -trace(constants_of(fcc(a), potential()).stress) / 3; };
    const double slope = (pressure(3.5505) - pressure(3.5495)) / (std::log(3.5505 / 3.5495) * 3);
    EXPECT_NEAR(voigt_average(c.relaxed).bulk, -slope, 2e-3 * -slope);
}

/// 256 atoms of a solid solution, displaced and in a strained cell: it has all 21 constants, and shear stress.
Structure alloy() { return oracle::triclinic_alloy(4, 2, 300); }
const EamPotential& soft() {
    static const EamPotential p = oracle::analytic_potential(2, true);
    return p;
}

/// Energies [eV] of copies of a structure in the cells (1 + strain) h, at rest where told so.
std::vector<double> energies(const Structure& s, const std::vector<Mat3>& strains, bool at_rest) {
    std::vector<Structure> copies(strains.size(), s);
    for (std::size_t k = 0; k < strains.size(); ++k) oracle::deform(copies[k], identity() + strains[k]);
    Dynamics<Host> d(cases::batch_of(copies, soft()), soft(), Precision::full, 0.5);
    FireOptions options;
    options.force_max = 1e-6;  // energies are off in second order only
    if (at_rest) d.minimize(options, 100000);
    return to_host(d.batch().potential_energy);
}

/// d^2 E / d epsilon_i d epsilon_j / V = B_ij + (s_i d_j + s_j d_i) / 2 - (s_ik d_jl + ...) / 4, all 21 of them.
TEST(Elasticity, EnergiesHaveTheConstantsAsSecondDifferences) {
    constexpr int first[6] = {0, 1, 2, 1, 0, 0}, second[6] = {0, 1, 2, 2, 2, 1};
    constexpr double h = 1e-4;
    const ElasticConstants c = constants_of(alloy(), soft());
    EXPECT_GT(c.asymmetry, 5e-3);
    EXPECT_GT(largest_difference(c.relaxed, c.affine), 0.1);
    Dynamics<Host> d(cases::batch_of({alloy()}, soft()), soft(), Precision::full, 0.5);
    FireOptions options;
    options.force_max = 1e-7;
    d.minimize(options, 100000);
    const Structure alloy_at_rest = d.structures()[0];
    std::vector<Mat3> strains;
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j <= i; ++j)
            for (const int sign : {0, 1, 2, 3})
                strains.push_back(voigt_strain(i, sign & 1 ? -h : h) + voigt_strain(j, sign & 2 ? -h : h));
    const Mat3 s = to_matrix(c.stress), one = identity();
    for (const bool at_rest : {false, true}) {
        const ElasticMatrix& b = at_rest ? c.relaxed : c.affine;
        const std::vector<double> e = energies(alloy_at_rest, strains, at_rest);
        std::size_t at = 0;
        for (int m = 0; m < 6; ++m)
            for (int n = 0; n <= m; ++n, at += 4) {
                const int i = first[m], j = second[m], k = first[n], l = second[n];
                const double work =
                    0.5 * (s(i, j) * one(k, l) + s(k, l) * one(i, j)) -
                    0.25 * (s(i, k) * one(j, l) + s(i, l) * one(j, k) + s(j, k) * one(i, l) + s(j, l) * one(i, k));
                const double curvature = (e[at] - e[at + 1] - e[at + 2] + e[at + 3]) / (4 * h * h * c.volume);
                EXPECT_DEVIATION(std::abs(curvature - (b(m, n) + work)), 1e-4) << m << n;
                EXPECT_NEAR(m == n ? energy_curvature(b, c.stress, m) : b(m, m) + work, b(m, m) + work, 1e-15);
            }
    }
    // B_ij - B_ji = s_j - s_i between normal ones, and s of the shear between the two kinds.
    double expected = 0;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 6; ++j)
            expected =
                std::max(expected, std::abs(voigt_element(c.stress, j) - (j < 3 ? voigt_element(c.stress, i) : 0)));
    EXPECT_DEVIATION(std::abs(c.affine_asymmetry - expected), 1e-6);
    EXPECT_DEVIATION(std::abs(c.asymmetry - expected), 1e-4);
}

TEST(Elasticity, OneThreadAndTwoGiveTheSameBits) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const ElasticConstants one = constants_of(alloy(), soft());
    omp_set_num_threads(2);
    const ElasticConstants two = constants_of(alloy(), soft());
    omp_set_num_threads(before);
    EXPECT_EQ(one.affine.element, two.affine.element);
    EXPECT_EQ(one.relaxed.element, two.relaxed.element);
    EXPECT_EQ(one.energy, two.energy);
    for (int k = 0; k < 6; ++k) EXPECT_EQ(one.direction[k].irregularity, two.direction[k].irregularity);
}

/// Under 1 % of strain atoms of the alloy rearrange: less is found, and the constants of an elastic body.
TEST(Elasticity, StrainIsHalvedWhereAtomsRearrange) {
    ElasticOptions options;
    options.force_max = 1e-6;
    const ElasticConstants small = constants_of(alloy(), soft(), options);
    options.strain = 0.01;
    const ElasticConstants c = constants_of(alloy(), soft(), options);
    EXPECT_DEVIATION(largest_difference(c.relaxed, small.relaxed), 0.01);
    int halvings = 0;
    for (int k = 0; k < 6; ++k) {
        halvings += c.direction[k].halvings;
        EXPECT_EQ(small.direction[k].halvings, 0);
        EXPECT_EQ(c.direction[k].strain, std::ldexp(0.01, -c.direction[k].halvings));
        EXPECT_LE(c.direction[k].irregularity, options.irregular);
    }
    EXPECT_GT(halvings, 0);
    options.halvings = 0;
    try {
        constants_of(alloy(), soft(), options);
        FAIL();
    } catch (const PhysicsError& e) {
        EXPECT_NE(std::string(e.what()).find("no linear response to strain in "), std::string::npos) << e.what();
    }
}

TEST(Elasticity, WhatDoesNotComeToRestIsNamed) {
    ElasticOptions options;
    options.max_steps = 3;
    Structure s = fcc(3.64);
    oracle::displace(s, 0.1, 5);
    try {
        constants_of(s, potential(), options);
        FAIL();
    } catch (const PhysicsError& e) {
        EXPECT_NE(std::string(e.what()).find("the structure itself did not come to rest"), std::string::npos);
    }
    EXPECT_FALSE(elastic_constants<Host>(s, potential(), 0.5, {}, [] { return true; }).has_value());
}

/// LAMMPS as above, from the same file: the lower half of the symmetrised C, row by row.
TEST(Elasticity, AGlassHasTheConstantsOfLammps) {
    constexpr double affine[21] = {1.128582, 0.578434,  1.125213,  0.578885,  0.580272,  1.124259, 0.001486,
                                   0.000613, -0.001763, 0.269751,  -0.000581, 0.000013,  0.000764, -0.000894,
                                   0.270312, -0.002474, -0.001641, -0.001808, -0.000276, 0.000802, 0.267553};
    constexpr double relaxed[21] = {0.878808,  0.577211,  0.877692,  0.575002,  0.573163,  0.866888,  0.003847,
                                    -0.001585, -0.003654, 0.144749,  -0.006609, 0.003716,  -0.000783, -0.009382,
                                    0.143981,  -0.009516, -0.008768, -0.001094, -0.002668, 0.003671,  0.142649};
    const ElasticConstants c = constants_of(reference_glass(), potential());
    EXPECT_NEAR(c.energy, -19507.731872443, 1e-8);
    EXPECT_NEAR(c.stress.xx, 0.00115273447, 1e-8);
    EXPECT_NEAR(c.stress.xz, -0.000814359141, 1e-8);
    for (int i = 0, k = 0; i < 6; ++i)
        for (int j = 0; j <= i; ++j, ++k) {
            EXPECT_DEVIATION(std::abs(c.affine(i, j) - affine[k]), 2e-6);
            EXPECT_DEVIATION(std::abs(c.relaxed(i, j) - relaxed[k]), 2e-5);
        }
    // Atoms that follow the cell make a glass almost twice as stiff in shear.
    const IsotropicModuli born = hill_average(c.affine), rest = hill_average(c.relaxed);
    EXPECT_LT(rest.shear, 0.6 * born.shear);
    EXPECT_LT(rest.bulk, born.bulk);
    EXPECT_LT(kelvin_moduli(c.non_affine()).value[5], 1e-3);  // what relaxes takes energy off, in every direction
    EXPECT_GT(lowest_modulus(c.relaxed), 0);
    for (const ElasticDirection& d : c.direction) {
        EXPECT_EQ(d.halvings, 0);
        EXPECT_DEVIATION(d.irregularity, 1e-3);
        EXPECT_GT(d.steps, 20);
    }
}

}  // namespace
}  // namespace mg
