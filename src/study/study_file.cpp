#include "study/study_file.hpp"

#include <fmt/format.h>

#include <stdexcept>

// toml++ 3.3 asserts, and without assertions assumes, what malformed text can break ("[" with no name behind it): a
// study file must not abort the program, so its assertions throw, whatever the build.
#undef NDEBUG
namespace mg {
static constexpr void require_of_parser(bool holds) {
    if (!holds) throw std::logic_error("the parser of TOML lost its way");
}
}  // namespace mg
#define TOML_ASSERT(expr) ::mg::require_of_parser(static_cast<bool>(expr))
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "artn/search.hpp"
#include "core/error.hpp"
#include "io/elements.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"

namespace mg {
namespace {

constexpr long largest_int = std::numeric_limits<int>::max();

// ---- What a value must be -------------------------------------------------------------------------------------------

/// Limits of a number, or of each number in a list.
struct Limits {
    double low, high;
    bool low_is_open;
    const char* why;

    bool contain(double x) const { return (low_is_open ? x > low : x >= low) && x <= high; }
    std::string text() const {
        if (high == static_cast<double>(largest_int)) return fmt::format("of at least {}", low);
        return low_is_open ? fmt::format("above {} and at most {}", low, high)
                           : fmt::format("from {} to {}", low, high);
    }
};
Limits above(double low, double high, const char* why) { return {low, high, true, why}; }
Limits from(double low, double high, const char* why) { return {low, high, false, why}; }
Limits counted(double low, const char* why) { return {low, static_cast<double>(largest_int), false, why}; }

/// The words that a string may be; none: any text.
using Words = std::vector<std::string>;

// ---- All keys, once -------------------------------------------------------------------------------------------------

/// Shows every table and key of a study to a visitor: the reader, the writer, the hashes and the list of known names
/// are such visitors. With `everything` also those that this study has no use for.
template <class Visitor>
void visit(StudyFile& file, Visitor& v, bool everything) {
    const bool quenches = everything || file.quenches();

    v.table("study", "Every random number follows from the seed; the output is relative to where the program runs.");
    v.key("name", file.study.name, Words{});
    v.key("seed", file.study.seed, from(0, 9.3e18, "it keys the random numbers"));
    v.key("output", file.study.output, Words{});

    v.table("system", "What the glass is made of. Paths are relative to this file.");
    if (everything || !file.system.elements.empty()) v.key("elements", file.system.elements, Words{});
    if (quenches) {
        v.key("fractions", file.system.fractions, above(0, 1, "it is a share of the atoms"));
        v.key("atoms", file.system.atoms,
              from(100, 1e8, "fewer atoms do not fill a cell twice as wide as the potential's reach"));
    }
    if (everything || !file.quenches()) v.key("structures", file.system.structures, Words{});
    v.key("potential", file.system.potential, Words{});

    v.table("compute", "Where and how precisely it runs.");
    v.key("backend", file.compute.backend, Words{"auto", "host", "cuda"});
    v.key("precision", file.compute.precision, Words{"mixed", "double"});
    v.key("replicas_per_batch", file.compute.replicas_per_batch, counted(1, "a batch holds at least one replica"));
    v.key("skin_A", file.compute.skin_A, above(0, 5, "the skin widens every neighbour row"));
    v.key("domains", file.compute.domains, counted(1, "it is a number of ranks"));
    v.key("checkpoint_minutes", file.compute.checkpoint_minutes, above(0, 1e6, "it is the time between checkpoints"));

    v.table("quench", quenches ? "The liquid at melt_K for melt_ps, then down to final_K at a constant rate."
                               : "Samples are given; the stiffness runs take step, pressure and cell from here.");
    if (quenches) {
        v.key("samples", file.quench.samples, from(1, 9999, "there is nothing to do without a sample"));
        const Limits rate =
            from(1e6, 1e16, "slower is out of reach of molecular dynamics, faster leaves less than a vibration");
        v.key("rate_K_per_s", file.quench.rate_K_per_s, rate);
        v.key("test_rates_K_per_s", file.quench.test_rates_K_per_s, rate);
        v.key("samples_per_test_rate", file.quench.samples_per_test_rate,
              from(1, 9999, "each rate needs a sample; leave test_rates_K_per_s empty for none"));
        v.key("melt_K", file.quench.melt_K, above(0, 20000, "it is an absolute temperature of a condensed phase"));
        v.key("melt_ps", file.quench.melt_ps, above(0, 1e6, "the start lattice must melt"));
    }
    v.key("final_K", file.quench.final_K, above(0, 20000, "it is an absolute temperature of a condensed phase"));
    v.key("timestep_fs", file.quench.timestep_fs, above(0, 10, "a longer step misses the fastest vibrations"));
    v.key("pressure_GPa", file.quench.pressure_GPa,
          from(-10, 500, "a stronger tension tears the liquid, a stronger pressure leaves the potential's range"));
    v.key("cell", file.quench.cell, Words{"iso", "aniso", "tri"});

    v.table("stiffness", "K = k_B T / <|dr|^2>, mean over the temperatures; equilibrate_ps counts for ramp and hold.");
    v.key("temperatures_K", file.stiffness.temperatures_K,
          above(0, 20000, "it is an absolute temperature of a condensed phase"));
    v.key("equilibrate_ps", file.stiffness.equilibrate_ps, above(0, 1e7, "the ramp takes time"));
    v.key("window_ps", file.stiffness.window_ps, above(0, 1e7, "the displacements are sampled in it"));
    v.key("sample_every_fs", file.stiffness.sample_every_fs, above(0, 1e6, "it is an interval of time"));
    v.key("estimator", file.stiffness.estimator, Words{"mean_position", "first_frame"});
    v.key("seeds", file.stiffness.seeds, from(1, 1000, "at least one run gives the displacements"));

    v.table("descriptors", "The structure around an atom: shells from r_min_A to r_max_A.");
    v.key("kind", file.descriptors.kind, Words{"rdf", "rdf_species", "radial"});
    v.key("r_min_A", file.descriptors.r_min_A, from(0, 100, "it is a distance"));
    v.key("r_max_A", file.descriptors.r_max_A, above(0, 100, "the number of neighbours grows with its cube"));
    v.key("bin_A", file.descriptors.bin_A, above(0, 100, "it is the thickness of a shell"));
    v.key("width_A", file.descriptors.width_A, above(0, 10, "it is the width of a Gaussian of kind radial"));
    v.key("positions", file.descriptors.positions, Words{"inherent", "mean", "snapshot"});

    if (everything || file.barriers.enabled) {
        StudyFile::Barriers& b = file.barriers;
        v.table("barriers", "ARTn saddle searches around atoms; forces are norms over the movable coordinates.");
        v.key("samples", b.samples, Words{"test", "all"}, "a list of sample numbers", 0, false);
        v.key("events_per_atom", b.events_per_atom, counted(1, "the mean barrier needs an event"));
        v.key("max_attempts_per_atom", b.max_attempts_per_atom,
              from(1, most_attempts, "an event needs an attempt, and random numbers of more are not told apart"));
        v.key("atoms", b.atoms, Words{"all"}, "a fraction above 0 and at most 1, or a list of atom ids", 1, true);
        v.key("region_A", b.region_A, above(3, 1000, "it must hold the first neighbours at least"));
        v.key("settle_ps", b.settle_ps, from(0, 1e6, "it is a time"));
        v.key("kick_radius_A", b.kick_radius_A, above(0, 100, "it is a distance"));
        v.key("kick_length_A", b.kick_length_A, above(0, 5, "it is a distance below that of neighbours"));
        v.key("push_A", b.push_A, above(0, 2, "a longer push jumps over barriers"));
        v.key("steps_per_push", b.steps_per_push, counted(0, "it is a number of steps"));
        v.key("basin_force_eV_A", b.basin_force_eV_A, above(0, 100, "it is the size of a force"));
        v.key("pushes_before_lanczos", b.pushes_before_lanczos, counted(0, "it is a number of pushes"));
        v.key("max_pushes", b.max_pushes, counted(1, "the search leaves the basin by pushes"));
        v.key("exit_eigenvalue_eV_A2", b.exit_eigenvalue_eV_A2,
              from(-100, -1e-6, "outside the basin the lowest curvature is negative"));
        v.key("lanczos_step_A", b.lanczos_step_A, above(0, 0.1, "it is the step of a finite difference"));
        v.key("lanczos_min_vectors", b.lanczos_min_vectors, from(2, 1000, "one vector cannot turn"));
        v.key("lanczos_basin_vectors", b.lanczos_basin_vectors, from(2, 31, "one vector cannot turn, and 31 are kept"));
        v.key("lanczos_climb_vectors", b.lanczos_climb_vectors, from(2, 31, "one vector cannot turn, and 31 are kept"));
        v.key("climb_step_A", b.climb_step_A, above(0, 2, "a longer step jumps over barriers"));
        v.key("max_climb_steps", b.max_climb_steps, counted(1, "the saddle is reached by steps"));
        v.key("max_evaluations", b.max_evaluations, counted(1, "every step evaluates the forces"));
        v.key("relax_force_eV_A", b.relax_force_eV_A, above(0, 100, "it is the size of a force"));
        v.key("relax_min_steps", b.relax_min_steps, counted(0, "it is a number of steps"));
        v.key("relax_max_steps", b.relax_max_steps, counted(1, "it is a number of steps"));
        v.key("relax_max_steps_at_saddle", b.relax_max_steps_at_saddle, counted(1, "it is a number of steps"));
        v.key("relax_step_A", b.relax_step_A, above(0, 1, "it is a distance below that of neighbours"));
        v.key("saddle_force_eV_A", b.saddle_force_eV_A, above(0, 1, "the force vanishes at a saddle"));
        v.key("saddle_eigenvalue_eV_A2", b.saddle_eigenvalue_eV_A2,
              from(-100, 0, "the lowest curvature of a saddle is negative"));
        v.key("connect_energy_eV", b.connect_energy_eV, above(0, 1, "it is a tolerance"));
        v.key("connect_distance_A", b.connect_distance_A, above(0, 5, "it is a tolerance"));
        v.key("connect_check_fraction", b.connect_check_fraction, from(0, 1, "it is a share of the events"));
        v.key("polish", b.polish);
        v.key("polish_overlap", b.polish_overlap, from(0, 1, "it is a cosine"));
        v.key("polish_distance_A", b.polish_distance_A, above(0, 5, "it is a tolerance"));
        v.key("min_barrier_eV", b.min_barrier_eV, from(0, 100, "a barrier is not negative"));
        v.key("max_barrier_eV", b.max_barrier_eV, above(0, 100, "a barrier is positive"));
    }

    v.table("train",
            "The network from descriptors to stiffness; its samples are those at train_rates (K/s; [] is the "
            "main rate).");
    const Limits width = from(1, 1e6, "a hidden layer has at least one unit");
    v.key("hidden", file.train.hidden, width);
    v.key("activation", file.train.activation, Words{"relu", "sigmoid", "tanh"});
    v.key("folds", file.train.folds, from(0, 1000, "it is a number of parts; 0 means no cross-validation"));
    v.key("grid", file.train.grid, width);
    v.key("activations", file.train.activations, Words{"relu", "sigmoid", "tanh"});
    v.key("reach_A", file.train.reach_A, above(0, 1000, "it is a distance"));
    v.key("rotate", file.train.rotate);
    v.key("transfer", file.train.transfer);
    v.key("test_sample", file.train.test_sample, counted(-1, "samples count from 0, and -1 is the last"));
    v.key("max_crystalline", file.train.max_crystalline, from(0, 1, "it is a share of the atoms"));
    v.key("train_rates", file.train.train_rates, above(0, 1e16, "it is a cooling rate in K/s"));
    v.key("epochs", file.train.epochs, counted(1, "an untrained network predicts nothing"));
    v.key("batch", file.train.batch, counted(1, "a step takes at least one atom"));
    v.key("learning_rate", file.train.learning_rate, above(0, 10, "a larger step of Adam diverges"));
    v.key("schedule", file.train.schedule, Words{"constant", "exponential", "cosine"});
    v.key("decay", file.train.decay, above(0, 1, "it is the last learning rate over the first"));
    v.key("validation_fraction", file.train.validation_fraction, from(0, 0.9, "the rest is trained on"));
    v.key("patience", file.train.patience, counted(0, "it is a number of epochs; 0 never stops early"));
    v.key("seeds", file.train.seeds, from(1, 1000, "it is the number of networks"));

    v.table("report", "Bins, maps, and the temperature of the viscosities.");
    v.key("bin_atoms", file.report.bin_atoms, counted(1, "a bin holds at least one atom"));
    v.key("coarse_grain_A", file.report.coarse_grain_A, above(0, 1000, "it is a radius"));
    v.key("slice_A", file.report.slice_A, above(0, 1000, "it is a thickness"));
    v.key("viscosity_K", file.report.viscosity_K, above(0, 20000, "it is an absolute temperature"));
}

// ---- Values as TOML -------------------------------------------------------------------------------------------------

std::string toml_of(double x) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, x);
    std::string text(buffer, end.ptr);
    const std::size_t e = text.find("e+");
    if (e != std::string::npos) text.erase(e + 1, text[e + 2] == '0' ? 2 : 1);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}
