/// \file The learned elastic network: its splines, its matrix, derivatives by every kind of parameter, and learning.

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "elastic/features.hpp"
#include "elastic/prediction.hpp"
#include "elastic/shares.hpp"
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

TEST(CubicBasis, OneMoreKnotChangesNoSpline) {
    std::vector<double> knots = {2, 2.1, 2.3, 2.8, 3.0, 4.0, 4.5}, c = {1, -2, 0.5, 3, 1, -1};
    const auto sums = [&](double x) {
        const CubicBasis::At a = CubicBasis(knots).at(x);
        std::pair<double, double> sum;
        for (int j = 0; j < 4; ++j)
            if (a.value[j] != 0 || a.slope[j] != 0) {
                sum.first += c.at(a.first + j) * a.value[j];
                sum.second += c.at(a.first + j) * a.slope[j];
            }
        return sum;
    };
    std::vector<std::pair<double, double>> before;
    for (double x = 2; x <= 4.5; x += 0.01) before.push_back(sums(x));
    for (const double knot : {4.3, 2.05, 2.5, 2.4, 4.4, 3.9}) {
        c = CubicBasis(knots).with_knot(knot, c);
        knots.insert(std::upper_bound(knots.begin(), knots.end(), knot), knot);
        ASSERT_EQ(static_cast<int>(c.size()), CubicBasis(knots).size());
    }
    std::size_t k = 0;
    for (double x = 2; x <= 4.5; x += 0.01, ++k) {
        EXPECT_NEAR(sums(x).first, before[k].first, 1e-13);
        EXPECT_NEAR(sums(x).second, before[k].second, 1e-12);
    }
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

TEST(ElasticNetwork, HasTheSameLawsOnFinerKnots) {
    const ElasticNetwork coarse = drawn().network, fine = refined(coarse);
    EXPECT_EQ(fine.pair_knots.size(), 2 * coarse.pair_knots.size() - 1);
    EXPECT_EQ(static_cast<int>(fine.parameter.size()), fine.shape().parameters());
    for (double r = 2; r < 7.7; r += 0.013)
        for (const auto& [a, b] : {std::pair{0, 0}, std::pair{0, 1}, std::pair{1, 1}, std::pair{1, 0}}) {
            EXPECT_NEAR(pair_force(fine, a, b, r), pair_force(coarse, a, b, r), 1e-13);
            EXPECT_EQ(density_slope(fine, a, b, r), density_slope(coarse, a, b, r));
        }
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
    Array<double, Host> rows, virials;
    force_derivatives(g, rows, virials);
    const int n = g.parameters, slots = g.hessian.slots;
    double worst = 0, worst_force = 0, worst_virial = 0, largest = 0, largest_force = 0, largest_virial = 0;
    for (const double d : virials) largest_virial = std::max(largest_virial, std::abs(d));
    for (const double d : here.derivative) largest = std::max(largest, std::abs(d));
    for (const double d : rows) largest_force = std::max(largest_force, std::abs(d));
    for (int p = 0; p < n; ++p) {
        const double step = 1e-4;
        std::vector<double> moved = c.network.parameter;
        moved[p] += step;
        const std::vector<double> plus = at(moved, false).stiffness;
        const std::vector<Vec3> force_plus(g.hessian.force.begin(), g.hessian.force.end());
        const std::vector<double> virial_plus(g.virial.begin(), g.virial.end());
        moved[p] -= 2 * step;
        const std::vector<double> minus = at(moved, false).stiffness;
        for (std::size_t k = 0; k < atoms.size(); ++k)
            worst = std::max(worst, std::abs((plus[k] - minus[k]) / (2 * step) - here.derivative[k * n + p]));
        for (int slot = 0; slot < slots; ++slot) {
            const Vec3 d = (1 / (2 * step)) * (force_plus[slot] - g.hessian.force[slot]);
            const double* const row = rows.data() + 3L * slots * p + 3L * slot;
            const double virial = (virial_plus[slot] - g.virial[slot]) / (2 * step);
            worst_virial = std::max(worst_virial, std::abs(virial - virials[static_cast<long>(slots) * p + slot]));
            worst_force =
                std::max({worst_force, std::abs(d.x - row[0]), std::abs(d.y - row[1]), std::abs(d.z - row[2])});
        }
    }
    EXPECT_DEVIATION(worst / largest, 1e-6);
    EXPECT_DEVIATION(worst_force / largest_force, 1e-6);
    EXPECT_DEVIATION(worst_virial / largest_virial, 1e-6);
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

TEST(StiffnessShares, AddToOneAndAreDerivatives) {
    const ElasticShape shape = drawn().network.shape();
    ElasticGlass<Host> g = prepare_elastic<Host>(shape, drawn().structure, drawn().network.mean);
    set_parameters(g, drawn().network.parameter, 3.0);  // a network drawn at random is not stable by itself
    const std::vector<int> atom = {17};
    const StiffnessShares shares = *stiffness_shares(g, shape, drawn().structure, atom, 1e-8);
    const auto sum = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); };
    EXPECT_NEAR(sum(shares.reach), sum(shares.along) + sum(shares.across), 1e-12);
    EXPECT_GT(shares.density, 0);
    // Springs along and across bonds of a kind, made a little stiffer and softer.
    const std::vector<HessianBond> bond = to_host(g.hessian.bond);
    const auto stiffness = [&](int pair, double from, double to, bool along, double factor) {
        for (int a = 0; a < g.hessian.slots; ++a)
            for (int k = g.hessian.first[a]; k < g.hessian.first[a + 1]; ++k) {
                HessianBond& h = g.hessian.bond[k] = bond[k];
                const double r = 1 / g.bond[k].inverse_length;
                if (shape.pair_of(g.kind[a], g.kind[h.neighbor]) != pair || r < from || r >= to) continue;
                if (along) {
                    h.excess += (factor - 1) * (h.perpendicular + h.excess);
                } else {
                    h.excess -= (factor - 1) * h.perpendicular;
                    h.perpendicular *= factor;
                }
            }
        const int slot = g.hessian.slot_of_atom[atom[0]];
        return harmonic_stiffness(
            cg_solve(g.hessian, inverse_diagonal_blocks(g.hessian), {slot}, 1e-8, {})->compliance[0]);
    };
    const auto bins = static_cast<int>(shares.distance.size());
    const double step = 2e-3;
    g.hessian.on_site *= 1 + step;
    const double more = stiffness(0, 0, 0, true, 1);
    g.hessian.on_site *= (1 - step) / (1 + step);
    const double held = std::log(more / stiffness(0, 0, 0, true, 1)) / (2 * step);
    g.hessian.on_site /= 1 - step;
    EXPECT_NEAR(sum(shares.along) + sum(shares.across) + shares.density, 1 - held, 2e-5);
    EXPECT_LT(held, 0.9);
    for (const int pair : {0, 1, 2})
        for (const bool along : {true, false})
            for (const auto& [first, last] : {std::pair{0, 6}, std::pair{6, 12}, std::pair{12, bins}}) {
                const double from = shares.distance[first] - 0.1, to = shares.distance[last - 1] + 0.1;
                const double difference =
                    std::log(stiffness(pair, from, to, along, 1 + step) / stiffness(pair, from, to, along, 1 - step)) /
                    (2 * step);
                const std::vector<double>& v = along ? shares.along : shares.across;
                const double share =
                    std::accumulate(v.begin() + pair * bins + first, v.begin() + pair * bins + last, 0.0);
                EXPECT_NEAR(share, difference, 2e-5) << pair << along << first;
            }
}

