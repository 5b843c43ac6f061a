/// \file Elastic constants: averages and eigenvalues against closed forms.

#include <gtest/gtest.h>

#include "support/deviation.hpp"
#include "support/elasticity.hpp"
#include "support/engine_cases.hpp"

namespace mg {
namespace {

/// A A^T + 0.1 with random A: symmetric and positive.
ElasticMatrix random_stable(std::uint64_t seed) {
    oracle::Random random(seed);
    ElasticMatrix a, c;
    for (double& x : a.element) x = random.between(-1, 1);
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j) {
            c(i, j) = i == j ? 0.1 : 0;
            for (int k = 0; k < 6; ++k) c(i, j) += a(i, k) * a(j, k);
        }
    return c;
}

// ---- Averages
// --------------------------------------------------------------------------------------------------------

TEST(ElasticAverages, AnIsotropicBodyHasItsModuliUnderAllAverages) {
    constexpr double bulk = 0.7, shear = 0.2;
    const ElasticMatrix c = cubic(bulk + 4 * shear / 3, bulk - 2 * shear / 3, shear);
    for (const IsotropicModuli& m : {voigt_average(c), reuss_average(c), hill_average(c)}) {
        EXPECT_NEAR(m.bulk, bulk, 1e-14);
        EXPECT_NEAR(m.shear, shear, 1e-14);
        // Uniaxial stress on the isotropic C: E is its stretch, and Poisson's ratio its contraction.
        const double transverse = -m.poisson();
        EXPECT_NEAR(c(0, 0) + 2 * c(0, 1) * transverse, m.young(), 1e-14);
        EXPECT_NEAR(c(0, 1) + (c(0, 0) + c(0, 1)) * transverse, 0, 1e-14);
    }
    const KelvinModuli kelvin = kelvin_moduli(c);
    for (int k = 0; k < 5; ++k) EXPECT_NEAR(kelvin.value[k], 2 * shear, 1e-14);
    EXPECT_NEAR(kelvin.value[5], 3 * bulk, 1e-14);
}

/// Hill's closed forms for cubic crystals, of copper.
TEST(ElasticAverages, CubicCrystalsHaveClosedForms) {
    constexpr double c11 = 168.4, c12 = 121.4, c44 = 75.4;
    const ElasticMatrix c = cubic(c11, c12, c44);
    EXPECT_NEAR(voigt_average(c).bulk, (c11 + 2 * c12) / 3, 1e-12);
    EXPECT_NEAR(reuss_average(c).bulk, (c11 + 2 * c12) / 3, 1e-12);
    EXPECT_NEAR(voigt_average(c).shear, (c11 - c12 + 3 * c44) / 5, 1e-12);
    EXPECT_NEAR(reuss_average(c).shear, 5 * (c11 - c12) * c44 / (4 * c44 + 3 * (c11 - c12)), 1e-12);
    EXPECT_NEAR(hill_average(c).shear, 0.5 * (voigt_average(c).shear + reuss_average(c).shear), 1e-12);
    EXPECT_NEAR(lowest_modulus(c), c11 - c12, 1e-12);
    EXPECT_NEAR(lowest_modulus(cubic(1.0, 1.3, 0.4)), -0.3, 1e-14);
}

TEST(ElasticAverages, ReussIsBelowHillIsBelowVoigt) {
    for (int seed = 1; seed <= 200; ++seed) {
        const ElasticMatrix c = random_stable(seed);
        const KelvinModuli kelvin = kelvin_moduli(c);
        EXPECT_GT(kelvin.value[0], 0);
        // The matrix from its moduli and strains again.
        ElasticMatrix again;
        for (int i = 0; i < 6; ++i)
            for (int j = 0; j < 6; ++j)
                for (int n = 0; n < 6; ++n)
                    again(i, j) += kelvin.value[n] * kelvin.strain(i, n) * kelvin.strain(j, n) /
                                   std::sqrt((i < 3 ? 1.0 : 2.0) * (j < 3 ? 1.0 : 2.0));
        EXPECT_DEVIATION(largest_difference(again, c), 1e-13);
        const IsotropicModuli voigt = voigt_average(c), hill = hill_average(c), reuss = reuss_average(c);
        EXPECT_GT(reuss.bulk, 0);
        EXPECT_LT(reuss.bulk, hill.bulk);
        EXPECT_LT(hill.bulk, voigt.bulk);
        EXPECT_GT(reuss.shear, 0);
        EXPECT_LT(reuss.shear, hill.shear);
        EXPECT_LT(hill.shear, voigt.shear);
    }
}

/// Averages do not depend on the axes: those of a rotated C, c_ijkl = R_ip R_jq R_kr R_ls c_pqrs.
TEST(ElasticAverages, AveragesDoNotDependOnTheAxes) {
    constexpr int first[6] = {0, 1, 2, 1, 0, 0}, second[6] = {0, 1, 2, 2, 2, 1};
    constexpr int voigt[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    const ElasticMatrix c = random_stable(7);
    const Mat3 r = cases::rotation(0.7);
    ElasticMatrix turned;
    for (int m = 0; m < 6; ++m)
        for (int n = 0; n < 6; ++n)
            for (int p = 0; p < 81; ++p) {
                const int a = p / 27, b = p / 9 % 3, d = p / 3 % 3, e = p % 3;
                turned(m, n) +=
                    r(first[m], a) * r(second[m], b) * r(first[n], d) * r(second[n], e) * c(voigt[a][b], voigt[d][e]);
            }
    EXPECT_NEAR(voigt_average(turned).bulk, voigt_average(c).bulk, 1e-13);
    EXPECT_NEAR(voigt_average(turned).shear, voigt_average(c).shear, 1e-13);
    EXPECT_NEAR(reuss_average(turned).bulk, reuss_average(c).bulk, 1e-13);
    EXPECT_NEAR(reuss_average(turned).shear, reuss_average(c).shear, 1e-13);
    for (int k = 0; k < 6; ++k) EXPECT_NEAR(kelvin_moduli(turned).value[k], kelvin_moduli(c).value[k], 1e-13);
}

TEST(ElasticAverages, StrainsAreEngineeringStrains) {
    for (int k = 0; k < 6; ++k) {
        const Mat3 e = voigt_strain(k, 0.02);
        const Sym3 s = to_symmetric(e + transpose(e));
        for (int i = 0; i < 6; ++i) EXPECT_EQ(voigt_element(s, i), i != k ? 0 : k < 3 ? 0.04 : 0.02);
    }
}

}  // namespace
}  // namespace mg