std::string toml_of(bool value) { return value ? "true" : "false"; }
std::string toml_of(int value) { return std::to_string(value); }
std::string toml_of(long value) { return std::to_string(value); }
std::string toml_of(std::uint64_t value) { return std::to_string(value); }
std::string toml_of(const std::string& text) {
    std::string quoted = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') quoted += '\\';
        if (byte < 0x20 || byte == 0x7f)
            quoted += fmt::format("\\u{:04X}", byte);
        else
            quoted += c;
    }
    return quoted + '"';
}
template <class T>
std::string toml_of(const std::vector<T>& list) {
    std::string text;
    for (const T& item : list) text += (text.empty() ? "" : ", ") + toml_of(item);
    return "[" + text + "]";
}
template <class T>
std::string toml_of(const std::optional<T>& value) {
    return value ? toml_of(*value) : "\"auto\"";
}
std::string toml_of(const Selection& selection) {
    if (selection.kind == Selection::Kind::word) return toml_of(selection.word);
    if (selection.kind == Selection::Kind::number) return toml_of(selection.number);
    return toml_of(selection.list);
}

// ---- Visitors that only look ----------------------------------------------------------------------------------------

/// The names of all tables and keys, in their order.
struct Names {
    std::vector<std::pair<std::string, std::vector<std::string>>> tables;

