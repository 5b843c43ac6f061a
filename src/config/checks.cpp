#include "config/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "config/samples.hpp"
#include "io/elements.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"
#include "io/toml_writer.hpp"

namespace mg {

namespace {

bool nearly_whole(double x) { return std::abs(x - std::round(x)) <= 1e-9 * std::max(1.0, std::abs(x)); }

/// The first number that occurs twice, or -1.
int first_repeated(const std::vector<double>& values) {
    for (std::size_t k = 0; k < values.size(); ++k)
        if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(k), values[k]) !=
            values.begin() + static_cast<std::ptrdiff_t>(k))
            return static_cast<int>(k);
    return -1;
}

std::string lattice_text(const std::array<int, 3>& n) {
    if (n[0] == n[2]) return fmt::format("{} = 4 x {}^3", 4 * n[0] * n[0] * n[0], n[0]);
    return fmt::format("{} = 4 x {} x {} x {}", 4 * n[0] * n[1] * n[2], n[0], n[1], n[2]);
}

/// Counts of atoms near `atoms` that fill a lattice.
std::string possible_counts(int atoms) {
    const int edge = std::max(3, static_cast<int>(std::lround(std::cbrt(atoms / 4.0))));
    const int cube = 4 * edge * edge * edge;
    std::optional<std::array<int, 3>> below, above_it;
    for (int n = atoms / 4 * 4; n >= 100 && !below; n -= 4) below = fcc_cells(n);
    for (int n = atoms / 4 * 4 + 4; !above_it; n += 4) above_it = fcc_cells(n);
    std::string text = lattice_text({edge, edge, edge}) + " is the nearest cube";
    const auto atoms_of = [](const std::array<int, 3>& n) { return 4 * n[0] * n[1] * n[2]; };
    if (below && atoms_of(*below) != cube) text += "; also " + lattice_text(*below);
    if (atoms_of(*above_it) != cube) text += "; also " + lattice_text(*above_it);
    return text;
}

/// Either structures are given, or what the study needs to make its own.
void check_start(const StudyFile& file, io::TomlReader& reader) {
    if (reader.given("system.structures")) {
        for (const char* key :
             {"system.fractions", "system.atoms", "quench.samples", "quench.rate_K_per_s", "quench.test_rates_K_per_s",
              "quench.samples_per_test_rate", "quench.melt_K", "quench.melt_ps"})
            if (reader.given(key))
                reader.fault(key, fmt::format("{} does not go with system.structures", key),
                             "a study that starts from given structures quenches nothing",
                             "remove this key or system.structures");
        if (reader.sound({"system.structures"}) && file.system.structures.empty())
            reader.fault("system.structures", "system.structures is empty", "the study would have no sample",
                         "name structure files, or remove it and give elements, fractions and atoms");
    } else {
        for (const auto& [key, example] :
             {std::pair{"system.elements", "elements = [\"Cu\", \"Zr\"]"},
              std::pair{"system.fractions", "fractions = [0.5, 0.5]"}, std::pair{"system.atoms", "atoms = 19652"}})
            if (!reader.given(key))
                reader.fault(key, fmt::format("{} is missing", key), "the sample's composition and size follow from it",
                             fmt::format("add {} to [system], or name structures to start from", example));
    }
    if (!reader.given("system.potential"))
        reader.fault("system.potential", "system.potential is missing", "the forces come from it",
                     "add potential = \"FILE\" to [system]");
}

void check_elements(const std::vector<std::string>& elements, io::TomlReader& reader) {
    if (!reader.given("system.elements") || !reader.sound({"system.elements"})) return;
    if (elements.empty() && !reader.given("system.structures"))
        reader.fault("system.elements", "system.elements is empty", "a glass has atoms of some element",
                     "name the elements");
    io::Words symbols;
    for (const io::ChemicalElement& element : io::chemical_elements()) symbols.push_back(element.symbol);
    for (auto at = elements.begin(); at != elements.end(); ++at) {
        const int item = static_cast<int>(at - elements.begin());
        if (!io::find_element(*at)) {
            const std::string nearest = io::nearest_word(*at, symbols);
            reader.fault("system.elements", fmt::format("unknown element '{}'", io::shown(*at)),
                         "it is no symbol of the periodic table up to uranium",
                         io::same_but_for_case(nearest, *at) ? fmt::format("did you mean '{}'?", nearest)
                                                             : "give chemical symbols such as \"Cu\"",
                         item);
        } else if (std::find(elements.begin(), at, *at) != at) {
            reader.fault("system.elements", fmt::format("element '{}' occurs twice", *at), "each has one fraction",
                         "remove one and add up their fractions", item);
        }
    }
}

