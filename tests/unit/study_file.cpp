#include "config/study_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <numeric>
#include <sstream>

#include "config/samples.hpp"
#include "config/study_hash.hpp"
#include "core/error.hpp"
#include "study/estimate.hpp"
#include "study/stages.hpp"
#include "support/paths.hpp"

using namespace mg;

namespace {

/// A folder with a study file whose lines the tests replace.
struct Folder {
    TemporaryDirectory directory;

    Folder() { directory.write("p.eam.fs", "potential"); }
    std::string path() const { return directory / "s.toml"; }

    /// The message of reading `text`, with the folder removed; "" where it is read.
    std::string message(const std::string& text, const std::vector<std::string>& overrides = {}) const {
        directory.write("s.toml", text);
        try {
            read_study(path(), overrides);
        } catch (const InputError& error) {
            std::string message = error.what();
            const std::string prefix = directory.path() + "/";
            for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix))
                message.erase(at, prefix.size());
            return message;
        }
        return "";
    }
    StudyFile read(const std::string& text, const std::vector<std::string>& overrides = {}) const {
        directory.write("s.toml", text);
        return read_study(path(), overrides);
    }
};

const std::string system_table = R"([system]
elements = ["Cu", "Zr"]
fractions = [0.5, 0.5]
atoms = 1372
potential = "p.eam.fs"
)";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

void expect_has(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "wanted: " << part << "\n   got: " << text;
}

struct Case {
    std::string line;                ///< the sixth line and those after it, below the [system] table
    std::string place;               ///< line:column
    std::vector<std::string> parts;  ///< of the message
};

TEST(StudyFileTest, Defaults) {
    const Folder folder;
    const StudyFile study = folder.read(system_table);
    EXPECT_EQ(study.study.name, "s");
    EXPECT_EQ(study.study.output, "out/s");
    EXPECT_EQ(study.system.potential, folder.directory / "p.eam.fs");
    EXPECT_EQ(study.quench.samples, 10);
    EXPECT_EQ(study.quench.rate_K_per_s, 1e10);
    EXPECT_EQ(study.stiffness.temperatures_K, (std::vector<double>{50, 100, 150, 200, 250, 300}));
    EXPECT_EQ(study.train.hidden, std::vector<int>{200});
    EXPECT_FALSE(study.barriers.enabled);
    EXPECT_FALSE(study.compute.skin_A.has_value());
    EXPECT_EQ(test_sample_of(study), 9);
}