TEST(StiffnessShares, TenthsAreEven) {
    std::vector<double> k(200);
    for (int i = 0; i < 200; ++i) k[i] = (i * 37) % 200;
    const std::vector<int> soft = of_tenth(k, false, 5), stiff = of_tenth(k, true, 1000);
    ASSERT_EQ(soft.size(), 5u);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(k[soft[i]], 4 * i);
    ASSERT_EQ(stiff.size(), 20u);
    EXPECT_EQ(k[stiff[0]], 199);
    EXPECT_EQ(k[stiff[19]], 180);
}

TEST(ElasticNetwork, LearnsACrystalsStiffness) {
    const Structure s = at_rest(disordered(5, 0.05), smooth());
    const std::vector<double> exact =
        harmonic_stiffness<Host>(s, smooth(), {.scheme = HarmonicScheme::dense})->stiffness();
    ElasticTraining t;
    t.labels = 100;
    std::vector<ElasticRecord> records;
    ElasticJournal journal;
    const ElasticNetwork n =
        *train_elastic<Host>({{s, exact}}, t, journal, [&](const ElasticRecord& r) { records.push_back(r); }, {});
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.back().on_site, 0);
    const std::vector<double> k =
        harmonic_stiffness<Host>(s, as_potential(n), {.scheme = HarmonicScheme::dense})->stiffness();
    EXPECT_GT(pearson(k, exact), 0.98);
    // Its Gruneisen parameters are differences of the potential's stiffness, in whatever way matrices are inverted.
    const auto at = [&](double strain) {
        Structure strained = s;
        for (Vec3& r : strained.position) r = (1 + strain) * r;
        strained.box = make_box((1 + strain) * s.box.h);
        return harmonic_stiffness<Host>(strained, as_potential(n), {.scheme = HarmonicScheme::dense})->stiffness();
    };
    const std::vector<double> tight = at(-1e-3);
    std::vector<double> expected;
    for (std::size_t i = 0; i < k.size(); ++i) expected.push_back(-std::log(tight[i] / k[i]) / (6 * std::log(0.999)));
    EXPECT_GT(*std::max_element(expected.begin(), expected.end()), 2);
    for (const HarmonicScheme scheme : {HarmonicScheme::dense, HarmonicScheme::cg, HarmonicScheme::clusters}) {
        const auto p = predict_elastic<Host>({n, {}}, s, {.scheme = scheme, .tolerance = 1e-3});
        EXPECT_DEVIATION(largest_difference(p->gruneisen, expected), scheme == HarmonicScheme::dense ? 5e-3 : 0.2);
    }
    // What other networks read of it, in the order of their own elements: the springs' sums are those of the Hessian.
    bool relaxed = true;
    const std::vector<double> f = *elastic_features<Host>(n, s, {"Cu", "Zr"}, relaxed);
    EXPECT_FALSE(relaxed);
    Structure exchanged = s;
    for (int& species : exchanged.species) species = 1 - species;
    const std::vector<double> g = *elastic_features<Host>(n, exchanged, {"Zr", "Cu"}, relaxed);
    const std::vector<std::string> names = elastic_feature_names({"Zr", "Cu"});
    ASSERT_EQ(names, (std::vector<std::string>{"elastic_K", "elastic_anisotropy", "elastic_gruneisen", "elastic_virial",
                                               "springs_along_Zr", "springs_along_Cu", "springs_across_Zr",
                                               "springs_across_Cu"}));
    const std::size_t width = names.size();
    ASSERT_EQ(f.size(), width * s.species.size());
    const Hessian<Host> h = hessian_of(s, as_potential(n));
    double worst = 0;
    for (int slot = 0; slot < h.slots; ++slot) {
        const std::size_t row = width * static_cast<std::size_t>(h.atom_of_slot[slot]);
        EXPECT_NEAR(f[row], k[row / width], 1e-5);
        for (const auto& [mine, its] : {std::pair{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 5}, {5, 4}, {6, 7}, {7, 6}})
            EXPECT_EQ(f[row + mine], g[row + its]);
        double along[2] = {}, across[2] = {};
        for (int b = h.first[slot]; b < h.first[slot + 1]; ++b) {
            const int other = s.species[h.atom_of_slot[h.bond[b].neighbor]];
            along[other] += h.bond[b].perpendicular + h.bond[b].excess;
            across[other] += h.bond[b].perpendicular;
        }
        for (int t = 0; t < 2; ++t)
            worst = std::max({worst, std::abs(f[row + 4 + t] - along[t]), std::abs(f[row + 6 + t] - across[t])});
    }
    EXPECT_DEVIATION(worst, 1e-3);  // [eV/A^2] cubic pieces of 0.001 A for quartic ones
    EXPECT_EQ(unknown_elements(n, {"Zr", "Al"}), (std::vector<std::string>{"Al"}));
    // Asked to stop, it does; asked again with its journal, it goes on, and ends with the same bits. What it tells is
    // told once.
    ElasticJournal parts;
    std::vector<ElasticRecord> told;
    std::optional<ElasticNetwork> in_parts;
    std::size_t runs = 0;  // each a step longer than the one before
    for (; !in_parts; ++runs) {
        const std::size_t enough = parts.size() + runs;
        in_parts = train_elastic<Host>(
            {{s, exact}}, t, parts, [&](const ElasticRecord& r) { told.push_back(r); },
            [&] { return parts.size() >= enough; });
    }
    EXPECT_GT(runs, 4u);
    EXPECT_EQ(in_parts->parameter, n.parameter);
    EXPECT_EQ(parts.size(), journal.size());
    ASSERT_EQ(told.size(), records.size());
    for (std::size_t k = 0; k < told.size(); ++k) EXPECT_EQ(told[k].loss, records[k].loss) << k;
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
    EXPECT_EQ(s.parameters(), 6 * 4 + 9 * 5 + 3);
}

