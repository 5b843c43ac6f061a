/// \file The Hessian against finite differences of forces, and the schemes of harmonic stiffness against each other.

#include "md/harmonic.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <random>

#include "md/dynamics.hpp"
#include "ops/cholesky.hpp"
#include "ops/panels.hpp"
#include "ops/smooth_potential.hpp"
#include "support/deviation.hpp"
#include "support/engine_cases.hpp"
#include "support/oracle_io.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

const EamPotential& smooth() {
    static const EamPotential p = smooth_potential(cu_zr()).potential;
    return p;
}

/// B2 crystals with atoms displaced and species exchanged: nothing is symmetric.
Structure disordered(int n, double amplitude) {
    Structure s = oracle::b2(n, n, n, 3.3);
    std::mt19937 random(5);
    std::uniform_real_distribution<double> shift(-amplitude, amplitude);
    for (Vec3& x : s.position) x = x + Vec3{shift(random), shift(random), shift(random)};
    std::shuffle(s.species.begin(), s.species.end(), random);
    return s;
}

Structure at_rest(const Structure& s, const EamPotential& p) {
    Dynamics<Host> d(make_batch<Host>({s}, p.elements, p.masses), p, Precision::full, 0.5);
    EXPECT_TRUE(d.relax(LbfgsOptions{.force_max = 1e-9}).at(0).converged);
    return d.structures().at(0);
}

Hessian<Host> hessian_of(const Structure& s, const EamPotential& p) {
    return make_hessian(make_batch<Host>({s}, p.elements, p.masses), make_eam_tables<Host>(p));
}

std::vector<Vec3> forces(const Structure& s, const EamPotential& p) {
    return cases::evaluate(p, {s}, Precision::full).force;
}

/// The whole matrix by slots, from products with unit vectors.
std::vector<double> matrix_of(const Hessian<Host>& h) {
    const int n = 3 * h.slots, panels = (n + panel_width - 1) / panel_width;
    Panels<Host> v(h.slots, panels), hv(h.slots, panels);
    fill_zero(v.value);
    const auto at = [&](int row, int column) {
        return static_cast<std::size_t>(column / panel_width) * n * panel_width + row * panel_width +
               column % panel_width;
    };
    for (int k = 0; k < n; ++k) v.value[at(k, k)] = 1;
    Array<double, Host> work;
    multiply(h, v, hv, work);
    std::vector<double> matrix;
    for (int column = 0; column < n; ++column)
        for (int row = 0; row < n; ++row) matrix.push_back(hv.value[at(row, column)]);
    return matrix;
}

TEST(Hessian, ProductsAreDifferencesOfForces) {
    const Structure s = disordered(5, 0.1);
    const Hessian<Host> h = hessian_of(s, smooth());
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    Panels<Host> v(h.slots, 1), hv(h.slots, 1);
    for (double& x : v.value) x = normal(random);
    Array<double, Host> work;
    multiply(h, v, hv, work);
    const auto element = [&](const Panels<Host>& p, int slot, int i, int c) {
        return p.value[(3 * static_cast<std::size_t>(slot) + i) * panel_width + c];
    };
    for (const int c : {0, 7, 15}) {
        // Central differences of two steps, extrapolated: the error is of the fourth order.
        const auto along = [&](double step) {
            Structure moved = s;
            for (int slot = 0; slot < h.slots; ++slot)
                moved.position[h.atom_of_slot[slot]] =
                    moved.position[h.atom_of_slot[slot]] +
                    step * Vec3{element(v, slot, 0, c), element(v, slot, 1, c), element(v, slot, 2, c)};
            return forces(moved, smooth());
        };
        const double e = 2e-5;
        const auto p1 = along(e), m1 = along(-e), p2 = along(2 * e), m2 = along(-2 * e);
        double worst = 0, size = 0;
        for (int slot = 0; slot < h.slots; ++slot) {
            const int i = h.atom_of_slot[slot];
            const Vec3 d1 = (-0.5 / e) * (p1[i] - m1[i]), d2 = (-0.25 / e) * (p2[i] - m2[i]);
            const Vec3 expected = (4.0 / 3) * d1 - (1.0 / 3) * d2;
            const Vec3 got{element(hv, slot, 0, c), element(hv, slot, 1, c), element(hv, slot, 2, c)};
            worst = std::max(worst, std::sqrt(norm2(got - expected)));
            size = std::max(size, std::sqrt(norm2(expected)));
        }
        EXPECT_DEVIATION(worst / size, 1e-7);
    }
}