TEST(StudyFileTest, FaultsAreLocatedAndSuggestTheRemedy) {
    const Folder folder;
    const std::vector<Case> cases{
        {"[quench]\ntimestep_fs = 20", "7:15", {"quench.timestep_fs = 20.0 is out of range", "(", "at most 10"}},
        {"[quench]\nsample = 3", "7:1", {"unknown key 'sample' in [quench]", "did you mean 'samples'?"}},
        {"[quench]\ntimestep = 3", "7:1", {"did you mean 'timestep_fs'?"}},
        {"[quench]\nwindow_ps = 3", "7:1", {"'window_ps' belongs in [stiffness]"}},
        {"[quentch]\nsamples = 3", "6:2", {"unknown table [quentch]", "did you mean [quench]?"}},
        {"[quench]\nsamples = \"3\"", "7:11", {"quench.samples is a string", "whole number", "samples = 10"}},
        {"[quench]\nsamples = 3.0", "7:11", {"a whole number is wanted", "write samples = 3"}},
        {"[quench]\nsamples = 0", "7:11", {"quench.samples = 0 is out of range"}},
        {"[quench]\nsamples = 5000000000", "7:11", {"quench.samples = 5000000000 is out of range"}},
        {"[quench]\nrate_K_per_s = 1e20", "7:16", {"quench.rate_K_per_s = 1e20 is out of range"}},
        {"[quench]\nrate_K_per_s = nan", "7:16", {"not a number"}},
        {"[quench]\nmelt_K = inf", "7:10", {"infinite"}},
        {"[quench]\nanneal_K = 0", "7:12", {"quench.anneal_K = 0.0 is out of range", "above 0"}},
        {"[quench]\nanneal_ps = -1", "7:13", {"quench.anneal_ps = -1.0 is out of range", "no annealing"}},
        {"[quench]\nanneal_ps = 0.001", "7:13", {"anneal_ps = 0.001 is less than a time step", "a step takes 2 fs"}},
        {"[quench]\nanneal_K = 2000", "7:12", {"anneal_K = 2000 is not below melt_K = 2000", "would melt"}},
        {"[quench]\nmelt_K = -5", "7:10", {"quench.melt_K = -5.0", "above 0 and at most 20000"}},
        {"[quench]\nfinal_K = 2500", "7:11", {"final_K = 2500 is not below melt_K = 2000", "cools"}},
        {"[quench]\ncell = \"isu\"", "7:8", {"did you mean \"iso\"?"}},
        {"[quench]\ntest_rates_K_per_s = [1e9, 1e10]", "7:28", {"occurs twice"}},
        {"[quench]\ntest_rates_K_per_s = 1e9", "7:22", {"a list is wanted", "brackets"}},
        {"[stiffness]\ntemperatures_K = [50, 0]", "7:23", {"out of range", "above 0"}},
        {"[stiffness]\ntemperatures_K = [50, 30000]", "7:23", {"at most 20000"}},
        {"[stiffness]\ntemperatures_K = [50, 60, 50]", "7:27", {"50 K occurs twice"}},
        {"[stiffness]\ntemperatures_K = []", "7:18", {"empty"}},
        {"[stiffness]\nwindow_ps = 0.09", "7:13", {"too short", "at least 0.1"}},
        {"[stiffness]\nsample_every_fs = 4.9", "7:19", {"no whole number of time steps", "the nearest is 4"}},
        {"[stiffness]\nestimator = \"firstframe\"", "7:13", {"did you mean \"first_frame\"?"}},
        {"[descriptors]\nr_min_A = 12", "7:11", {"r_min_A = 12 is not below r_max_A = 10"}},
        {"[descriptors]\nbin_A = 0.3", "7:9", {"no whole number of bins", "26.6667", "bin_A = 0.2962962963"}},
        {"[descriptors]\nkind = \"gaussian\"", "7:8", {"\"rdf\", \"rdf_species\" or \"radial\""}},
        {"[train]\nhidden = [200, 0]", "7:16", {"train.hidden = 0 is out of range"}},
        {"[train]\nhidden = []", "7:10", {"train.hidden is empty"}},
        {"[train]\ngrid = [[10], 20]", "7:15", {"a list is wanted"}},
        {"[train]\nfolds = 1", "7:9", {"at least 2, or 0"}},
        {"[train]\ntest_sample = 10", "7:15", {"there is no sample 10", "0 to 9"}},
        {"[train]\ntrain_rates = [1e10, 1e9]", "7:22", {"no sample is quenched at 1e9 K/s"}},
        {"[compute]\nbackend = \"gpu\"", "7:11", {"\"auto\", \"host\" or \"cuda\""}},
        {"[compute]\nskin_A = \"big\"", "7:10", {"\"auto\" or a number"}},
        {"[compute]\nreplicas_per_batch = 0", "7:22", {"of at least 1"}},
        {"[compute]\nprecision = true", "7:13", {"compute.precision is true or false"}},
        {"[barriers]\natoms = 1.5", "7:9", {"share of the atoms"}},
        {"[barriers]\natoms = [1, 1373]", "7:13", {"there is no atom 1373"}},
        {"[barriers]\nsamples = \"some\"", "7:11", {"\"test\" or \"all\", or a list"}},
        {"[barriers]\nmax_attempts_per_atom = 5", "7:25", {"5 attempts cannot give 20 events"}},
        {"[barriers]\nmax_attempts_per_atom = 16385", "7:25", {"from 1 to 16384"}},
        {"[study]\nseed = -1", "7:8", {"study.seed = -1 is out of range"}},
        {"[study]\nseed = 2020-01-01", "7:8", {"a date or a time"}},
        {"[report]\nbin_atoms = 100\nbin_atoms = 200", "8:13", {"not TOML"}},
        {"[", "6:2", {"not TOML"}},
        {"[\nhidden = [1]", "6:2", {"the name of a table is wanted"}},
        {"[[[1]]]", "6:3", {"the name of a table is wanted"}},
        {"[report\nbin_atoms = 1", "6:8", {"not TOML"}},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.line);
        const std::string message = folder.message(system_table + one.line + "\n");
        EXPECT_EQ(message.substr(0, 8 + one.place.size()), "s.toml:" + one.place + ":") << message;
        EXPECT_EQ(lines_of(message).size(), 1u) << message;
        for (const std::string& part : one.parts) expect_has(message, part);
        EXPECT_NE(message.find(" ("), std::string::npos) << message;
        EXPECT_NE(message.find("); "), std::string::npos) << message;
    }
}

