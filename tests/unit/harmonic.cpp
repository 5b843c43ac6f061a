/// \file The Hessian against finite differences of forces, and the schemes of harmonic stiffness against each other.

#include "md/harmonic.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <random>

#include "ops/cholesky.hpp"
#include "ops/panels.hpp"
#include "support/deviation.hpp"
#include "support/engine_cases.hpp"
#include "support/hessian_cases.hpp"
#include "support/oracle_io.hpp"

namespace mg {
namespace {

using namespace hessian_cases;

std::vector<Vec3> forces(const Structure& s, const EamPotential& p) {
    return cases::evaluate(p, {s}, Precision::full).force;
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
        const auto along = [&](double step) {
            Structure moved = s;
            for (int slot = 0; slot < h.slots; ++slot)
                moved.position[h.atom_of_slot[slot]] =
                    moved.position[h.atom_of_slot[slot]] +
                    step * Vec3{element(v, slot, 0, c), element(v, slot, 1, c), element(v, slot, 2, c)};
            return forces(moved, smooth());
        };
        // So short that next to no bond crosses a knot of the splines, where their third derivative jumps.
        const double e = 3e-6;
        const auto plus = along(e), minus = along(-e);
        double worst = 0, size = 0;
        for (int slot = 0; slot < h.slots; ++slot) {
            const int i = h.atom_of_slot[slot];
            const Vec3 expected = (-0.5 / e) * (plus[i] - minus[i]);
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
    // Gauss's and Jordan's elimination in place, column by column, pivots as they come.
    const int n = 3 * h.slots;
    std::vector<double> m = matrix_of(h);
    for (int i = 0; i < n; ++i)
        for (int j = i % 3; j < n; j += 3) m[i + j * n] += 3.0 / h.slots;
    std::vector<double> column(n);
    for (int k = 0; k < n; ++k) {
        const double pivot = 1 / m[k + k * n];
        for (int i = 0; i < n; ++i) {
            column[i] = i == k ? 0.0 : m[i + k * n];
            m[i + k * n] = i == k ? 1.0 : 0.0;
        }
        for (int j = 0; j < n; ++j) {
            const double factor = m[k + j * n] *= pivot;
            for (int i = 0; i < n; ++i) m[i + j * n] -= column[i] * factor;
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

/// A disordered crystal at rest, and its exact stiffness.
struct Solved {
    Structure structure;
    std::vector<double> exact;
};
const Solved& solved() {
    static const Solved s = [] {
        Solved made;
        made.structure = at_rest(disordered(6, 0.05), smooth());
        made.exact = harmonic_stiffness<Host>(made.structure, smooth(), {.scheme = HarmonicScheme::dense})->stiffness();
        return made;
    }();
    return s;
}

double root_mean_square_ratio(const std::vector<double>& a, const std::vector<double>& b) {
    double squares = 0;
    for (std::size_t k = 0; k < a.size(); ++k) squares += std::pow(a[k] / b[k] - 1, 2);
    return std::sqrt(squares / static_cast<double>(a.size()));
}

TEST(HarmonicStiffness, OfConjugateGradientsKeepsTheTolerance) {
    const HarmonicStiffness cg =
        *harmonic_stiffness<Host>(solved().structure, smooth(), {.scheme = HarmonicScheme::cg, .tolerance = 1e-3});
    EXPECT_LT(cg.error, 1e-3);
    EXPECT_DEVIATION(largest_ratio(cg.stiffness(), solved().exact), 1e-3);
    const Hessian<Host> h = hessian_of(solved().structure, smooth());
    const std::vector<Sym3> dense = dense_compliance(h);
    const std::vector<int> slots = {3, 100, 400};
    const std::vector<Sym3> some = cg_compliance(h, slots, 1e-9, {})->compliance;
    for (std::size_t k = 0; k < slots.size(); ++k) {
        const Sym3 a = some[k], b = dense[slots[k]];
        for (const double d : {a.xx - b.xx, a.yy - b.yy, a.zz - b.zz, a.yz - b.yz, a.xz - b.xz, a.xy - b.xy})
            EXPECT_LT(std::abs(d), 1e-6);
    }
}

TEST(HarmonicStiffness, OfClustersIsAnUpperBoundNearTheExactOne) {
    const Hessian<Host> h = hessian_of(solved().structure, smooth());
    double before = 1;
    for (const double reach : {4.0, 6.0}) {
        const ClusterOptions cut{5, reach, 5, 16};
        const auto medium = make_medium(h, solved().structure, cut, {});
        const std::vector<Sym3> c = *cluster_compliance(h, solved().structure, *medium, cut, {});
        std::vector<double> k(c.size());
        double mean_ratio = 0;
        for (int slot = 0; slot < h.slots; ++slot) {
            const int atom = h.atom_of_slot[slot];
            k[atom] = harmonic_stiffness(c[slot]);
            // Galerkin's approximation allows fewer displacements than there are.
            EXPECT_GT(k[atom], solved().exact[atom] * (1 - 1e-7));
            mean_ratio += solved().exact[atom] / k[atom] / h.slots;
        }
        for (double& x : k) x *= mean_ratio;
        const double error = root_mean_square_ratio(k, solved().exact);
        EXPECT_LT(error, 0.7 * before);
        before = error;
    }
    EXPECT_DEVIATION(before, 0.03);
}

TEST(HarmonicStiffness, IsTheSameForAnyNumberOfThreads) {
    const Structure& s = solved().structure;
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
    const Structure s = simple_cubic_copper();
    ASSERT_EQ(s.size(), 343);
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