    void table(const char* name, const char*) { tables.push_back({name, {}}); }
    template <class... Anything>
    void key(const char* name, Anything&&...) {
        tables.back().second.push_back(name);
    }
    const std::vector<std::string>* keys_of(std::string_view table) const {
        for (const auto& [name, keys] : tables)
            if (name == table) return &keys;
        return nullptr;
    }
    Words table_names() const {
        Words names;
        for (const auto& entry : tables) names.push_back(entry.first);
        return names;
    }
};

const Names& known_names() {
    static const Names names = [] {
        Names collected;
        StudyFile file;
        visit(file, collected, true);
        return collected;
    }();
    return names;
}

struct Writer {
    std::string text = "# Every key of the study with its value; runs as it is.\n";

    void table(const char* name, const char* comment) { text += fmt::format("\n# {}\n[{}]\n", comment, name); }
    template <class T, class... Rules>
    void key(const char* name, const T& value, Rules&&...) {
        text += fmt::format("{} = {}\n", name, toml_of(value));
    }
};

/// One line "table.key = value" per key that `wanted` holds, for hashing.
struct Digest {
    std::function<bool(const std::string& table, const std::string& key)> wanted;
    std::string text;
    std::string current = {};

    void table(const char* name, const char*) { current = name; }
    template <class T, class... Rules>
    void key(const char* name, const T& value, Rules&&...) {
        if (wanted(current, name)) text += fmt::format("{}.{} = {}\n", current, name, toml_of(value));
    }
};

// ---- Suggestions ----------------------------------------------------------------------------------------------------

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

/// Insertions, deletions, replacements and exchanges of neighbours that turn one into the other (optimal string
/// alignment), without regard to case.
std::size_t edit_distance(std::string_view first, std::string_view second) {
    const std::string a = lower(first), b = lower(second);
    std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(last, row);
    }
    return last[b.size()];
}