TEST(StudyFileTest, TextsAndCommentsHaveAnyCharacters) {
    const Folder folder;
    const auto message = [&](const std::string& name) {
        return folder.message("# \u00fc \" \u03b1\n" + system_table + "[study]\nname = " + name + "\n");
    };
    // Quotes of all four kinds, with what might end them.
    EXPECT_EQ(folder.read(system_table + "[study]\nname = \"\u00fc \\\" # \u03b1\"  # \u00fc '\n").study.name,
              "\u00fc \" # \u03b1");
    for (const char* name : {"'\u00fc \\'", "\"\"\"\u00fc \" \u03b1\n\u00fc\"\"\"", "'''\u00fc ' \u03b1'''"})
        EXPECT_EQ(message(name).find("beyond ASCII"), std::string::npos) << name;
    expect_has(message("\"a\" \u00fc"), "s.toml:8:12: this is not TOML (a character beyond ASCII");
    expect_has(message("\u3042"), "s.toml:8:8: this is not TOML (a character beyond ASCII");
}

TEST(StudyFileTest, FaultsOfTheSystem) {
    const Folder folder;
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = system_table;
        text.replace(text.find(from), from.size(), to);
        return folder.message(text);
    };
    EXPECT_EQ(with("[0.5, 0.5]", "[0.5, 0.4]").substr(0, 12), "s.toml:3:13:");
    expect_has(with("[0.5, 0.5]", "[1.0, 0.6]"), "normalised they are fractions = [0.625, 0.375]");
    expect_has(with("[0.5, 0.5]", "[1, -0.5]"), "s.toml:3:17: system.fractions = -0.5 is out of range");
    expect_has(with("[0.5, 0.5]", "[1]"), "1 fractions for 2 elements");
    expect_has(with("[0.5, 0.5]", "[0.99999, 0.00001]"), "less than one of 1372 atoms");
    expect_has(with("1372", "1400"), "s.toml:4:9: 1400 atoms do not fill the start lattice");
    expect_has(with("1372", "1401"), "1372 = 4 x 7^3");
    expect_has(with("1372", "50"), "system.atoms = 50 is out of range");
    expect_has(with("\"Cu\"", "\"CU\""), "s.toml:2:13: unknown element 'CU'");
    expect_has(with("\"Cu\"", "\"CU\""), "did you mean 'Cu'?");
    expect_has(with("\"Cu\"", "\"Zr\""), "s.toml:2:19: element 'Zr' occurs twice");
    expect_has(with("atoms = 1372\n", ""), "s.toml:1:1: system.atoms is missing");
    const std::string missing = with("p.eam.fs", "q.eam.fs");
    expect_has(missing, "s.toml:5:13: system.potential = \"q.eam.fs\" cannot be read (q.eam.fs: no such file)");
    const std::string pipe = folder.directory / "pipe.eam.fs";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);  // nobody writes to it: to open it for reading would never return
    expect_has(with("p.eam.fs", "pipe.eam.fs"),
               "pipe.eam.fs: a pipe or a device, and a study reads its files more than");
    expect_has(folder.message("samples = 3\n"), "s.toml:1:1: unknown key 'samples' outside all tables");
    expect_has(folder.message("quench = 3\n" + system_table), "s.toml:1:10: 'quench' is a whole number");
    EXPECT_THROW(read_study(folder.directory / "none.toml"), InputError);
    EXPECT_THROW(read_study(folder.directory.path()), InputError);
}