TEST(Hessian, IsSymmetricAndBlindToTranslations) {
    const Hessian<Host> h = hessian_of(disordered(5, 0.1), smooth());
    const std::vector<double> m = matrix_of(h);
    const int n = 3 * h.slots;
    double asymmetry = 0, largest = 0, translation = 0;
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
            asymmetry = std::max(asymmetry, std::abs(m[i + j * n] - m[j + i * n]));
            largest = std::max(largest, std::abs(m[i + j * n]));
        }
        for (int k = 0; k < 3; ++k) {
            double sum = 0;
            for (int j = k; j < n; j += 3) sum += m[i + j * n];
            translation = std::max(translation, std::abs(sum));
        }
    }
    EXPECT_DEVIATION(asymmetry / largest, 1e-12);
    EXPECT_DEVIATION(translation / largest, 1e-10);
}

TEST(Hessian, BlocksAreThoseOfTheProducts) {
    for (const int cells : {5, 3}) {  // the smaller one is narrower than two cutoffs: several images of a neighbour
        const Hessian<Host> h = hessian_of(disordered(cells, 0.1), smooth());
        const std::vector<double> m = matrix_of(h);
        const int n = 3 * h.slots;
        std::vector<int> chosen;
        for (int slot = 0; slot < h.slots; slot += 3) chosen.push_back(slot);
        std::swap(chosen.front(), chosen.back());
        std::vector<int> place(h.slots, -1);
        for (std::size_t k = 0; k < chosen.size(); ++k) place[chosen[k]] = static_cast<int>(k);
        const int size = 3 * static_cast<int>(chosen.size());
        std::vector<double> block(static_cast<std::size_t>(size) * size);
        assemble_block(h, chosen.data(), size / 3, place.data(), 0.25, block.data(), size);
        double worst = 0;
        for (int i = 0; i < size; ++i)
            for (int j = 0; j <= i; ++j) {
                const double expected =
                    m[3 * chosen[i / 3] + i % 3 + (3 * chosen[j / 3] + j % 3) * n] + (i % 3 == j % 3 ? 0.25 : 0.0);
                worst = std::max(worst, std::abs(block[i + j * size] - expected));
            }
        EXPECT_DEVIATION(worst, 1e-11);
    }
}

TEST(Hessian, ForcesAreThoseOfTheEngine) {
    const Structure s = disordered(5, 0.1);
    const Hessian<Host> h = hessian_of(s, smooth());
    const std::vector<Vec3> expected = forces(s, smooth());
    for (int slot = 0; slot < h.slots; ++slot) EXPECT_LT(norm2(h.force[slot] - expected[h.atom_of_slot[slot]]), 1e-20);
}

double largest_ratio(const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, std::abs(a[k] / b[k] - 1));
    return worst;
}

TEST(HarmonicStiffness, IsThatOfTheInverseByElimination) {
    const Structure s = at_rest(disordered(5, 0.05), smooth());
    const Hessian<Host> h = hessian_of(s, smooth());
    const HarmonicStiffness dense = *harmonic_stiffness<Host>(s, smooth(), {.scheme = HarmonicScheme::dense});
    // Gauss, Jordan, with complete trust in the diagonal of H + translations.
    const int n = 3 * h.slots;
    std::vector<double> m = matrix_of(h);
    for (int i = 0; i < n; ++i)
        for (int j = i % 3; j < n; j += 3) m[i + j * n] += 3.0 / h.slots;
    for (int k = 0; k < n; ++k) {
        const double pivot = 1 / m[k + k * n];
        m[k + k * n] = 1;
        for (int j = 0; j < n; ++j) m[k + j * n] *= pivot;
        for (int i = 0; i < n; ++i) {
            if (i == k) continue;
            const double factor = m[i + k * n];
            m[i + k * n] = 0;
            for (int j = 0; j < n; ++j) m[i + j * n] -= factor * m[k + j * n];
        }
    }
    std::vector<double> expected(h.slots);
    for (int slot = 0; slot < h.slots; ++slot) {
        double trace = -3 / (3.0 * h.slots);
        for (int k = 0; k < 3; ++k) trace += m[3 * slot + k + (3 * slot + k) * n];
        expected[h.atom_of_slot[slot]] = 1 / trace;
    }
    EXPECT_DEVIATION(largest_ratio(dense.stiffness(), expected), 1e-9);
}

