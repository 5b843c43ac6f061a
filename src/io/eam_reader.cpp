#include "io/eam_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/error.hpp"
#include "io/compressed.hpp"
#include "io/eam_checks.hpp"
#include "io/elements.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"

namespace mg::io {
namespace {

using Table = std::vector<double>;

struct Grid {
    long nrho = 0, nr = 0;
    double drho = 0, dr = 0, cutoff = 0;
};

struct Line {
    long number = 0;
    std::string_view text;
    std::vector<std::string_view> words;
};

/// Takes the file apart into header lines and runs of numbers, and knows where it stands.
class EamFile {
public:
    EamFile(const std::string& path, std::string bytes) : path_(path), bytes_(std::move(bytes)), reader_(bytes_) {
        if (bytes_.find('\0') != std::string::npos)
            throw InputError("'" + path + "' is not a potential", "it is a binary file",
                             "give an eam, eam/alloy or eam/fs table");
        if (bytes_.find_first_not_of(" \t\r\n") == std::string::npos)
            throw InputError("'" + path + "' is not a potential", "it is empty", "get the complete file");
    }

    std::string_view bytes() const { return bytes_; }

    Line next_line(const char* what) {
        Line line;
        if (!reader_.next(line.text))
            raise_at(path_, reader_.number(), "the file ends early", std::string(what) + " should come next",
                     "get the complete file");
        line.number = reader_.number();
        line.words = split_words(line.text);
        return line;
    }

    bool next_line_if_any(Line& line) {
        while (reader_.next(line.text)) {
            line.words = split_words(line.text);
            line.number = reader_.number();
            if (!line.words.empty()) return true;
        }
        return false;
    }

    [[noreturn]] void fail(long line, const std::string& problem, const std::string& why,
                           const std::string& remedy = "get the potential anew from its source") const {
        raise_at(path_, line, problem, why, remedy);
    }

    double number(const Line& line, std::size_t k, const char* what) const {
        if (k >= line.words.size())
            fail(line.number, std::string("no ") + what,
                 "the line has " + std::to_string(line.words.size()) + " words");
        return number(line.number, line.words[k], what);
    }

    double number(long line, std::string_view word, const char* what) const {
        const auto value = parse_double(word);
        if (!value)
            fail(line, "'" + std::string(word.substr(0, 40)) + "' is no number",
                 std::string(what) + " should stand here");
        if (!std::isfinite(*value))
            fail(line, "'" + std::string(word.substr(0, 40)) + "' is not finite",
                 std::string(what) + " should stand here");
        return *value;
    }

    Grid grid(const Line& line) const {
        if (line.words.size() < 5)
            fail(line.number, "no grid", "nrho, drho, nr, dr and the cutoff should stand here, five numbers");
        Grid grid;
        grid.nrho = count(line, 0, "nrho");
        grid.drho = number(line, 1, "drho");
        grid.nr = count(line, 2, "nr");
        grid.dr = number(line, 3, "dr");
        grid.cutoff = number(line, 4, "the cutoff");
        if (!(grid.drho > 0)) fail(line.number, "drho is not positive", "it is " + std::string(line.words[1]));
        if (!(grid.dr > 0)) fail(line.number, "dr is not positive", "it is " + std::string(line.words[3]));
        if (!(grid.cutoff > 0)) fail(line.number, "the cutoff is not positive", "it is " + std::string(line.words[4]));
        const double reach = static_cast<double>(grid.nr) * grid.dr;
        if (grid.cutoff > reach * (1 + 1e-9))
            fail(line.number, "the cutoff lies beyond the table",
                 "it is " + std::string(line.words[4]) + " A and nr dr is " + shown(reach) + " A");
        if (grid.cutoff < 5 * grid.dr)
            fail(line.number, "the cutoff is below five knots",
                 "it is " + std::string(line.words[4]) + " A and dr is " + std::string(line.words[3]) + " A");
        return grid;
    }

private:
    long count(const Line& line, std::size_t k, const char* what) const {
        // Some programs write the counts as 1.0E3.
        const double value = number(line, k, what);
        if (value != std::floor(value) || std::abs(value) > 1e8)
            fail(line.number, std::string(what) + " is no count of knots", "it is " + std::string(line.words[k]));
        if (value < 5)
            fail(line.number, std::string(what) + " is too small",
                 "it is " + std::string(line.words[k]) + " and a spline needs 5 knots");
        return static_cast<long>(value);
    }