TEST(StudyFileTest, AllFaultsAtOnceInTheOrderOfTheFile) {
    const Folder folder;
    const std::string message = folder.message(R"([train]
hiden = [3]
epochs = "many"
[quench]
samples = -1
[system]
elements = ["Cu", "Zr"]
fractions = [0.5, 0.6]
atoms = 1372
potential = "missing"
)",
                                               {"report.slice_A=-1", "nonsense"});
    const std::vector<std::string> lines = lines_of(message);
    const std::vector<std::string> starts{
        "s.toml:2:1: ",   "s.toml:3:10: ",    "s.toml:5:11: ",         "s.toml:8:13: ",
        "s.toml:10:13: ", "--set nonsense: ", "--set report.slice_A: "};
    ASSERT_EQ(lines.size(), starts.size()) << message;
    for (std::size_t k = 0; k < lines.size(); ++k)
        EXPECT_EQ(lines[k].substr(0, starts[k].size()), starts[k]) << lines[k];
}

TEST(StudyFileTest, Overrides) {
    const Folder folder;
    const StudyFile study =
        folder.read(system_table + "[quench]\nsamples = 3\n",
                    {"quench.samples=4", "quench.samples=5", "compute.backend=host", "train.hidden=[7, 8]",
                     "study.output=some/where", "quench.rate_K_per_s=1e12", "report.slice_A=5", "compute.skin_A=0.8",
                     "barriers.atoms=0.1", "study.name=\"a = b\""});
    EXPECT_EQ(study.quench.samples, 5);
    EXPECT_EQ(study.compute.backend, "host");
    EXPECT_EQ(study.train.hidden, (std::vector<int>{7, 8}));
    EXPECT_EQ(study.study.output, "some/where");
    EXPECT_EQ(study.study.name, "a = b");
    EXPECT_EQ(study.quench.rate_K_per_s, 1e12);
    EXPECT_EQ(study.report.slice_A, 5);
    EXPECT_EQ(study.compute.skin_A, 0.8);
    EXPECT_TRUE(study.barriers.enabled);
    EXPECT_EQ(study.barriers.atoms.number, 0.1);

    const auto fault = [&](const std::string& set) { return folder.message(system_table, {set}); };
    expect_has(fault("quench.sampels=3"), "--set quench.sampels: unknown key 'sampels' in [quench]");
    expect_has(fault("quench.sampels=3"), "did you mean 'samples'?");
    expect_has(fault("qench.samples=3"), "--set qench.samples: unknown table [qench]");
    expect_has(fault("quench.samples=three"), "--set quench.samples: quench.samples is a string");
    expect_has(fault("quench.final_K=3000"), "--set quench.final_K: final_K = 3000 is not below");
    expect_has(fault("train.hidden=[1,"), "--set train.hidden: '[1,' is no TOML value");
    expect_has(fault("train.folds="), "--set train.folds: '' is no TOML value");
    expect_has(fault("train.folds=2\nepochs=3"), "is more than one value");
    expect_has(fault("samples=2"), "--set samples: 'samples=2' sets nothing");
    expect_has(fault("quench.samples"), "table.key=value is wanted");
}