/// The known word that `word` was most likely meant to be, or "".
std::string nearest_word(std::string_view word, const Words& known) {
    if (word.size() > 64) return "";
    std::string best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    if (word.size() <= 3) least = 2;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < least) least = distance, best = candidate;
    }
    if (!best.empty()) return best;
    // A key without its unit.
    for (const std::string& candidate : known)
        if (word.size() >= 3 && lower(candidate).starts_with(lower(word))) return candidate;
    return "";
}

std::string one_of(const Words& words) {
    std::string text;
    for (std::size_t k = 0; k < words.size(); ++k)
        text += (k == 0 ? "" : k + 1 < words.size() ? ", " : " or ") + ("\"" + words[k] + "\"");
    return text;
}

std::string joined(const Words& words) { return fmt::format("{}", fmt::join(words, ", ")); }

// ---- The reader -----------------------------------------------------------------------------------------------------

const char* kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number with a decimal point";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or a time";
    }
}

/// Text from a user, fit for one line of a message.
std::string shown(std::string_view text) {
    std::string result;
    for (char c : text.substr(0, 100)) result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text.size() > 100 ? result + "..." : result;
}

/// Visits all keys, takes what is there, and collects faults.
class Reader {
public:
    Reader(const std::string& path, const toml::table& root, std::set<std::string> overridden)
        : path_(path), root_(root), overridden_(std::move(overridden)) {}

    void table(const char* name, const char*) {
        table_name_ = name;
        table_ = nullptr;
        const toml::node* node = root_.get(name);
        if (!node) return;
        table_ = node->as_table();
        if (!table_)
            complain(node->source().begin, "", fmt::format("'{}' is {}", name, kind_of(*node)), "it is a table of keys",
                     fmt::format("write [{}] on a line of its own and its keys below", name));
    }

    template <class T, class... Rules>
    void key(const char* name, T& value, Rules&&... rules) {
        key_ = name;
        full_ = table_name_ + "." + key_;
        const toml::node* node = table_ ? table_->get(key_) : nullptr;
        if (!node) return;
        given_.insert(full_);
        T read{};
        const std::size_t faults = faults_.size();
        example_ = toml_of(value);
        take(*node, read, rules...);
        if (faults_.size() == faults)
            value = std::move(read);
        else
            faulty_.insert(full_);
    }

    /// The study has the key, right or wrong.
    bool given(const std::string& full) const { return given_.count(full) > 0; }
    /// None of the keys was faulty: they may be compared.
    bool sound(std::initializer_list<const char*> keys) const {
        return std::none_of(keys.begin(), keys.end(), [&](const char* key) { return faulty_.count(key) > 0; });
    }

    /// A fault of one key, at its value; where the study does not have it, at its table or the file's start.
    void fault(const std::string& full, const std::string& problem, const std::string& why, const std::string& remedy,
               int item = -1) {
        const std::size_t dot = full.find('.');
        const toml::node* node = root_.get(full.substr(0, dot));
        toml::source_position place{1, 1};
        if (node) {
            place = node->source().begin;
            const toml::table* table = node->as_table();
            if (const toml::node* found = table ? table->get(full.substr(dot + 1)) : nullptr) {
                place = found->source().begin;
                const toml::array* list = found->as_array();
                if (item >= 0 && list && static_cast<std::size_t>(item) < list->size())
                    place = (*list)[static_cast<std::size_t>(item)].source().begin;
            }
        }
        faulty_.insert(full);
        complain(place, full, problem, why, remedy);
    }

    /// Tables and keys that do not exist.
    void find_strangers() {
        const Names& names = known_names();
        for (const auto& [name, node] : root_) {
            const std::string table(name.str());
            const std::vector<std::string>* keys = names.keys_of(table);
            if (!keys) {
                const std::string nearest = nearest_word(table, names.table_names());
                if (!node.is_table())
                    complain(name.source().begin, "", fmt::format("unknown key '{}' outside all tables", shown(table)),
                             "every key stands in a table", where_is(table, ""));
                else
                    complain_of_override(name.source().begin, table, fmt::format("unknown table [{}]", shown(table)),
                                         "the tables are " + joined(names.table_names()),
                                         nearest.empty() ? "remove it" : "did you mean [" + nearest + "]?");
                continue;
            }
            const toml::table* inside = node.as_table();
            if (!inside) continue;
            for (const auto& [key, value] : *inside) {
                const std::string word(key.str());
                if (std::find(keys->begin(), keys->end(), word) != keys->end()) continue;
                const std::string nearest = nearest_word(word, *keys);
                complain(key.source().begin, table + "." + word,
                         fmt::format("unknown key '{}' in [{}]", shown(word), table),
                         fmt::format("[{}] has {}", table, joined(*keys)),
                         nearest.empty() ? where_is(word, table) : fmt::format("did you mean '{}'?", nearest));
            }
        }
    }

    /// For an override that cannot even be put into its place.
    void complain_of_set(const std::string& label, const std::string& problem, const std::string& why,
                         const std::string& remedy) {
        faults_.push_back({true, 0, 0, fmt::format("--set {}: {} ({}); {}", label, problem, why, remedy)});
    }

    /// Throws all faults, in the order of the file, those of overrides last.
    void finish() {
        if (faults_.empty()) return;
        std::stable_sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) {
            return std::tie(a.of_set, a.line, a.column) < std::tie(b.of_set, b.line, b.column);
        });
        std::string text;
        for (const Fault& fault : faults_) text += (text.empty() ? "" : "\n") + fault.text;
        throw InputError(text);
    }

