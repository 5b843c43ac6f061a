#include "io/structures/lammps_data.hpp"

#include <algorithm>
#include <map>

#include "io/elements.hpp"
#include "io/structures/assemble.hpp"

namespace mg::io {
namespace {

struct DataLine {
    std::string_view text;     ///< without the comment
    std::string_view comment;  ///< behind the #, or empty
};

DataLine split_comment(std::string_view line) {
    const std::size_t hash = line.find('#');
    if (hash == std::string_view::npos) return {line, {}};
    return {line.substr(0, hash), line.substr(hash + 1)};
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
    std::size_t type, columns;  ///< positions are the last three

    bool has_charge() const { return columns == type + 5; }
};
constexpr AtomStyle atom_styles[] = {{"atomic", 1, 5}, {"charge", 1, 6}, {"molecular", 2, 6},
                                     {"bond", 2, 6},   {"angle", 2, 6},  {"full", 2, 7}};

class DataReader {
public:
    explicit DataReader(StructureSource& source) : source_(source) {}

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
        return assemble(source_, raw_, elements);
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

    /// Bounds and tilts, or lattice vectors, as the header gives them.
    struct Cell {
        double low[3] = {}, high[3] = {};
        Vec3 tilt, vectors[4];  ///< avec, bvec, cvec and abc origin
        bool has_bounds[3] = {}, has_vector[4] = {};
    };

    void header() {
        Cell cell;
        while (advance() && !starts_section(current_.text)) header_line(cell);
        if (atoms_ == 0)
            source_.fail("no number of atoms", "the header should have a line 'N atoms'",
                         "is this a LAMMPS data file, a LAMMPS dump or an extended XYZ file?");
        if (raw_.types == 0) source_.fail("no number of types", "the header should have a line 'N atom types'");
        take_cell(cell);
    }

    void header_line(Cell& cell) {
        const auto words = split_words(current_.text);
        std::size_t numbers = 0;
        while (numbers < words.size() && parse_double(words[numbers])) ++numbers;
        std::string key;
        for (std::size_t k = numbers; k < words.size(); ++k) key.append(key.empty() ? "" : " ").append(words[k]);
        const auto three = [&](const char* what) {
            if (numbers != 3) source_.fail("'" + key + "' needs three numbers", "there are " + std::to_string(numbers));
            return Vec3{source_.number(words[0], what), source_.number(words[1], what), source_.number(words[2], what)};
        };
        static constexpr std::string_view bounds[] = {"xlo xhi", "ylo yhi", "zlo zhi"};
        static constexpr std::string_view vectors[] = {"avec", "bvec", "cvec", "abc origin"};
        const auto axis = std::find(std::begin(bounds), std::end(bounds), key) - std::begin(bounds);
        const auto vector = std::find(std::begin(vectors), std::end(vectors), key) - std::begin(vectors);
        if (key == "atoms" && numbers == 1) {
            atoms_ = source_.atoms(words[0]);
        } else if (key == "atom types" && numbers == 1) {
            const long types = source_.integer(words[0], "the number of types");
            if (types < 1 || types > largest_type) source_.fail("no number of types", "it is " + std::to_string(types));
            raw_.types = static_cast<int>(types);
        } else if (axis < 3) {
            if (numbers != 2) source_.fail("'" + key + "' needs two numbers", "there are " + std::to_string(numbers));
            cell.low[axis] = source_.number(words[0], "a bound of the cell");
            cell.high[axis] = source_.number(words[1], "a bound of the cell");
            if (!(cell.high[axis] > cell.low[axis]))
                source_.fail("the cell has no positive volume",
                             "its bounds are " + std::string(words[0]) + " and " + std::string(words[1]) + " A");
            cell.has_bounds[axis] = true;
            raw_.cell_line = source_.number_of_line();
        } else if (key == "xy xz yz") {
            cell.tilt = three("a tilt");
        } else if (vector < 4) {
            cell.vectors[vector] = three("a lattice vector");
            cell.has_vector[vector] = true;
            raw_.cell_line = source_.number_of_line();
        } else if (!harmless(key) || numbers != 1) {
            source_.fail("unknown header line " + quoted(current_.text),
                         "expected atoms, atom types, xlo xhi, ylo yhi, zlo zhi, xy xz yz, avec, bvec, cvec, "
                         "abc origin",
                         "write the file with atom_style atomic");
        }
    }