TEST(StudyFileTest, GivenStructures) {
    const Folder folder;
    folder.directory.write("a.xyz", "a");
    folder.directory.write("b.xyz", "b");
    const std::string text = "[system]\nstructures = [\"a.xyz\", \"b.xyz\"]\npotential = \"p.eam.fs\"\n";
    const StudyFile study = folder.read(text);
    EXPECT_FALSE(study.quenches());
    ASSERT_EQ(samples_of(study).size(), 2u);
    EXPECT_EQ(test_sample_of(study), 1);
    const std::string resolved = resolved_toml(study);
    EXPECT_EQ(resolved_toml(folder.read(resolved)), resolved);
    EXPECT_EQ(folder.read(resolved), study);

    // They are not annealed unless that is asked for.
    EXPECT_EQ(study.quench.anneal_ps, 0);
    EXPECT_EQ(folder.read(text + "[quench]\nanneal_ps = 5\n").quench.anneal_ps, 5);
    expect_has(folder.message(text + "[quench]\nanneal_K = 200\n"),
               "s.toml:5:12: quench.anneal_K says nothing without quench.anneal_ps");

    expect_has(folder.message(text + "atoms = 1372\n"), "s.toml:4:9: system.atoms does not go with system.structures");
    expect_has(folder.message(text + "[quench]\nsamples = 2\n"), "s.toml:5:11: quench.samples does not go with");
    expect_has(folder.message("[system]\nstructures = [\"a.xyz\", \"c.xyz\"]\npotential = \"p.eam.fs\"\n"),
               "s.toml:2:24: system.structures = \"c.xyz\" cannot be read");
}

TEST(StudyFileTest, ResolvedFileIsTheSameStudyAndTheSameBytes) {
    const Folder folder;
    for (const char* name : {"jobs/quick.toml", "jobs/paper.toml"}) {
        const StudyFile study = read_study(source_path(name));
        const std::string resolved = resolved_toml(study);
        // Another folder: paths must have become absolute.
        const StudyFile again = folder.read(resolved);
        EXPECT_EQ(again, study) << name;
        EXPECT_EQ(resolved_toml(again), resolved) << name;
        EXPECT_EQ(study_hash(again), study_hash(study)) << name;
    }
    const StudyFile odd = folder.read(
        system_table, {"study.name=\"quote \\\" back \\\\ tab \\t\"", "barriers.atoms=[3, 4]", "barriers.samples=[0]",
                       "train.grid=[[10], [20, 20]]", "compute.skin_A=0.1", "quench.rate_K_per_s=1.25e13",
                       "study.seed=9007199254740993", "compute.replicas_per_batch=4", "barriers.polish=false"});
    EXPECT_EQ(odd.study.seed, 9007199254740993u);
    const std::string resolved = resolved_toml(odd);
    EXPECT_EQ(folder.read(resolved), odd);
    EXPECT_EQ(resolved_toml(folder.read(resolved)), resolved);
    expect_has(resolved, "rate_K_per_s = 1.25e13\n");
    expect_has(resolved, "melt_K = 2000.0\n");
}

TEST(StudyFileTest, PaperIsThePaper) {
    const StudyFile study = read_study(source_path("jobs/paper.toml"));
    EXPECT_EQ(study.system.atoms, 19652);
    EXPECT_EQ(study.quench.samples, 10);
    EXPECT_EQ(study.quench.rate_K_per_s, 1e10);
    EXPECT_EQ(samples_of(study).size(), 14u);
    EXPECT_FALSE(samples_of(study)[9].is_further_test);
    EXPECT_TRUE(samples_of(study)[10].is_further_test);
    EXPECT_EQ(samples_of(study)[13].rate_K_per_s, 1e13);
    EXPECT_EQ(composition_counts(study.system.fractions, study.system.atoms), (std::vector<int>{9826, 9826}));
}

