#include "io/structures/lammps_dump.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "io/structures/assemble.hpp"
#include "io/structures/species.hpp"

namespace mg::io {
namespace {

using Three = std::array<std::size_t, 3>;

/// Where the line of an atom has what.
struct Columns {
    std::size_t count = 0, species = 0;
    std::optional<std::size_t> id;    ///< without it atoms are numbered by their rows, from 1
    std::optional<std::size_t> type;  ///< beside a column of elements
    Three position{};
    bool scaled = false;  ///< positions are fractions of the cell
    std::optional<Three> image, velocity;
    std::optional<std::size_t> mass;
    std::string_view named_by;  ///< the column that names the species: element, typelabel, type or mass
};

/// Takes the columns from the words of ITEM: ATOMS. Where the elements are given, types come before their labels.
Columns columns_of(const StructureSource& source, const std::vector<std::string_view>& header, bool elements_given) {
    std::map<std::string_view, std::size_t> at;
    for (std::size_t k = 2; k < header.size(); ++k) at.emplace(header[k], k - 2);
    const auto three = [&](const char* a, const char* b, const char* c) -> std::optional<Three> {
        if (!at.count(a) || !at.count(b) || !at.count(c)) return std::nullopt;
        return Three{at[a], at[b], at[c]};
    };
    Columns column;
    column.count = header.size() - 2;
    bool unwrapped = true;
    if (const auto xu = three("xu", "yu", "zu")) {
        column.position = *xu;
    } else if (const auto xsu = three("xsu", "ysu", "zsu")) {
        column.position = *xsu;
        column.scaled = true;
    } else {
        unwrapped = false;
        const auto x = three("x", "y", "z"), xs = three("xs", "ys", "zs");
        if (!x && !xs)
            source.fail("no positions", "the columns should have x y z, xu yu zu, xs ys zs or xsu ysu zsu",
                        "write the dump with them");
        column.position = x ? *x : *xs;
        column.scaled = !x;
    }
    if (at.count("id")) column.id = at["id"];
    // What names the species: the best of the columns that are there.
    column.named_by = at.count("element")                                               ? "element"
                      : at.count("typelabel") && (!elements_given || !at.count("type")) ? "typelabel"
                      : at.count("type")                                                ? "type"
                                                                                        : "mass";
    if (!at.count(column.named_by))
        source.fail("no species", "the columns should have type, element or mass", "write the dump with type");
    column.species = at[column.named_by];
    if (column.named_by == "element" && at.count("type")) column.type = at["type"];
    if (at.count("mass")) column.mass = at["mass"];
    if (!unwrapped) column.image = three("ix", "iy", "iz");
    column.velocity = three("vx", "vy", "vz");
    return column;
}

class DumpReader {
public:
    explicit DumpReader(StructureSource& source) : source_(source) {}

    Structure read(const std::vector<std::string>& elements) {
        elements_ = elements;
        std::string_view line;
        while (source_.next(line)) {
            if (trimmed(line).empty()) continue;
            item(line);
        }
        if (!complete_)
            source_.fail("the last frame is not complete", "it has no ITEM: ATOMS", "get the complete file");
        return assemble(source_, raw_, elements);
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
            raw_.h = cell_matrix({b[0][0], b[0][1], b[0][2]}, {b[1][0], b[1][1], b[1][2]}, {b[2][0], b[2][1], b[2][2]});
            raw_.origin = {b[0][3], b[1][3], b[2][3]};
        } else {
            // The bounds of a tilted cell are those of the box around it.
            const double xy = b[0][2], xz = b[1][2], yz = b[2][2];
            const double xlo = b[0][0] - std::min({0.0, xy, xz, xy + xz}),
                         xhi = b[0][1] - std::max({0.0, xy, xz, xy + xz});
            const double ylo = b[1][0] - std::min(0.0, yz), yhi = b[1][1] - std::max(0.0, yz);
            if (!(xhi > xlo) || !(yhi > ylo) || !(b[2][1] > b[2][0]))
                source_.fail("the cell has no positive volume", "an upper bound is not above its lower one");
            raw_.h = cell_matrix({xhi - xlo, 0, 0}, {xy, yhi - ylo, 0}, {xz, yz, b[2][1] - b[2][0]});
            raw_.origin = {xlo, ylo, b[2][0]};
        }
        has_box_ = true;
    }