private:
    struct Fault {
        bool of_set;
        long line, column;
        std::string text;
    };

    void complain(toml::source_position place, const std::string& full, const std::string& problem,
                  const std::string& why, const std::string& remedy) {
        if (overridden_.count(full)) return complain_of_set(shown(full), problem, why, remedy);
        const long line = std::max<long>(1, place.line), column = std::max<long>(1, place.column);
        faults_.push_back(
            {false, line, column, fmt::format("{}:{}:{}: {} ({}); {}", path_, line, column, problem, why, remedy)});
    }
    /// A fault of a table, which an override may have brought in.
    void complain_of_override(toml::source_position place, const std::string& table, const std::string& problem,
                              const std::string& why, const std::string& remedy) {
        if (place.line == 0)
            for (const std::string& full : overridden_)
                if (full.starts_with(table + ".")) return complain_of_set(shown(full), problem, why, remedy);
        complain(place, "", problem, why, remedy);
    }
    /// A fault of the key that is being read.
    void wrong(const toml::node& node, const std::string& problem, const std::string& why, const std::string& remedy) {
        complain(node.source().begin, full_, problem, why, remedy);
    }
    void wrong_type(const toml::node& node, const std::string& wanted, const std::string& remedy = "") {
        wrong(node, fmt::format("{} is {}", full_, kind_of(node)), wanted + " is wanted",
              remedy.empty() ? fmt::format("write it as in {} = {}", key_, example_) : remedy);
    }

    static std::string where_is(const std::string& word, const std::string& but) {
        for (const auto& [table, keys] : known_names().tables)
            if (table != but && std::find(keys.begin(), keys.end(), word) != keys.end())
                return fmt::format("'{}' belongs in [{}]", word, table);
        return "remove it";
    }

    // ---- one overload per type of member; each adds a fault or sets `value`
    void take(const toml::node& node, bool& value) {
        if (!node.is_boolean()) return wrong_type(node, "true or false");
        value = node.as_boolean()->get();
    }
    void take(const toml::node& node, double& value, const Limits& limits) {
        if (!node.is_number()) return wrong_type(node, "a number");
        value = node.is_integer() ? static_cast<double>(node.as_integer()->get()) : node.as_floating_point()->get();
        if (!std::isfinite(value))
            return wrong(node, fmt::format("{} is {}", full_, std::isnan(value) ? "not a number" : "infinite"),
                         "a finite number is wanted", "give a number " + limits.text());
        check(node, value, limits, toml_of(value));
    }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void take(const toml::node& node, Integer& value, const Limits& limits) {
        if (const auto* number = node.as_floating_point()) {
            const double x = number->get();
            const bool whole = std::isfinite(x) && x == std::floor(x) && std::abs(x) < 1e15;
            return wrong_type(node, "a whole number", whole ? fmt::format("write {} = {:.0f}", key_, x) : "");
        }
        if (!node.is_integer()) return wrong_type(node, "a whole number");
        const std::int64_t number = node.as_integer()->get();
        // The limits of ints lie within int, so that the conversion below keeps the value.
        if (check(node, static_cast<double>(number), limits, std::to_string(number)))
            value = static_cast<Integer>(number);
    }
    bool check(const toml::node& node, double value, const Limits& limits, const std::string& text) {
        if (limits.contain(value)) return true;
        wrong(node, fmt::format("{} = {} is out of range", full_, text), limits.why, "give a number " + limits.text());
        return false;
    }
    void take(const toml::node& node, std::string& value, const Words& words) {
        if (!node.is_string()) {
            return wrong_type(node, words.empty() ? "a string" : one_of(words),
                              words.empty() ? "put it in quotation marks" : "");
        }
        value = node.as_string()->get();
        if (words.empty()) {
            if (value.empty()) wrong(node, full_ + " is empty", "a text is wanted", "give one or remove the key");
            if (value.find('\0') != std::string::npos)
                wrong(node, full_ + " has a zero byte", "no file name can hold one", "remove it");
            return;
        }
        if (std::find(words.begin(), words.end(), value) != words.end()) return;
        const std::string nearest = nearest_word(value, words);
        wrong(node, fmt::format("{} = \"{}\" is unknown", full_, shown(value)), "it may be " + one_of(words),
              nearest.empty() ? "choose one of these" : fmt::format("did you mean \"{}\"?", nearest));
    }
    template <class T, class Rule>
    void take(const toml::node& node, std::vector<T>& value, const Rule& rule) {
        const toml::array* list = node.as_array();
        if (!list) return wrong_type(node, "a list", fmt::format("put it in brackets: {} = [...]", key_));
        for (const toml::node& item : *list) {
            T read{};
            take(item, read, rule);
            value.push_back(std::move(read));
        }
    }
    template <class T>
    void take(const toml::node& node, std::optional<T>& value, const Limits& limits) {
        if (const auto* word = node.as_string()) {
            if (word->get() == "auto") return;
            return wrong(node, fmt::format("{} = \"{}\" is unknown", full_, shown(word->get())),
                         "it may be \"auto\" or a number", "give a number " + limits.text() + ", or \"auto\"");
        }
        T read{};
        take(node, read, limits);
        value = read;
    }
    void take(const toml::node& node, Selection& value, const Words& words, const char* others, int lowest,
              bool number_is_possible) {
        const std::string wanted = fmt::format("{}, or {}", one_of(words), others);
        if (const toml::array* list = node.as_array()) {
            value.kind = Selection::Kind::list;
            take(*list, value.list, from(lowest, 1e15, "they are counted"));
            if (list->empty()) wrong(node, full_ + " is empty", wanted + " is wanted", "name some, or remove the key");
            if (std::set<long>(value.list.begin(), value.list.end()).size() < value.list.size())
                wrong(node, full_ + " names one twice", "each is done once", "remove the second");
        } else if (node.is_string()) {
            value.kind = Selection::Kind::word;
            value.word = node.as_string()->get();
            if (std::find(words.begin(), words.end(), value.word) == words.end())
                wrong(node, fmt::format("{} = \"{}\" is unknown", full_, shown(value.word)), wanted + " is wanted",
                      "choose one of these");
        } else if (number_is_possible && node.is_number()) {
            value.kind = Selection::Kind::number;
            take(node, value.number, above(0, 1, "it is a share of the atoms"));
        } else {
            wrong_type(node, wanted);
        }
    }

    std::string path_;
    const toml::table& root_;
    std::set<std::string> overridden_;
    std::set<std::string> given_, faulty_;
    std::string table_name_, key_, full_, example_;
    const toml::table* table_ = nullptr;
    std::vector<Fault> faults_;
};

