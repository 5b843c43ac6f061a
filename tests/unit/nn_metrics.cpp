// Metrics against closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/error.hpp"
#include "nn/metrics.hpp"

namespace {

using Values = std::vector<double>;

TEST(Metrics, ClosedForms) {
    const Values real{1, 2, 3, 4}, predicted{2, 2, 4, 6};
    const mg::Agreement a = mg::compare(real, predicted);
    // Moments by hand: xx = 5, yy = 11, xy = 7, differences 1, 0, 1, 2.
    EXPECT_EQ(a.atoms, 4);
    EXPECT_NEAR(a.pearson, 7 / std::sqrt(55.0), 1e-15);
    EXPECT_NEAR(a.slope, 7.0 / 5, 1e-15);
    EXPECT_NEAR(a.rmse, std::sqrt(6.0 / 4), 1e-15);
    EXPECT_NEAR(a.mae, 1.0, 1e-15);
    EXPECT_NEAR(a.bias, 1.0, 1e-15);
    // Ranks 0 1 2 3 and, with the tie's mean, 0.5 0.5 2 3: xx = 5, yy = 4.5, xy = 4.5.
    EXPECT_NEAR(a.spearman, 4.5 / std::sqrt(5 * 4.5), 1e-15);
}

TEST(Metrics, LargeMeanCostsNoDigits) {
    Values x, y;
    for (int i = 0; i < 100; ++i) {
        x.push_back(1e8 + i);
        y.push_back(-2e8 - 3 * i);
    }
    EXPECT_NEAR(mg::pearson(x, y), -1.0, 1e-12);
    EXPECT_NEAR(mg::regression_slope(x, y), -3.0, 1e-12);
}

TEST(Metrics, MonotoneMapHasRankCorrelationOne) {
    Values x, y;
    for (int i = 0; i < 50; ++i) {
        x.push_back((i * 37) % 50);
        y.push_back(std::exp(0.3 * x.back()));
    }
    EXPECT_NEAR(mg::spearman(x, y), 1.0, 1e-14);
    EXPECT_LT(mg::pearson(x, y), 0.8);
}

TEST(Metrics, UndefinedIsZeroAndFinite) {
    const Values constant{2, 2, 2}, x{1, 2, 3}, none;
    EXPECT_EQ(mg::pearson(constant, x), 0);
    EXPECT_EQ(mg::regression_slope(constant, x), 0);
    EXPECT_EQ(mg::compare(none, none).rmse, 0);
    EXPECT_EQ(mg::bin_by(none, none, none, 10).real.size(), 0u);
}

TEST(Metrics, SpearmanBrown) {
    EXPECT_NEAR(mg::spearman_brown(0.5), 2.0 / 3, 1e-15);
    EXPECT_NEAR(mg::spearman_brown(0.9, 1), 0.9, 1e-15);
    EXPECT_NEAR(mg::spearman_brown(1.0, 4), 1.0, 1e-15);
    EXPECT_NEAR(mg::spearman_brown(mg::spearman_brown(0.3), 2), mg::spearman_brown(0.3, 4), 1e-15);
    EXPECT_EQ(mg::spearman_brown(-1.0), 0);
}

TEST(Metrics, BinsByEitherKey) {
    // 25 atoms in bins of 10: two bins, the last with 15. predicted falls where real rises.
    Values real, predicted;
    for (int i = 0; i < 25; ++i) {
        real.push_back((i * 7) % 25);
        predicted.push_back(100 - 2 * real.back());
    }
    const mg::Bins by_real = mg::bin_by(real, real, predicted, 10);
    ASSERT_EQ(by_real.real.size(), 2u);
    EXPECT_NEAR(by_real.real[0], 4.5, 1e-14);
    EXPECT_NEAR(by_real.real[1], 17.0, 1e-14);
    EXPECT_NEAR(by_real.predicted[0], 91.0, 1e-13);
    EXPECT_NEAR(by_real.slope, -2.0, 1e-13);
    EXPECT_NEAR(by_real.pearson, -1.0, 1e-14);
    const mg::Bins by_predicted = mg::bin_by(predicted, real, predicted, 10);
    EXPECT_NEAR(by_predicted.real[0], 19.5, 1e-13);
    EXPECT_NEAR(by_predicted.predicted[0], 61.0, 1e-13);
    EXPECT_THROW(mg::bin_by(real, real, predicted, 0), mg::InputError);
    EXPECT_EQ(mg::bin_by(real, real, predicted, 100).real.size(), 1u);
}

TEST(Metrics, PerSpecies) {
    const Values real{1, 5, 2, 6, 3, 7}, predicted{1, 7, 2, 6, 3, 5};
    const std::vector<int> species{0, 1, 0, 1, 0, 1};
    const mg::Metrics m = mg::evaluate(real, predicted, species, 3, 2);
    ASSERT_EQ(m.species.size(), 3u);
    EXPECT_NEAR(m.species[0].pearson, 1, 1e-15);
    EXPECT_NEAR(m.species[1].pearson, -1, 1e-15);
    EXPECT_EQ(m.species[1].atoms, 3);
    EXPECT_EQ(m.species[2].atoms, 0);
    EXPECT_EQ(m.by_real.real.size(), 3u);
}

}  // namespace
