#include "io/structure_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/error.hpp"
#include "io/compressed.hpp"
#include "io/elements.hpp"
#include "io/text.hpp"

namespace mg {
namespace {

constexpr double mass_tolerance = 0.1;  // [u]
constexpr double cells_away = 1e6;
const std::string repair = "repair the file, or write it anew";

std::string quoted(std::string_view word) {
    std::string text = "'";
    for (char c : word.substr(0, 60)) text += c >= 32 && c < 127 ? c : '?';
    return text + "'";
}

/// Lines of one file, and errors that name it.
class Source {
public:
    Source(const std::string& path, std::string_view text) : path_(path), lines_(text) {}

    [[noreturn]] void fail(long line, const std::string& problem, const std::string& why,
                           const std::string& remedy = repair) const {
        raise_at(path_, line, problem, why, remedy);
    }
    [[noreturn]] void fail(const std::string& problem, const std::string& why,
                           const std::string& remedy = repair) const {
        fail(lines_.number(), problem, why, remedy);
    }

    bool next(std::string_view& line) { return lines_.next(line); }

    /// The next line, or an error that says what is missing.
    std::string_view line(const std::string& what) {
        std::string_view text;
        if (!lines_.next(text)) fail("the file ends early", what + " should come next", "get the complete file");
        return text;
    }

    double number(std::string_view word, const char* what) const {
        const auto value = parse_double(word);
        if (!value) fail(quoted(word) + " is no number", std::string("it stands for ") + what);
        if (!std::isfinite(*value)) fail(quoted(word) + " is not finite", std::string("it stands for ") + what);
        return *value;
    }

    long integer(std::string_view word, const char* what) const {
        const auto value = parse_integer(word);
        if (!value) fail(quoted(word) + " is no integer", std::string("it stands for ") + what);
        return *value;
    }

    /// A count of atoms that the rest of the file could hold.
    long atoms(std::string_view word) const {
        const long n = integer(word, "the number of atoms");
        if (n < 1) fail("no atoms", "their number is " + std::to_string(n), "give a structure with atoms");
        // No line of an atom is shorter than two bytes, so a header cannot make the reader ask for absurd memory.
        if (n > std::numeric_limits<int>::max() || static_cast<std::size_t>(n) > lines_.remaining())
            fail("too few lines for " + std::to_string(n) + " atoms", "the file ends before", "get the complete file");
        return n;
    }

