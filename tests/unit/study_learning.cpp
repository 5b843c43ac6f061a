// The plan of a study's trainings: nothing is tested on what it was trained on.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "config/samples.hpp"
#include "core/error.hpp"
#include "descriptors/kinds.hpp"
#include "nn/training.hpp"
#include "study/inputs.hpp"
#include "study/learning.hpp"
#include "support/oracle.hpp"
#include "support/paths.hpp"
#include "support/reference_glass.hpp"

namespace {

using namespace mg;

StudyFile study_of(int samples, std::vector<double> further_rates, int each) {
    StudyFile s;
    s.study.seed = 5;
    s.quench.samples = samples;
    s.quench.rate_K_per_s = 1e12;
    s.quench.test_rates_K_per_s = std::move(further_rates);
    s.quench.samples_per_test_rate = each;
    s.train.seeds = 2;
    s.train.folds = 0;
    return s;
}

std::vector<study::Training> of(const std::vector<study::Training>& plan, study::TrainingPurpose purpose) {
    std::vector<study::Training> some;
    std::copy_if(plan.begin(), plan.end(), std::back_inserter(some),
                 [&](const study::Training& t) { return t.purpose == purpose; });
    return some;
}

TEST(TrainingPlan, MembersComeFirstAndDifferBySeed) {
    const std::vector<study::Training> plan = study::plan_trainings(study_of(4, {1e13}, 1));
    ASSERT_EQ(plan.size(), 2u);
    for (int k = 0; k < 2; ++k) {
        EXPECT_EQ(plan[k].purpose, study::TrainingPurpose::member);
        EXPECT_EQ(plan[k].seed, 5u + k);
        EXPECT_EQ(plan[k].samples, (std::vector<int>{0, 1, 2}));  // 3 tests, 4 is of another rate
        EXPECT_TRUE(plan[k].tests.empty());
    }
}

TEST(TrainingPlan, FoldsOfEveryArchitectureAndActivation) {
    StudyFile s = study_of(8, {}, 1);
    s.train.folds = 5;
    s.train.grid = {{100}, {200, 200}};
    s.train.activations = {"tanh", "sigmoid", "relu"};  // the last is the network itself
    s.train.reach_A = {3.8};
    const std::vector<study::Training> folds = of(study::plan_trainings(s), study::TrainingPurpose::fold);
    ASSERT_EQ(folds.size(), 30u);
    std::map<std::tuple<std::vector<int>, std::string, double>, std::vector<int>> held_out;
    for (const study::Training& t : folds) held_out[{t.hidden, t.activation, t.reach}].push_back(t.fold);
    ASSERT_EQ(held_out.size(), 6u);
    for (const auto& [network, fold] : held_out) EXPECT_EQ(fold, (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_TRUE(held_out.count({{200}, "relu", 0}));
    EXPECT_TRUE(held_out.count({{200, 200}, "relu", 0}));
    EXPECT_TRUE(held_out.count({{200}, "sigmoid", 0}));
    EXPECT_TRUE(held_out.count({{200}, "relu", 3.8}));
    EXPECT_EQ(folds[0].hidden, s.train.hidden);  // the network's own come first
    EXPECT_EQ(folds[0].activation, "relu");
}

TEST(TrainingPlan, EverySampleButTheTestTakesItsTurn) {
    StudyFile s = study_of(4, {1e13}, 2);
    s.train.test_sample = 1;
    s.train.rotate = true;
    const std::vector<study::Training> turns = of(study::plan_trainings(s), study::TrainingPurpose::rotation);
    ASSERT_EQ(turns.size(), 3u);
    std::set<int> held_out;
    for (const study::Training& t : turns) {
        ASSERT_EQ(t.tests.size(), 1u);
        held_out.insert(t.tests[0]);
        EXPECT_EQ(t.samples.size(), 3u);
        EXPECT_FALSE(std::binary_search(t.samples.begin(), t.samples.end(), t.tests[0]));
        EXPECT_TRUE(std::binary_search(t.samples.begin(), t.samples.end(), 1));
        for (const int k : t.samples) EXPECT_LT(k, 4);
    }
    EXPECT_EQ(held_out, (std::set<int>{0, 2, 3}));
}

TEST(TrainingPlan, TransferBetweenAllRates) {
    StudyFile s = study_of(2, {1e13, 1e14}, 2);  // samples 0 1, 2 3, 4 5
    s.train.transfer = true;
    const std::vector<study::Training> turns = of(study::plan_trainings(s), study::TrainingPurpose::transfer);
    ASSERT_EQ(turns.size(), 14u);  // three rates, all of them, all but each: two turns each
    for (const study::Training& t : turns) {
        std::vector<int> both;
        std::set_intersection(t.samples.begin(), t.samples.end(), t.tests.begin(), t.tests.end(),
                              std::back_inserter(both));
        EXPECT_TRUE(both.empty());
        EXPECT_EQ(t.samples.size(), t.rates.size());
        EXPECT_EQ(t.tests.size(), 6 - t.samples.size());
        const std::vector<Sample> samples = samples_of(s);
        for (const int k : t.samples)
            EXPECT_TRUE(std::count(t.rates.begin(), t.rates.end(), samples[k].rate_K_per_s)) << k;
    }
    // A rate with a single sample trains on it, and is tested on only where it was not.
    s = study_of(3, {1e13}, 1);
    s.train.transfer = true;
    const std::vector<study::Training> few = of(study::plan_trainings(s), study::TrainingPurpose::transfer);
    ASSERT_EQ(few.size(), 3u + 1 + 3);
    EXPECT_EQ(few[0].samples, (std::vector<int>{1, 2}));
    EXPECT_EQ(few[0].tests, (std::vector<int>{0, 3}));
    EXPECT_EQ(few[3].samples, (std::vector<int>{3}));
    EXPECT_EQ(few[3].tests, (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(few[4].samples, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(few[4].tests, (std::vector<int>{0}));
    // One rate has nothing to be transferred to.
    s = study_of(3, {}, 1);
    s.train.transfer = true;
    EXPECT_TRUE(of(study::plan_trainings(s), study::TrainingPurpose::transfer).empty());
}

TEST(TrainingPlan, FoldsAreWholeSamplesWhereThereAreTwo) {
    for (const auto& [samples, folds] : {std::pair{2, 5}, std::pair{3, 2}, std::pair{4, 3}, std::pair{9, 5}}) {
        StudyFile s = study_of(samples, {}, 1);
        s.train.folds = 5;
        const std::vector<study::Training> parts = of(study::plan_trainings(s), study::TrainingPurpose::fold);
        EXPECT_EQ(static_cast<int>(parts.size()), folds) << samples;
        for (const study::Training& t : parts) EXPECT_EQ(t.folds, folds);
    }
}

TEST(TrainingPlan, ARateIsLeftOutOfThree) {
    StudyFile s = study_of(2, {1e13, 1e14}, 1);
    s.train.transfer = true;
    int left_out = 0;
    for (const study::Training& t : of(study::plan_trainings(s), study::TrainingPurpose::transfer)) {
        if (t.rates.size() != 2) continue;
        ++left_out;
        // Samples 0 and 1 at 1e12, 2 at 1e13, 3 at 1e14.
        for (const int k : {2, 3})
            EXPECT_EQ(std::count(t.tests.begin(), t.tests.end(), k) == 1,
                      std::find(t.rates.begin(), t.rates.end(), k == 2 ? 1e13 : 1e14) == t.rates.end());
    }
    EXPECT_EQ(left_out, 2 + 2 + 1);  // two turns where the main rate is trained at
}

TEST(TrainingPlan, ExcludedSamplesTakeNoPart) {
    StudyFile s = study_of(4, {1e13, 1e14}, 2);
    s.train.rotate = s.train.transfer = true;
    s.train.folds = 2;
    for (const study::Training& t : study::plan_trainings(s, {1, 4})) {
        for (const int k : {1, 4}) {
            EXPECT_EQ(std::count(t.samples.begin(), t.samples.end(), k), 0);
            EXPECT_EQ(std::count(t.tests.begin(), t.tests.end(), k), 0);
        }
        if (t.purpose == study::TrainingPurpose::member) {
            EXPECT_EQ(t.samples, (std::vector<int>{0, 2}));
        }
    }
    // All samples of a rate left out: the rate is gone.
    for (const study::Training& t : of(study::plan_trainings(s, {4, 5}), study::TrainingPurpose::transfer))
        EXPECT_EQ(std::count(t.rates.begin(), t.rates.end(), 1e13), 0);
}

TEST(Descriptors, WithinAReachAreThoseOfTheShorterDescriptor) {
    const std::vector<std::string> elements{"Cu", "Zr"};
    for (const std::string kind : {"rdf", "rdf_species"}) {
        Descriptor all, shorter;
        all.kind = shorter.kind = kind;
        shorter.r_max = 6.2;
        shorter.count = 21;
        const std::vector<std::string> names = feature_names(all, elements);
        std::vector<std::string> within;
        for (const int k : features_within(all, 2, 6.2)) within.push_back(names.at(k));
        EXPECT_EQ(within, feature_names(shorter, elements)) << kind;
        EXPECT_EQ(features_within(all, 2, 10).size(), names.size()) << kind;
    }
}

TEST(Descriptors, GaussiansWithinAReachEndThere) {
    Descriptor d;
    d.kind = "radial";
    d.width = 0.3;
    const std::vector<int> within = features_within(d, 2, 6.2);
    const std::vector<std::string> names = feature_names(d, {"Cu", "Zr"});
    // Centres at 2.1, 2.3, ... of which the last with 5.5 + 0.6 < 6.2 is 5.5; then those of Zr, and both species.
    ASSERT_EQ(within.size(), 2u * 18 + 2);
    EXPECT_EQ(names[within[17]], "G_Cu(5.5)");
    EXPECT_EQ(names[within[18]], "G_Zr(2.1)");
    EXPECT_EQ(names[within.back()], "is_Zr");
}

TEST(Descriptors, BondOrderOfTheFirstShellAndItsAverage) {
    const std::vector<std::string> elements{"Cu", "Zr"};
    const std::vector<double> masses{63.546, 91.224};
    const Descriptor d{"bond_order", 2, 3.9, 19, 0.2};
    EXPECT_EQ(feature_names(d, elements), (std::vector<std::string>{"q4", "q6", "w6", "averaged_q4", "averaged_q6",
                                                                    "averaged_w6", "is_Cu", "is_Zr"}));
    EXPECT_EQ(features_within(d, 2, 3.8), (std::vector<int>{6, 7}));
    EXPECT_EQ(features_within(d, 2, 3.9), (std::vector<int>{0, 1, 2, 6, 7}));
    EXPECT_EQ(features_within(d, 2, 7.7), (std::vector<int>{0, 1, 2, 6, 7}));
    EXPECT_EQ(features_within(d, 2, 7.8), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));

    // Atom 1 is zirconium; its order is that of tests/parity/bond_order_cuda.cpp.
    const Structure glass = reference_glass();
    const std::vector<double> values = compute_features<Host>(glass, d, elements, masses).values;
    ASSERT_EQ(values.size(), 8u * 4000);
    const std::vector<double> expected{0.0977441, 0.3842922, -0.0004800, 0.0300003, 0.1265798, -0.0217394, 0, 1};
    for (std::size_t k = 0; k < 8; ++k) EXPECT_NEAR(values[k], expected[k], 3e-6) << k;
}

/// The averages of copper's share, once and twice, over the neighbours of each atom.
TEST(Inputs, AreAveragedOverNeighbours) {
    const std::vector<std::string> elements{"Cu", "Zr"};
    const std::vector<double> masses{63.546, 91.224};
    const Structure glass = reference_glass();
    study::InputRecipe recipe{{"radial", 2, 10, 40, 0.2}};
    recipe.averages = 2;
    recipe.average_reach = 3.9;
    const std::vector<std::string> names = study::input_names(recipe, elements);
    ASSERT_EQ(names.size(), 3U * 82);
    EXPECT_EQ(names[80], "is_Cu");
    EXPECT_EQ(names[82 + 80], "mean(is_Cu)");
    EXPECT_EQ(names[2 * 82], "mean2(G_Cu(2.1))");
    const std::vector<double> rows = study::compute_inputs<Host>(glass, recipe, elements, masses)->values;
    ASSERT_EQ(rows.size(), names.size() * glass.position.size());
    std::vector<double> copper;
    for (const int t : glass.species) copper.push_back(t == 0 ? 1 : 0);
    for (const std::size_t column : {80U, 82U + 80, 2U * 82 + 80}) {
        for (std::size_t i = 0; i < copper.size(); ++i) EXPECT_NEAR(rows[names.size() * i + column], copper[i], 1e-14);
        std::vector<double> mean(copper.size(), 0.0), count(copper.size(), 0.0);
        for (const oracle::Neighbor& p : oracle::neighbors(glass.position, glass.box, 3.9)) {
            mean[p.i] += copper[p.j];
            count[p.i] += 1;
        }
        for (std::size_t i = 0; i < mean.size(); ++i) copper[i] = mean[i] / count[i];
    }
    recipe.averages = 0;
    const std::vector<double> own = study::compute_inputs<Host>(glass, recipe, elements, masses)->values;
    for (std::size_t k = 0; k < own.size(); ++k) EXPECT_EQ(own[k], rows[names.size() * (k / 82) + k % 82]);
}

/// The r_max of other kinds is refused, where it stands in the study file.
TEST(Descriptors, BondOrderIsOfTheFirstShell) {
    const Descriptor d{"bond_order", 2, 10, 40, 0.2};
    EXPECT_TRUE(descriptor_fault(d).has_value());
    EXPECT_FALSE(descriptor_fault(Descriptor{}).has_value());
    EXPECT_THROW(compute_features<Host>(reference_glass(), d, {"Cu", "Zr"}, {63.546, 91.224}), InputError);
    const TemporaryDirectory folder;
    folder.write("p.eam.fs", "potential");
    const auto message = [&](const std::string& r_max) -> std::string {
        try {
            read_study(folder.write("s.toml",
                                    "[system]\nelements = [\"Cu\"]\nfractions = [1]\natoms = 1372\n"
                                    "potential = \"p.eam.fs\"\n[descriptors]\nkind = \"bond_order\"\n" +
                                        r_max));
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    const std::string text =
        "r_max_A = 10 is too far for kind = \"bond_order\" (its bonds go to the first shell of neighbours, within 6 "
        "A); "
        "give the first minimum of g(r): for Cu-Zr r_max_A = 3.9 with bin_A = 0.1";
    EXPECT_EQ(message("r_max_A = 10"), folder / "s.toml:8:11: " + text);
    EXPECT_EQ(message(""), folder / "s.toml:7:8: " + text);
    EXPECT_EQ(message("r_max_A = 3.9\nbin_A = 0.1"), "");
}

TEST(Descriptors, SelectedColumnsOfADataset) {
    Dataset d;
    d.features_per_atom = 3;
    d.features = {1, 2, 3, 4, 5, 6};
    d.target = {7, 8};
    d.group = {0, 1};
    const Dataset part = select_columns(d, std::vector<int>{0, 2});
    EXPECT_EQ(part.features_per_atom, 2);
    EXPECT_EQ(part.features, (std::vector<double>{1, 3, 4, 6}));
    EXPECT_EQ(part.target, d.target);
    EXPECT_EQ(part.group, d.group);
}

}  // namespace
