/// \file The softest modes and the density of states against the eigenvectors of the whole dynamical matrix.

#include "md/modes.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <Eigen/Eigenvalues>
#include <numbers>

#include "core/units.hpp"
#include "physics/hessian.hpp"
#include "support/deviation.hpp"
#include "support/hessian_cases.hpp"

namespace mg {
namespace {

using namespace hessian_cases;

std::vector<double> masses_of(const Structure& s) {
    std::vector<double> mass;
    for (const int t : s.species) mass.push_back(smooth().masses[t] * units::atomic_mass);
    return mass;
}

/// A disordered crystal at rest, and all its modes: the three translations first.
struct Vibrating {
    Structure structure;
    Hessian<Host> hessian;
    std::vector<double> mass;
    Eigen::VectorXd square;  ///< w^2
    Eigen::MatrixXd vector;  ///< by slots
};
const Vibrating& vibrating() {
    static const Vibrating v = [] {
        const Structure s = at_rest(disordered(5, 0.05), smooth());
        Vibrating made{s, hessian_of(s, smooth()), masses_of(s), {}, {}};
        const int n = 3 * made.hessian.slots;
        const std::vector<double> h = matrix_of(made.hessian);
        Eigen::MatrixXd dynamical(n, n);
        const auto mass = [&](int row) { return made.mass[made.hessian.atom_of_slot[row / 3]]; };
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j)
                dynamical(i, j) = h[i + static_cast<long>(j) * n] / std::sqrt(mass(i) * mass(j));
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(dynamical);
        made.square = solver.eigenvalues();
        made.vector = solver.eigenvectors();
        return made;
    }();
    return v;
}
double exact_frequency(long mode) { return std::sqrt(vibrating().square[mode + 3]) / (2 * std::numbers::pi); }
double exact_share(long mode, int slot) { return vibrating().vector.col(mode + 3).segment<3>(3L * slot).squaredNorm(); }

TEST(SoftestModes, AreThoseOfTheWholeMatrix) {
    const Vibrating& v = vibrating();
    const int count = 20, n = v.hessian.slots;
    const SoftestModes modes = *softest_modes(v.hessian, v.mass, {.count = count, .tolerance = 1e-7});
    ASSERT_EQ(modes.frequency.size(), 20U);
    EXPECT_LT(modes.residual, 1e-7);
    std::vector<double> participation(n, 0.0);
    for (int k = 0; k < count; ++k) {
        EXPECT_DEVIATION(std::abs(modes.frequency[k] / exact_frequency(k) - 1), 1e-9);
        double fourth = 0;
        for (int slot = 0; slot < n; ++slot) {
            fourth += std::pow(exact_share(k, slot), 2);
            participation[v.hessian.atom_of_slot[slot]] += n * exact_share(k, slot) / count;
        }
        EXPECT_DEVIATION(std::abs(modes.participation_ratio[k] * n * fourth - 1), 1e-5);
    }
    double worst = 0, sum = 0;
    for (int i = 0; i < n; ++i) {
        worst = std::max(worst, std::abs(modes.participation[i] - participation[i]));
        sum += modes.participation[i];
    }
    EXPECT_DEVIATION(worst, 1e-5);
    EXPECT_NEAR(sum / n, 1, 1e-12);
}

TEST(SoftestModes, AreFewerWhereThereAreFewer) {
    // Two atoms in a cell that sees many images of each: three modes beside the translations.
    const Structure s = oracle::b2(1, 1, 1, 3.262);
    const SoftestModes modes = *softest_modes(hessian_of(s, smooth()), masses_of(s), {.count = 50});
    ASSERT_EQ(modes.frequency.size(), 3U);
    // The optical mode of a cubic crystal has three directions.
    EXPECT_DEVIATION(modes.frequency[2] / modes.frequency[0] - 1, 1e-9);
    EXPECT_GT(modes.frequency[0], 1);
}

TEST(SoftestModes, OfASaddleAreImaginary) {
    const Structure s = simple_cubic_copper();
    const SoftestModes modes = *softest_modes(hessian_of(s, smooth()), masses_of(s), {.count = 1});
    EXPECT_LT(modes.frequency.at(0), -0.1);
    double largest = 0;
    for (const Vec3& d : modes.softest) largest = std::max(largest, norm2(d));
    EXPECT_NEAR(largest, 1, 1e-12);
}

TEST(SoftestModes, AreTheSameForAnyNumberOfThreads) {
    const int threads = omp_get_max_threads();
    std::vector<SoftestModes> results;
    std::vector<DensityOfStates> densities;
    for (const int n : {1, 3}) {
        omp_set_num_threads(n);
        results.push_back(*softest_modes(vibrating().hessian, vibrating().mass, {.count = 5}));
        densities.push_back(
            *density_of_states(vibrating().hessian, vibrating().mass, vibrating().structure.species, 2, 50));
    }
    omp_set_num_threads(threads);
    EXPECT_EQ(results[0].frequency, results[1].frequency);
    EXPECT_EQ(results[0].participation, results[1].participation);
    EXPECT_EQ(densities[0].of_species, densities[1].of_species);
}

TEST(DensityOfStates, CountsTheModesOfTheWholeMatrix) {
    const Vibrating& v = vibrating();
    const int bins = 400;
    const DensityOfStates d = *density_of_states(v.hessian, v.mass, v.structure.species, 2, bins);
    const double step = d.frequency[1] - d.frequency[0];
    const long modes = v.square.size() - 3;
    double all = 0, worst = 0, worst_of_one = 0, of_one = 0;
    for (int k = 0; k < bins; ++k) {
        all += d.total[k] * step;
        of_one += d.of_species[bins + k] * step;
        // Where every tenth of the modes has been counted, and the second species' share of them.
        double below = 0, below_of_one = 0;
        for (long m = 0; m < modes; ++m) {
            if (exact_frequency(m) > d.frequency[k] + 0.5 * step) break;
            below += 1.0 / static_cast<double>(modes);
            for (int slot = 0; slot < v.hessian.slots; ++slot)
                if (v.structure.species[v.hessian.atom_of_slot[slot]] == 1)
                    below_of_one += exact_share(m, slot) / static_cast<double>(modes);
        }
        worst = std::max(worst, std::abs(all - below));
        worst_of_one = std::max(worst_of_one, std::abs(of_one - below_of_one));
        EXPECT_GT(d.total[k], -1e-12);
    }
    EXPECT_NEAR(all, 1, 1e-3);
    // 32 vectors of 750 random signs, and the kernel's width.
    EXPECT_DEVIATION(worst, 0.02);
    EXPECT_DEVIATION(worst_of_one, 0.02);
}

TEST(FractionalAnisotropy, IsThatOfSpheresAndRods) {
    EXPECT_NEAR(fractional_anisotropy({2, 2, 2, 0, 0, 0}), 0, 1e-15);
    EXPECT_NEAR(fractional_anisotropy(symmetric_outer({0.3, -1, 2})), 1, 1e-15);
    EXPECT_NEAR(fractional_anisotropy({1, 1, 0, 0, 0, 0}), std::sqrt(0.5), 1e-15);
}

}  // namespace
}  // namespace mg