// ---- Checks of keys against each other ------------------------------------------------------------------------------

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

void check_system(StudyFile& file, Reader& reader) {
    StudyFile::System& system = file.system;
    if (reader.given("system.structures")) {
        for (const char* key :
             {"system.fractions", "system.atoms", "quench.samples", "quench.rate_K_per_s", "quench.test_rates_K_per_s",
              "quench.samples_per_test_rate", "quench.melt_K", "quench.melt_ps"})
            if (reader.given(key))
                reader.fault(key, fmt::format("{} does not go with system.structures", key),
                             "a study that starts from given structures quenches nothing",
                             "remove this key or system.structures");
        if (reader.sound({"system.structures"}) && system.structures.empty())
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

    if (reader.given("system.elements") && reader.sound({"system.elements"})) {
        if (system.elements.empty() && !reader.given("system.structures"))
            reader.fault("system.elements", "system.elements is empty", "a glass has atoms of some element",
                         "name the elements");
        Words symbols;
        for (const ChemicalElement& element : chemical_elements()) symbols.push_back(element.symbol);
        for (std::size_t k = 0; k < system.elements.size(); ++k) {
            const std::string& symbol = system.elements[k];
            if (!find_element(symbol)) {
                const std::string nearest = nearest_word(symbol, symbols);
                reader.fault("system.elements", fmt::format("unknown element '{}'", shown(symbol)),
                             "it is no symbol of the periodic table up to uranium",
                             lower(nearest) == lower(symbol) ? fmt::format("did you mean '{}'?", nearest)
                                                             : "give chemical symbols such as \"Cu\"",
                             static_cast<int>(k));
            } else if (std::find(system.elements.begin(), system.elements.begin() + static_cast<std::ptrdiff_t>(k),
                                 symbol) != system.elements.begin() + static_cast<std::ptrdiff_t>(k)) {
                reader.fault("system.elements", fmt::format("element '{}' occurs twice", symbol),
                             "each has one fraction", "remove one and add up their fractions", static_cast<int>(k));
            }
        }
    }

    if (reader.given("system.structures")) return;
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
                         fmt::format("normalised they are fractions = {}", toml_of(normalised)));
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

/// Makes paths absolute and hashes what they name.
void resolve_files(StudyFile& file, Reader& reader, const std::filesystem::path& folder) {
    const auto resolve = [&](const char* key, std::string& path, int item) -> std::string {
        const std::string typed = path;
        path = (folder / path).lexically_normal().string();
        try {
            read_bytes(path);
            return sha256_of_file(path);
        } catch (const std::exception& error) {
            std::error_code ignored;
            reader.fault(key, fmt::format("{} = \"{}\" cannot be read", key, shown(typed)),
                         fmt::format("{}: {}", path,
                                     std::filesystem::exists(path, ignored) ? "not a readable file" : "no such file"),
                         "give its path, relative to the folder of the study file", item);
            return "";
        }
    };
    if (reader.given("system.potential") && reader.sound({"system.potential"}))
        file.system.potential_sha256 = resolve("system.potential", file.system.potential, -1);
    if (reader.given("system.structures") && reader.sound({"system.structures"})) {
        int item = 0;
        for (std::string& path : file.system.structures)
            file.system.structure_sha256.push_back(resolve("system.structures", path, item++));
    }
}

void check_runs(StudyFile& file, Reader& reader) {
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
                reader.fault("quench.test_rates_K_per_s",
                             fmt::format("the rate {} occurs twice", toml_of(rates[static_cast<std::size_t>(twice)])),
                             "further testing sets differ in rate from rate_K_per_s and from each other",
                             "remove it; samples_per_test_rate gives more samples", twice - 1);
        }
    }
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

void check_learning(StudyFile& file, Reader& reader) {
    const StudyFile::Descriptors& d = file.descriptors;
    if (reader.sound({"descriptors.r_min_A", "descriptors.r_max_A", "descriptors.bin_A"})) {
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
        }
    }

    const StudyFile::Train& train = file.train;
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
            reader.fault("train.reach_A", fmt::format("a reach of {} A is none of these descriptors", train.reach_A[k]),
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
    if (reader.sound({"train.folds"}) && train.folds == 1)
        reader.fault("train.folds", "train.folds = 1 trains on nothing", "one fold is held out at a time",
                     "give at least 2, or 0 for no cross-validation");
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
                    "train.train_rates", fmt::format("no sample is quenched at {} K/s", toml_of(rate)),
                    by_structures ? "the study starts from given structures" : "the rates are " + toml_of(rates),
                    by_structures ? "remove the key" : "choose among these, or add it to test_rates_K_per_s",
                    static_cast<int>(k));
        }
        const int twice = first_repeated(train.train_rates);
        if (twice > 0)
            reader.fault("train.train_rates", "a rate occurs twice", "its samples are trained on once", "remove one",
                         twice);
    }
}

