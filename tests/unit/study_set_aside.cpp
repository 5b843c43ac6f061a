// Results of other settings go aside and come back, wherever a kill comes.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "config/study_hash.hpp"
#include "io/atomic_file.hpp"
#include "io/text.hpp"
#include "study/results/result_file.hpp"
#include "study/set_aside.hpp"
#include "study/stages.hpp"
#include "support/paths.hpp"

namespace {

using namespace mg;
namespace fs = std::filesystem;

const std::vector<std::string> training_files{"checkpoints/train-run-00000.h5", "metrics.json", "model.h5",
                                              "samples/0000/prediction.h5", "samples/0001/prediction.h5"};

/// A directory with results of training, and others that must stay.
struct TrainedDirectory {
    TemporaryDirectory directory;
    study::OutputDirectory output{directory / "study"};
    study::SetAside aside{output};
    const study::Stage& train = study::stage_named("train");

    TrainedDirectory() {
        write("first");
        for (const char* other : {"samples/0000/glass.h5", "checkpoints/stiffness-run-00000.h5", "summary.json"})
            put(other, "not of this stage");
    }
    void put(const std::string& name, const std::string& text) {
        fs::create_directories(fs::path(output.file(name)).parent_path());
        io::write_file_atomically(output.file(name), text);
    }
    void write(const std::string& text) {
        for (const std::string& name : training_files) put(name, text + " " + name);
    }
    /// Which results stand where they belong.
    std::set<std::string> there() const {
        std::set<std::string> texts;
        for (const std::string& name : training_files)
            if (fs::exists(output.file(name))) texts.insert(io::read_bytes(output.file(name)));
        return texts;
    }
    std::string take(const study::LedgerEntry& entry, bool same_settings) const {
        return aside.take(train, entry, same_settings, output.files_of(train));
    }
    static std::set<std::string> all(const std::string& text) {
        std::set<std::string> texts;
        for (const std::string& name : training_files) texts.insert(text + " " + name);
        return texts;
    }
};

const study::LedgerEntry first_entry{"0123456789abcdef", "", 12.5, "train.epochs = 3\n"},
    second_entry{"fedcba9876543210", "", 1, "train.epochs = 4\n"};

TEST(SetAside, ResultsComeBackAsTheyWere) {
    TrainedDirectory c;
    EXPECT_EQ(c.output.files_of(c.train), training_files);
    EXPECT_FALSE(c.aside.holds("train", first_entry.hash));
    EXPECT_EQ(c.take(first_entry, false), "set-aside/train-0123456789ab");
    EXPECT_TRUE(c.there().empty());
    EXPECT_TRUE(c.aside.holds("train", first_entry.hash));
    EXPECT_FALSE(c.aside.holds("train", second_entry.hash));
    c.write("second");
    c.take(second_entry, false);
    ASSERT_EQ(c.aside.list().size(), 2u);
    EXPECT_EQ(c.aside.list()[0].entry.seconds, 12.5);
    EXPECT_EQ(c.aside.entry("train", first_entry.hash).settings, first_entry.settings);
    c.aside.give_back("train", first_entry.hash, [] {});
    EXPECT_EQ(c.there(), TrainedDirectory::all("first"));
    EXPECT_EQ(c.aside.list().size(), 1u);
    EXPECT_TRUE(fs::exists(c.output.file("samples/0000/glass.h5")));
    EXPECT_TRUE(fs::exists(c.output.file("summary.json")));
}

TEST(SetAside, NothingIsEverReplaced) {
    TrainedDirectory c;
    c.take(first_entry, false);
    for (const char* text : {"again", "once more"}) {
        c.write(text);
        EXPECT_NE(c.take(first_entry, true), "set-aside/train-0123456789ab");
    }
    c.write("unknown");
    c.take({}, false);
    c.write("unknown too");
    c.take({}, false);
    EXPECT_EQ(c.aside.list().size(), 5u);
    EXPECT_FALSE(c.aside.collides("train", first_entry.hash));
    c.put(training_files[3], "made again");
    EXPECT_TRUE(c.aside.collides("train", first_entry.hash));
    c.take(first_entry, true);
    EXPECT_FALSE(c.aside.collides("train", first_entry.hash));
    EXPECT_EQ(c.aside.list().size(), 6u);
    c.aside.give_back("train", first_entry.hash, [] {});
    EXPECT_EQ(c.there(), TrainedDirectory::all("first"));
    EXPECT_EQ(c.take({"empty", "", {}, ""}, false), "set-aside/train-empty");
    EXPECT_EQ(c.take(first_entry, false), "");  // there is nothing
}

TEST(SetAside, AKillBetweenTwoMovesCostsNothing) {
    for (std::size_t moved = 0; moved <= training_files.size(); ++moved) {
        TrainedDirectory c;
        // Killed on the way there: some files stand aside, and the ledger still says that they are here.
        const std::string to = c.take(first_entry, false);
        for (std::size_t k = moved; k < training_files.size(); ++k)
            fs::rename(c.output.file(to + "/" + training_files[k]), c.output.file(training_files[k]));
        c.take(first_entry, false);
        EXPECT_TRUE(c.there().empty());
        // And on the way back.
        for (std::size_t k = 0; k < moved; ++k)
            fs::rename(c.output.file(to + "/" + training_files[k]), c.output.file(training_files[k]));
        if (moved % 2 == 0) {
            c.aside.give_back("train", first_entry.hash, [] {});
        } else {  // the settings change once more before it goes on
            c.take({"", first_entry.hash, {}, ""}, false);
            EXPECT_EQ(c.aside.entry("train", first_entry.hash).hash, first_entry.hash);  // and not merely begun
            c.aside.give_back("train", first_entry.hash, [] {});
        }
        EXPECT_EQ(c.there(), TrainedDirectory::all("first")) << moved;
        EXPECT_TRUE(c.aside.list().empty());
    }
}

/// A study of three glasses and one at another rate, with a file of each in place of its glass.
struct SamplesOfAStudy {
    TemporaryDirectory directory;
    study::OutputDirectory output{directory / "study"};
    study::SetAside aside{output};
    const study::Stage& quench = study::stage_named("quench");
    StudyFile study;