    std::string path_;
    std::string bytes_;
    LineReader reader_;
};

bool is_number(std::string_view word) { return parse_double(word).has_value(); }

/// `Z mass a lattice`: three numbers and a word.
bool is_element_line(const Line& line) {
    return line.words.size() >= 4 && is_number(line.words[0]) && is_number(line.words[1]) && is_number(line.words[2]) &&
           !is_number(line.words[3]);
}

std::string counted(std::int64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// One element of a setfl or Finnis-Sinclair file: its header line and all numbers up to the next one.
struct Section {
    Line header;
    double z = 0, mass = 0, lattice_constant = 0;
    std::string lattice;
    Table values;
    long last_line = 0;
};

Section read_element_line(const EamFile& file, const Line& line) {
    Section section;
    section.header = line;
    section.last_line = line.number;
    section.z = file.number(line, 0, "an atomic number");
    section.mass = file.number(line, 1, "a mass");
    section.lattice_constant = file.number(line, 2, "a lattice constant");
    section.lattice = std::string(line.words[3]);
    if (!(section.mass > 0)) file.fail(line.number, "the mass is not positive", "it is " + std::string(line.words[1]));
    if (section.mass < 0.5 || section.mass > 400)
        file.fail(line.number, "the mass is that of no atom", "it is " + std::string(line.words[1]) + " u");
    return section;
}

void append_numbers(const EamFile& file, const Line& line, Section& section) {
    for (std::string_view word : line.words)
        section.values.push_back(file.number(line.number, word, "a value of a table"));
    section.last_line = line.number;
}

[[noreturn]] void fail_on_count(const EamFile& file, const Section& section, const std::string& name,
                                std::int64_t wanted, bool last) {
    const auto found = static_cast<std::int64_t>(section.values.size());
    const std::string why = "the section of " + name + " has " + std::to_string(found) + " numbers and needs " +
                            std::to_string(wanted) + (last ? ", pair functions included" : "");
    if (found < wanted)
        file.fail(section.last_line, counted(wanted - found, "number") + " missing", why, "get the complete file");
    file.fail(section.last_line, counted(found - wanted, "number") + " too many", why);
}

/// The element names, each of them once, and the grid: the two lines before the sections.
Grid read_setfl_header(EamFile& file, const Line& names, EamPotential& potential) {
    const auto n = static_cast<std::int64_t>(names.words.size()) - 1;
    for (std::int64_t e = 0; e < n; ++e) potential.elements.emplace_back(names.words[static_cast<std::size_t>(e) + 1]);
    for (std::int64_t e = 0; e < n; ++e)
        for (std::int64_t f = 0; f < e; ++f)
            if (potential.elements[e] == potential.elements[f])
                file.fail(names.number, "element " + potential.elements[e] + " is named twice", "names must differ");
    const Line grid_line = file.next_line("the grid");
    const Grid grid = file.grid(grid_line);
    if (grid_line.words.size() > 5 && is_number(grid_line.words[5]))
        file.fail(grid_line.number, "eam/he tables are not read",
                  "the grid has a sixth number, the range of negative densities",
                  "give an eam, eam/alloy or eam/fs file");
    potential.nrho = static_cast<int>(grid.nrho);
    potential.nr = static_cast<int>(grid.nr);
    potential.drho = grid.drho;
    potential.dr = grid.dr;
    potential.cutoff = grid.cutoff;
    return grid;
}

/// The runs of numbers behind the element lines, one for each of the n elements at most.
std::vector<Section> read_setfl_sections(EamFile& file, const Line& names, std::int64_t n) {
    std::vector<Section> sections;
    Line line;
    while (file.next_line_if_any(line)) {
        if (is_element_line(line)) {
            if (static_cast<std::int64_t>(sections.size()) == n)
                file.fail(line.number, "a section too many",
                          "line " + std::to_string(names.number) + " names " + counted(n, "element"));
            sections.push_back(read_element_line(file, line));
        } else if (sections.empty()) {
            file.fail(line.number, "no element line",
                      "atomic number, mass, lattice constant and lattice should stand here");
        } else {
            append_numbers(file, line, sections.back());
        }
    }
    if (sections.empty())
        file.fail(names.number, "no tables", "the file ends after its header", "get the complete file");
    return sections;
}

/// Whether the file is eam/fs, and no eam/alloy: that shows in the length of the first section, and in a file of one
/// element in its name alone. Every section must then have as many numbers as that asks for.
bool is_finnis_sinclair(const EamFile& file, const std::string& path, const Grid& grid,
                        const std::vector<Section>& sections, const std::vector<std::string>& elements) {
    const auto n = static_cast<std::int64_t>(elements.size());
    const std::int64_t pairs = n * (n + 1) / 2;
    const auto wanted = [&](bool fs, std::int64_t e) {
        return grid.nrho + (fs ? n : 1) * grid.nr + (e == n - 1 ? pairs * grid.nr : 0);
    };
    bool fs = unpacked_name(path).ends_with(".fs");
    if (n > 1 && sections.size() > 1) {
        const auto first = static_cast<std::int64_t>(sections.front().values.size());
        if (first == wanted(true, 0)) fs = true;
        if (first == wanted(false, 0)) fs = false;
    }
    for (std::size_t e = 0; e < sections.size(); ++e) {
        if (static_cast<std::int64_t>(sections[e].values.size()) == wanted(fs, static_cast<std::int64_t>(e))) continue;
        fail_on_count(file, sections[e], elements[e], wanted(fs, static_cast<std::int64_t>(e)),
                      static_cast<std::int64_t>(e) == n - 1);
    }
    if (static_cast<std::int64_t>(sections.size()) < n) {
        std::int64_t missing = 0;
        for (auto e = static_cast<std::int64_t>(sections.size()); e < n; ++e) missing += wanted(fs, e);
        file.fail(sections.back().last_line, std::to_string(missing) + " numbers missing",
                  "the file ends before the section of " + elements[sections.size()], "get the complete file");
    }
    return fs;
}

/// Sections in another order than the names would give every element its neighbour's functions.
void check_order_of_sections(const EamFile& file, const std::vector<Section>& sections,
                             const std::vector<std::string>& elements) {
    for (std::size_t a = 0; a < elements.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            const ChemicalElement* first = find_element(elements[b]);
            const ChemicalElement* second = find_element(elements[a]);
            if (first && second && sections[a].z == atomic_number(*first) && sections[b].z == atomic_number(*second))
                file.fail(sections[b].header.number,
                          "the sections of " + elements[b] + " and " + elements[a] + " are exchanged",
                          "their atomic numbers are each other's", "put names and sections into one order");
        }
}

void read_setfl(EamFile& file, const std::string& path, const Line& names, EamPotential& potential) {
    const Grid grid = read_setfl_header(file, names, potential);
    const std::size_t count = potential.elements.size();
    const std::vector<Section> sections = read_setfl_sections(file, names, static_cast<std::int64_t>(count));
    const bool fs = is_finnis_sinclair(file, path, grid, sections, potential.elements);
    potential.format = fs ? "eam/fs" : "eam/alloy";
    check_order_of_sections(file, sections, potential.elements);

    const auto nr = static_cast<std::size_t>(grid.nr), nrho = static_cast<std::size_t>(grid.nrho);
    potential.density.resize(count * count);
    potential.pair.resize(count * count);
    for (std::size_t e = 0; e < count; ++e) {
        const Table& values = sections[e].values;
        potential.masses.push_back(sections[e].mass);
        potential.lattice_constants.push_back(sections[e].lattice_constant);
        potential.lattices.push_back(sections[e].lattice);
        const auto at = [&](std::size_t k) { return values.begin() + static_cast<std::ptrdiff_t>(k); };
        potential.embedding.emplace_back(at(0), at(nrho));
        for (std::size_t center = 0; center < count; ++center) {
            const std::size_t first = nrho + (fs ? center * nr : 0);
            potential.density[e * count + center].assign(at(first), at(first + nr));
        }
        if (e + 1 < count) continue;
        std::size_t first = nrho + (fs ? count : 1) * nr;
        for (std::size_t a = 0; a < count; ++a)
            for (std::size_t b = 0; b <= a; ++b, first += nr) {
                potential.pair[a * count + b].assign(at(first), at(first + nr));
                potential.pair[b * count + a] = potential.pair[a * count + b];
            }
    }
}

/// The element of a funcfl file, which has no field for it: the one asked for where its comment or atomic number
/// agrees, else the first word of the comment where that is an element, else the atomic number's.
std::string funcfl_element(const Line& comment, double z, const std::vector<std::string>& asked, long line,
                           const EamFile& file) {
    const auto table = chemical_elements();
    const std::string by_number = z >= 1 && z <= static_cast<double>(table.size()) && z == std::floor(z)
                                      ? table[static_cast<std::size_t>(z) - 1].symbol
                                      : "";
    if (asked.size() == 1) {
        for (std::string_view word : comment.words)
            if (word == asked[0]) return asked[0];
        if (by_number == asked[0]) return asked[0];
    }
    if (!comment.words.empty() && find_element(comment.words[0])) return std::string(comment.words[0]);
    if (!by_number.empty()) return by_number;
    // A model element has a name of its own.
    if (!comment.words.empty() && !is_number(comment.words[0])) return std::string(comment.words[0]);
    file.fail(line, "the file names no element", "neither its comment nor its atomic number is one",
              "put the symbol first in line 1");
}

void read_funcfl(EamFile& file, const Line& comment, const Line& element, const Line& grid_line,
                 const std::vector<std::string>& asked, EamPotential& potential) {
    potential.format = "eam";
    Section section = read_element_line(file, element);
    const Grid grid = file.grid(grid_line);
    section.last_line = grid_line.number;
    potential.nrho = static_cast<int>(grid.nrho);
    potential.nr = static_cast<int>(grid.nr);
    potential.drho = grid.drho;
    potential.dr = grid.dr;
    potential.cutoff = grid.cutoff;
    potential.elements.push_back(funcfl_element(comment, section.z, asked, element.number, file));
    potential.masses.push_back(section.mass);
    potential.lattice_constants.push_back(section.lattice_constant);
    potential.lattices.push_back(section.lattice);
    Line line;
    while (file.next_line_if_any(line)) append_numbers(file, line, section);
    const std::int64_t wanted = grid.nrho + 2 * static_cast<std::int64_t>(grid.nr);
    if (static_cast<std::int64_t>(section.values.size()) != wanted)
        fail_on_count(file, section, potential.elements[0], wanted, false);
    const auto embedding_end = section.values.begin() + grid.nrho, charge_end = embedding_end + grid.nr;
    potential.embedding.emplace_back(section.values.begin(), embedding_end);
    Table pair(embedding_end, charge_end);
    for (double& value : pair) value = 27.2 * 0.529 * value * value;
    potential.pair.push_back(std::move(pair));
    potential.density.emplace_back(charge_end, section.values.end());
}

EamPotential restricted(EamPotential potential, const std::vector<std::string>& elements) {
    std::vector<int> index;
    for (const std::string& name : elements) {
        const auto found = std::find(potential.elements.begin(), potential.elements.end(), name);
        if (found == potential.elements.end())
            throw InputError("element '" + name + "' is not in '" + potential.path + "'",
                             "the file has " + comma_separated(potential.elements),
                             "name elements of the file, or give another potential");
        const int k = static_cast<int>(found - potential.elements.begin());
        if (std::find(index.begin(), index.end(), k) != index.end())
            throw InputError("element '" + name + "' is named twice", "the list is " + comma_separated(elements),
                             "name each element once");
        index.push_back(k);
    }
    EamPotential result = potential;
    const int n = potential.species(), m = static_cast<int>(index.size());
    result.elements = elements;
    result.density.assign(static_cast<std::size_t>(m) * m, {});
    result.pair.assign(static_cast<std::size_t>(m) * m, {});
    result.embedding.clear();
    result.masses.clear();
    result.lattice_constants.clear();
    result.lattices.clear();
    for (int a = 0; a < m; ++a) {
        result.embedding.push_back(potential.embedding[index[a]]);
        result.masses.push_back(potential.masses[index[a]]);
        result.lattice_constants.push_back(potential.lattice_constants[index[a]]);
        result.lattices.push_back(potential.lattices[index[a]]);
        for (int b = 0; b < m; ++b) {
            result.density[a * m + b] = potential.density[index[a] * n + index[b]];
            result.pair[a * m + b] = potential.pair[index[a] * n + index[b]];
        }
    }
    return result;
}

}  // namespace

EamPotential read_potential(const std::string& path, const std::vector<std::string>& elements) {
    return parse_potential(path, read_text(path), elements);
}

EamPotential parse_potential(const std::string& path, std::string bytes, const std::vector<std::string>& elements) {
    EamFile file(path, std::move(bytes));
    EamPotential potential;
    potential.path = path;
    potential.sha256 = sha256_of(file.bytes());
    const Line first = file.next_line("a comment");
    const Line second = file.next_line("the second line");
    const Line third = file.next_line("the third line");
    const bool grid_third =
        third.words.size() >= 5 && std::all_of(third.words.begin(), third.words.begin() + 5, is_number);
    potential.comment = std::string(first.text);
    if (grid_third && is_element_line(second)) {
        read_funcfl(file, first, second, third, elements, potential);
    } else {
        const Line names = file.next_line("the names of the elements");
        const auto count = names.words.empty() ? std::nullopt : parse_integer(names.words[0]);
        if (!count || *count < 1 || *count > 100)
            file.fail(names.number, "this is no table of an embedded-atom potential",
                      "line 4 should give the number of elements and their names (eam/alloy, eam/fs), or lines 2 and 3 "
                      "an element and a grid (eam)",
                      "give an eam, eam/alloy or eam/fs file");
        // Words after the names are comments, as in LAMMPS; fewer names are an error.
        Line exact = names;
        if (static_cast<long>(names.words.size()) - 1 < *count)
            file.fail(
                names.number, "names of elements missing",
                "the line promises " + std::to_string(*count) + " and has " + std::to_string(names.words.size() - 1));
        exact.words.resize(static_cast<std::size_t>(*count) + 1);
        potential.comment += "\n" + std::string(second.text) + "\n" + std::string(third.text);
        read_setfl(file, path, exact, potential);
    }
    check_functions(potential);
    return elements.empty() ? potential : restricted(std::move(potential), elements);
}

}  // namespace mg::io