/// Of the samples that the study makes.
void check_composition(const StudyFile::System& system, io::TomlReader& reader) {
    if (reader.given("system.fractions") && reader.sound({"system.fractions"})) {
        double sum = 0;
        for (double fraction : system.fractions) sum += fraction;
        if (reader.given("system.elements") && system.fractions.size() != system.elements.size()) {
            reader.fault("system.fractions",
                         fmt::format("{} fractions for {} elements", system.fractions.size(), system.elements.size()),
                         "each element has one", "give as many fractions as elements");
        } else if (!(std::abs(sum - 1) <= 1e-9)) {
            std::vector<double> normalised;
            for (double fraction : system.fractions) normalised.push_back(std::round(fraction / sum * 1e12) / 1e12);
            reader.fault("system.fractions", fmt::format("the fractions add up to {:.10g}", sum),
                         "they are shares of all atoms, within 1e-9 of 1",
                         fmt::format("normalised they are fractions = {}", io::toml_of(normalised)));
        }
    }
    if (reader.given("system.atoms") && reader.sound({"system.atoms"}) && !fcc_cells(system.atoms))
        reader.fault("system.atoms", fmt::format("{} atoms do not fill the start lattice", system.atoms),
                     "it is fcc, 4 nx ny nz sites with no edge longer than 1.5 times another",
                     possible_counts(system.atoms));
    if (reader.given("system.atoms") && reader.given("system.fractions") &&
        reader.sound({"system.atoms", "system.fractions", "system.elements"})) {
        const std::vector<int> counts = composition_counts(system.fractions, system.atoms);
        for (std::size_t k = 0; k < counts.size(); ++k)
            if (counts[k] == 0)
                reader.fault(
                    "system.fractions",
                    fmt::format("the fraction {} is less than one of {} atoms", system.fractions[k], system.atoms),
                    "the element would not occur", "give it a larger fraction or the sample more atoms",
                    static_cast<int>(k));
    }
}

void check_system(StudyFile& file, io::TomlReader& reader) {
    check_start(file, reader);
    check_elements(file.system.elements, reader);
    if (!reader.given("system.structures")) check_composition(file.system, reader);
}

/// Makes paths absolute and hashes what they name.
void resolve_files(StudyFile& file, io::TomlReader& reader, const std::filesystem::path& folder) {
    const auto resolve = [&](const char* key, std::string& path, int item) -> std::string {
        const std::string typed = path;
        path = (folder / path).lexically_normal().string();
        std::error_code ignored;
        std::string why = std::filesystem::exists(path, ignored) ? "not a readable file" : "no such file";
        // A pipe can be read once, and one that nobody writes to never ends.
        if (std::filesystem::is_fifo(path, ignored) || std::filesystem::is_character_file(path, ignored)) {
            why = "a pipe or a device, and a study reads its files more than once";
        } else {
            try {
                io::read_bytes(path);
                return io::sha256_of_file(path);
            } catch (const std::exception&) {  // told below
            }
        }
        reader.fault(key, fmt::format("{} = \"{}\" cannot be read", key, io::shown(typed)),
                     fmt::format("{}: {}", path, why), "give its path, relative to the folder of the study file", item);
        return "";
    };
    if (reader.given("system.potential") && reader.sound({"system.potential"}))
        file.system.potential_sha256 = resolve("system.potential", file.system.potential, -1);
    if (reader.given("descriptors.elastic_model") && reader.sound({"descriptors.elastic_model"}))
        file.descriptors.elastic_model_sha256 =
            resolve("descriptors.elastic_model", file.descriptors.elastic_model, -1);
    if (reader.given("system.structures") && reader.sound({"system.structures"})) {
        int item = 0;
        for (std::string& path : file.system.structures)
            file.system.structure_sha256.push_back(resolve("system.structures", path, item++));
    }
}