    void take_cell(const Cell& cell) {
        const auto& [a, b, c, origin] = cell.has_vector;
        const auto& [x, y, z] = cell.has_bounds;
        if (a || b || c || origin) {
            if (!(a && b && c && origin) || x || y || z)
                source_.fail("no cell", "the header should have avec, bvec, cvec and abc origin, and no other bounds");
            raw_.h = cell_matrix(cell.vectors[0], cell.vectors[1], cell.vectors[2]);
            raw_.origin = cell.vectors[3];
            return;
        }
        if (!x || !y || !z) source_.fail("no cell", "the header should have xlo xhi, ylo yhi and zlo zhi");
        const double* low = cell.low;
        const double* high = cell.high;
        raw_.h = cell_matrix({high[0] - low[0], 0, 0}, {cell.tilt.x, high[1] - low[1], 0},
                             {cell.tilt.y, cell.tilt.z, high[2] - low[2]});
        raw_.origin = {low[0], low[1], low[2]};
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
            read_atoms(style.empty() ? style_of_words() : *known, !style.empty());
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
            pass_over_property(name);
        }
    }

    /// A section of fix property/atom has any name, and a line for each atom.
    void pass_over_property(const std::string& name) {
        const long line = source_.number_of_line();
        long rows = 0;
        while (advance() && !starts_section(current_.text)) ++rows;
        if (rows != atoms_)
            source_.fail(line, "unknown section " + quoted(name),
                         "expected Atoms, Velocities, Masses, or a property of each of the " + std::to_string(atoms_) +
                             " atoms; it has " + std::to_string(rows) + " lines");
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

    /// A type by its label, or its number where that is in range; 0 for another word.
    int type_or_zero(std::string_view word) const {
        for (const auto& [type, name] : raw_.type_names)
            if (raw_.labels && name == word) return type;
        const auto type = parse_integer(word);
        return type && *type >= 1 && *type <= raw_.types ? static_cast<int>(*type) : 0;
    }

    int type_of(std::string_view word) const {
        if (const int type = type_or_zero(word)) return type;
        const long type = source_.integer(word, "a type");
        source_.fail("type " + std::to_string(type) + " is out of range",
                     "there are " + std::to_string(raw_.types) + " types");
    }

    /// The style of a section Atoms that does not name it: atomic, but where a sixth column can only be a charge or a
    /// molecule. The place in the file is not moved.
    AtomStyle style_of_words() {
        const AtomStyle &atomic = atom_styles[0], &charge = atom_styles[1], &molecular = atom_styles[2];
        StructureSource::Place place(source_);
        const long first = source_.number_of_line();
        bool may_be_charge = true, may_be_molecular = true;
        for (long k = 0; k < atoms_ && advance() && !ends_rows(); ++k) {
            const auto words = split_words(current_.text);
            if (words.size() != charge.columns && words.size() != charge.columns + 3) return atomic;
            may_be_charge &= type_or_zero(words[1]) > 0 && parse_double(words[2]).has_value();
            may_be_molecular &= type_or_zero(words[2]) > 0 && parse_integer(words[1]).has_value();
        }
        if (may_be_charge && may_be_molecular)
            source_.fail(first, "section Atoms may be of two styles",
                         "behind each id stand a type and a charge (atom_style charge), or a molecule and a type "
                         "(atom_style molecular)",
                         "name the style behind the section's name ('Atoms # charge' or 'Atoms # molecular')");
        return may_be_charge ? charge : may_be_molecular ? molecular : atomic;
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
            if (style.has_charge()) source_.number(words[style.type + 1], "a charge");
            const std::size_t first = style.columns - 3;
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

    StructureSource& source_;
    RawStructure raw_;
    DataLine current_;
    bool more_ = true;
    long atoms_ = 0, velocity_line_ = 0;
    std::map<long, Vec3> pending_velocities_;
};

}  // namespace

Structure read_lammps_data(StructureSource& source, const std::vector<std::string>& elements) {
    return DataReader(source).read(elements);
}

}  // namespace mg::io
