#include "io/eam_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "core/error.hpp"
#include "io/compressed.hpp"
#include "io/eam_checks.hpp"
#include "io/eam_file.hpp"
#include "io/elements.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"

namespace mg::io {
namespace {

void take_grid(const EamGrid& grid, EamPotential& potential) {
    potential.nrho = static_cast<int>(grid.nrho);
    potential.nr = static_cast<int>(grid.nr);
    potential.drho = grid.drho;
    potential.dr = grid.dr;
    potential.cutoff = grid.cutoff;
}

void take_element(const EamElement& element, EamPotential& potential) {
    potential.masses.push_back(element.mass);
    potential.lattice_constants.push_back(element.lattice_constant);
    potential.lattices.push_back(element.lattice);
}

/// Sections in another order than the names would give every element its neighbour's functions.
void check_order_of_sections(const EamFile& file, const std::vector<EamElement>& sections,
                             const std::vector<std::string>& elements) {
    for (std::size_t a = 0; a < elements.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            const ChemicalElement* first = find_element(elements[b]);
            const ChemicalElement* second = find_element(elements[a]);
            if (first && second && sections[a].z == atomic_number(*first) && sections[b].z == atomic_number(*second))
                file.fail(sections[b].line, "the sections of " + elements[b] + " and " + elements[a] + " are exchanged",
                          "their atomic numbers are each other's", "put names and sections into one order");
        }
}

/// What follows the grid: of each element its line, its embedding function and its density, in eam/fs one for each
/// element at the centre; then the pair functions. `potential` has its elements and grid already.
void read_sections(EamFile& file, bool fs, EamPotential& potential) {
    const std::size_t n = potential.elements.size();
    const std::int64_t nrho = potential.nrho, nr = potential.nr, densities = fs ? static_cast<std::int64_t>(n) : 1,
                       pairs = static_cast<std::int64_t>(n * (n + 1) / 2);
    potential.format = fs ? "eam/fs" : "eam/alloy";
    potential.density.resize(n * n);
    potential.pair.resize(n * n);
    std::vector<EamElement> sections;
    for (std::size_t e = 0; e < n; ++e) {
        file.begin_section(potential.elements[e], nrho + densities * nr + (e + 1 == n ? pairs * nr : 0));
        sections.push_back(file.element_line());
        take_element(sections.back(), potential);
        potential.embedding.push_back(file.table(nrho));
        for (std::size_t center = 0; center < n; ++center)
            potential.density[e * n + center] = fs || center == 0 ? file.radial_table(nr) : potential.density[e * n];
    }
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b <= a; ++b)
            potential.pair[b * n + a] = potential.pair[a * n + b] = file.radial_table(nr);
    file.end(nr, pairs);
    check_order_of_sections(file, sections, potential.elements);
}

/// Whether the file is eam/fs or eam/alloy, its name alone tells where there is one element, and the number of tables
/// where there are more.
void read_setfl(EamFile& file, bool named_fs, EamPotential& potential) {
    const EamPotential header = potential;
    EamFile again = file;
    std::optional<InputError> problem;
    try {
        read_sections(file, named_fs, potential);
        return;
    } catch (const InputError& e) {
        if (header.elements.size() == 1) throw;
        problem = e;
    }
    potential = header;
    try {
        read_sections(again, !named_fs, potential);
        file = again;
    } catch (const InputError&) {
        // The kind that the file is was read further.
        if (again.place() > file.place()) throw;
        throw InputError(*problem);
    }
}

/// The names of the elements, each of them once. Throws for what is no setfl file.
std::vector<std::string> element_names(const EamFile& file, const EamLine& line) {
    const auto count = parse_integer(line.words[0]);
    if (!count || *count < 1 || *count > 100)
        file.fail(line.number, "this is no table of an embedded-atom potential",
                  "line 4 should give the number of elements and their names (eam/alloy, eam/fs), or lines 2 and 3 "
                  "an element and a grid (eam)",
                  "give an eam, eam/alloy or eam/fs file");
    // Words after the names are comments; fewer names are an error.
    if (static_cast<long>(line.words.size()) - 1 < *count)
        file.fail(line.number, "names of elements missing",
                  "the line promises " + std::to_string(*count) + " and has " + std::to_string(line.words.size() - 1));
    std::vector<std::string> names;
    for (std::size_t e = 1; e <= static_cast<std::size_t>(*count); ++e) {
        if (contains(names, std::string(line.words[e])))
            file.fail(line.number, "element " + std::string(line.words[e]) + " is named twice", "names must differ");
        names.emplace_back(line.words[e]);
    }
    return names;
}

/// A MEAM potential has files without tables, named so or with a word of theirs near the beginning.
bool is_meam(const std::string& path, std::string_view bytes) {
    const auto has = [&](std::string_view word) { return bytes.substr(0, 4000).find(word) != std::string_view::npos; };
    return path.substr(path.rfind('/') + 1).find("meam") != std::string::npos || has("meam/") || has("'fcc'") ||
           has("'bcc'") || has("alat(") || has("esub(");
}

/// The element of a funcfl file, which has no field for it: the one asked for where its comment or atomic number
/// agrees, else the first word of the comment where that is an element, else the atomic number's.
std::string funcfl_element(const EamFile& file, const EamLine& comment, const EamElement& element,
                           const std::vector<std::string>& asked) {
    const auto table = chemical_elements();
    const double z = element.z;
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
    file.fail(element.line, "the file names no element", "neither its comment nor its atomic number is one",
              "put the symbol first in line 1");
}

/// Whether an element's line and a grid come next: comments of setfl files look otherwise.
bool is_funcfl(EamFile file) {
    const EamLine element = file.line("the second line"), grid = file.line("the third line");
    return element.words.size() >= 2 && is_number(element.words[0]) && is_number(element.words[1]) &&
           grid.words.size() >= 5 && std::all_of(grid.words.begin(), grid.words.begin() + 5, is_number);
}

void read_funcfl(EamFile& file, const EamLine& comment, const std::vector<std::string>& asked,
                 EamPotential& potential) {
    potential.format = "eam";
    const EamElement element = file.element(file.line("an element"));
    take_grid(file.grid(file.line("the grid")), potential);
    take_element(element, potential);
    potential.elements.push_back(funcfl_element(file, comment, element, asked));
    file.begin_section(potential.elements[0], potential.nrho + 2 * static_cast<std::int64_t>(potential.nr));
    potential.embedding.push_back(file.table(potential.nrho));
    std::vector<double> pair = file.radial_table(potential.nr);
    for (double& value : pair) value = 27.2 * 0.529 * value * value;
    potential.pair.push_back(std::move(pair));
    potential.density.push_back(file.radial_table(potential.nr));
    file.end(potential.nr, 1);
}

bool speaks_of_two_bands(std::string comment) {
    for (char& c : comment) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? ' ' : c;
    return comment.find("two band") != std::string::npos || comment.find("2 band") != std::string::npos ||
           comment.find("2bm") != std::string::npos;
}

EamPotential restricted(EamPotential potential, const std::vector<std::string>& elements) {
    std::vector<int> index;
    for (const std::string& name : elements) {
        const auto found = std::find(potential.elements.begin(), potential.elements.end(), name);
        if (found == potential.elements.end())
            throw InputError("element '" + name + "' is not in '" + potential.path + "'",
                             "the file has " + comma_separated(potential.elements),
                             "name elements of the file, or give another potential");
        index.push_back(static_cast<int>(found - potential.elements.begin()));
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

/// The whole file. `asked` may name the element of a funcfl file.
EamPotential parse_tables(const std::string& path, const std::string& bytes, const std::vector<std::string>& asked) {
    EamFile file(path, bytes);
    EamPotential potential;
    potential.path = path;
    potential.sha256 = sha256_of(bytes);
    const EamLine first = file.comment("a comment");
    potential.comment = std::string(first.text);
    if (is_funcfl(file)) {
        read_funcfl(file, first, asked, potential);
    } else {
        for (const char* what : {"the second line", "the third line"})
            potential.comment.append("\n").append(file.comment(what).text);
        potential.elements = element_names(file, file.line("the names of the elements"));
        take_grid(file.grid(file.line("the grid")), potential);
        read_setfl(file, unpacked_name(path).ends_with(".fs"), potential);
    }
    if (speaks_of_two_bands(potential.comment))
        potential.warnings.push_back(path +
                                     ": the comment speaks of two bands (such a potential has a second table, whose "
                                     "energy is not in this one); check that the table is the whole potential");
    if (const std::string dropped = file.dropped(); !dropped.empty()) potential.warnings.push_back(dropped);
    check_functions(potential);
    return potential;
}

}  // namespace

EamPotential read_potential(const std::string& path, const std::vector<std::string>& elements) {
    return parse_potential(path, read_text(path), elements);
}

EamPotential parse_potential(const std::string& path, std::string bytes, const std::vector<std::string>& elements) {
    try {
        EamPotential potential = parse_tables(path, bytes, elements);
        return elements.empty() ? potential : restricted(std::move(potential), distinct(elements));
    } catch (const InputError&) {
        if (!is_meam(path, bytes)) throw;
        throw InputError("'" + path + "' is of a MEAM potential", "its energy depends on angles, an EAM's does not",
                         "give an eam, eam/alloy or eam/fs file");
    }
}

}  // namespace mg::io