/// Structures that were given are described as they are unless the user wants them annealed.
void check_annealing(StudyFile& file, io::TomlReader& reader) {
    StudyFile::Quench& quench = file.quench;
    if (reader.given("system.structures") && !reader.given("quench.anneal_ps")) {
        quench.anneal_ps = 0;
        if (reader.given("quench.anneal_K"))
            reader.fault("quench.anneal_K", "quench.anneal_K says nothing without quench.anneal_ps",
                         "structures that are given are not annealed unless they are to be",
                         "give anneal_ps = 100, or remove it");
    }
    if (!reader.sound({"quench.anneal_K", "quench.anneal_ps", "quench.timestep_fs"}) || !(quench.anneal_ps > 0)) return;
    if (quench.anneal_ps * 1000 < quench.timestep_fs)
        reader.fault(reader.given("quench.anneal_ps") ? "quench.anneal_ps" : "quench.timestep_fs",
                     fmt::format("anneal_ps = {} is less than a time step", quench.anneal_ps),
                     fmt::format("a step takes {} fs", quench.timestep_fs), "give more, or 0 for no annealing");
    if (!reader.given("system.structures") && reader.sound({"quench.melt_K"}) && quench.anneal_K >= quench.melt_K)
        reader.fault(reader.given("quench.anneal_K") ? "quench.anneal_K" : "quench.melt_K",
                     fmt::format("anneal_K = {} is not below melt_K = {}", quench.anneal_K, quench.melt_K),
                     "the glass would melt", "give less: the highest temperature of the stiffness runs will do");
}

void check_runs(StudyFile& file, io::TomlReader& reader) {
    StudyFile::Quench& quench = file.quench;
    StudyFile::Stiffness& stiffness = file.stiffness;
    if (!reader.given("system.structures")) {
        if (reader.sound({"quench.melt_K", "quench.final_K"}) && quench.final_K >= quench.melt_K)
            reader.fault(reader.given("quench.final_K") ? "quench.final_K" : "quench.melt_K",
                         fmt::format("final_K = {} is not below melt_K = {}", quench.final_K, quench.melt_K),
                         "a quench cools", "exchange them or lower final_K");
        if (reader.sound({"quench.test_rates_K_per_s", "quench.rate_K_per_s"})) {
            std::vector<double> rates{quench.rate_K_per_s};
            rates.insert(rates.end(), quench.test_rates_K_per_s.begin(), quench.test_rates_K_per_s.end());
            const int twice = first_repeated(rates);
            if (twice > 0)
                reader.fault(
                    "quench.test_rates_K_per_s",
                    fmt::format("the rate {} occurs twice", io::toml_of(rates[static_cast<std::size_t>(twice)])),
                    "further testing sets differ in rate from rate_K_per_s and from each other",
                    "remove it; samples_per_test_rate gives more samples", twice - 1);
        }
    }
    check_annealing(file, reader);
    if (reader.sound({"stiffness.temperatures_K"})) {
        const int twice = first_repeated(stiffness.temperatures_K);
        if (stiffness.temperatures_K.empty())
            reader.fault("stiffness.temperatures_K", "stiffness.temperatures_K is empty",
                         "the stiffness is a mean over them", "give at least one temperature");
        else if (twice > 0)
            reader.fault("stiffness.temperatures_K",
                         fmt::format("the temperature {} K occurs twice",
                                     stiffness.temperatures_K[static_cast<std::size_t>(twice)]),
                         "the mean would count it twice", "remove one; seeds gives more runs per temperature", twice);
    }
    if (reader.sound({"quench.timestep_fs", "stiffness.sample_every_fs"})) {
        const double step = quench.timestep_fs;
        const double nearest = std::max(1.0, std::round(stiffness.sample_every_fs / step)) * step;
        if (!reader.given("stiffness.sample_every_fs"))
            stiffness.sample_every_fs = nearest;
        else if (!nearly_whole(stiffness.sample_every_fs / step) || stiffness.sample_every_fs < 0.5 * step)
            reader.fault(
                "stiffness.sample_every_fs",
                fmt::format("{} fs between samples is no whole number of time steps", stiffness.sample_every_fs),
                fmt::format("a step takes {} fs", step), fmt::format("the nearest is {:.10g}", nearest));
        if (reader.sound({"stiffness.window_ps", "stiffness.sample_every_fs"}) &&
            stiffness.window_ps * 1000 < 2 * stiffness.sample_every_fs)
            reader.fault(
                "stiffness.window_ps", fmt::format("stiffness.window_ps = {} is too short", stiffness.window_ps),
                fmt::format("a mean-squared displacement needs two samples, one every {} fs",
                            stiffness.sample_every_fs),
                fmt::format("give at least {}; the study of the paper has 100", 2 * stiffness.sample_every_fs / 1000));
    }
}