TEST(PairLaws, OfThePotentialAreTheTensionsOfACrystal) {
    // In a B2 crystal every atom of a species has the mean density, so that bonds have just those tensions.
    const Structure s = oracle::b2(6, 6, 6, 3.262);
    const PairLaws laws = pair_laws(initial_network({s}, 7.6), smooth(), {s});
    const Hessian<Host> h = hessian_of(s, smooth());
    const ElasticShape shape = initial_network({s}, 7.6).shape();
    const std::size_t points = laws.distance.size();
    double worst = 0;
    for (int slot = 0; slot < 2; ++slot)
        for (int k = h.first[slot]; k < h.first[slot + 1]; ++k) {
            const HessianBond& b = h.bond[k];
            Vec3 d = s.box.h * nearest_difference(s.box.inverse * s.position[h.atom_of_slot[slot]],
                                                  s.box.inverse * s.position[h.atom_of_slot[b.neighbor]]);
            const double r = std::sqrt(norm2(d)), place = (r - laws.distance[0]) / 0.02;
            const auto at = static_cast<std::size_t>(place);
            if (at + 1 >= points) continue;
            const double* const law =
                laws.potential.data() +
                points * shape.pair_of(s.species[h.atom_of_slot[slot]], s.species[h.atom_of_slot[b.neighbor]]);
            const double fraction = place - static_cast<double>(at);
            const double found = law[at] + fraction * (law[at + 1] - law[at]);
            worst = std::max(worst, std::abs(found - b.perpendicular * r));
        }
    EXPECT_DEVIATION(worst, 2e-3);  // [eV/A] straight lines between points 0.02 A apart
}