TEST(HarmonicStiffness, SchemesAgree) {
    const Structure s = at_rest(disordered(8, 0.05), smooth());
    const auto of = [&](HarmonicScheme scheme, double tolerance) {
        return *harmonic_stiffness<Host>(s, smooth(), {.scheme = scheme, .tolerance = tolerance});
    };
    const std::vector<double> exact = of(HarmonicScheme::dense, 0.01).stiffness();
    const HarmonicStiffness cg = of(HarmonicScheme::cg, 1e-3), clusters = of(HarmonicScheme::clusters, 0.01);
    EXPECT_LT(cg.error, 1e-3);
    EXPECT_DEVIATION(largest_ratio(cg.stiffness(), exact), 1e-3);
    double squares = 0;
    const std::vector<double> k = clusters.stiffness();
    for (std::size_t i = 0; i < k.size(); ++i) squares += std::pow(k[i] / exact[i] - 1, 2);
    EXPECT_DEVIATION(std::sqrt(squares / static_cast<double>(k.size())), 0.01);
    EXPECT_NEAR(clusters.error, std::sqrt(squares / static_cast<double>(k.size())), 0.004);
}

TEST(HarmonicStiffness, IsTheSameForAnyNumberOfThreads) {
    const Structure s = at_rest(disordered(6, 0.05), smooth());
    const int threads = omp_get_max_threads();
    for (const HarmonicScheme scheme : {HarmonicScheme::dense, HarmonicScheme::cg, HarmonicScheme::clusters}) {
        std::vector<std::vector<double>> results;
        for (const int n : {1, 3}) {
            omp_set_num_threads(n);
            results.push_back(harmonic_stiffness<Host>(s, smooth(), {.scheme = scheme})->stiffness());
        }
        EXPECT_EQ(results[0], results[1]);
    }
    omp_set_num_threads(threads);
}

TEST(HarmonicStiffness, ASaddleIsRefused) {
    // bcc copper is unstable against shears of its planes.
    Structure s = oracle::b2(6, 6, 6, 2.9);
    for (int& t : s.species) t = 0;
    for (const HarmonicScheme scheme : {HarmonicScheme::dense, HarmonicScheme::cg})
        EXPECT_THROW(harmonic_stiffness<Host>(s, smooth(), {.scheme = scheme}), PhysicsError);
}

TEST(HarmonicStiffness, OfACrystalIsThatOfEquipartition) {
    // An fcc crystal: all atoms are alike, and the tensor is isotropic.
    Structure s = oracle::fcc(5, 5, 5, 3.639);
    const HarmonicStiffness h = *harmonic_stiffness<Host>(s, smooth(), {.scheme = HarmonicScheme::dense});
    for (const Sym3& c : h.compliance) {
        EXPECT_NEAR(c.xx, h.compliance[0].xx, 1e-9);
        EXPECT_NEAR(c.yy, c.xx, 1e-9);
        EXPECT_NEAR(c.yz, 0, 1e-9);
    }
}

TEST(Cholesky, FactorsAreThoseOfTheMatrix) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    const int n = 300;  // several tiles, the last one not full
    std::vector<double> b(n * n), a(n * n);
    for (double& x : b) x = normal(random);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            for (int k = 0; k < n; ++k) a[i + j * n] += b[i + k * n] * b[j + k * n] + (i == j ? 0.1 : 0.0);
    std::vector<double> l = a;
    ASSERT_EQ(factor(Host{}, n, l.data(), n), 0);
    double worst = 0;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j) {
            double sum = 0;
            for (int k = 0; k <= j; ++k) sum += l[i + k * n] * l[j + k * n];
            worst = std::max(worst, std::abs(sum - a[i + j * n]));
        }
    EXPECT_DEVIATION(worst, 1e-10);
    a[200 + 200 * n] = -1;
    EXPECT_EQ(factor(Host{}, n, a.data(), n), 201);
}

}  // namespace
}  // namespace mg