void check_barriers(StudyFile& file, Reader& reader) {
    const StudyFile::Barriers& b = file.barriers;
    if (b.enabled && file.quenches() && reader.sound({"system.atoms"}) && file.system.atoms > most_movable)
        reader.fault("system.atoms", fmt::format("{} atoms are too many for saddle searches", file.system.atoms),
                     fmt::format("their random numbers are told apart up to {}", most_movable),
                     "leave [barriers] out, or use fewer");
    if (reader.sound({"barriers.events_per_atom", "barriers.max_attempts_per_atom"}) &&
        b.max_attempts_per_atom < b.events_per_atom)
        reader.fault(reader.given("barriers.max_attempts_per_atom") ? "barriers.max_attempts_per_atom"
                                                                    : "barriers.events_per_atom",
                     fmt::format("{} attempts cannot give {} events", b.max_attempts_per_atom, b.events_per_atom),
                     "an attempt finds one event at most", "raise max_attempts_per_atom");
    if (reader.sound({"barriers.min_barrier_eV", "barriers.max_barrier_eV"}) && b.min_barrier_eV >= b.max_barrier_eV)
        reader.fault(
            "barriers.min_barrier_eV",
            fmt::format("min_barrier_eV = {} is not below max_barrier_eV = {}", b.min_barrier_eV, b.max_barrier_eV),
            "barriers between them count", "exchange them");
    if (reader.sound({"barriers.kick_radius_A", "barriers.region_A"}) && b.kick_radius_A > b.region_A)
        reader.fault("barriers.kick_radius_A",
                     fmt::format("kick_radius_A = {} exceeds region_A = {}", b.kick_radius_A, b.region_A),
                     "only atoms of the region move", "give a smaller one");
    for (const auto& [key, most] : {std::pair{"barriers.lanczos_basin_vectors", b.lanczos_basin_vectors},
                                    std::pair{"barriers.lanczos_climb_vectors", b.lanczos_climb_vectors}})
        if (reader.sound({key, "barriers.lanczos_min_vectors"}) && most < b.lanczos_min_vectors)
            reader.fault(key,
                         fmt::format("{} = {} is below lanczos_min_vectors = {}", key, most, b.lanczos_min_vectors),
                         "the one is the least, the other the most", "raise it");
    if (reader.sound({"barriers.samples", "quench.samples"}) && b.samples.kind == Selection::Kind::list) {
        const long samples = static_cast<long>(samples_of(file).size());
        for (std::size_t k = 0; k < b.samples.list.size(); ++k)
            if (b.samples.list[k] >= samples)
                reader.fault("barriers.samples", fmt::format("there is no sample {}", b.samples.list[k]),
                             fmt::format("the {} samples count from 0", samples), "remove it", static_cast<int>(k));
    }
    if (reader.sound({"barriers.atoms", "system.atoms"}) && b.atoms.kind == Selection::Kind::list && file.quenches())
        for (std::size_t k = 0; k < b.atoms.list.size(); ++k)
            if (b.atoms.list[k] > file.system.atoms)
                reader.fault("barriers.atoms", fmt::format("there is no atom {}", b.atoms.list[k]),
                             fmt::format("the ids of a sample go from 1 to {}", file.system.atoms), "remove it",
                             static_cast<int>(k));
}

// ---- Syntax ---------------------------------------------------------------------------------------------------------

struct SyntaxFault {
    long line, column;
    std::string why;
};

/// The first line that starts like the name of a table but has no name.
SyntaxFault find_nameless_table(const std::string& text) {
    LineReader lines(text);
    for (std::string_view line; lines.next(line);) {
        std::size_t at = line.find_first_not_of(" \t");
        if (at == std::string_view::npos || line[at] != '[') continue;
        ++at;
        if (at < line.size() && line[at] == '[') ++at;
        at = std::min(line.size(), line.find_first_not_of(" \t", at));
        const bool named = at < line.size() && (std::isalnum(static_cast<unsigned char>(line[at])) ||
                                                std::string_view("\"'_-").find(line[at]) != std::string_view::npos);
        if (!named) return {lines.number(), static_cast<long>(at) + 1, "the name of a table is wanted after '['"};
    }
    return {1, 1, "the parser cannot make sense of it"};
}

/// Parses TOML; throws SyntaxFault.
toml::table parse_toml(const std::string& text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw SyntaxFault{error.source().begin.line, error.source().begin.column, shown(error.description())};
    } catch (const std::logic_error&) {
        throw find_nameless_table(text);
    }
}

// ---- Overrides ------------------------------------------------------------------------------------------------------

bool is_bare_word(std::string_view text) {
    return !text.empty() && text.find_first_of("\"'[]{},=#\n\r\t") == std::string_view::npos;
}

struct SetFault {
    std::string label, problem, why, remedy;
};

/// Puts "table.key=value" into the study, or tells what is wrong with it.
std::optional<SetFault> apply_override(toml::table& root, const std::string& text, std::set<std::string>& overridden) {
    const std::size_t equals = text.find('=');
    const std::string full = text.substr(0, equals);
    const std::size_t dot = full.find('.');
    if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 == full.size() ||
        full.find('.', dot + 1) != std::string::npos)
        return SetFault{shown(full), "'" + shown(text) + "' sets nothing", "table.key=value is wanted",
                        "write e.g. --set quench.samples=2"};
    const std::string value = text.substr(equals + 1);
    toml::table parsed;
    try {
        parsed = parse_toml("value = " + value);
    } catch (const SyntaxFault& fault) {
        if (!is_bare_word(value))
            return SetFault{shown(full), "'" + shown(value) + "' is no TOML value", fault.why,
                            "quote the whole argument for the shell, e.g. --set 'train.hidden=[100, 100]'"};
        parsed.insert_or_assign("value", value);
    }
    if (parsed.size() != 1)
        return SetFault{shown(full), "'" + shown(value) + "' is more than one value", "table.key=value is wanted",
                        "give --set once per key"};
    const std::string table = full.substr(0, dot);
    if (!root.get(table)) root.insert(table, toml::table{});
    if (toml::table* inside = root.get_as<toml::table>(table)) {
        inside->insert_or_assign(full.substr(dot + 1), std::move(*parsed.get("value")));
        overridden.insert(full);
    }
    return std::nullopt;
}