void check_descriptors(const StudyFile::Descriptors& d, io::TomlReader& reader) {
    if (reader.given("descriptors.elastic_model") && reader.sound({"descriptors.positions"}) &&
        d.positions != DescriptorPositions::inherent)
        reader.fault("descriptors.positions",
                     fmt::format("positions = \"{}\" does not go with elastic_model", io::word_of(d.positions)),
                     "an elastic network holds for structures at rest", "give \"inherent\", or remove elastic_model");
    if (!reader.sound({"descriptors.r_min_A", "descriptors.r_max_A", "descriptors.bin_A"})) return;
    const double bins = (d.r_max_A - d.r_min_A) / d.bin_A;
    const std::string at = reader.given("descriptors.r_max_A")   ? "descriptors.r_max_A"
                           : reader.given("descriptors.r_min_A") ? "descriptors.r_min_A"
                                                                 : "descriptors.bin_A";
    if (d.r_min_A >= d.r_max_A) {
        reader.fault(at, fmt::format("r_min_A = {} is not below r_max_A = {}", d.r_min_A, d.r_max_A),
                     "the shells lie between them", "exchange them or raise r_max_A");
    } else if (!nearly_whole(bins) || bins < 0.5) {
        const double whole = std::max(1.0, std::round(bins));
        reader.fault(reader.given("descriptors.bin_A") ? "descriptors.bin_A" : at,
                     fmt::format("r_min_A = {} to r_max_A = {} is no whole number of bins of {} A", d.r_min_A,
                                 d.r_max_A, d.bin_A),
                     fmt::format("it is {:.6g} bins", bins),
                     fmt::format("r_max_A = {:.10g} would fit, or bin_A = {:.10g}", d.r_min_A + whole * d.bin_A,
                                 (d.r_max_A - d.r_min_A) / whole));
    } else if (bins > 10000) {
        reader.fault(at, fmt::format("{:.0f} shells are too many", bins), "each is an input of the network",
                     "give a larger bin_A");
    } else if (reader.sound({"descriptors.kind", "descriptors.width_A"})) {
        if (const auto fault = descriptor_fault(d.descriptor()))
            reader.fault(reader.given("descriptors.r_max_A") ? "descriptors.r_max_A" : "descriptors.kind",
                         fault->problem, fault->why, fault->remedy);
    }
}

void check_networks(const StudyFile::Train& train, const StudyFile::Descriptors& d, io::TomlReader& reader) {
    if (reader.sound({"train.hidden"}) && train.hidden.empty())
        reader.fault("train.hidden", "train.hidden is empty", "a network has at least one hidden layer",
                     "give its widths, e.g. hidden = [200]");
    if (reader.sound({"train.grid"}))
        for (std::size_t k = 0; k < train.grid.size(); ++k)
            if (train.grid[k].empty())
                reader.fault("train.grid", "a network of train.grid is empty", "it is a list of hidden widths",
                             "write e.g. grid = [[100], [200], [200, 200]]", static_cast<int>(k));
    if (reader.sound({"train.reach_A", "descriptors.r_min_A", "descriptors.r_max_A", "descriptors.bin_A"}))
        for (std::size_t k = 0; k < train.reach_A.size(); ++k) {
            const double bins = (train.reach_A[k] - d.r_min_A) / d.bin_A;
            if (bins > 0.5 && nearly_whole(bins) && train.reach_A[k] < d.r_max_A) continue;
            reader.fault("train.reach_A", fmt::format("no shell of these descriptors ends at {} A", train.reach_A[k]),
                         "it leaves out whole shells, at least one, and keeps at least one",
                         fmt::format("give r_min_A = {} and some multiples of bin_A = {}, below r_max_A = {}",
                                     d.r_min_A, d.bin_A, d.r_max_A),
                         static_cast<int>(k));
        }
    if (reader.sound({"train.folds"}) && train.folds == 0)
        for (const auto& [key, given] :
             {std::pair{"train.grid", !train.grid.empty()}, std::pair{"train.activations", !train.activations.empty()},
              std::pair{"train.reach_A", !train.reach_A.empty()}})
            if (reader.sound({key}) && given)
                reader.fault(key, fmt::format("{} has no use with train.folds = 0", key),
                             "its networks are cross-validated", "give folds = 5, or remove it");
    if (reader.sound({"train.weight_decay", "train.learning_rate"}) && train.weight_decay * train.learning_rate >= 1)
        reader.fault("train.weight_decay",
                     fmt::format("weight_decay = {} with learning_rate = {} leaves nothing of a weight",
                                 train.weight_decay, train.learning_rate),
                     "each step takes off their product", "give less, 0.1 for instance");
    if (reader.sound({"train.folds"}) && train.folds == 1)
        reader.fault("train.folds", "train.folds = 1 trains on nothing", "one fold is held out at a time",
                     "give at least 2, or 0 for no cross-validation");
}