TEST(StudyFileTest, StageHashesFollowWhatMatters) {
    const Folder folder;
    const StudyFile base = folder.read(system_table);
    const std::vector<std::string> stages{"quench", "stiffness", "descriptors", "train", "report"};
    /// Which stages another value of a key makes stale, in the order of `stages`.
    const auto stale = [&](const std::vector<std::string>& set) {
        const StudyFile changed = folder.read(system_table, set);
        std::string flags;
        for (const std::string& stage : stages)
            flags += study::stage_hash(base, stage) == study::stage_hash(changed, stage) ? '.' : 'x';
        return flags + (study_hash(base) == study_hash(changed) ? '.' : 'x');
    };
    EXPECT_EQ(stale({}), "......");
    EXPECT_EQ(stale({"study.name=other", "study.output=there", "compute.backend=host", "compute.skin_A=1",
                     "compute.replicas_per_batch=2"}),
              "......");
    EXPECT_EQ(stale({"study.seed=2"}), "xxxxxx");
    EXPECT_EQ(stale({"compute.precision=double"}), "xxxxxx");
    EXPECT_EQ(stale({"system.atoms=108"}), "xxxxxx");
    EXPECT_EQ(stale({"quench.rate_K_per_s=1e11"}), "xxxxxx");
    EXPECT_EQ(stale({"quench.anneal_ps=50"}), "xxxxxx");
    EXPECT_EQ(stale({"stiffness.window_ps=10"}), ".x.xxx");
    EXPECT_EQ(stale({"descriptors.bin_A=0.4"}), "..xxxx");
    EXPECT_EQ(stale({"train.epochs=3"}), "...xxx");
    EXPECT_EQ(stale({"report.slice_A=3"}), "....x.");
    const StudyFile mean = folder.read(system_table, {"descriptors.positions=mean"});
    const StudyFile longer = folder.read(system_table, {"descriptors.positions=mean", "stiffness.window_ps=200"});
    EXPECT_NE(study::stage_hash(mean, "descriptors"), study::stage_hash(longer, "descriptors"));
    // Of an elastic network whose features are inputs the content counts, not the path.
    folder.directory.write("e.h5", "network");
    folder.directory.write("same.h5", "network");
    folder.directory.write("other.h5", "another network");
    EXPECT_EQ(stale({"descriptors.elastic_model=e.h5"}), "..xxxx");
    const auto described = [&](const std::string& file) {
        return study::stage_hash(folder.read(system_table, {"descriptors.elastic_model=" + file}), "descriptors");
    };
    EXPECT_EQ(described("e.h5"), described("same.h5"));
    EXPECT_NE(described("e.h5"), described("other.h5"));
    const StudyFile reads = folder.read(system_table, {"descriptors.elastic_model=e.h5"});
    EXPECT_EQ(folder.read(resolved_toml(reads)), reads);
    EXPECT_EQ(stale({"descriptors.averages=1"}), "..xxxx");
    EXPECT_EQ(stale({"train.weight_decay=0.1"}), "...xxx");
    expect_has(folder.message(std::string(system_table) + "[train]\nweight_decay = 50\nlearning_rate = 0.02\n"),
               "weight_decay = 50 with learning_rate = 0.02 leaves nothing of a weight");
    folder.directory.write("p.eam.fs", "another potential");
    EXPECT_EQ(stale({}), "xxxxxx");
    EXPECT_THROW(study::stage_hash(base, "cooling"), InputError);
}

TEST(StudyFileTest, CompositionByLargestRemainder) {
    EXPECT_EQ(composition_counts({0.5, 0.5}, 1372), (std::vector<int>{686, 686}));
    EXPECT_EQ(composition_counts({0.5085, 0.4915}, 4000), (std::vector<int>{2034, 1966}));
    EXPECT_EQ(composition_counts({0.3, 0.7}, 1000), (std::vector<int>{300, 700}));
    EXPECT_EQ(composition_counts({1 / 3.0, 1 / 3.0, 1 / 3.0}, 100), (std::vector<int>{34, 33, 33}));
    EXPECT_EQ(composition_counts({0.645, 0.355}, 108), (std::vector<int>{70, 38}));
    for (int atoms = 100; atoms < 400; ++atoms) {
        const std::vector<int> counts = composition_counts({0.17, 0.29, 0.54}, atoms);
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), atoms);
    }
}

