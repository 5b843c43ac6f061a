// The model file: everything comes back bit by bit; a damaged or foreign file is refused.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/space.hpp"
#include "io/hdf5.hpp"
#include "io/sha256.hpp"
#include "nn/model.hpp"
#include "nn/training.hpp"
#include "study/inputs.hpp"
#include "study/model_file.hpp"

namespace {

struct Folder {
    std::filesystem::path path;
    Folder() {
        path = std::filesystem::temp_directory_path() / ("mg_model_" + std::to_string(::getpid()));
        std::filesystem::create_directories(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const std::string& name) const { return (path / name).string(); }
};

mg::study::ModelFile example() {
    mg::study::ModelFile f;
    for (std::uint64_t seed : {1ul, 18446744073709551615ul}) {
        mg::Model m;
        m.layers = mg::make_layers(3, seed == 1 ? std::vector<int>{4, 2} : std::vector<int>{5});
        m.activation = mg::Activation::tanh;
        m.parameters = mg::initial_parameters(m.layers, seed);
        m.parameters.back() = 0.1;
        m.input_mean = {1, 2, 1.0 / 3};
        m.input_std = {1, 0, 2.0 / 7};
        m.target_mean = 0.77;
        m.target_std = 0.123;
        m.history = {{0, 1e-3, 0.9, 0.95}, {1, 5e-4, 0.5, 0.6}};
        m.best_epoch = 1;
        m.seed = seed;
        f.ensemble.push_back(m);
    }
    f.descriptor = {"rdf", 2.0, 2.6, 3, 0.15};
    f.positions = "mean";
    f.elements = {"Cu", "Zr"};
    f.masses = {63.546, 91.224};
    f.potential_name = "toy.eam.fs";
    for (int i = 0; i < 1000; ++i) f.potential_bytes.push_back(static_cast<unsigned char>(i * 7));
    f.potential_sha256 = mg::io::sha256_of(std::string(f.potential_bytes.begin(), f.potential_bytes.end()));
    f.training_sha256 = mg::io::sha256_of("training");
    f.metrics_json = R"({"pearson": 0.9})";
    f.provenance_json = "{}";
    f.errors.species = {{{0.5, 0.75, 1.0}, {0.1, 0.2, 1.0 / 3}}, {{0.6}, {0.3}}};
    f.errors.interval_90 = 1.7;
    f.novelty.mean = f.ensemble[0].input_mean;
    f.novelty.deviation = f.ensemble[0].input_std;
    f.novelty.factor = {1.1, 0, 0.3, 0.9};
    f.novelty.limit = 2.5;
    f.least_share = {0.45, 0.4};
    f.largest_share = {0.6, 0.55};
    f.known.species = {{{0.1, 0.2, 5, 7}, {0.01, 0.02, 1, 1}, std::vector<double>(16), 2.5}, {}};  // none of the second
    for (int k : {0, 5, 10, 15}) f.known.species[0].factor[k] = 1 + 0.1 * k;
    f.known.least_volume = 17.1;
    f.known.largest_volume = 17.3;
    return f;
}

TEST(ModelFile, RoundTrip) {
    const Folder folder;
    const std::string path = folder.file("model.h5");
    const mg::study::ModelFile a = example();
    mg::study::write_model(path, a);
    const mg::study::ModelFile b = mg::study::read_model(path);
    ASSERT_EQ(b.ensemble.size(), 2u);
    const std::vector<double> features{0.1, 0.2, 0.3, -1, 5, 2};
    for (int k = 0; k < 2; ++k) {
        const mg::Model &x = a.ensemble[k], &y = b.ensemble[k];
        EXPECT_EQ(x.layers.widths, y.layers.widths);
        EXPECT_EQ(x.activation, y.activation);
        EXPECT_EQ(x.parameters, y.parameters);
        EXPECT_EQ(x.input_mean, y.input_mean);
        EXPECT_EQ(x.input_std, y.input_std);
        EXPECT_EQ(x.target_mean, y.target_mean);
        EXPECT_EQ(x.target_std, y.target_std);
        EXPECT_EQ(x.best_epoch, y.best_epoch);
        EXPECT_EQ(x.seed, y.seed);
        ASSERT_EQ(y.history.size(), 2u);
        EXPECT_EQ(y.history[1].validation_loss, 0.6);
        EXPECT_EQ(mg::predict(mg::Host{}, x, features), mg::predict(mg::Host{}, y, features));
    }
    EXPECT_EQ(a.descriptor.kind, b.descriptor.kind);
    EXPECT_EQ(a.descriptor.r_min, b.descriptor.r_min);
    EXPECT_EQ(a.descriptor.r_max, b.descriptor.r_max);
    EXPECT_EQ(a.descriptor.count, b.descriptor.count);
    EXPECT_EQ(a.descriptor.width, b.descriptor.width);
    EXPECT_EQ(a.positions, b.positions);
    EXPECT_EQ(a.elements, b.elements);
    EXPECT_EQ(a.masses, b.masses);
    EXPECT_EQ(a.potential_name, b.potential_name);
    EXPECT_EQ(a.potential_sha256, b.potential_sha256);
    EXPECT_EQ(a.potential_bytes, b.potential_bytes);
    EXPECT_EQ(a.training_sha256, b.training_sha256);
    EXPECT_EQ(a.metrics_json, b.metrics_json);
    EXPECT_EQ(a.provenance_json, b.provenance_json);
    ASSERT_EQ(b.errors.species.size(), 2u);
    const std::vector<int> species{0, 1};
    const std::vector<double> around{0.1, 0.2, 3, 4, 0.3, 0.05, 7, 2};
    const mg::study::Prediction p = mg::study::predict_atoms(mg::Host{}, a, {features, species, around, 17.4}),
                                q = mg::study::predict_atoms(mg::Host{}, b, {features, species, around, 17.4});
    EXPECT_EQ(p.value, q.value);
    EXPECT_EQ(p.deviation, q.deviation);
    EXPECT_EQ(p.ensemble_deviation, q.ensemble_deviation);
    EXPECT_EQ(p.interval_90, q.interval_90);
    EXPECT_EQ(p.novelty, q.novelty);
    EXPECT_GT(p.deviation[1], 0.3);
    EXPECT_GT(p.novelty[0], 0);
    EXPECT_EQ(a.least_share, b.least_share);
    EXPECT_EQ(a.largest_share, b.largest_share);
    ASSERT_EQ(b.known.species.size(), 2u);
    EXPECT_EQ(a.known.species[0].factor, b.known.species[0].factor);
    EXPECT_FALSE(b.known.species[1].calibrated());
    EXPECT_EQ(b.known.least_volume, 17.1);
}

/// Neighbours of other species, distances that no pair had, and another density are told whatever the networks read.
TEST(ModelFile, KnowsTheSurroundingsOfItsTraining) {
    const mg::study::ModelFile f = example();
    EXPECT_EQ(f.known.novelty_of_volume(17.2), 0);
    EXPECT_NEAR(f.known.novelty_of_volume(17.3 * 1.06), 2, 1e-9);
    EXPECT_NEAR(f.known.novelty_of_volume(17.1 * 0.94), 2, 1e-9);
    EXPECT_EQ(f.known.novelty_of_volume(0), 0);
    const double usual[] = {0.1, 0.2, 5, 7}, foreign[] = {0.1, 0.2, 5, 7 + 2 * 2.5 * 2.5 * 2};
    EXPECT_EQ(f.known.novelty(0, usual), 0);
    EXPECT_NEAR(f.known.novelty(0, foreign), 2 * 2.5 * 2 / (2.0 * 2.5) * 2.5 / 2.5, 1e-9);
    EXPECT_EQ(f.known.novelty(1, foreign), 0);
    const std::vector<double> features(6, 0.1), around{0.1, 0.2, 5, 7, 0.1, 0.2, 5, 7};
    const std::vector<int> species{0, 1};
    for (const double novelty : mg::study::predict_atoms(mg::Host{}, f, {features, species, around, 20}).novelty)
        EXPECT_GT(novelty, 5);
    mg::study::ModelFile bad = f;
    bad.known.species[0].mean.pop_back();
    const Folder folder;
    EXPECT_THROW(mg::study::write_model(folder.file("bad.h5"), bad), mg::Error);
}

/// Networks that read the features of an elastic network carry it.
TEST(ModelFile, KeepsTheElasticNetworkAndTheAveragesThatItReads) {
    const Folder folder;
    const std::string path = folder.file("model.h5");
    mg::study::ModelFile a = example();
    mg::ElasticNetwork n;
    n.elements = {"Zr", "Cu"};
    n.masses = {91.224, 63.546};
    n.pair_knots = n.density_knots = {2, 3, 4, 5, 6, 7};
    n.mean.assign(4u * static_cast<std::size_t>(n.shape().density.size()), 0.25);
    for (int k = 0; k < n.shape().parameters(); ++k) n.parameter.push_back(1.0 / (k + 3));
    a.elastic = n;
    a.averages = 2;
    a.average_reach = 3.5;
    EXPECT_THROW(mg::study::write_model(path, a), mg::Error);  // its inputs are those of the descriptor alone
    const int inputs = static_cast<int>(mg::study::input_names(a, a.elements).size());
    for (mg::Model& m : a.ensemble) {
        m.layers = mg::make_layers(inputs, {4});
        m.parameters = mg::initial_parameters(m.layers, 1);
        m.input_mean.resize(static_cast<std::size_t>(inputs), 0.0);
        m.input_std.resize(static_cast<std::size_t>(inputs), 0.0);
    }
    a.novelty.mean = a.ensemble[0].input_mean;
    a.novelty.deviation = a.ensemble[0].input_std;
    mg::study::write_model(path, a);
    const mg::study::ModelFile b = mg::study::read_model(path);
    ASSERT_TRUE(b.elastic.has_value());
    EXPECT_EQ(b.elastic->elements, n.elements);
    EXPECT_EQ(b.elastic->masses, n.masses);
    EXPECT_EQ(b.elastic->pair_knots, n.pair_knots);
    EXPECT_EQ(b.elastic->density_knots, n.density_knots);
    EXPECT_EQ(b.elastic->mean, n.mean);
    EXPECT_EQ(b.elastic->parameter, n.parameter);
    EXPECT_EQ(b.averages, 2);
    EXPECT_EQ(b.average_reach, 3.5);
    for (auto change : std::vector<void (*)(mg::ElasticNetwork&)>{
             [](mg::ElasticNetwork& e) { e.elements[0] = "Al"; }, [](mg::ElasticNetwork& e) { e.parameter.pop_back(); },
             [](mg::ElasticNetwork& e) { e.pair_knots[2] = 3; },
             [](mg::ElasticNetwork& e) { e.mean[0] = 0.0 / 0.0; }}) {
        mg::study::ModelFile f = a;
        change(*f.elastic);
        EXPECT_THROW(mg::study::write_model(folder.file("bad.h5"), f), mg::Error);
    }
}

TEST(ModelFile, KnowsTheAlloysOfItsTraining) {
    const mg::study::ModelFile f = example();
    EXPECT_EQ(mg::study::composition_novelty(f, std::vector<int>{0, 1}), 0);
    EXPECT_NEAR(mg::study::composition_novelty(f, std::vector<int>{0, 0, 0, 1}), 3, 1e-12);  // 0.25 where 0.4 is least
    const std::vector<double> features(12, 0.1);
    const std::vector<int> species{0, 0, 0, 1};
    const mg::study::Prediction p = mg::study::predict_atoms(mg::Host{}, f, {features, species});
    for (const double novelty : p.novelty) EXPECT_GE(novelty, 3 - 1e-12);
    const mg::study::ModelFile blank;
    EXPECT_EQ(mg::study::composition_novelty(blank, std::vector<int>{0, 0, 0, 1}), 0);
}

/// A model that has learned from copper alone says nothing of zirconium.
TEST(ModelFile, PredictsWhatItLearnedFrom) {
    mg::study::ModelFile f = example();
    f.learned = {"Cu"};
    const Folder folder;
    mg::study::write_model(folder.file("model.h5"), f);
    f = mg::study::read_model(folder.file("model.h5"));
    EXPECT_TRUE(mg::study::predicts(f, 0));
    EXPECT_FALSE(mg::study::predicts(f, 1));
    const std::vector<double> features(6, 0.1);
    const std::vector<int> species{0, 1};
    const mg::study::Prediction p = mg::study::predict_atoms(mg::Host{}, f, {features, species});
    for (const auto* of : {&p.value, &p.deviation, &p.ensemble_deviation, &p.interval_90, &p.novelty}) {
        EXPECT_TRUE(std::isfinite(of->at(0)));
        EXPECT_TRUE(std::isnan(of->at(1)));
    }
    f.learned = {"Al"};
    EXPECT_THROW(mg::study::write_model(folder.file("bad.h5"), f), mg::Error);
}

TEST(ModelFile, DamageIsFoundAtEveryPlace) {
    const Folder folder;
    const std::string path = folder.file("model.h5"), bad = folder.file("bad.h5");
    mg::study::write_model(path, example());
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    for (std::size_t at = 512; at < bytes.size(); at += bytes.size() / 40) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        std::ofstream(bad, std::ios::binary) << damaged;
        EXPECT_THROW(mg::study::read_model(bad), mg::InputError) << "byte " << at;
    }
    std::ofstream(bad, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
    EXPECT_THROW(mg::study::read_model(bad), mg::InputError);
    EXPECT_THROW(mg::study::read_model(folder.file("absent.h5")), mg::InputError);
}

TEST(ModelFile, RefusesWhatDoesNotFit) {
    const Folder folder;
    const std::string path = folder.file("model.h5");
    for (auto change : std::vector<void (*)(mg::study::ModelFile&)>{
             [](mg::study::ModelFile& f) { f.ensemble.clear(); }, [](mg::study::ModelFile& f) { f.masses.pop_back(); },
             [](mg::study::ModelFile& f) { f.ensemble[0].parameters.pop_back(); },
             [](mg::study::ModelFile& f) { f.ensemble[1].parameters[0] = 0.0 / 0.0; },
             [](mg::study::ModelFile& f) { f.ensemble[0].input_std[0] = -1; },
             [](mg::study::ModelFile& f) { f.potential_bytes[5] ^= 1; },
             [](mg::study::ModelFile& f) { f.descriptor.count = 4; },
             [](mg::study::ModelFile& f) { f.descriptor.kind = "smooth"; },
             [](mg::study::ModelFile& f) { f.errors.species.pop_back(); },
             [](mg::study::ModelFile& f) { f.errors.species[0].predicted[1] = 0.4; },
             [](mg::study::ModelFile& f) { f.novelty.factor.pop_back(); },
             [](mg::study::ModelFile& f) { f.novelty.factor[3] = 0; }}) {
        mg::study::ModelFile f = example();
        change(f);
        EXPECT_THROW(mg::study::write_model(path, f), mg::Error);
        EXPECT_FALSE(std::filesystem::exists(path));
    }
    mg::io::H5File h5 = mg::io::H5File::create(path, true);
    h5.write_attribute("/", "format", "something else");
    h5.close();
    EXPECT_THROW(mg::study::read_model(path), mg::InputError);
}

}  // namespace
