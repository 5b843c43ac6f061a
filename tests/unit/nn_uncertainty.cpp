// Errors of predictions and distances from the training atoms: against distributions that are known.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/space.hpp"
#include "nn/training.hpp"
#include "nn/uncertainty.hpp"

namespace {

using mg::RandomStream;

TEST(ErrorModel, CurvesBetweenPointsAndBeyond) {
    mg::ErrorModel m;
    EXPECT_EQ(m.deviation(0, 0.5, 0.07), 0.07);
    m.species = {{{0.2, 0.6}, {0.1, 0.3}}, {{0.4}, {0.25}}};
    EXPECT_NEAR(m.deviation(0, 0.3, 0), 0.15, 1e-15);
    EXPECT_NEAR(m.deviation(0, 0.2, 0), 0.1, 1e-15);
    EXPECT_EQ(m.deviation(0, -5, 0), 0.1);
    EXPECT_EQ(m.deviation(0, 5, 0), 0.3);
    EXPECT_EQ(m.deviation(1, 9, 0), 0.25);
    EXPECT_NEAR(m.deviation(0, 5, 0.4), 0.5, 1e-15);
}

/// Two species; the spread of the second grows with the prediction.
struct Atoms {
    std::vector<double> real, predicted;
    std::vector<int> species;
};
double spread_of(int species, double predicted) { return species == 0 ? 0.05 : 0.2 * predicted; }
Atoms draw(int n, std::uint64_t seed) {
    const RandomStream stream(seed, mg::RandomUse::weights, 0);
    Atoms a;
    for (int i = 0; i < n; ++i) {
        a.species.push_back(i % 2);
        a.predicted.push_back(0.3 + 0.9 * stream.uniform(3 * i));
        a.real.push_back(a.predicted.back() + spread_of(i % 2, a.predicted.back()) * stream.normal(3 * i + 1));
    }
    return a;
}

TEST(ErrorModel, NetworksThatDisagreeAsUsualAddNothing) {
    mg::ErrorModel m;
    m.species = {{{1.0}, {0.5}}};
    m.ensemble_variance = 0.09;
    EXPECT_DOUBLE_EQ(m.deviation(0, 1.0, 0.3), 0.5);
    EXPECT_DOUBLE_EQ(m.deviation(0, 1.0, 0.5), std::sqrt(0.25 + 0.25 - 0.09));
    m.ensemble_variance = 0.24;
    EXPECT_DOUBLE_EQ(m.deviation(0, 1.0, 0.0), 0.25);
}

TEST(ErrorModel, FindsTheSpreadThatWasDrawn) {
    const Atoms a = draw(40000, 1);
    const mg::ErrorModel m = mg::calibrate_errors(a.real, a.predicted, a.species, 2);
    for (const double k : {0.45, 0.75, 1.05}) {
        EXPECT_NEAR(m.deviation(0, k, 0), 0.05, 0.004) << k;
        EXPECT_NEAR(m.deviation(1, k, 0), 0.2 * k, 0.06 * 0.2 * k) << k;
    }
    EXPECT_NEAR(m.interval_90, 1.645, 0.03);  // the normal distribution's
    // Atoms that took no part: 90 % lie inside, of either species.
    const Atoms fresh = draw(20000, 2);
    int inside[2] = {};
    for (int i = 0; i < 20000; ++i)
        inside[fresh.species[i]] += std::abs(fresh.real[i] - fresh.predicted[i]) <=
                                    m.interval_90 * m.deviation(fresh.species[i], fresh.predicted[i], 0);
    EXPECT_NEAR(inside[0] / 10000.0, 0.9, 0.015);
    EXPECT_NEAR(inside[1] / 10000.0, 0.9, 0.015);
}

TEST(ErrorModel, SpeciesWithoutAtomsAndTooFewAtoms) {
    const Atoms a = draw(1000, 3);
    const mg::ErrorModel m = mg::calibrate_errors(a.real, a.predicted, a.species, 3);
    ASSERT_EQ(m.species.size(), 3u);
    EXPECT_GT(m.deviation(2, 0.7, 0), 0.05);
    EXPECT_THROW(mg::calibrate_errors(std::vector<double>(9), std::vector<double>(9), std::vector<int>(9), 1),
                 mg::InputError);
    // Equal predictions make one point, and perfect ones an interval of no width.
    const std::vector<double> same(500, 0.5);
    const mg::ErrorModel flat = mg::calibrate_errors(same, same, std::vector<int>(500), 1);
    EXPECT_EQ(flat.species[0].predicted.size(), 1u);
    EXPECT_EQ(flat.interval_90 * flat.deviation(0, 0.5, 0), 0);
}

TEST(Novelty, IsTheDistanceOfMahalanobis) {
    // Correlated features x and x + y/2, one that is constant, and one that follows from the others.
    const RandomStream stream(4, mg::RandomUse::weights, 0);
    constexpr int n = 20000;
    mg::Dataset data;
    data.features_per_atom = 4;
    for (int i = 0; i < n; ++i) {
        const double x = stream.normal(2 * i), y = stream.normal(2 * i + 1);
        data.features.insert(data.features.end(), {3 + x, 10 * (x + 0.5 * y), 7, 2 * x});
        data.target.push_back(x);
    }
    mg::TrainOptions o;
    o.hidden = {2};
    o.epochs = 1;
    o.validation_fraction = 0;
    const mg::Model model = mg::train<mg::Host>(data, o);
    const mg::Novelty novelty = mg::measure_novelty(model, data.features);
    // Along x alone: the pair (1, 10, ., 2) has y = 0 and a distance of 1 in three features that span two directions.
    const std::vector<double> center{3, 0, 7, 0}, one{4, 10, 7, 2}, against{4, -10, 7, 2}, impossible{4, 10, 7, -2},
        other{3, 0, 7.1, 0};
    EXPECT_LT(novelty.distance(center.data()), 0.02);
    EXPECT_NEAR(novelty.distance(one.data()), 1 / std::sqrt(3.0), 0.02);
    EXPECT_NEAR(novelty.distance(against.data()), std::sqrt(17 / 3.0), 0.05);  // x = 1, y = -4
    EXPECT_GT(novelty.distance(impossible.data()), 100);
    EXPECT_EQ(novelty.distance(other.data()), 1e6);
    // A thousandth of the training atoms lies beyond the limit: r^2 / 2 of two directions is exponential.
    EXPECT_NEAR(novelty.limit, std::sqrt(2 * std::log(1000.0) / 3), 0.15);
    int beyond = 0;
    for (int i = 0; i < n; ++i) beyond += novelty.distance(&data.features[4 * i]) > novelty.limit;
    EXPECT_NEAR(beyond, n / 1000, 2);
}

TEST(Ensemble, MeanAndDeviationOfTheNetworks) {
    mg::Dataset data;
    data.features_per_atom = 1;
    for (int i = 0; i < 100; ++i) {
        data.features.push_back(i);
        data.target.push_back(std::sin(0.1 * i));
    }
    mg::TrainOptions o;
    o.hidden = {5};
    o.epochs = 3;
    std::vector<mg::Model> models;
    for (o.seed = 1; o.seed < 4; ++o.seed) models.push_back(mg::train<mg::Host>(data, o));
    const mg::EnsemblePrediction e = mg::predict_ensemble(mg::Host{}, models, data.features);
    std::vector<std::vector<double>> each;
    for (const mg::Model& m : models) each.push_back(mg::predict(mg::Host{}, m, data.features));
    for (int i = 0; i < 100; ++i) {
        const double a = each[0][i], b = each[1][i], c = each[2][i], mean = (a + b + c) / 3;
        EXPECT_NEAR(e.mean[i], mean, 1e-14);
        EXPECT_NEAR(e.deviation[i],
                    std::sqrt(((a - mean) * (a - mean) + (b - mean) * (b - mean) + (c - mean) * (c - mean)) / 2),
                    1e-12);
    }
    EXPECT_EQ(mg::predict_ensemble(mg::Host{}, {models[0]}, data.features).deviation[7], 0);
}

}  // namespace