TEST(StudyFileTest, LatticeAgainstAllFactorisations) {
    for (int cells = 1; cells < 1200; ++cells) {
        bool exists = false;
        for (int x = 1; x * x * x <= cells; ++x)
            for (int y = x; x * y * y <= cells; ++y)
                if (cells % (x * y) == 0 && 2 * (cells / (x * y)) <= 3 * x) exists = true;
        const auto found = fcc_cells(4 * cells);
        ASSERT_EQ(found.has_value(), exists) << cells;
        if (!found) continue;
        EXPECT_EQ((*found)[0] * (*found)[1] * (*found)[2], cells);
        EXPECT_LE(2 * (*found)[2], 3 * (*found)[0]);
    }
    EXPECT_EQ(fcc_cells(19652), (std::array<int, 3>{17, 17, 17}));
    EXPECT_EQ(fcc_cells(4 * 6 * 7 * 8), (std::array<int, 3>{6, 7, 8}));
    EXPECT_FALSE(fcc_cells(19653));
}

TEST(EstimateTest, AtomStepsOfThePaper) {
    const StudyFile study = read_study(source_path("jobs/paper.toml"));
    const study::Estimate cost = study::estimate(study, 1e8);
    ASSERT_GE(cost.stages.size(), 4u);
    // Ten at 1e10 K/s, one at each of 1e9, 1e11, 1e12, 1e13: 2 fs, 100 ps of melt and 1950 K each.
    const double picoseconds = 14 * 100 + 1950 * (10 * 100 + 1000 + 10 + 1 + 0.1);
    EXPECT_EQ(cost.stages[0].name, "quench");
    EXPECT_EQ(cost.stages[0].replicas, 14);
    EXPECT_NEAR(cost.stages[0].atom_steps / (19652 * picoseconds / 0.002), 1, 1e-3);
    EXPECT_GE(cost.stages[0].atom_steps, 19652 * picoseconds / 0.002);
    EXPECT_DOUBLE_EQ(cost.stages[0].seconds, cost.stages[0].atom_steps / 1e8);
    EXPECT_EQ(cost.stages[1].name, "stiffness");
    EXPECT_EQ(cost.stages[1].replicas, 84);
    EXPECT_NEAR(cost.stages[1].atom_steps, 84.0 * 19652 * 70000, 1);
    EXPECT_EQ(cost.counts, (std::vector<int>{9826, 9826}));
    EXPECT_NEAR(cost.cell_A[0], 70, 1);
    EXPECT_GT(cost.memory_GiB, 1);
    EXPECT_LT(cost.memory_GiB, 20);
    EXPECT_GT(cost.disk_GiB, 0.1);
    EXPECT_LT(cost.disk_GiB, 10);
    EXPECT_DOUBLE_EQ(study::estimate(study, 2e8).stages[0].seconds * 2, cost.stages[0].seconds);
    EXPECT_THROW(study::estimate(study, 0), InputError);

    const std::string table = study::to_table(cost);
    expect_has(table, "19652 atoms: 9826 Cu, 9826 Zr");
    expect_has(table, "195 ns");
    for (const std::string& line : lines_of(table)) EXPECT_LE(line.size(), 110u) << line;
}

TEST(EstimateTest, BoxTooSmallIsSaid) {
    const StudyFile study = read_study(source_path("jobs/quick.toml"), {"system.atoms=256"});
    expect_has(study::to_table(study::estimate(study, 1e6)), "narrower than");
    const StudyFile fits = read_study(source_path("jobs/quick.toml"));
    EXPECT_EQ(study::to_table(study::estimate(fits, 1e6)).find("narrower than"), std::string::npos);
}

}  // namespace