TEST(ElasticCalibration, SaysHowFarOffAndWhatIsNew) {
    const Case& c = drawn();
    const auto n = static_cast<std::size_t>(c.structure.size());
    CalibrationSample sample{c.structure.species, {}, {}, {0, 1}};
    std::mt19937 random(8);
    std::normal_distribution<double> normal;
    for (std::size_t i = 0; i < n; ++i) {
        sample.prediction.stiffness.push_back(1 + 0.2 * std::abs(normal(random)));
        // A soft spot, where an error is ten times as large, among ordinary atoms.
        const double gamma = i % 10 == 0 ? std::sqrt(99.0) * ordinary_gruneisen : 0.0;
        sample.prediction.gruneisen.push_back(gamma);
        sample.stiffness.push_back(sample.prediction.stiffness[i] * (1 + 0.05 * normal(random) * (gamma > 0 ? 10 : 1)));
        sample.prediction.force.push_back(0.02 * std::abs(normal(random)));
        sample.prediction.virial.push_back(0.5 * normal(random) + sample.species[i]);
        sample.prediction.closest.insert(sample.prediction.closest.end(), {2.5, 2.8});
    }
    const ElasticModel model{c.network, calibrate(c.network, {sample})};
    const ElasticCalibration& found = model.calibration;
    for (int t = 0; t < 2; ++t) {
        EXPECT_NEAR(found.deviation[t] * ordinary_gruneisen, 0.05, 0.01);
        EXPECT_NEAR(found.interval_90[t] * ordinary_gruneisen, 1.645 * 0.05, 0.015);
        EXPECT_NEAR(found.virial[t], t, 0.15);
        EXPECT_NEAR(found.virial_deviation[t], 0.5, 0.1);
    }
    EXPECT_EQ(found.closest, (std::vector<double>{2.5, 2.5, 2.8}));
    const auto novel = [&](const ElasticPrediction& changed) {
        ElasticPrediction p = changed;
        judge(model, sample.species, p);
        return std::count_if(p.novelty.begin(), p.novelty.end(), [](double x) { return x > 1; });
    };
    EXPECT_EQ(novel(sample.prediction), 0);
    // The error of an inversion adds to that of the laws.
    ElasticPrediction inexact = sample.prediction;
    judge(model, sample.species, inexact);
    const double exact_width = inexact.interval_90[3];
    inexact.error = 0.1;
    judge(model, sample.species, inexact);
    EXPECT_NEAR(inexact.interval_90[3], std::hypot(exact_width, 1.645 * 0.1 * inexact.stiffness[3]), 1e-12);
    ElasticPrediction one = sample.prediction;
    one.force[17] = 0.2;
    EXPECT_EQ(novel(one), 1);
    one = sample.prediction;
    one.closest[2 * 40] = 2.3;
    EXPECT_EQ(novel(one), 1);
    one = sample.prediction;
    for (double& v : one.virial) v -= 0.4;  // a body under pressure
    EXPECT_EQ(novel(one), static_cast<std::ptrdiff_t>(n));
    one = sample.prediction;
    for (double& f : one.force) f *= 2.5;  // a body that is not at rest
    EXPECT_EQ(novel(one), static_cast<std::ptrdiff_t>(n));
}

}  // namespace
}  // namespace mg