    void read_atoms(const std::vector<std::string_view>& header) {
        if (atoms_ == 0) source_.fail("no number of atoms", "ITEM: NUMBER OF ATOMS should come before");
        if (!has_box_) source_.fail("no cell", "ITEM: BOX BOUNDS should come before");
        const Columns column = columns_of(source_, header, !elements_.empty());
        raw_.id.clear(), raw_.line.clear(), raw_.type.clear(), raw_.name.clear(), raw_.position.clear(),
            raw_.velocity.clear(), raw_.masses.clear(), raw_.type_names.clear(), beside_.clear();
        for (long k = 0; k < atoms_; ++k) {
            const auto words =
                split_words(source_.line("atom " + std::to_string(k + 1) + " of " + std::to_string(atoms_)));
            if (words.size() != column.count)
                source_.fail(std::to_string(words.size()) + " words in the line of an atom",
                             "ITEM: ATOMS has " + std::to_string(column.count) + " columns");
            const auto vector = [&](const Three& of, const char* what) {
                return Vec3{source_.number(words[of[0]], what), source_.number(words[of[1]], what),
                            source_.number(words[of[2]], what)};
            };
            Vec3 x = vector(column.position, "a position");
            x = column.scaled ? raw_.h * x : x - raw_.origin;
            if (column.image) {
                const Three& image = *column.image;
                x += raw_.h * Vec3{static_cast<double>(source_.integer(words[image[0]], "an image")),
                                   static_cast<double>(source_.integer(words[image[1]], "an image")),
                                   static_cast<double>(source_.integer(words[image[2]], "an image"))};
            }
            raw_.id.push_back(column.id ? source_.integer(words[*column.id], "an id") : k + 1);
            raw_.line.push_back(source_.number_of_line());
            raw_.position.push_back(x);
            if (column.velocity) raw_.velocity.push_back(vector(*column.velocity, "a velocity"));
            read_species(column, words);
        }
        if (column.type) use_types_for_default_names();
        complete_ = true;
    }

    /// LAMMPS calls all atoms C until dump_modify says otherwise: such names mean nothing where there are other types,
    /// or other elements.
    void use_types_for_default_names() {
        if (beside_.size() != raw_.name.size() ||
            std::any_of(raw_.name.begin(), raw_.name.end(), [](const std::string& name) { return name != "C"; }))
            return;
        const bool one_type = std::all_of(beside_.begin(), beside_.end(), [&](int type) { return type == beside_[0]; });
        if (one_type && (elements_.empty() || contains(elements_, "C"))) return;  // carbon
        if (elements_.empty())
            source_.fail("the column element is C for all atoms, of several types",
                         "LAMMPS writes that until dump_modify names the elements",
                         "name the elements of the types (--elements Cu,Zr)");
        raw_.name.clear();
        raw_.type = beside_;
    }

    void read_species(const Columns& column, const std::vector<std::string_view>& words) {
        const std::string_view word = words[column.species];
        const double mass = column.mass ? source_.number(words[*column.mass], "a mass") : 0;
        if (column.named_by == "mass") {
            raw_.name.push_back(element_of_mass(source_, "atom " + std::to_string(raw_.id.back()), mass, elements_));
        } else if (column.named_by != "type" || !raw_.name.empty() || (raw_.type.empty() && !parse_integer(word))) {
            // A column of types has labels in it where dump_modify said so: the first atom tells.
            raw_.name.emplace_back(word);
            const auto type = column.type ? parse_integer(words[*column.type]) : std::nullopt;
            if (type && *type >= 1 && *type <= largest_type) beside_.push_back(static_cast<int>(*type));
        } else {
            const long type = source_.integer(word, "a type");
            if (type < 1 || type > largest_type)
                source_.fail("type " + std::to_string(type) + " is out of range", "types start at 1");
            raw_.type.push_back(static_cast<int>(type));
            if (column.mass) take_mass(static_cast<int>(type), mass);
        }
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

    StructureSource& source_;
    std::vector<std::string> elements_;
    RawStructure raw_;
    std::vector<int> beside_;  ///< types beside a column of elements
    long atoms_ = 0;
    bool has_box_ = false, complete_ = false;
};

}  // namespace

Structure read_lammps_dump(StructureSource& source, const std::vector<std::string>& elements) {
    return DumpReader(source).read(elements);
}

}  // namespace mg::io