    SamplesOfAStudy() {
        study.system.elements = {"Cu"};
        study.system.fractions = {1};
        study.quench.samples = 3;
        study.quench.test_rates_K_per_s = {1e13};
    }
    study::LedgerEntry finished() const { return {study::stage_hash(study, "quench"), "", 1, ""}; }
    std::string path(int k, const char* name) const { return output.sample_file(static_cast<std::size_t>(k), name); }
    void write(int k, std::uint64_t seed) {
        fs::create_directories(output.sample(static_cast<std::size_t>(k)));
        for (const char* name : {"glass.h5", "thermo.h5"}) {
            io::H5File f = io::H5File::create(path(k, name), true);
            study::write_stamp(f, {"", seed, "", "", {name, "quench", study::sample_hash(study, "quench", k), k}});
            f.close();
        }
        io::write_file_atomically(path(k, "glass.xyz"), "atoms");
    }
    long seed(int k) const { return io::H5File::open(path(k, "glass.h5"), true).read_long("/", "seed"); }
    std::vector<std::string> stale(const study::LedgerEntry& made) const {
        return output.stale_files(quench, study, made);
    }
};

TEST(SetAside, SamplesStayWhereOthersComeAndGo) {
    SamplesOfAStudy c;
    for (int k = 0; k < 4; ++k) c.write(k, 10 + static_cast<std::uint64_t>(k));
    const study::LedgerEntry four = c.finished();
    EXPECT_TRUE(c.stale(four).empty());
    EXPECT_EQ(c.output.samples_there(c.quench, c.study), 4);
    c.study.quench.samples = 4;  // sample 3 is one at the main rate now, and 4 the one at the other
    EXPECT_NE(c.finished().hash, four.hash);
    EXPECT_EQ(c.output.samples_there(c.quench, c.study), 3);
    EXPECT_EQ(c.stale(four),
              (std::vector<std::string>{"samples/0003/glass.h5", "samples/0003/glass.xyz", "samples/0003/thermo.h5"}));
    const std::string folder = c.aside.take(c.quench, four, false, c.stale(four));
    c.write(3, 23);
    c.write(4, 24);
    EXPECT_EQ(c.output.samples_there(c.quench, c.study), 5);
    // And back: the two new ones go, and the old one comes from where it was, whoever asks for it.
    const study::LedgerEntry five = c.finished();
    c.study.quench.samples = 3;
    EXPECT_EQ(c.stale(five).size(), 6u);
    EXPECT_FALSE(c.aside.give_back_sample(c.quench, 2, study::sample_hash(c.study, "quench", 2)));
    c.aside.take(c.quench, five, false, c.stale(five));
    EXPECT_TRUE(c.aside.give_back_sample(c.quench, 3, study::sample_hash(c.study, "quench", 3)));
    EXPECT_EQ(c.seed(3), 13);
    EXPECT_TRUE(fs::exists(c.path(3, "thermo.h5")) && fs::exists(c.path(3, "glass.xyz")));
    EXPECT_FALSE(fs::exists(c.output.file(folder)));  // nothing is left in it
    EXPECT_TRUE(c.stale(c.finished()).empty());
    // A setting of all glasses is one of each.
    c.study.quench.melt_K = 1900;
    EXPECT_EQ(c.stale(four).size(), 12u);
    EXPECT_EQ(c.output.samples_there(c.quench, c.study), 0);
}

TEST(Settings, OfASampleAreItsOwn) {
    SamplesOfAStudy c;
    const auto hashes = [&](const char* stage) {
        std::vector<std::string> list;
        for (int k = 0; k < 4; ++k) list.push_back(study::sample_hash(c.study, stage, k));
        return list;
    };
    for (const char* stage : {"quench", "stiffness", "descriptors", "barriers", "moduli"}) {
        const std::vector<std::string> before = hashes(stage);
        EXPECT_EQ(std::set<std::string>(before.begin(), before.end()).size(), 4u) << stage;
        StudyFile kept = c.study;
        c.study.quench.samples_per_test_rate = 2;
        c.study.barriers.samples.word = "all";
        EXPECT_EQ(hashes(stage), before) << stage;
        c.study.quench.rate_K_per_s = 2e13;  // of the main samples, not of the last
        EXPECT_NE(hashes(stage)[2], before[2]) << stage;
        EXPECT_EQ(hashes(stage)[3], before[3]) << stage;
        c.study = kept;
    }
    // What is learned from all of them together is of all.
    EXPECT_EQ(hashes("train")[0], study::stage_hash(c.study, "train"));
    const std::string trained = hashes("train")[0];
    c.study.quench.samples = 5;
    EXPECT_NE(hashes("train")[0], trained);
}

TEST(Settings, DifferencesNameTheKeys) {
    const std::string before = "study.seed = 1\ntrain.epochs = 3\ntrain.grid = []\npotential sha256 ab\n";
    EXPECT_TRUE(differences(before, before).empty());
    EXPECT_EQ(differences("study.seed = 1\ntrain.epochs = 4\npotential sha256 cd\nstructure sha256 ef\n", before),
              (std::vector<std::string>{"structure 0 is new", "the potential has changed",
                                        "train.epochs is 4 and was 3", "train.grid is gone"}));
}

}  // namespace
