#include "io/structures/extended_xyz.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "io/elements.hpp"
#include "io/structures/assemble.hpp"

namespace mg::io {
namespace {

/// key=value, key="a b", key={a b}, key=[[a, b], [c]] or key alone, with blanks around = or without; quoted texts
/// may have quotation marks behind a backslash, as ASE writes them. Brackets and commas within come back as blanks.
std::map<std::string, std::string> parse_comment(const StructureSource& source, std::string_view text) {
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
        if (k == text.size()) source.fail("no end of " + what, std::string("a ") + mark + " is missing");
        ++k;
        return value;
    };
    const auto in_brackets = [&](const std::string& what) {
        std::string value;
        int depth = 0;
        do {
            if (k == text.size()) source.fail("no end of " + what, "a closing bracket is missing");
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

/// The value of a key, in whatever case it is written; as extended XYZ spells it, it comes first.
const std::string* value_of(const std::map<std::string, std::string>& comment, std::string_view key) {
    if (const auto exact = comment.find(std::string(key)); exact != comment.end()) return &exact->second;
    for (const auto& [name, value] : comment)
        if (has_word(name, key) && name.size() == key.size()) return &value;
    return nullptr;
}

constexpr std::size_t absent = static_cast<std::size_t>(-1);

/// The first column of each property of an atom.
struct Columns {
    std::size_t count = 0;  ///< of all properties
    std::size_t species = absent, number = absent, position = absent, velocity = absent, id = absent;
    std::size_t property = absent;  ///< the one that is asked for
};

/// Reads name:type:columns:name:type:columns...; properties that mean nothing here only take their columns. `wanted`,
/// if not empty, is one of these.
Columns columns_of(const StructureSource& source, const std::string& properties, const std::string& wanted) {
    std::string numbers;  // the names of those that could be wanted
    std::vector<std::string> parts(1);
    for (char c : properties) {
        if (c == ':')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    if (parts.size() % 3 != 0) source.fail("Properties has no triples", "it should be name:type:columns:...");
    Columns column;
    for (std::size_t k = 0; k < parts.size(); k += 3) {
        const std::string& name = parts[k];
        const auto width = parse_integer(parts[k + 2]);
        if (!width || *width < 1 || *width > 100000)
            source.fail("Properties has no number of columns",
                        "for " + quoted(name) + " it is " + quoted(parts[k + 2]));
        const auto take = [&](std::size_t& first, const char* type, long wanted) {
            if (parts[k + 1] != type || *width != wanted)
                source.fail("property " + quoted(name) + " has the wrong shape",
                            "it should be " + name + ":" + type + ":" + std::to_string(wanted));
            first = column.count;
        };
        if (*width == 1 && (parts[k + 1] == "R" || parts[k + 1] == "I")) {
            numbers += (numbers.empty() ? "" : ", ") + name;
            if (name == wanted) column.property = column.count;
        }
        if (name == "species")
            take(column.species, "S", 1);
        else if ((name == "Z" || name == "numbers") && parts[k + 1] == "I")
            take(column.number, "I", 1);
        else if (name == "pos")
            take(column.position, "R", 3);
        else if (name == "id")
            take(column.id, "I", 1);
        else if (name == "velo" || name == "vel" || name == "velocity" || name == "velocities")
            take(column.velocity, "R", 3);
        column.count += static_cast<std::size_t>(*width);
    }
    if (column.position == absent) source.fail("no positions", "Properties should have pos:R:3");
    if (column.species == absent && column.number == absent)
        source.fail("no species", "Properties should have species:S:1 or Z:I:1");
    if (!wanted.empty() && column.property == absent)
        source.fail("no property " + quoted(wanted) + " with a number for each atom",
                    numbers.empty() ? "Properties has none of one column" : "there are " + numbers,
                    "add " + wanted + ":R:1 to Properties, and the column");
    return column;
}

class XyzReader {
public:
    explicit XyzReader(StructureSource& source, std::string property = "")
        : source_(source), wanted_(std::move(property)) {}

    /// The last frame.
    const RawStructure& read() {
        std::string_view line;
        bool any = false;
        while (source_.next(line)) {
            if (trimmed(line).empty()) continue;
            raw_ = RawStructure();
            frame(trimmed(line));
            any = true;
        }
        if (!any) source_.fail("no atoms", "the file is empty", "get the complete file");
        return raw_;
    }

private:
    void frame(std::string_view first_line) {
        const long atoms = source_.atoms(first_line);
        const auto comment = parse_comment(source_, source_.line("a comment with the cell"));
        raw_.cell_line = source_.number_of_line();
        if (const std::string* pbc = value_of(comment, "pbc")) {
            const auto sides = split_words(*pbc);
            if (sides.size() != 3) source_.fail("pbc has " + std::to_string(sides.size()) + " words", "it needs 3");
            for (std::string_view word : sides)
                if (word != "T" && word != "True" && word != "true" && word != "TRUE" && word != "1")
                    source_.fail("a boundary is not periodic", "pbc is " + quoted(*pbc),
                                 "cells are periodic in all directions: give such a structure");
        }
        const std::string* lattice = value_of(comment, "Lattice");
        if (!lattice)
            source_.fail("no cell", "the second line should have Lattice=\"ax ay az bx by bz cx cy cz\"",
                         "write the file as extended XYZ");
        const auto words = split_words(*lattice);
        if (words.size() != 9) source_.fail("Lattice has " + std::to_string(words.size()) + " numbers", "it needs 9");
        double m[9];
        for (int k = 0; k < 9; ++k) m[k] = source_.number(words[k], "a lattice vector");
        raw_.h = cell_matrix({m[0], m[1], m[2]}, {m[3], m[4], m[5]}, {m[6], m[7], m[8]});
        if (const auto origin = comment.find("Origin"); origin != comment.end()) {
            const auto xyz = split_words(origin->second);
            if (xyz.size() != 3) source_.fail("Origin has " + std::to_string(xyz.size()) + " numbers", "it needs 3");
            raw_.origin = {source_.number(xyz[0], "the origin"), source_.number(xyz[1], "the origin"),
                           source_.number(xyz[2], "the origin")};
        }
        const std::string* properties = value_of(comment, "Properties");
        read_rows(atoms, columns_of(source_, properties ? *properties : "species:S:1:pos:R:3", wanted_));
    }

    void read_rows(long atoms, const Columns& column) {
        for (long k = 0; k < atoms; ++k) {
            const auto words =
                split_words(source_.line("atom " + std::to_string(k + 1) + " of " + std::to_string(atoms)));
            if (words.size() != column.count)
                source_.fail(std::to_string(words.size()) + " words in the line of an atom",
                             "Properties has " + std::to_string(column.count) + " columns");
            const auto vector = [&](std::size_t first, const char* what) {
                return Vec3{source_.number(words[first], what), source_.number(words[first + 1], what),
                            source_.number(words[first + 2], what)};
            };
            raw_.position.push_back(vector(column.position, "a position") - raw_.origin);
            if (column.velocity != absent) raw_.velocity.push_back(vector(column.velocity, "a velocity"));
            raw_.id.push_back(column.id != absent ? source_.integer(words[column.id], "an id") : k + 1);
            if (column.property != absent) raw_.property.push_back(property(words[column.property]));
            raw_.line.push_back(source_.number_of_line());
            if (column.species != absent) {
                raw_.name.emplace_back(words[column.species]);
            } else {
                const long z = source_.integer(words[column.number], "an atomic number");
                if (z < 1 || z > static_cast<long>(chemical_elements().size()))
                    source_.fail("atomic number " + std::to_string(z) + " is not known", "it should lie in 1..92");
                raw_.name.emplace_back(chemical_elements()[static_cast<std::size_t>(z) - 1].symbol);
            }
        }
    }

    double property(std::string_view word) const {
        if (word == "nan" || word == "NaN" || word == "NAN") return std::numeric_limits<double>::quiet_NaN();
        return source_.number(word, wanted_.c_str());
    }

    StructureSource& source_;
    const std::string wanted_;
    RawStructure raw_;
};

}  // namespace

Structure read_extended_xyz(StructureSource& source, const std::vector<std::string>& elements) {
    return assemble(source, XyzReader(source).read(), elements);
}

std::vector<double> read_extended_xyz_property(StructureSource& source, const std::string& name) {
    XyzReader reader(source, name);
    const RawStructure& raw = reader.read();
    std::vector<std::size_t> order(raw.id.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return raw.id[a] < raw.id[b]; });
    std::vector<double> values;
    for (const std::size_t k : order) values.push_back(raw.property[k]);
    return values;
}

}  // namespace mg::io
