// Training as a whole: it learns, repeats itself bit by bit, stops early at the best weights, goes on after a stop.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/space.hpp"
#include "nn/metrics.hpp"
#include "nn/training.hpp"

namespace {

using mg::Dataset;
using mg::Host;
using mg::Model;
using mg::TrainOptions;

/// y = sin(3 x0) + 0.5 x1^2, x2 constant, x3 noise; with samples and species.
Dataset sine(int n, int samples, double noise = 0, std::uint64_t seed = 4) {
    const mg::RandomStream stream(seed, mg::RandomUse::weights, 9);
    Dataset d;
    d.features_per_atom = 4;
    d.species_count = 2;
    for (int i = 0; i < n; ++i) {
        const double x0 = 2 * stream.uniform(4 * i) - 1, x1 = 2 * stream.uniform(4 * i + 1) - 1;
        d.features.insert(d.features.end(), {10 + x0, 5 * x1, 0.1, stream.normal(4 * i + 2)});
        d.target.push_back(7 + std::sin(3 * x0) + 0.5 * x1 * x1 + noise * stream.normal(4 * i + 3));
        d.group.push_back(i * samples / n);
        d.species.push_back(i % 2);
    }
    return d;
}

TrainOptions small() {
    TrainOptions o;
    o.hidden = {24};
    o.activation = mg::Activation::tanh;
    o.epochs = 60;
    o.batch = 50;
    o.learning_rate = 1e-2;
    return o;
}

TEST(Training, LearnsASmoothFunction) {
    const Dataset training = sine(2000, 4), test = sine(500, 1, 0, 5);
    for (mg::Activation activation : {mg::Activation::relu, mg::Activation::tanh, mg::Activation::sigmoid}) {
        TrainOptions o = small();
        o.activation = activation;
        o.learning_rate = activation == mg::Activation::sigmoid ? 5e-2 : 1e-2;  // a quarter of the others' slope
        const Model model = mg::train<Host>(training, o);
        const auto predicted = mg::predict(Host{}, model, test.features);
        const mg::Metrics m = mg::evaluate(test.target, predicted, test.species, 2);
        EXPECT_GT(m.all.pearson, 0.99) << mg::activation_name(activation);
        EXPECT_NEAR(m.all.slope, 1.0, 0.05);
        EXPECT_NEAR(m.all.bias, 0.0, 0.05);
    }
}

TEST(Training, ConstantFeatureIsIgnored) {
    Dataset d = sine(600, 1);
    TrainOptions o = small();
    o.epochs = 5;
    const Model model = mg::train<Host>(d, o);
    EXPECT_EQ(model.input_std[2], 0);
    EXPECT_NEAR(model.input_mean[2], 0.1, 1e-15);
    const auto before = mg::predict(Host{}, model, d.features);
    for (double p : before) ASSERT_TRUE(std::isfinite(p));
    for (int i = 0; i < d.size(); ++i) d.features[4 * i + 2] = 1000.0;  // never seen, so nothing is known of it
    EXPECT_EQ(mg::predict(Host{}, model, d.features), before);
}

TEST(Training, ConstantTarget) {
    Dataset d = sine(200, 1);
    std::fill(d.target.begin(), d.target.end(), 3.25);
    TrainOptions o = small();
    const Model model = mg::train<Host>(d, o);
    for (double p : mg::predict(Host{}, model, d.features)) EXPECT_NEAR(p, 3.25, 0.05);
}

TEST(Training, SameBitsForAnyNumberOfThreads) {
    const Dataset d = sine(3000, 2);
    TrainOptions o = small();
    o.hidden = {30, 20};
    o.epochs = 4;
    o.batch = 256;
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const Model one = mg::train<Host>(d, o);
    const auto predicted_one = mg::predict(Host{}, one, d.features);
    omp_set_num_threads(2);
    const Model two = mg::train<Host>(d, o);
    const auto predicted_two = mg::predict(Host{}, two, d.features);
    omp_set_num_threads(5);
    const Model five = mg::train<Host>(d, o);
    omp_set_num_threads(before);
    EXPECT_EQ(one.parameters, two.parameters);
    EXPECT_EQ(one.parameters, five.parameters);
    EXPECT_EQ(predicted_one, predicted_two);
    EXPECT_EQ(one.input_mean, two.input_mean);
    EXPECT_EQ(one.input_std, five.input_std);
    for (std::size_t e = 0; e < one.history.size(); ++e) {
        EXPECT_EQ(one.history[e].training_loss, two.history[e].training_loss);
        EXPECT_EQ(one.history[e].validation_loss, two.history[e].validation_loss);
    }
}

TEST(Training, ReproducibleBySeed) {
    const Dataset d = sine(500, 1);
    TrainOptions o = small();
    o.epochs = 3;
    const Model a = mg::train<Host>(d, o), b = mg::train<Host>(d, o);
    EXPECT_EQ(a.parameters, b.parameters);
    o.seed = 2;
    EXPECT_NE(a.parameters, mg::train<Host>(d, o).parameters);
}

TEST(Training, EarlyStoppingRestoresTheBest) {
    // Few, noisy rows and a large network: the validation loss rises after a while.
    const Dataset d = sine(120, 1, 1.0);
    TrainOptions o = small();
    o.hidden = {100};
    o.epochs = 400;
    o.schedule = mg::RateSchedule::constant;
    o.validation_fraction = 0.3;
    o.patience = 10;
    std::vector<std::vector<double>> parameters;
    const Model model = mg::train<Host>(d, o, [&](const mg::TrainProgress& p) {
        parameters.push_back(p.state().parameters);
        return true;
    });
    ASSERT_LT(model.history.size(), 400u) << "never stopped";
    ASSERT_EQ(model.history.size(), parameters.size());
    int best = 0;
    for (std::size_t e = 0; e < model.history.size(); ++e)
        if (model.history[e].validation_loss < model.history[best].validation_loss) best = static_cast<int>(e);
    EXPECT_EQ(model.best_epoch, best);
    EXPECT_EQ(static_cast<int>(model.history.size()), best + 1 + o.patience);
    EXPECT_EQ(model.parameters, parameters[best]);
    EXPECT_NE(model.parameters, parameters.back());
}

TEST(Training, ValidationRowsAreNotTrainedOn) {
    // Changing the targets of validation rows changes the validation loss and nothing of the first epoch's weights.
    Dataset d = sine(200, 1);
    TrainOptions o = small();
    o.epochs = 1;
    o.validation_fraction = 0.25;
    std::vector<int> changed;
    const Model reference = mg::train<Host>(d, o);
    for (int i = 0; i < d.size(); ++i) {
        Dataset e = d;
        e.target[i] += 50;
        if (mg::train<Host>(e, o).parameters == reference.parameters) changed.push_back(i);
    }
    EXPECT_EQ(changed.size(), 50u);
}

TEST(Training, GoesOnFromACheckpointWithTheSameBits) {
    const Dataset d = sine(700, 1);
    TrainOptions o = small();
    o.epochs = 12;
    const Model whole = mg::train<Host>(d, o);
    std::optional<mg::TrainState> state;
    mg::train<Host>(d, o, [&](const mg::TrainProgress& p) {
        if (p.epoch.epoch < 4) return true;
        state = p.state();
        return false;
    });
    ASSERT_TRUE(state);
    EXPECT_EQ(state->epochs_done, 5);
    const Model resumed = mg::train<Host>(d, o, {}, &*state);
    EXPECT_EQ(whole.parameters, resumed.parameters);
    EXPECT_EQ(whole.best_epoch, resumed.best_epoch);
    EXPECT_EQ(whole.history.size(), resumed.history.size());
    o.hidden = {25};
    EXPECT_THROW(mg::train<Host>(d, o, {}, &*state), mg::InputError);
}

TEST(Training, RefusesBadInput) {
    const Dataset good = sine(100, 1);
    const TrainOptions o = small();
    Dataset d = good;
    d.target[3] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(mg::train<Host>(d, o), mg::InputError);
    d = good;
    d.features[17] = std::numeric_limits<double>::infinity();
    EXPECT_THROW(mg::train<Host>(d, o), mg::InputError);
    d = good;
    d.features.pop_back();
    EXPECT_THROW(mg::train<Host>(d, o), mg::InputError);
    for (auto change : std::vector<void (*)(TrainOptions&)>{
             [](TrainOptions& t) { t.epochs = 0; }, [](TrainOptions& t) { t.batch = 0; },
             [](TrainOptions& t) { t.learning_rate = -1; }, [](TrainOptions& t) { t.decay = 0; },
             [](TrainOptions& t) { t.validation_fraction = 1; }, [](TrainOptions& t) { t.hidden = {-3}; }}) {
        TrainOptions bad = o;
        change(bad);
        EXPECT_THROW(mg::train<Host>(good, bad), mg::InputError);
    }
    const Model model = mg::train<Host>(good, o);
    EXPECT_THROW(mg::predict(Host{}, model, std::vector<double>(7)), mg::InputError);
    EXPECT_TRUE(mg::predict(Host{}, model, {}).empty());
}

TEST(Training, DivergenceIsAnError) {
    TrainOptions o = small();
    o.activation = mg::Activation::relu;
    o.hidden = {20, 20, 20};
    o.learning_rate = 1e150;
    o.schedule = mg::RateSchedule::constant;
    EXPECT_THROW(mg::train<Host>(sine(200, 1), o), mg::Error);
}

TEST(Training, LearningRateSchedules) {
    TrainOptions o;
    o.epochs = 11;
    o.learning_rate = 2;
    o.decay = 0.01;
    o.schedule = mg::RateSchedule::exponential;
    EXPECT_NEAR(mg::learning_rate_at(o, 0), 2, 1e-15);
    EXPECT_NEAR(mg::learning_rate_at(o, 5), 0.2, 1e-15);
    EXPECT_NEAR(mg::learning_rate_at(o, 10), 0.02, 1e-15);
    o.schedule = mg::RateSchedule::cosine;
    EXPECT_NEAR(mg::learning_rate_at(o, 0), 2, 1e-15);
    EXPECT_NEAR(mg::learning_rate_at(o, 5), 1.01, 1e-15);
    EXPECT_NEAR(mg::learning_rate_at(o, 10), 0.02, 1e-15);
    o.schedule = mg::RateSchedule::constant;
    EXPECT_EQ(mg::learning_rate_at(o, 10), 2);
    EXPECT_THROW(mg::rate_schedule_from_name("linear"), mg::InputError);
}

TEST(CrossValidation, WholeSamplesWhereThereAreEnough) {
    const Dataset d = sine(900, 9);
    const std::vector<int> fold = mg::assign_folds(d, 5, 1);
    std::set<int> of_group[9];
    int count[5] = {};
    for (int i = 0; i < d.size(); ++i) {
        of_group[d.group[i]].insert(fold[i]);
        ++count[fold[i]];
    }
    for (const auto& folds : of_group) EXPECT_EQ(folds.size(), 1u);
    for (int n : count) EXPECT_TRUE(n == 100 || n == 200) << n;
}

TEST(CrossValidation, SingleAtomsWhereThereAreNot) {
    const Dataset d = sine(902, 2);
    const std::vector<int> fold = mg::assign_folds(d, 5, 1);
    int count[5] = {};
    for (int f : fold) ++count[f];
    for (int n : count) EXPECT_TRUE(n == 180 || n == 181) << n;
    EXPECT_FALSE(std::is_sorted(fold.begin(), fold.end()));
    EXPECT_THROW(mg::assign_folds(d, 1, 1), mg::InputError);
    EXPECT_THROW(mg::assign_folds(d, 903, 1), mg::InputError);
}

TEST(CrossValidation, AFoldAndTheOthersAreAllAtoms) {
    Dataset d = sine(250, 2);
    for (int i = 0; i < d.size(); ++i) d.target[i] = i;  // tells atoms apart
    const std::vector<int> fold = mg::assign_folds(d, 5, 3);
    std::vector<int> held_out(d.size());
    for (int f = 0; f < 5; ++f) {
        const Dataset inside = mg::inside_fold(d, fold, f), outside = mg::outside_fold(d, fold, f);
        std::set<double> atoms(outside.target.begin(), outside.target.end());
        for (int k = 0; k < inside.size(); ++k) {
            const int i = static_cast<int>(inside.target[k]);
            EXPECT_EQ(fold[i], f);
            EXPECT_EQ(inside.features[k * d.features_per_atom], d.features[i * d.features_per_atom]);
            EXPECT_EQ(inside.group[k], d.group[i]);
            EXPECT_TRUE(atoms.insert(inside.target[k]).second) << "in both";
            ++held_out[i];
        }
        EXPECT_EQ(static_cast<int>(atoms.size()), d.size());
    }
    for (const int n : held_out) EXPECT_EQ(n, 1);
}

TEST(Training, ValidationRowsAreAShareOfAll) {
    TrainOptions o = small();
    o.validation_fraction = 0.1;
    const std::vector<int> rows = mg::validation_rows(1000, o);
    EXPECT_EQ(rows.size(), 100u);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    EXPECT_EQ(std::set<int>(rows.begin(), rows.end()).size(), 100u);
    EXPECT_EQ(mg::validation_rows(3, o).size(), 1u);
    o.validation_fraction = 0;
    EXPECT_TRUE(mg::validation_rows(1000, o).empty());
}

}  // namespace