/// The samples that networks are trained and tested on.
void check_training_samples(const StudyFile& file, io::TomlReader& reader) {
    const StudyFile::Train& train = file.train;
    const bool by_structures = reader.given("system.structures");
    if (reader.sound({"train.test_sample", "quench.samples", "system.structures"})) {
        const int samples = by_structures ? static_cast<int>(file.system.structures.size()) : file.quench.samples;
        if (train.test_sample >= samples)
            reader.fault("train.test_sample", fmt::format("there is no sample {}", train.test_sample),
                         fmt::format("the {} samples count from 0", samples),
                         fmt::format("give a number from 0 to {}, or -1 for the last", samples - 1));
    }
    if (reader.sound({"train.train_rates", "quench.rate_K_per_s", "quench.test_rates_K_per_s"})) {
        std::vector<double> rates{file.quench.rate_K_per_s};
        rates.insert(rates.end(), file.quench.test_rates_K_per_s.begin(), file.quench.test_rates_K_per_s.end());
        for (std::size_t k = 0; k < train.train_rates.size(); ++k) {
            const double rate = train.train_rates[k];
            if (by_structures || std::find(rates.begin(), rates.end(), rate) == rates.end())
                reader.fault(
                    "train.train_rates", fmt::format("no sample is quenched at {} K/s", io::toml_of(rate)),
                    by_structures ? "the study starts from given structures" : "the rates are " + io::toml_of(rates),
                    by_structures ? "remove the key" : "choose among these, or add it to test_rates_K_per_s",
                    static_cast<int>(k));
        }
        const int twice = first_repeated(train.train_rates);
        if (twice > 0)
            reader.fault("train.train_rates", "a rate occurs twice", "its samples are trained on once", "remove one",
                         twice);
    }
}

/// A property of the user's own.
void check_own_label(const StudyFile& file, io::TomlReader& reader) {
    const Property& label = file.train.label;
    if (!reader.sound({"train.label", "train.label_unit"})) return;
    if (label.is_stiffness()) {
        if (reader.given("train.label_unit") && label.unit != Property{}.unit)
            reader.fault("train.label_unit", "train.label_unit goes with a train.label of your own",
                         "stiffness is in eV/A^2", "remove it, or name the column of your structures as train.label");
        return;
    }
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    if (label.name.empty() || label.name.size() > 60 || !std::all_of(label.name.begin(), label.name.end(), is_part) ||
        std::isdigit(static_cast<unsigned char>(label.name[0])))
        reader.fault("train.label", fmt::format("\"{}\" is no name of a property", label.name),
                     "columns and datasets are named by it: letters, digits and _, the first no digit",
                     "rename the column of your structures");
    for (const char* taken :
         {"id", "species", "pos", "label", "split", "novelty", "out_of_distribution", "interval_90",
          "standard_deviation", "ensemble_deviation", "local_energy", "elastic_stiffness", "mean_barrier"})
        if (label.name == taken)
            reader.fault("train.label", fmt::format("\"{}\" means something else in files", label.name),
                         "results have it beside the label", "rename the column of your structures");
    if (label.unit.empty() || label.unit.size() > 30 || !std::all_of(label.unit.begin(), label.unit.end(), [](char c) {
            return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '=';
        }))
        reader.fault("train.label_unit", fmt::format("\"{}\" is no unit", label.unit),
                     "it stands in files, without blanks and quotation marks",
                     "give e.g. \"eV\" or \"1/ps\", or \"1\" for a plain number");
    if (!reader.given("system.structures"))
        reader.fault("train.label", fmt::format("nothing says what \"{}\" is", label.name),
                     "a label of your own is a column of the structures that you give",
                     "name extended XYZ files as system.structures, or leave train.label out for the stiffness");
    if (!reader.given("train.label_unit"))
        reader.fault("train.label", "train.label_unit is missing", "figures and files name the unit of the label",
                     "give e.g. label_unit = \"eV\"");
}

