// Result files: whatever happens to one is seen before anything of it is read.

#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/text.hpp"
#include "study/results/descriptors_file.hpp"
#include "study/results/elastic_file.hpp"
#include "study/results/glass_file.hpp"
#include "study/results/prediction_file.hpp"
#include "study/results/stiffness_file.hpp"
#include "study/results/thermo_file.hpp"
#include "support/paths.hpp"

namespace {

using namespace mg;
using namespace mg::study;

const Origin origin{"x.h5", "stage", "hash", 3};

std::string message_of(const std::string& path, const Origin& wanted) {
    try {
        open_result(path, wanted);
    } catch (const InputError& e) {
        return e.what();
    }
    return "";
}

/// One random change: a bit, a piece cut out or put in, a piece over another, the end.
std::string mutated(std::string bytes, const RandomStream& random, int k) {
    const auto draw = [&](int j, std::size_t below) {
        return static_cast<std::size_t>(random.uniform(8ull * k + j) * static_cast<double>(below));
    };
    const std::size_t at = draw(0, bytes.size()), length = 1 + draw(1, 64), from = draw(2, bytes.size());
    switch (draw(3, 6)) {
        case 0:
            bytes.erase(at, length);
            break;
        case 1:
            bytes.insert(at, bytes.substr(from, length));
            break;
        case 2:
            bytes.replace(at, length, bytes.substr(from, length));
            break;
        case 3:
            bytes.resize(at);
            break;
        default:
            bytes[at] = static_cast<char>(bytes[at] ^ 1 << draw(4, 8));
    }
    return bytes;
}

template <class File>
void expect_every_mutation_named(const File& file) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    write_result(path, file, {"1.0", 7, "study", "potential", origin});
    ASSERT_EQ(message_of(path, origin), "");
    const std::string bytes = io::read_bytes(path);
    const RandomStream random(5, RandomUse::probe, 0);
    int changed = 0;
    for (int k = 0; changed < 1000; ++k) {
        const std::string other = mutated(bytes, random, k);
        if (other == bytes) continue;
        ++changed;
        const std::string message = message_of(directory.write("y.h5", other), origin);
        ASSERT_NE(message.find("y.h5' is "), std::string::npos) << "mutation " << k << ": " << message;
    }
}

TEST(ResultFiles, AThousandMutationsOfEachAreNamed) {
    const std::vector<double> x(50, 1.5);
    const std::vector<Vec3> r(50, Vec3{1, 2, 3});
    GlassFile glass;
    glass.id.assign(50, 1);
    glass.species.assign(50, 0);
    glass.local_structure.assign(50, 0);
    glass.elements = {"Cu"};
    glass.position = glass.velocity = glass.inherent_position = r;
    glass.cell = glass.inherent_cell = std::vector<double>(9, 1.0);
    glass.energy = glass.inherent_energy = x;
    expect_every_mutation_named(glass);
    ThermoFile thermo;
    thermo.time = thermo.temperature = thermo.conserved = x;
    expect_every_mutation_named(thermo);
    StiffnessFile stiffness;
    stiffness.stiffness = x;
    expect_every_mutation_named(stiffness);
    DescriptorsFile descriptors;
    descriptors.features = x;
    descriptors.names = {"a"};
    expect_every_mutation_named(descriptors);
    PredictionFile prediction;
    prediction.atoms.value = x;
    expect_every_mutation_named(prediction);
    ElasticFile elastic;
    elastic.stiffness = x;
    expect_every_mutation_named(elastic);
}

TEST(ResultFiles, WhatTheyAreIsNotTakenForAnother) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    ThermoFile thermo;
    thermo.time = {1, 2};
    write_result(path, thermo, {"1.0", 7, "study", "potential", origin});
    EXPECT_NE(message_of(path, {"y.h5", "stage", "hash", 3}).find("it was written as x.h5"), std::string::npos);
    EXPECT_NE(message_of(path, {"x.h5", "stage", "hash", 4}).find("of sample 3, in the place of sample 4"),
              std::string::npos);
    EXPECT_NE(message_of(path, {"x.h5", "stage", "other", 3}).find("not made by this study"), std::string::npos);
    io::H5File plain = io::H5File::create(directory / "plain.h5");
    plain.close();
    EXPECT_NE(message_of(directory / "plain.h5", origin).find("it has no seal"), std::string::npos);
}

}  // namespace