/// The text from which the hash of the given tables follows.
std::string digest_of(const StudyFile& study, const std::set<std::string>& tables) {
    StudyFile copy = study;
    Digest digest{[&](const std::string& table, const std::string& key) {
                      if (table == "study") return key == "seed";
                      if (table == "compute") return key == "precision";
                      if (key == "potential" || key == "structures") return false;
                      return tables.count(table) > 0;
                  },
                  "mgstiff-gpu study\n"};
    visit(copy, digest, false);
    digest.text += "potential sha256 " + study.system.potential_sha256 + '\n';
    for (const std::string& hash : study.system.structure_sha256) digest.text += "structure sha256 " + hash + '\n';
    return digest.text;
}

}  // namespace

StudyFile read_study(const std::string& path, const std::vector<std::string>& overrides) {
    const std::string bytes = read_bytes(path);
    toml::table root;
    try {
        root = parse_toml(bytes);
    } catch (const SyntaxFault& fault) {
        throw InputError(fmt::format("{}:{}:{}: this is not TOML", path, fault.line, fault.column), fault.why,
                         "see https://toml.io, and put texts in quotation marks");
    }

    std::set<std::string> overridden;
    std::vector<SetFault> set_faults;
    for (const std::string& text : overrides)
        if (const auto fault = apply_override(root, text, overridden)) set_faults.push_back(*fault);

    StudyFile file;
    Reader reader(path, root, overridden);
    for (const SetFault& fault : set_faults)
        reader.complain_of_set(fault.label, fault.problem, fault.why, fault.remedy);
    file.barriers.enabled = root.contains("barriers");
    visit(file, reader, true);
    reader.find_strangers();
    check_system(file, reader);
    resolve_files(file, reader, std::filesystem::absolute(path).parent_path());
    check_runs(file, reader);
    check_learning(file, reader);
    check_barriers(file, reader);
    reader.finish();

    if (file.study.name.empty()) file.study.name = std::filesystem::path(path).stem().string();
    if (file.study.output.empty()) file.study.output = "out/" + file.study.name;
    return file;
}

std::string resolved_toml(const StudyFile& study) {
    StudyFile copy = study;
    Writer writer;
    visit(copy, writer, false);
    return writer.text;
}

std::string study_hash(const StudyFile& study) {
    return sha256_of(digest_of(study, {"system", "quench", "stiffness", "descriptors", "barriers", "train"}));
}

std::string tables_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further) {
    return sha256_of(digest_of(study, tables) + further);
}

std::vector<Sample> samples_of(const StudyFile& study) {
    if (!study.quenches()) return std::vector<Sample>(study.system.structures.size());
    std::vector<Sample> samples(static_cast<std::size_t>(study.quench.samples), {study.quench.rate_K_per_s, false});
    for (double rate : study.quench.test_rates_K_per_s)
        samples.insert(samples.end(), static_cast<std::size_t>(study.quench.samples_per_test_rate), {rate, true});
    return samples;
}

int test_sample_of(const StudyFile& study) {
    const int samples = study.quenches() ? study.quench.samples : static_cast<int>(study.system.structures.size());
    return study.train.test_sample < 0 ? samples - 1 : study.train.test_sample;
}

std::vector<int> composition_counts(const std::vector<double>& fractions, int atoms) {
    std::vector<int> counts, order;
    std::vector<double> remainder;
    int rest = atoms;
    for (double fraction : fractions) {
        // The sum of fractions is 1 to rounding only: 0.3 x 1000 must not become 299.
        const double exact = fraction * atoms, whole = std::floor(exact + 1e-6);
        counts.push_back(static_cast<int>(whole));
        remainder.push_back(exact - whole);
        order.push_back(static_cast<int>(order.size()));
        rest -= counts.back();
    }
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return remainder[static_cast<std::size_t>(a)] > remainder[static_cast<std::size_t>(b)];
    });
    for (std::size_t k = 0; rest > 0 && !order.empty(); k = (k + 1) % order.size(), --rest)
        ++counts[static_cast<std::size_t>(order[k])];
    return counts;
}

std::optional<std::array<int, 3>> fcc_cells(int atoms) {
    if (atoms < 4 || atoms % 4 != 0) return std::nullopt;
    const long cells = atoms / 4;
    for (long nx = static_cast<long>(std::cbrt(static_cast<double>(cells)) + 1e-6); nx >= 1; --nx) {
        if (cells % nx != 0) continue;
        const long face = cells / nx;
        if (static_cast<double>(nx) * 1.5 * 1.5 * static_cast<double>(nx) < static_cast<double>(face)) break;
        for (long ny = static_cast<long>(std::sqrt(static_cast<double>(face)) + 1e-6); ny >= nx; --ny)
            if (face % ny == 0 && 2 * (face / ny) <= 3 * nx)
                return std::array<int, 3>{static_cast<int>(nx), static_cast<int>(ny), static_cast<int>(face / ny)};
    }
    return std::nullopt;
}

}  // namespace mg
