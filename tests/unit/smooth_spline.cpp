/// \file Twice differentiable splines through noisy tables, against functions that are known.

#include "physics/smooth_spline.hpp"

#include <gtest/gtest.h>

#include <random>

#include "ops/smooth_potential.hpp"
#include "support/deviation.hpp"
#include "support/engine_cases.hpp"
#include "support/oracle_io.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

double second(const SmoothedValues& s, int k) {
    // Of the Hermite piece between two knots, at its start.
    return 6 * (s.value[k + 1] - s.value[k]) - 4 * s.slope[k] - 2 * s.slope[k + 1];
}

std::vector<double> sines(int n, double noise) {
    std::mt19937 random(2);
    std::normal_distribution<double> normal;
    std::vector<double> y;
    for (int k = 0; k < n; ++k) y.push_back(std::sin(0.01 * k) + noise * normal(random));
    return y;
}

TEST(SmoothSpline, PassesThroughEveryValueWithStrideOne) {
    const std::vector<double> y = sines(400, 0.0);
    const UniformSpline s = fit_spline(y, 3, 1);
    for (int k = 3; k < 400; ++k) EXPECT_NEAR(s.value(k), y[k], 1e-12);
    EXPECT_NEAR(s.slope(200.25), 0.01 * std::cos(0.01 * 200.25), 1e-9);
}

TEST(SmoothSpline, KeepsCubicsExactly) {
    std::vector<double> y;
    for (int k = 0; k < 300; ++k) y.push_back(1 + k * (0.5 + k * (-0.01 + k * 2e-5)));
    for (const int stride : {1, 4, 16}) {
        const UniformSpline s = fit_spline(y, 0, stride);
        for (const double x : {s.begin, 20.3, 150.0, 299.0})
            EXPECT_NEAR(s.value(x), 1 + x * (0.5 + x * (-0.01 + x * 2e-5)), 1e-8);
    }
}

TEST(SmoothSpline, CurvatureOfANoisyTableIsThatOfTheFunction) {
    // Differences of neighbours would give the curvature, 1e-4, a noise of 2.4e-6.
    const SmoothedValues s = smooth_values(sines(4000, 1e-6), 0, 0);
    EXPECT_GE(s.stride, 8);
    EXPECT_NEAR(s.noise, 1e-6, 2e-7);
    double squares = 0;
    for (int k = 500; k < 3500; ++k) squares += std::pow(second(s, k) + 1e-4 * std::sin(0.01 * k), 2);
    EXPECT_DEVIATION(std::sqrt(squares / 3000), 1e-7);
}

TEST(SmoothSpline, ATableWithoutNoiseKeepsItsCurvature) {
    const SmoothedValues s = smooth_values(sines(4000, 0.0), 0, 0);
    double worst = 0;
    for (int k = 500; k < 3500; ++k) worst = std::max(worst, std::abs(second(s, k) + 1e-4 * std::sin(0.01 * k)));
    EXPECT_DEVIATION(worst, 2e-9);
}

TEST(SmoothPotential, ForcesAreThoseOfTheFile) {
    const EamPotential file = cu_zr();
    const SmoothPotential smooth = smooth_potential(file);
    const Structure s = oracle::b2(6, 6, 6, 3.27);
    Structure moved = s;
    for (std::size_t k = 0; k < moved.position.size(); ++k)
        moved.position[k].x += 0.1 * std::sin(static_cast<double>(k));
    const auto a = cases::evaluate(file, {moved}, Precision::full),
               b = cases::evaluate(smooth.potential, {moved}, Precision::full);
    EXPECT_NEAR(a.energy[0], b.energy[0], 1e-6 * moved.size());
    double worst = 0;
    for (std::size_t k = 0; k < a.force.size(); ++k) worst = std::max(worst, norm2(a.force[k] - b.force[k]));
    EXPECT_DEVIATION(std::sqrt(worst), 2e-4);
    for (const SmoothedFunction& f : smooth.functions) EXPECT_LT(f.residual, 3 * f.noise) << f.name;
}

}  // namespace
}  // namespace mg