    long number_of_line() const { return lines_.number(); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
    LineReader lines_;
};

/// What a file said, before species are resolved and ids sorted.
struct Raw {
    std::vector<long> id, line;
    std::vector<int> type;          ///< from 1; empty where the file has names alone
    std::vector<std::string> name;  ///< of each atom; empty where the file has types alone
    std::vector<Vec3> position, velocity;
    std::map<int, double> masses;           ///< [u] by type
    std::map<int, std::string> type_names;  ///< by type
    bool labels = false;                    ///< the names of types are LAMMPS's type labels, no mere comments
    int types = 0;                          ///< as the header says; 0 where it does not
    Mat3 h;
    Vec3 origin;
    long cell_line = 0;
};

Mat3 from_columns(Vec3 a, Vec3 b, Vec3 c) { return {{a.x, b.x, c.x, a.y, b.y, c.y, a.z, b.z, c.z}}; }

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// The one element that has this mass, of those in `among` or (where it is empty) of all.
std::string element_of_mass(const Source& source, const std::string& what, double mass,
                            const std::vector<std::string>& among = {}) {
    std::vector<std::string> candidates;
    for (const ChemicalElement& element : chemical_elements())
        if (std::abs(element.mass - mass) <= mass_tolerance &&
            (among.empty() || std::find(among.begin(), among.end(), element.symbol) != among.end()))
            candidates.emplace_back(element.symbol);
    if (candidates.size() == 1) return candidates[0];
    throw InputError(source.path() + ": the element of " + what + " is not known",
                     "its mass " + shown(mass) + " u is " +
                         (!candidates.empty() ? "that of " + joined(candidates)
                          : among.empty()     ? "no element's"
                                              : "that of none of " + joined(among)),
                     "name the elements (--elements Cu,Zr)");
}

/// `elements` in order name the types of a file that has masses or names of its own: they must not say otherwise, or
/// every species would silently be another.
void check_order_of_types(const Source& source, const Raw& raw, const std::vector<std::string>& elements) {
    const auto contradicted = [&](std::size_t k, const std::string& name, const std::string& by) {
        throw InputError(
            source.path() + ": type " + std::to_string(k + 1) + " is named " + elements[k] + " and seems to be " + name,
            by,
            "name the elements in the order of the file's types (--elements; they are given as " + joined(elements) +
                ")");
    };
    for (std::size_t k = 0; k < elements.size(); ++k) {
        const int type = static_cast<int>(k) + 1;
        const auto named = raw.type_names.find(type);
        if (named != raw.type_names.end()) {
            if (named->second != elements[k] &&
                std::find(elements.begin(), elements.end(), named->second) != elements.end())
                contradicted(k, named->second, "the file names it so");
            continue;
        }
        const auto mass = raw.masses.find(type);
        const auto has_the_mass = [&](const std::string& name) {
            const ChemicalElement* element = find_element(name);
            return element && std::abs(element->mass - mass->second) <= mass_tolerance;
        };
        if (mass == raw.masses.end() || has_the_mass(elements[k])) continue;
        for (const std::string& name : elements)
            if (has_the_mass(name)) contradicted(k, name, "its mass is " + shown(mass->second) + " u");
    }
}

/// Species and their names; `order` lists the atoms by ascending id.
void resolve_species(const Source& source, const Raw& raw, const std::vector<int>& order,
                     const std::vector<std::string>& elements, Structure& structure) {
    structure.elements = elements;
    for (std::size_t a = 0; a < elements.size(); ++a)
        if (std::find(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(a), elements[a]) !=
            elements.begin() + static_cast<std::ptrdiff_t>(a))
            throw InputError("element '" + elements[a] + "' is named twice", "the list is " + joined(elements),
                             "name each element once");
    // Types with names of their own are species by name, wherever the names stand; where elements are listed besides,
    // only labels that are among them count as names.
    bool named_types = raw.name.empty() && !raw.type_names.empty();
    if (!elements.empty()) {
        named_types = named_types && raw.labels;
        for (const auto& [type, name] : raw.type_names)
            named_types = named_types && std::find(elements.begin(), elements.end(), name) != elements.end();
        if (raw.name.empty() && !named_types) check_order_of_types(source, raw, elements);
    }
    if (!raw.name.empty() || named_types) {
        std::map<std::string, int> index;
        for (std::size_t k = 0; k < elements.size(); ++k) index[elements[k]] = static_cast<int>(k);
        const auto species_of = [&](const std::string& name, long line) {
            const auto found = index.find(name);
            if (found != index.end()) return found->second;
            if (!elements.empty())
                source.fail(line, "unknown species " + quoted(name), "the elements are " + joined(elements),
                            "name all elements of the structure, and give a potential that has them");
            const int k = static_cast<int>(structure.elements.size());
            structure.elements.push_back(name);
            return index[name] = k;
        };
        if (named_types) {
            std::map<std::string, int> type_of;
            for (const auto& [type, name] : raw.type_names) {
                if (!type_of.emplace(name, type).second)
                    throw InputError(source.path() + ": two types are " + name,
                                     "each type should have a name of its own", "name the types (--elements)");
                species_of(name, 1);
            }
        }
        for (int k : order) {
            if (!named_types) {
                structure.species.push_back(species_of(raw.name[k], raw.line[k]));
                continue;
            }
            const auto found = raw.type_names.find(raw.type[k]);
            if (found == raw.type_names.end())
                source.fail(raw.line[k], "type " + std::to_string(raw.type[k]) + " has no name", "other types have one",
                            "name all types");
            structure.species.push_back(species_of(found->second, raw.line[k]));
        }
    } else {
        int types = raw.types;
        for (int k : order) types = std::max(types, raw.type[k]);
        if (elements.empty()) {
            if (raw.masses.empty())
                throw InputError(source.path() + ": the elements are not known",
                                 "the file has types without names or masses",
                                 "name them in the order of the types (--elements Cu,Zr)");
            for (int type = 1; type <= types; ++type) {
                const auto mass = raw.masses.find(type);
                if (mass == raw.masses.end())
                    throw InputError(source.path() + ": the element of type " + std::to_string(type) + " is not known",
                                     "the file has no mass for it", "name the elements (--elements Cu,Zr)");
                structure.elements.push_back(element_of_mass(source, "type " + std::to_string(type), mass->second));
            }
            for (std::size_t a = 0; a < structure.elements.size(); ++a)
                for (std::size_t b = 0; b < a; ++b)
                    if (structure.elements[a] == structure.elements[b])
                        throw InputError(source.path() + ": types " + std::to_string(b + 1) + " and " +
                                             std::to_string(a + 1) + " have the mass of " + structure.elements[a],
                                         "each type should be an element of its own", "name the elements (--elements)");
        }
        for (int k : order) {
            if (raw.type[k] > static_cast<int>(structure.elements.size()))
                source.fail(raw.line[k], "type " + std::to_string(raw.type[k]) + " has no element",
                            "the elements are " + joined(structure.elements),
                            "name an element for each type (--elements Cu,Zr)");
            structure.species.push_back(raw.type[k] - 1);
        }
    }
    if (raw.masses.empty()) return;
    // Masses of the file, and of the table for elements that no type of the file has.
    for (std::size_t s = 0; s < structure.elements.size(); ++s) {
        double mass = 0;
        if (named_types) {
            for (const auto& [type, name] : raw.type_names)
                if (name == structure.elements[s] && raw.masses.count(type)) mass = raw.masses.at(type);
        } else if (raw.masses.count(static_cast<int>(s) + 1)) {
            mass = raw.masses.at(static_cast<int>(s) + 1);
        }
        const ChemicalElement* element = find_element(structure.elements[s]);
        if (mass == 0 && element) mass = element->mass;
        if (mass == 0) {
            structure.masses.clear();
            return;
        }
        structure.masses.push_back(mass);
    }
}

Structure finish(const Source& source, const Raw& raw, const std::vector<std::string>& elements) {
    Structure structure;
    structure.box = make_box(raw.h);
    structure.origin = raw.origin;
    double longest = 0;
    for (int k = 0; k < 3; ++k) longest = std::max(longest, norm2(raw.h.column(k)));
    if (!(structure.box.volume > 1e-9 * longest * std::sqrt(longest)) || !std::isfinite(structure.box.volume))
        source.fail(raw.cell_line, "the cell has no positive volume", "it is " + shown(structure.box.volume) + " A^3",
                    "give three lattice vectors that are independent and right-handed");
    std::vector<int> order(raw.id.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](int a, int b) { return raw.id[a] != raw.id[b] ? raw.id[a] < raw.id[b] : a < b; });
    for (std::size_t k = 1; k < order.size(); ++k)
        if (raw.id[order[k]] == raw.id[order[k - 1]])
            source.fail(raw.line[order[k]], "id " + std::to_string(raw.id[order[k]]) + " occurs twice",
                        "it is also in line " + std::to_string(raw.line[order[k - 1]]));
    resolve_species(source, raw, order, elements, structure);
    for (int k : order) {
        const Vec3 x = raw.position[k];
        // Finite words can still overflow when images and lattice vectors are added.
        if (!std::isfinite(x.x) || !std::isfinite(x.y) || !std::isfinite(x.z))
            source.fail(raw.line[k], "the position of atom " + std::to_string(raw.id[k]) + " is not finite",
                        "it overflows");
        // Wrapped into the cell, such a position would keep too few of its digits to mean anything.
        const Vec3 cells = structure.box.inverse * x;
        if (std::abs(cells.x) > cells_away || std::abs(cells.y) > cells_away || std::abs(cells.z) > cells_away)
            source.fail(raw.line[k], "atom " + std::to_string(raw.id[k]) + " is more than a million cells away",
                        "its position is in A, in or near the cell");
        structure.id.push_back(raw.id[k]);
        structure.position.push_back(x);
        if (!raw.velocity.empty()) structure.velocity.push_back(raw.velocity[k]);
    }
    return structure;
}

// ---- LAMMPS data --------------------------------------------------------------------------------------------------

struct DataLine {
    std::string_view text;     ///< without the comment
    std::string_view comment;  ///< behind the #, or empty
};

DataLine split_comment(std::string_view line) {
    const std::size_t hash = line.find('#');
    if (hash == std::string_view::npos) return {line, {}};
    return {line.substr(0, hash), line.substr(hash + 1)};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool starts_section(std::string_view text) {
    return !text.empty() && ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'));
}

/// Sections without meaning here, which are passed over.
bool is_passed_over(std::string_view name) {
    return name.ends_with("Coeffs") || name == "Bonds" || name == "Angles" || name == "Dihedrals" ||
           name == "Impropers" || name.ends_with(" Type Labels");
}

/// Where an atom_style has its columns; https://docs.lammps.org/read_data.html. Charges and molecules mean nothing to
/// the potentials here.
struct AtomStyle {
    std::string_view name;
    std::size_t type, position, columns;
};
constexpr AtomStyle atom_styles[] = {{"atomic", 1, 2, 5}, {"charge", 1, 3, 6}, {"molecular", 2, 3, 6},
                                     {"bond", 2, 3, 6},   {"angle", 2, 3, 6},  {"full", 2, 4, 7}};

class DataReader {
public:
    DataReader(const std::string& path, std::string_view text) : source_(path, text) {}

    Structure read(const std::vector<std::string>& elements) {
        // The first line is a comment, whatever it says; but LAMMPS writes its units there.
        const std::string_view comment = source_.line("a comment");
        const std::string_view key = "units = ";
        if (const std::size_t at = comment.find(key);
            comment.starts_with("LAMMPS data file") && at != std::string_view::npos) {
            const auto words = split_words(comment.substr(at + key.size()));
            if (!words.empty() && words[0] != "metal")
                source_.fail("units " + quoted(words[0]) + " are not read", "lengths should be A and times ps",
                             "write the file with units metal");
        }
        header();
        while (more_) section();
        if (raw_.id.empty()) source_.fail("no atoms", "there is no section Atoms", "get the complete file");
        if (!pending_velocities_.empty()) attach_velocities();
        return finish(source_, raw_, elements);
    }

private:
    /// The next line that is not blank, in current_; false at the end.
    bool advance() {
        std::string_view line;
        while (source_.next(line)) {
            current_ = split_comment(line);
            current_.text = trimmed(current_.text);
            if (!current_.text.empty()) return more_ = true;
        }
        return more_ = false;
    }

    void header() {
        Vec3 low, high, tilt, vectors[4];
        bool has[3] = {false, false, false}, general[4] = {false, false, false, false};
        while (advance() && !starts_section(current_.text)) {
            const auto words = split_words(current_.text);
            std::size_t numbers = 0;
            while (numbers < words.size() && parse_double(words[numbers])) ++numbers;
            std::string key;
            for (std::size_t k = numbers; k < words.size(); ++k)
                key += (key.empty() ? "" : " ") + std::string(words[k]);
            const auto bounds = [&](int axis, double& lo, double& hi) {
                if (numbers != 2)
                    source_.fail("'" + key + "' needs two numbers", "there are " + std::to_string(numbers));
                lo = source_.number(words[0], "a bound of the cell");
                hi = source_.number(words[1], "a bound of the cell");
                if (!(hi > lo))
                    source_.fail("the cell has no positive volume",
                                 "its bounds are " + std::string(words[0]) + " and " + std::string(words[1]) + " A");
                has[axis] = true;
                raw_.cell_line = source_.number_of_line();
            };
            if (key == "atoms" && numbers == 1) {
                atoms_ = source_.atoms(words[0]);
            } else if (key == "atom types" && numbers == 1) {
                const long types = source_.integer(words[0], "the number of types");
                if (types < 1 || types > 10000) source_.fail("no number of types", "it is " + std::to_string(types));
                raw_.types = static_cast<int>(types);
            } else if (key == "xlo xhi") {
                bounds(0, low.x, high.x);
            } else if (key == "ylo yhi") {
                bounds(1, low.y, high.y);
            } else if (key == "zlo zhi") {
                bounds(2, low.z, high.z);
            } else if (key == "xy xz yz") {
                if (numbers != 3)
                    source_.fail("'xy xz yz' needs three numbers", "there are " + std::to_string(numbers));
                tilt = {source_.number(words[0], "a tilt"), source_.number(words[1], "a tilt"),
                        source_.number(words[2], "a tilt")};
            } else if (key == "avec" || key == "bvec" || key == "cvec" || key == "abc origin") {
                const int k = key == "abc origin" ? 3 : key[0] - 'a';
                if (numbers != 3)
                    source_.fail("'" + key + "' needs three numbers", "there are " + std::to_string(numbers));
                vectors[k] = {source_.number(words[0], "a lattice vector"),
                              source_.number(words[1], "a lattice vector"),
                              source_.number(words[2], "a lattice vector")};
                general[k] = true;
                raw_.cell_line = source_.number_of_line();
            } else if (!harmless(key) || numbers != 1) {
                source_.fail("unknown header line " + quoted(current_.text),
                             "expected atoms, atom types, xlo xhi, ylo yhi, zlo zhi, xy xz yz, avec, bvec, cvec, "
                             "abc origin",
                             "write the file with atom_style atomic");
            }
        }
        if (atoms_ == 0)
            source_.fail("no number of atoms", "the header should have a line 'N atoms'",
                         "is this a LAMMPS data file, a LAMMPS dump or an extended XYZ file?");
        if (raw_.types == 0) source_.fail("no number of types", "the header should have a line 'N atom types'");
        if (general[0] || general[1] || general[2] || general[3]) {
            if (!(general[0] && general[1] && general[2] && general[3]) || has[0] || has[1] || has[2])
                source_.fail("no cell", "the header should have avec, bvec, cvec and abc origin, and no other bounds");
            raw_.h = from_columns(vectors[0], vectors[1], vectors[2]);
            raw_.origin = vectors[3];
            return;
        }
        if (!has[0] || !has[1] || !has[2])
            source_.fail("no cell", "the header should have xlo xhi, ylo yhi and zlo zhi");
        raw_.h = from_columns({high.x - low.x, 0, 0}, {tilt.x, high.y - low.y, 0}, {tilt.y, tilt.z, high.z - low.z});
        raw_.origin = low;
    }

    static bool harmless(const std::string& key) {
        static const char* known[] = {"bonds",
                                      "angles",
                                      "dihedrals",
                                      "impropers",
                                      "bond types",
                                      "angle types",
                                      "dihedral types",
                                      "improper types",
                                      "extra bond per atom",
                                      "extra angle per atom",
                                      "extra dihedral per atom",
                                      "extra improper per atom",
                                      "extra special per atom",
                                      "ellipsoids",
                                      "lines",
                                      "triangles",
                                      "bodies"};
        return std::find(std::begin(known), std::end(known), key) != std::end(known);
    }

    void section() {
        const std::string name(current_.text);
        const std::string_view style = trimmed(current_.comment);
        if (name == "Atoms") {
            if (!raw_.id.empty()) source_.fail("a second section Atoms", "there may be one");
            std::string_view bare = style;
            if (bare.ends_with("/kk")) bare.remove_suffix(3);
            const auto known = std::find_if(std::begin(atom_styles), std::end(atom_styles),
                                            [&](const AtomStyle& s) { return s.name == bare; });
            if (!style.empty() && known == std::end(atom_styles))
                source_.fail("atom_style " + quoted(style) + " is not read",
                             "those that are: atomic, charge, molecular, bond, angle, full",
                             "write the file with atom_style atomic");
            read_atoms(style.empty() ? atom_styles[0] : *known, !style.empty());
        } else if (name == "Velocities") {
            if (!pending_velocities_.empty()) source_.fail("a second section Velocities", "there may be one");
            read_velocities();
        } else if (name == "Masses") {
            read_masses();
        } else if (name == "Atom Type Labels") {
            read_labels();
        } else if (is_passed_over(name)) {
            while (advance() && !ends_rows()) {
            }
        } else {
            source_.fail("unknown section " + quoted(name), "expected Atoms, Velocities, Masses");
        }
    }

    /// The current line is the name of a section; with type labels, rows too may start with a letter.
    bool ends_rows() const {
        const std::string_view text = current_.text;
        return starts_section(text) && (!raw_.labels || text == "Atoms" || text == "Velocities" || text == "Masses" ||
                                        text == "Atom Type Labels" || is_passed_over(text));
    }

    /// One line of a section that must have more.
    std::vector<std::string_view> row(const char* section, long done, long wanted) {
        const long before = source_.number_of_line();
        if (!advance() || ends_rows())
            source_.fail(more_ ? source_.number_of_line() : before, std::string("section ") + section + " ends early",
                         "it has " + std::to_string(done) + " lines and needs " + std::to_string(wanted),
                         "get the complete file");
        return split_words(current_.text);
    }

    void expect_end(const char* section, long wanted) {
        if (advance() && !starts_section(current_.text))
            source_.fail(std::string("section ") + section + " is too long",
                         "it should have " + std::to_string(wanted) + " lines");
    }

    int type_of(std::string_view word) const {
        for (const auto& [type, name] : raw_.type_names)
            if (raw_.labels && name == word) return type;
        const long type = source_.integer(word, "a type");
        if (type < 1 || type > raw_.types)
            source_.fail("type " + std::to_string(type) + " is out of range",
                         "there are " + std::to_string(raw_.types) + " types");
        return static_cast<int>(type);
    }

    void read_atoms(const AtomStyle& style, bool named) {
        std::size_t columns = 0;
        for (long k = 0; k < atoms_; ++k) {
            const auto words = row("Atoms", k, atoms_);
            if (columns == 0) columns = words.size();
            const bool images = columns == style.columns + 3;
            if (words.size() != columns || (columns != style.columns && !images))
                source_.fail(std::to_string(words.size()) + " words in a line of Atoms",
                             "atom_style " + std::string(style.name) + " has " + std::to_string(style.columns) +
                                 ", or " + std::to_string(style.columns + 3) + " with images, the same in all lines",
                             named ? "write the file with atom_style atomic"
                                   : "name another style behind the section's name ('Atoms # charge'), or write the "
                                     "file with atom_style atomic");
            const long id = source_.integer(words[0], "an id");
            if (id < 1) source_.fail("id " + std::to_string(id) + " is out of range", "ids start at 1");
            if (style.type == 2) source_.integer(words[1], "a molecule");
            if (style.position == style.type + 2) source_.number(words[style.type + 1], "a charge");
            const std::size_t first = style.position;
            Vec3 x = {source_.number(words[first], "a position"), source_.number(words[first + 1], "a position"),
                      source_.number(words[first + 2], "a position")};
            x = x - raw_.origin;
            if (images) {
                const Vec3 image = {static_cast<double>(source_.integer(words[first + 3], "an image")),
                                    static_cast<double>(source_.integer(words[first + 4], "an image")),
                                    static_cast<double>(source_.integer(words[first + 5], "an image"))};
                x += raw_.h * image;
            }
            raw_.id.push_back(id);
            raw_.type.push_back(type_of(words[style.type]));
            raw_.line.push_back(source_.number_of_line());
            raw_.position.push_back(x);
        }
        expect_end("Atoms", atoms_);
    }

    void read_velocities() {
        for (long k = 0; k < atoms_; ++k) {
            const auto words = row("Velocities", k, atoms_);
            if (words.size() != 4)
                source_.fail(std::to_string(words.size()) + " words in a line of Velocities",
                             "it needs id, vx, vy, vz");
            const long id = source_.integer(words[0], "an id");
            const Vec3 v = {source_.number(words[1], "a velocity"), source_.number(words[2], "a velocity"),
                            source_.number(words[3], "a velocity")};
            if (!pending_velocities_.emplace(id, v).second)
                source_.fail("id " + std::to_string(id) + " occurs twice", "in section Velocities");
        }
        velocity_line_ = source_.number_of_line();
        expect_end("Velocities", atoms_);
    }

    void attach_velocities() {
        for (std::size_t k = 0; k < raw_.id.size(); ++k) {
            const auto found = pending_velocities_.find(raw_.id[k]);
            if (found == pending_velocities_.end())
                source_.fail(velocity_line_, "no velocity for atom " + std::to_string(raw_.id[k]),
                             "section Velocities has other ids");
            raw_.velocity.push_back(found->second);
        }
    }

    void read_masses() {
        for (int k = 0; k < raw_.types; ++k) {
            const auto words = row("Masses", k, raw_.types);
            if (words.size() != 2)
                source_.fail(std::to_string(words.size()) + " words in a line of Masses", "it needs a type and a mass");
            const int type = type_of(words[0]);
            const double mass = source_.number(words[1], "a mass");
            if (!(mass > 0))
                source_.fail("the mass of type " + std::to_string(type) + " is not positive",
                             "it is " + std::string(words[1]) + " u");
            if (!raw_.masses.emplace(type, mass).second)
                source_.fail("type " + std::to_string(type) + " occurs twice", "in section Masses");
            // Many programs write the symbol beside the mass.
            const auto comment = split_words(current_.comment);
            if (!raw_.labels && comment.size() == 1 && find_element(comment[0]))
                raw_.type_names[type] = std::string(comment[0]);
        }
        // Comments that name some types only are no names.
        if (!raw_.labels && static_cast<int>(raw_.type_names.size()) != raw_.types) raw_.type_names.clear();
        expect_end("Masses", raw_.types);
    }

    void read_labels() {
        raw_.type_names.clear();
        for (int k = 0; k < raw_.types; ++k) {
            const auto words = row("Atom Type Labels", k, raw_.types);
            if (words.size() != 2)
                source_.fail("a label needs a type and a name",
                             "the line has " + std::to_string(words.size()) + " words");
            const long type = source_.integer(words[0], "a type");
            if (type < 1 || type > raw_.types)
                source_.fail("type " + std::to_string(type) + " is out of range",
                             "there are " + std::to_string(raw_.types) + " types");
            raw_.type_names[static_cast<int>(type)] = std::string(words[1]);
        }
        raw_.labels = true;
        expect_end("Atom Type Labels", raw_.types);
    }

    Source source_;
    Raw raw_;
    DataLine current_;
    bool more_ = true;
    long atoms_ = 0, velocity_line_ = 0;
    std::map<long, Vec3> pending_velocities_;
};

// ---- LAMMPS dump --------------------------------------------------------------------------------------------------

class DumpReader {
public:
    DumpReader(const std::string& path, std::string_view text) : source_(path, text) {}

    Structure read(const std::vector<std::string>& elements) {
        elements_ = elements;
        std::string_view line;
        while (source_.next(line)) {
            if (trimmed(line).empty()) continue;
            item(line);
        }
        if (!complete_)
            source_.fail("the last frame is not complete", "it has no ITEM: ATOMS", "get the complete file");
        return finish(source_, raw_, elements);
    }

private:
    void item(std::string_view line) {
        if (line.starts_with("ITEM: TIMESTEP")) {
            source_.integer(trimmed(source_.line("the step")), "the step");
            complete_ = has_box_ = false;
            atoms_ = 0;
        } else if (line.starts_with("ITEM: UNITS")) {
            const std::string_view units = trimmed(source_.line("the units"));
            if (units != "metal")
                source_.fail("units " + quoted(units) + " are not read", "lengths should be A and times ps",
                             "write the dump with units metal");
        } else if (line.starts_with("ITEM: TIME")) {
            source_.number(trimmed(source_.line("the time")), "the time");
        } else if (line.starts_with("ITEM: NUMBER OF ATOMS")) {
            atoms_ = source_.atoms(trimmed(source_.line("the number of atoms")));
        } else if (line.starts_with("ITEM: BOX BOUNDS")) {
            read_box(split_words(line));
        } else if (line.starts_with("ITEM: ATOMS")) {
            read_atoms(split_words(line));
        } else {
            source_.fail("unexpected line " + quoted(line),
                         complete_ ? "more atoms than the frame's number of them, or a damaged frame"
                                   : "an ITEM of a LAMMPS dump should stand here");
        }
    }

    void read_box(const std::vector<std::string_view>& header) {
        raw_.cell_line = source_.number_of_line();
        bool tilted = false, general = false;
        for (std::size_t k = 3; k < header.size(); ++k) {
            const std::string_view word = header[k];
            if (word == "xy") tilted = true;
            if (word == "abc") general = true;
            if (word == "xy" || word == "xz" || word == "yz" || word == "abc" || word == "origin") continue;
            if (word != "pp")
                source_.fail("boundary " + quoted(word) + " is not periodic", "cells are periodic in all directions",
                             "write the dump with boundary p p p");
        }
        const std::size_t columns = general ? 4 : tilted ? 3 : 2;
        double b[3][4] = {};
        for (auto& row : b) {
            const auto words = split_words(source_.line("a bound of the cell"));
            if (words.size() != columns)
                source_.fail(std::to_string(words.size()) + " words in a bound of the cell",
                             "there should be " + std::to_string(columns));
            for (std::size_t k = 0; k < columns; ++k) row[k] = source_.number(words[k], "a bound of the cell");
        }
        if (general) {
            raw_.h =
                from_columns({b[0][0], b[0][1], b[0][2]}, {b[1][0], b[1][1], b[1][2]}, {b[2][0], b[2][1], b[2][2]});
            raw_.origin = {b[0][3], b[1][3], b[2][3]};
        } else {
            // The bounds of a tilted cell are those of the box around it.
            const double xy = b[0][2], xz = b[1][2], yz = b[2][2];
            const double xlo = b[0][0] - std::min({0.0, xy, xz, xy + xz}),
                         xhi = b[0][1] - std::max({0.0, xy, xz, xy + xz});
            const double ylo = b[1][0] - std::min(0.0, yz), yhi = b[1][1] - std::max(0.0, yz);
            if (!(xhi > xlo) || !(yhi > ylo) || !(b[2][1] > b[2][0]))
                source_.fail("the cell has no positive volume", "an upper bound is not above its lower one");
            raw_.h = from_columns({xhi - xlo, 0, 0}, {xy, yhi - ylo, 0}, {xz, yz, b[2][1] - b[2][0]});
            raw_.origin = {xlo, ylo, b[2][0]};
        }
        has_box_ = true;
    }

    void read_atoms(const std::vector<std::string_view>& header) {
        if (atoms_ == 0) source_.fail("no number of atoms", "ITEM: NUMBER OF ATOMS should come before");
        if (!has_box_) source_.fail("no cell", "ITEM: BOX BOUNDS should come before");
        std::map<std::string_view, std::size_t> column;
        for (std::size_t k = 2; k < header.size(); ++k) column.emplace(header[k], k - 2);
        const std::size_t columns = header.size() - 2;
        const auto all = [&](const char* a, const char* b, const char* c) {
            return column.count(a) && column.count(b) && column.count(c);
        };
        const char* names[3] = {};
        bool scaled = false, unwrapped = false;
        const auto choose = [&](const char* a, const char* b, const char* c, bool is_scaled, bool is_unwrapped) {
            if (names[0] || !all(a, b, c)) return;
            names[0] = a, names[1] = b, names[2] = c;
            scaled = is_scaled, unwrapped = is_unwrapped;
        };
        choose("xu", "yu", "zu", false, true);
        choose("xsu", "ysu", "zsu", true, true);
        choose("x", "y", "z", false, false);
        choose("xs", "ys", "zs", true, false);
        if (!names[0])
            source_.fail("no positions", "the columns should have x y z, xu yu zu, xs ys zs or xsu ysu zsu",
                         "write the dump with them");
        if (!column.count("id")) source_.fail("no ids", "the columns should have id", "write the dump with id");
        // What names the species: the best of the columns that are there.
        const bool types = column.count("type"), masses = column.count("mass");
        const char* species = column.count("element")                                      ? "element"
                              : column.count("typelabel") && (elements_.empty() || !types) ? "typelabel"
                              : types                                                      ? "type"
                                                                                           : "mass";
        if (!column.count(species))
            source_.fail("no species", "the columns should have type, element or mass", "write the dump with type");
        const bool by_type = species == std::string_view("type"), by_mass = species == std::string_view("mass");
        const bool images = !unwrapped && all("ix", "iy", "iz"), velocities = all("vx", "vy", "vz");
        const std::size_t x0 = column[names[0]], y0 = column[names[1]], z0 = column[names[2]], id0 = column["id"];
        const std::size_t species0 = column[species], mass0 = masses ? column["mass"] : 0;
        const std::size_t i0 = images ? column["ix"] : 0, i1 = images ? column["iy"] : 0,
                          i2 = images ? column["iz"] : 0;
        const std::size_t v0 = velocities ? column["vx"] : 0, v1 = velocities ? column["vy"] : 0,
                          v2 = velocities ? column["vz"] : 0;
        raw_.id.clear(), raw_.line.clear(), raw_.type.clear(), raw_.name.clear(), raw_.position.clear(),
            raw_.velocity.clear(), raw_.masses.clear(), raw_.type_names.clear();
        for (long k = 0; k < atoms_; ++k) {
            const auto words =
                split_words(source_.line("atom " + std::to_string(k + 1) + " of " + std::to_string(atoms_)));
            if (words.size() != columns)
                source_.fail(std::to_string(words.size()) + " words in the line of an atom",
                             "ITEM: ATOMS has " + std::to_string(columns) + " columns");
            Vec3 x = {source_.number(words[x0], "a position"), source_.number(words[y0], "a position"),
                      source_.number(words[z0], "a position")};
            x = scaled ? raw_.h * x : x - raw_.origin;
            if (images)
                x += raw_.h * Vec3{static_cast<double>(source_.integer(words[i0], "an image")),
                                   static_cast<double>(source_.integer(words[i1], "an image")),
                                   static_cast<double>(source_.integer(words[i2], "an image"))};
            raw_.id.push_back(source_.integer(words[id0], "an id"));
            raw_.line.push_back(source_.number_of_line());
            raw_.position.push_back(x);
            if (velocities)
                raw_.velocity.push_back({source_.number(words[v0], "a velocity"),
                                         source_.number(words[v1], "a velocity"),
                                         source_.number(words[v2], "a velocity")});
            const double mass = masses ? source_.number(words[mass0], "a mass") : 0;
            if (by_mass) {
                raw_.name.push_back(element_of_mass(source_, "atom " + std::string(words[id0]), mass, elements_));
            } else if (!by_type || (raw_.type.empty() && !parse_integer(words[species0]))) {
                // A column of types has labels in it where dump_modify said so.
                raw_.name.emplace_back(words[species0]);
            } else if (!raw_.name.empty()) {
                raw_.name.emplace_back(words[species0]);
            } else {
                const long type = source_.integer(words[species0], "a type");
                if (type < 1 || type > 10000)
                    source_.fail("type " + std::to_string(type) + " is out of range", "types start at 1");
                raw_.type.push_back(static_cast<int>(type));
                if (masses) take_mass(static_cast<int>(type), mass);
            }
        }
        complete_ = true;
    }

    /// The mass of an atom is that of its type, and names it where nothing else does.
    void take_mass(int type, double mass) {
        if (!(mass > 0))
            source_.fail("the mass of type " + std::to_string(type) + " is not positive",
                         "it is " + shown(mass) + " u");
        const auto [known, fresh] = raw_.masses.emplace(type, mass);
        if (!fresh && std::abs(known->second - mass) > mass_tolerance)
            source_.fail("two masses for type " + std::to_string(type),
                         "they are " + shown(known->second) + " and " + shown(mass) + " u");
        if (fresh && elements_.empty())
            raw_.type_names[type] = element_of_mass(source_, "type " + std::to_string(type), mass);
    }

    Source source_;
    std::vector<std::string> elements_;
    Raw raw_;
    long atoms_ = 0;
    bool has_box_ = false, complete_ = false;
};

// ---- extended XYZ -------------------------------------------------------------------------------------------------

class XyzReader {
public:
    XyzReader(const std::string& path, std::string_view text) : source_(path, text) {}

    Structure read(const std::vector<std::string>& elements) {
        std::string_view line;
        bool any = false;
        while (source_.next(line)) {
            if (trimmed(line).empty()) continue;
            raw_ = Raw();
            frame(trimmed(line));
            any = true;
        }
        if (!any) source_.fail("no atoms", "the file is empty", "get the complete file");
        return finish(source_, raw_, elements);
    }

private:
    /// key=value, key="a b", key={a b}, key=[[a, b], [c]] or key alone, with blanks around = or without; quoted texts
    /// may have quotation marks behind a backslash, as ASE writes them. Brackets and commas within come back as blanks.
    std::map<std::string, std::string> parse_comment(std::string_view text) const {
        std::map<std::string, std::string> result;
        std::size_t k = 0;
        const auto blanks = [&] {
            while (k < text.size() && (text[k] == ' ' || text[k] == '\t')) ++k;
        };
        const auto word = [&](std::string_view end) {
            const std::size_t first = k;
            k = std::min(text.find_first_of(end, k), text.size());
            return std::string(text.substr(first, k - first));
        };
        const auto in_quotes = [&](const std::string& what) {
            const char mark = text[k++];
            std::string value;
            while (k < text.size() && text[k] != mark) {
                if (text[k] == '\\' && k + 1 < text.size()) ++k;
                value += text[k++];
            }
            if (k == text.size()) source_.fail("no end of " + what, std::string("a ") + mark + " is missing");
            ++k;
            return value;
        };
        const auto in_brackets = [&](const std::string& what) {
            std::string value;
            int depth = 0;
            do {
                if (k == text.size()) source_.fail("no end of " + what, "a closing bracket is missing");
                const char c = text[k++];
                depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
                value += c;
            } while (depth > 0);
            return value;
        };
        while (true) {
            blanks();
            if (k == text.size()) return result;
            const std::string key = text[k] == '"' ? in_quotes("a quoted key") : word(" \t=");
            blanks();
            if (k == text.size() || text[k] != '=') {
                result.emplace(key, "T");
                continue;
            }
            ++k;
            blanks();
            const char c = k < text.size() ? text[k] : ' ';
            const std::string what = "the value of " + quoted(key);
            std::string value = c == '"' || c == '\''  ? in_quotes(what)
                                : c == '[' || c == '{' ? in_brackets(what)
                                                       : word(" \t");
            if (c == '"' || c == '\'' || c == '[' || c == '{')
                for (char& v : value)
                    if (v == ',' || v == '[' || v == ']' || v == '{' || v == '}') v = ' ';
            result[key] = value;
        }
    }

    void frame(std::string_view first_line) {
        const long atoms = source_.atoms(first_line);
        const auto comment = parse_comment(source_.line("a comment with the cell"));
        raw_.cell_line = source_.number_of_line();
        if (const auto pbc = comment.find("pbc"); pbc != comment.end()) {
            const auto sides = split_words(pbc->second);
            if (sides.size() != 3) source_.fail("pbc has " + std::to_string(sides.size()) + " words", "it needs 3");
            for (std::string_view word : sides)
                if (word != "T" && word != "True" && word != "true" && word != "TRUE" && word != "1")
                    source_.fail("a boundary is not periodic", "pbc is " + quoted(pbc->second),
                                 "cells are periodic in all directions: give such a structure");
        }
        const auto lattice = comment.find("Lattice");
        if (lattice == comment.end())
            source_.fail("no cell", "the second line should have Lattice=\"ax ay az bx by bz cx cy cz\"",
                         "write the file as extended XYZ");
        const auto words = split_words(lattice->second);
        if (words.size() != 9) source_.fail("Lattice has " + std::to_string(words.size()) + " numbers", "it needs 9");
        double m[9];
        for (int k = 0; k < 9; ++k) m[k] = source_.number(words[k], "a lattice vector");
        raw_.h = from_columns({m[0], m[1], m[2]}, {m[3], m[4], m[5]}, {m[6], m[7], m[8]});
        if (const auto origin = comment.find("Origin"); origin != comment.end()) {
            const auto xyz = split_words(origin->second);
            if (xyz.size() != 3) source_.fail("Origin has " + std::to_string(xyz.size()) + " numbers", "it needs 3");
            raw_.origin = {source_.number(xyz[0], "the origin"), source_.number(xyz[1], "the origin"),
                           source_.number(xyz[2], "the origin")};
        }
        const auto properties = comment.find("Properties");
        read_rows(atoms, properties == comment.end() ? "species:S:1:pos:R:3" : properties->second);
    }

    void read_rows(long atoms, const std::string& properties) {
        std::vector<std::string> parts(1);
        for (char c : properties) {
            if (c == ':')
                parts.emplace_back();
            else
                parts.back() += c;
        }
        if (parts.size() % 3 != 0)
            source_.fail("Properties has no triples", "it should be name:type:columns:...", repair);
        constexpr std::size_t none = static_cast<std::size_t>(-1);
        std::size_t columns = 0, species = none, number = none, pos = none, velocity = none, id = none;
        for (std::size_t k = 0; k < parts.size(); k += 3) {
            const std::string& name = parts[k];
            const auto width = parse_integer(parts[k + 2]);
            if (!width || *width < 1 || *width > 100000)
                source_.fail("Properties has no number of columns",
                             "for " + quoted(name) + " it is " + quoted(parts[k + 2]));
            const auto take = [&](std::size_t& slot, const char* type, long wanted) {
                if (parts[k + 1] != type || *width != wanted)
                    source_.fail("property " + quoted(name) + " has the wrong shape",
                                 "it should be " + name + ":" + type + ":" + std::to_string(wanted));
                slot = columns;
            };
            if (name == "species")
                take(species, "S", 1);
            else if ((name == "Z" || name == "numbers") && parts[k + 1] == "I")
                take(number, "I", 1);
            else if (name == "pos")
                take(pos, "R", 3);
            else if (name == "id")
                take(id, "I", 1);
            else if (name == "velo" || name == "vel" || name == "velocity" || name == "velocities")
                take(velocity, "R", 3);
            columns += static_cast<std::size_t>(*width);
        }
        if (pos == none) source_.fail("no positions", "Properties should have pos:R:3", repair);
        if (species == none && number == none)
            source_.fail("no species", "Properties should have species:S:1 or Z:I:1", repair);
        for (long k = 0; k < atoms; ++k) {
            const auto words =
                split_words(source_.line("atom " + std::to_string(k + 1) + " of " + std::to_string(atoms)));
            if (words.size() != columns)
                source_.fail(std::to_string(words.size()) + " words in the line of an atom",
                             "Properties has " + std::to_string(columns) + " columns");
            const auto vector = [&](std::size_t first, const char* what) {
                return Vec3{source_.number(words[first], what), source_.number(words[first + 1], what),
                            source_.number(words[first + 2], what)};
            };
            raw_.position.push_back(vector(pos, "a position") - raw_.origin);
            if (velocity != none) raw_.velocity.push_back(vector(velocity, "a velocity"));
            raw_.id.push_back(id != none ? source_.integer(words[id], "an id") : k + 1);
            raw_.line.push_back(source_.number_of_line());
            if (species != none) {
                raw_.name.emplace_back(words[species]);
            } else {
                const long z = source_.integer(words[number], "an atomic number");
                if (z < 1 || z > static_cast<long>(chemical_elements().size()))
                    source_.fail("atomic number " + std::to_string(z) + " is not known", "it should lie in 1..92");
                raw_.name.emplace_back(chemical_elements()[static_cast<std::size_t>(z) - 1].symbol);
            }
        }
    }

    Source source_;
    Raw raw_;
};

}  // namespace

Structure read_structure(const std::string& path, const std::vector<std::string>& elements) {
    const std::string bytes = read_text(path);
    if (bytes.find('\0') != std::string::npos)
        throw InputError("'" + path + "' is no structure", "it is a binary file",
                         "give a LAMMPS data file, a LAMMPS text dump or an extended XYZ file");
    std::string_view text = bytes;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // some editors mark UTF-8 so
    LineReader lines(text);
    std::string_view first, second;
    if (!lines.next(first)) raise_at(path, 1, "no atoms", "the file is empty", "get the complete file");
    lines.next(second);
    if (first.starts_with("ITEM:")) return DumpReader(path, text).read(elements);
    const std::string_view name = unpacked_name(path);
    const auto has = [&](const char* key) { return second.find(key) != std::string_view::npos; };
    if (name.ends_with(".xyz") || name.ends_with(".extxyz") ||
        (parse_integer(trimmed(first)) && (has("Lattice") || has("Properties=") || has("pbc="))))
        return XyzReader(path, text).read(elements);
    return DataReader(path, text).read(elements);
}

}  // namespace mg