/// Keys of labels from dynamics, in a study whose labels come from the Hessian.
void check_labels(const StudyFile& file, io::TomlReader& reader) {
    if (!reader.sound({"stiffness.method", "stiffness.check_samples", "descriptors.positions"})) return;
    const bool harmonic = file.stiffness.method == StiffnessMethod::harmonic;
    if (harmonic && file.descriptors.positions == DescriptorPositions::mean)
        reader.fault("descriptors.positions",
                     "descriptors.positions = \"mean\" does not go with stiffness.method = "
                     "\"harmonic\"",
                     "mean positions come from dynamics", "use \"inherent\", which the Hessian is of");
    if (!harmonic && file.stiffness.check_samples > 0)
        reader.fault("stiffness.check_samples",
                     "stiffness.check_samples goes with stiffness.method = \"harmonic\" only",
                     "otherwise dynamics measures all samples", "remove it");
}

void check_learning(const StudyFile& file, io::TomlReader& reader) {
    check_labels(file, reader);
    check_own_label(file, reader);
    check_descriptors(file.descriptors, reader);
    check_networks(file.train, file.descriptors, reader);
    check_training_samples(file, reader);
}

void check_barriers(const StudyFile& file, io::TomlReader& reader) {
    const StudyFile::Barriers& b = file.barriers;
    const SearchOptions& search = b.search;
    if (b.enabled && file.quenches() && reader.sound({"system.atoms"}) && file.system.atoms > most_movable)
        reader.fault("system.atoms", fmt::format("{} atoms are too many for saddle searches", file.system.atoms),
                     fmt::format("their random numbers are distinct only up to {}", most_movable),
                     "leave [barriers] out, or use fewer");
    if (reader.sound({"barriers.events_per_atom", "barriers.max_attempts_per_atom"}) &&
        b.max_attempts < b.events_per_atom)
        reader.fault(reader.given("barriers.max_attempts_per_atom") ? "barriers.max_attempts_per_atom"
                                                                    : "barriers.events_per_atom",
                     fmt::format("{} attempts cannot give {} events", b.max_attempts, b.events_per_atom),
                     "an attempt finds one event at most", "raise max_attempts_per_atom");
    if (reader.sound({"barriers.min_barrier_eV", "barriers.max_barrier_eV"}) &&
        search.min_barrier >= search.max_barrier)
        reader.fault(
            "barriers.min_barrier_eV",
            fmt::format("min_barrier_eV = {} is not below max_barrier_eV = {}", search.min_barrier, search.max_barrier),
            "barriers between them count", "exchange them");
    if (reader.sound({"barriers.kick_radius_A", "barriers.region_A"}) && b.kick_radius > b.region)
        reader.fault("barriers.kick_radius_A",
                     fmt::format("kick_radius_A = {} exceeds region_A = {}", b.kick_radius, b.region),
                     "only atoms of the region move", "give a smaller one");
    for (const auto& [key, most] : {std::pair{"barriers.lanczos_basin_vectors", search.lanczos_basin_vectors},
                                    std::pair{"barriers.lanczos_climb_vectors", search.lanczos_climb_vectors}})
        if (reader.sound({key, "barriers.lanczos_min_vectors"}) && most < search.lanczos_min_vectors)
            reader.fault(
                key, fmt::format("{} = {} is below lanczos_min_vectors = {}", key, most, search.lanczos_min_vectors),
                "the one is the smallest number of vectors, the other the largest", "raise it");
    if (reader.sound({"barriers.samples", "quench.samples"}) && b.samples.kind == io::Selection::Kind::list) {
        const long samples = static_cast<long>(samples_of(file).size());
        for (std::size_t k = 0; k < b.samples.list.size(); ++k)
            if (b.samples.list[k] >= samples)
                reader.fault("barriers.samples", fmt::format("there is no sample {}", b.samples.list[k]),
                             fmt::format("the {} samples count from 0", samples), "remove it", static_cast<int>(k));
    }
    if (reader.sound({"barriers.atoms", "system.atoms"}) && b.atoms.kind == io::Selection::Kind::list &&
        file.quenches())
        for (std::size_t k = 0; k < b.atoms.list.size(); ++k)
            if (b.atoms.list[k] > file.system.atoms)
                reader.fault("barriers.atoms", fmt::format("there is no atom {}", b.atoms.list[k]),
                             fmt::format("the ids of a sample go from 1 to {}", file.system.atoms), "remove it",
                             static_cast<int>(k));
}

}  // namespace

void check_study(StudyFile& file, io::TomlReader& reader, const std::string& folder) {
    check_system(file, reader);
    resolve_files(file, reader, folder);
    check_runs(file, reader);
    check_learning(file, reader);
    check_barriers(file, reader);
}

}  // namespace mg
