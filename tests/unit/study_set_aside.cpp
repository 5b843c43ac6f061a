// Results of other settings go aside and come back, wherever a kill comes.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "config/study_hash.hpp"
#include "io/atomic_file.hpp"
#include "io/text.hpp"
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
    EXPECT_EQ(c.aside.take(c.train, first_entry, false), "set-aside/train-0123456789ab");
    EXPECT_TRUE(c.there().empty());
    EXPECT_TRUE(c.aside.holds("train", first_entry.hash));
    EXPECT_FALSE(c.aside.holds("train", second_entry.hash));
    c.write("second");
    c.aside.take(c.train, second_entry, false);
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
    c.aside.take(c.train, first_entry, false);
    for (const char* text : {"again", "once more"}) {
        c.write(text);
        EXPECT_NE(c.aside.take(c.train, first_entry, true), "set-aside/train-0123456789ab");
    }
    c.write("unknown");
    c.aside.take(c.train, {}, false);
    c.write("unknown too");
    c.aside.take(c.train, {}, false);
    EXPECT_EQ(c.aside.list().size(), 5u);
    EXPECT_FALSE(c.aside.collides("train", first_entry.hash));
    c.put(training_files[3], "made again");
    EXPECT_TRUE(c.aside.collides("train", first_entry.hash));
    c.aside.take(c.train, first_entry, true);
    EXPECT_FALSE(c.aside.collides("train", first_entry.hash));
    EXPECT_EQ(c.aside.list().size(), 6u);
    c.aside.give_back("train", first_entry.hash, [] {});
    EXPECT_EQ(c.there(), TrainedDirectory::all("first"));
    EXPECT_EQ(c.aside.take(c.train, {"empty", "", {}, ""}, false), "set-aside/train-empty");
    EXPECT_EQ(c.aside.take(c.train, first_entry, false), "");  // there is nothing
}

TEST(SetAside, AKillBetweenTwoMovesCostsNothing) {
    for (std::size_t moved = 0; moved <= training_files.size(); ++moved) {
        TrainedDirectory c;
        // Killed on the way there: some files stand aside, and the ledger still says that they are here.
        const std::string to = c.aside.take(c.train, first_entry, false);
        for (std::size_t k = moved; k < training_files.size(); ++k)
            fs::rename(c.output.file(to + "/" + training_files[k]), c.output.file(training_files[k]));
        c.aside.take(c.train, first_entry, false);
        EXPECT_TRUE(c.there().empty());
        // And on the way back.
        for (std::size_t k = 0; k < moved; ++k)
            fs::rename(c.output.file(to + "/" + training_files[k]), c.output.file(training_files[k]));
        if (moved % 2 == 0) {
            c.aside.give_back("train", first_entry.hash, [] {});
        } else {  // the settings change once more before it goes on
            c.aside.take(c.train, {"", first_entry.hash, {}, ""}, false);
            EXPECT_EQ(c.aside.entry("train", first_entry.hash).hash, first_entry.hash);  // and not merely begun
            c.aside.give_back("train", first_entry.hash, [] {});
        }
        EXPECT_EQ(c.there(), TrainedDirectory::all("first")) << moved;
        EXPECT_TRUE(c.aside.list().empty());
    }
}

TEST(Settings, DifferencesNameTheKeys) {
    const std::string before = "study.seed = 1\ntrain.epochs = 3\ntrain.grid = []\npotential sha256 ab\n";
    EXPECT_TRUE(differences(before, before).empty());
    EXPECT_EQ(differences("study.seed = 1\ntrain.epochs = 4\npotential sha256 cd\nstructure sha256 ef\n", before),
              (std::vector<std::string>{"structure 0 has changed", "the potential has changed",
                                        "train.epochs is 4 and was 3", "train.grid is gone"}));
}

}  // namespace
