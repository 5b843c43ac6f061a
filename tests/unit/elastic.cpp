/// \file The learned elastic network: its splines, its matrix, derivatives by every kind of parameter, and learning.

#include <gtest/gtest.h>
#include <omp.h>

#include <random>

#include "elastic/training.hpp"
#include "md/harmonic.hpp"
#include "nn/metrics.hpp"
#include "support/deviation.hpp"
#include "support/hessian_cases.hpp"

namespace mg {
namespace {

using namespace hessian_cases;

TEST(CubicBasis, IsASplineThatVanishesAtItsEnd) {
    const CubicBasis b({2, 2.1, 2.3, 2.8, 3.0, 4.0, 4.5});
    ASSERT_EQ(b.size(), 6);
    // A combination's slope is the difference quotient of its values, and integrals are those of Simpson's rule.
    const std::vector<double> c = {1, -2, 0.5, 3, 1, -1};
    const auto value = [&](double x) {
        const CubicBasis::At a = b.at(x);
        double sum = 0;
        for (int j = 0; j < 4; ++j)
            if (a.first + j < b.size()) sum += c[a.first + j] * a.value[j];
        return sum;
    };
    for (const double x : {2.05, 2.2, 2.7, 2.95, 3.7, 4.3}) {
        const CubicBasis::At a = b.at(x);
        double slope = 0;
        for (int j = 0; j < 4; ++j)
            if (a.first + j < b.size()) slope += c[a.first + j] * a.slope[j];
        EXPECT_NEAR(slope, (value(x + 1e-6) - value(x - 1e-6)) / 2e-6, 1e-6);
        const std::vector<double> integrals = b.integrals_from(x);
        double integral = 0, simpson = 0;
        for (int k = 0; k < b.size(); ++k) integral += c[k] * integrals[k];
        const int n = 20000;
        for (int k = 0; k <= n; ++k)
            simpson += (k == 0 || k == n ? 1 : k % 2 ? 4 : 2) * value(x + (4.5 - x) * k / n) * (4.5 - x) / n / 3;
        EXPECT_NEAR(integral, -simpson, 1e-9);
    }
    const CubicBasis::At end = b.at(4.5);
    for (int j = 0; j < 4; ++j) EXPECT_EQ(end.value[j], 0);
    EXPECT_NEAR(value(4.5 - 1e-3), 0, 1e-7);
    // Partition of unity where no spline is left out.
    const CubicBasis::At inside = b.at(2.2);
    EXPECT_NEAR(inside.value[0] + inside.value[1] + inside.value[2] + inside.value[3], 1, 1e-15);
}

/// A disordered crystal of two species at rest, and a network whose laws were drawn at random around where learning
/// starts.
struct Case {
    Structure structure;
    ElasticNetwork network;
};
const Case& drawn() {
    static const Case c = [] {
        Case made{at_rest(disordered(5, 0.05), smooth()), {}};
        made.network = initial_network({made.structure}, 7.6);
        std::mt19937 random(3);
        std::normal_distribution<double> normal;
        const int densities = made.network.shape().density_parameters(0, 0);
        for (std::size_t p = 0; p < made.network.parameter.size(); ++p)
            made.network.parameter[p] += (static_cast<int>(p) < densities ? 0.02 : 0.05) * normal(random);
        return made;
    }();
    return c;
}

TEST(ElasticNetwork, IsTheHessianOfItsPotential) {
    const Case& c = drawn();
    ElasticGlass<Host> g = prepare_elastic<Host>(c.network.shape(), c.structure, c.network.mean);
    set_parameters(g, c.network.parameter);
    const EamPotential potential = as_potential(c.network);
    const Hessian<Host> h = make_hessian(make_batch<Host>({c.structure}, potential.elements, potential.masses),
                                         make_eam_tables<Host>(potential));
    ASSERT_EQ(g.hessian.bond.size(), h.bond.size());
    const std::vector<double> mine = matrix_of(g.hessian), expected = matrix_of(h);
    double worst = 0, largest = 0, force = 0;
    for (std::size_t k = 0; k < mine.size(); ++k) {
        worst = std::max(worst, std::abs(mine[k] - expected[k]));
        largest = std::max(largest, std::abs(expected[k]));
    }
    for (int slot = 0; slot < h.slots; ++slot)
        force = std::max(force, std::sqrt(norm2(g.hessian.force[slot] - h.force[slot])));
    EXPECT_DEVIATION(worst / largest, 1e-5);  // cubic pieces of 0.001 A for quartic ones
    EXPECT_DEVIATION(force, 1e-7);
}

TEST(ElasticNetwork, DerivativesAreDifferences) {
    const Case& c = drawn();
    ElasticGlass<Host> g = prepare_elastic<Host>(c.network.shape(), c.structure, c.network.mean);
    const double on_site = 20;  // it is not stable without
    const std::vector<int> atoms = {0, 7, 100, 101, 201, 249};
    const auto at = [&](const std::vector<double>& p, bool derivatives) {
        set_parameters(g, p, on_site);
        return *elastic_stiffness(g, atoms, 1e-14, derivatives);
    };
    const ElasticStiffness here = at(c.network.parameter, true);
    Array<double, Host> rows;
    force_derivatives(g, rows);
    const int n = g.parameters, slots = g.hessian.slots;
    double worst = 0, worst_force = 0, largest = 0, largest_force = 0;
    for (const double d : here.derivative) largest = std::max(largest, std::abs(d));
    for (const double d : rows) largest_force = std::max(largest_force, std::abs(d));
    for (int p = 0; p < n; ++p) {
        const double step = 1e-4;
        std::vector<double> moved = c.network.parameter;
        moved[p] += step;
        const std::vector<double> plus = at(moved, false).stiffness;
        const std::vector<Vec3> force_plus(g.hessian.force.begin(), g.hessian.force.end());
        moved[p] -= 2 * step;
        const std::vector<double> minus = at(moved, false).stiffness;
        for (std::size_t k = 0; k < atoms.size(); ++k)
            worst = std::max(worst, std::abs((plus[k] - minus[k]) / (2 * step) - here.derivative[k * n + p]));
        for (int slot = 0; slot < slots; ++slot) {
            const Vec3 d = (1 / (2 * step)) * (force_plus[slot] - g.hessian.force[slot]);
            const double* const row = rows.data() + 3L * slots * p + 3L * slot;
            worst_force =
                std::max({worst_force, std::abs(d.x - row[0]), std::abs(d.y - row[1]), std::abs(d.z - row[2])});
        }
    }
    EXPECT_DEVIATION(worst / largest, 1e-6);
    EXPECT_DEVIATION(worst_force / largest_force, 1e-6);
}

TEST(ElasticNetwork, DerivativesAreTheSameForAnyNumberOfThreads) {
    const Case& c = drawn();
    ElasticGlass<Host> g = prepare_elastic<Host>(c.network.shape(), c.structure, c.network.mean);
    const int threads = omp_get_max_threads();
    std::vector<ElasticStiffness> results;
    for (const int n : {1, 3}) {
        omp_set_num_threads(n);
        set_parameters(g, c.network.parameter, 20);
        results.push_back(*elastic_stiffness(g, {1, 2, 3, 50, 60, 70, 200}, 1e-3, true));
    }
    omp_set_num_threads(threads);
    EXPECT_EQ(results[0].stiffness, results[1].stiffness);
    EXPECT_EQ(results[0].derivative, results[1].derivative);
}

TEST(ElasticNetwork, LearnsACrystalsStiffness) {
    const Structure s = at_rest(disordered(5, 0.05), smooth());
    const std::vector<double> exact =
        harmonic_stiffness<Host>(s, smooth(), {.scheme = HarmonicScheme::dense})->stiffness();
    ElasticTraining t;
    t.labels = 100;
    std::vector<ElasticRecord> records;
    const ElasticNetwork n =
        *train_elastic<Host>({{s, exact}}, t, [&](const ElasticRecord& r) { records.push_back(r); }, {});
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.back().on_site, 0);
    const std::vector<double> k =
        harmonic_stiffness<Host>(s, as_potential(n), {.scheme = HarmonicScheme::dense})->stiffness();
    EXPECT_GT(pearson(k, exact), 0.98);
    // Asked to stop, it does.
    int looks = 0;
    EXPECT_FALSE(train_elastic<Host>({{s, exact}}, t, {}, [&] { return ++looks > 40; }));
}

TEST(ElasticNetwork, PairsOfSpeciesStandInTheirOrder) {
    const ElasticShape s{3, CubicBasis({2, 3, 4, 5, 6}), CubicBasis({2, 3, 4, 5, 6, 7})};
    int expected = 0;
    for (int a = 0; a < 3; ++a)
        for (int b = a; b < 3; ++b) {
            EXPECT_EQ(s.pair_of(a, b), expected);
            EXPECT_EQ(s.pair_of(b, a), expected++);
        }
    EXPECT_EQ(s.pairs(), expected);
    EXPECT_EQ(s.parameters(), 6 * 4 + 9 * 5);
}

}  // namespace
}  // namespace mg
