#include "io/eam_file.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace mg::io {
namespace {

std::string counted(std::int64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

bool all_numbers(const EamLine& line) { return std::all_of(line.words.begin(), line.words.end(), is_number); }

/// `Z mass a lattice` with a word in the last place: it stands in no table.
bool names_a_lattice(const EamLine& line) {
    const auto& w = line.words;
    return w.size() >= 4 && is_number(w[0]) && is_number(w[1]) && is_number(w[2]) && !is_number(w[3]) &&
           ((w[3][0] >= 'a' && w[3][0] <= 'z') || (w[3][0] >= 'A' && w[3][0] <= 'Z'));
}

/// A whole number and the mass of an atom [u]. A line of a table may look so; the numbers around it then do not agree.
bool may_be_element(const EamLine& line) {
    if (line.words.size() < 2) return false;
    const auto z = parse_double(line.words[0]), mass = parse_double(line.words[1]);
    return z && mass && *z == std::floor(*z) && std::abs(*z) < 1000 && std::isfinite(*mass) &&
           (names_a_lattice(line) || (*mass >= 0.5 && *mass <= 400));
}

}  // namespace

bool is_number(std::string_view word) { return parse_double(word).has_value(); }

EamFile::EamFile(const std::string& path, std::string_view bytes) : path_(path), reader_(bytes) {
    if (bytes.find('\0') != std::string_view::npos)
        throw InputError("'" + path + "' is not a potential", "it is a binary file",
                         "give an eam, eam/alloy or eam/fs table");
    if (bytes.find_first_not_of(" \t\r\n") == std::string_view::npos)
        throw InputError("'" + path + "' is not a potential", "it is empty", "get the complete file");
}

EamLine EamFile::comment(const char* what) {
    EamLine line;
    if (!reader_.next(line.text))
        fail(reader_.number(), "the file ends early", std::string(what) + " should come next", "get the complete file");
    line.number = place_ = reader_.number();
    line.words = split_words(line.text);
    return line;
}

bool EamFile::next(EamLine& line) {
    while (reader_.next(line.text)) {
        line.words = split_words(line.text.substr(0, line.text.find('#')));
        line.number = reader_.number();
        if (line.words.empty()) continue;
        place_ = line.number;
        return true;
    }
    return false;
}

EamLine EamFile::line(const char* what) {
    EamLine line;
    if (!next(line))
        fail(reader_.number(), "the file ends early", std::string(what) + " should come next", "get the complete file");
    return line;
}

void EamFile::fail(long line, const std::string& problem, const std::string& why, const std::string& remedy) const {
    raise_at(path_, line, problem, why, remedy);
}

double EamFile::number(const EamLine& line, std::size_t k, const char* what) const {
    if (k >= line.words.size())
        fail(line.number, std::string("no ") + what, "the line has " + std::to_string(line.words.size()) + " words");
    return number(line.number, line.words[k], what);
}

double EamFile::number(long line, std::string_view word, const char* what, bool finite) const {
    const auto value = parse_double(word);
    if (!value)
        fail(line, "'" + std::string(word.substr(0, 40)) + "' is no number", std::string(what) + " should stand here");
    if (finite && !std::isfinite(*value))
        fail(line, "'" + std::string(word.substr(0, 40)) + "' is not finite", std::string(what) + " should stand here");
    return *value;
}

long EamFile::count(const EamLine& line, std::size_t k, const char* what) const {
    // Some programs write the counts as 1.0E3.
    const double value = number(line, k, what);
    if (value != std::floor(value) || std::abs(value) > 1e8)
        fail(line.number, std::string(what) + " is no count of knots", "it is " + std::string(line.words[k]));
    if (value < 5)
        fail(line.number, std::string(what) + " is too small",
             "it is " + std::string(line.words[k]) + " and a spline needs 5 knots");
    return static_cast<long>(value);
}

EamGrid EamFile::grid(const EamLine& line) const {
    if (line.words.size() < 5)
        fail(line.number, "no grid", "nrho, drho, nr, dr and the cutoff should stand here, five numbers");
    EamGrid grid;
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
    if (line.words.size() > 5 && is_number(line.words[5]))
        fail(line.number, "eam/he tables are not read", "the grid has a sixth number, the range of negative densities",
             "give an eam, eam/alloy or eam/fs file");
    return grid;
}

EamElement EamFile::element(const EamLine& line) const {
    EamElement element;
    element.line = line.number;
    element.z = number(line, 0, "an atomic number");
    element.mass = number(line, 1, "a mass");
    if (line.words.size() > 2 && is_number(line.words[2])) element.lattice_constant = number(line, 2, "a constant");
    if (line.words.size() > 3 && !is_number(line.words[3])) element.lattice = std::string(line.words[3]);
    if (!(element.mass > 0)) fail(line.number, "the mass is not positive", "it is " + std::string(line.words[1]));
    if (element.mass < 0.5 || element.mass > 400)
        fail(line.number, "the mass is that of no atom", "it is " + std::string(line.words[1]) + " u");
    return element;
}

void EamFile::begin_section(const std::string& name, std::int64_t numbers) {
    section_ = name;
    wanted_ = numbers;
    found_ = dropped_here_ = 0;
}

EamElement EamFile::element_line() {
    EamLine line;
    if (!next(line)) fail_with_missing(wanted_);
    if (may_be_element(line)) return element(line);
    const std::int64_t more = count_numbers(line);
    fail(line.number, more > 0 ? counted(more, "number") + " too many" : "no element line",
         "atomic number and mass of " + section_ + " should stand here");
}

std::int64_t EamFile::count_numbers(EamLine line) const {
    EamFile ahead = *this;
    std::int64_t count = 0;
    do {
        if (!all_numbers(line)) break;
        count += static_cast<std::int64_t>(line.words.size());
    } while (ahead.next(line));
    return count;
}

void EamFile::fail_with_missing(std::int64_t at_least) const {
    // What was dropped may be the beginning of the next table: the section as a whole tells how many are missing.
    const std::int64_t missing = found_ < wanted_ ? wanted_ - found_ : at_least;
    fail(place_, counted(missing, "number") + " missing",
         "the section of " + section_ + " has " + std::to_string(found_) + " numbers and needs " +
             std::to_string(wanted_) +
             (dropped_here_ > 0 ? ", and " + std::to_string(dropped_here_) +
                                      " stand behind tables on their last lines; each table begins on a line of its own"
                                : ""),
         "get the complete file");
}

std::vector<double> EamFile::numbers(long n, bool radial) {
    constexpr const char* what = "a value of a table";
    const auto wanted = static_cast<std::size_t>(n);
    std::vector<double> values;
    values.reserve(std::min(wanted, reader_.remaining() / 2 + 1));
    std::size_t width = 0, other_width = 0, left = 0;
    long other_line = 0;
    while (values.size() < wanted) {
        const long before = place_;
        EamLine line;
        if (!next(line) || names_a_lattice(line)) {
            place_ = before;
            fail_with_missing(n - static_cast<long>(values.size()));
        }
        const std::size_t taken = std::min(line.words.size(), wanted - values.size());
        left = line.words.size() - taken;
        found_ += static_cast<std::int64_t>(line.words.size());
        for (std::size_t k = 0; k < taken; ++k)
            values.push_back(number(line.number, line.words[k], what, !radial || !values.empty()));
        if (width == 0) width = line.words.size();
        if (line.words.size() != width && values.size() < wanted && other_line == 0) {
            other_line = line.number;
            other_width = line.words.size();
        }
    }
    if (left > 0) {
        // A number more at a table's end is read by everyone; one more or less before is a shift of all that follow.
        if (other_line > 0)
            fail(other_line,
                 other_width < width ? counted(static_cast<std::int64_t>(width - other_width), "number") + " missing"
                                     : counted(static_cast<std::int64_t>(other_width - width), "number") + " too many",
                 "this line of a table has " + std::to_string(other_width) + ", those before it " +
                     std::to_string(width) + ", and the table ends within a line");
        dropped_here_ += static_cast<std::int64_t>(left);
        if (tables_with_rest_++ == 0) first_rest_ = place_;
    }
    if (!std::isfinite(values[0])) values[0] = 3 * (values[1] - values[2]) + values[3];
    return values;
}

void EamFile::end(std::int64_t knots, std::int64_t pairs) {
    EamLine line;
    if (!next(line)) return;
    if (names_a_lattice(line))
        fail(line.number, "a section too many", "the file names fewer elements than it has sections");
    const auto degree = parse_integer(line.words[0]);
    const auto coefficients = static_cast<long>(line.words.size()) - 1;
    const std::int64_t more = count_numbers(line);
    if (more == 0) return;  // text
    if (more == 2 * pairs * knots)
        fail(line.number, "adp tables are not read", "dipole and quadrupole functions follow the pair functions",
             "give an eam, eam/alloy or eam/fs file");
    if (degree && *degree > 0 && *degree == coefficients - 1 && more == coefficients + 1)
        fail(line.number, "eam/cd tables are not read",
             "a polynomial of the concentration follows the pair functions: the potential depends on it",
             "give an eam, eam/alloy or eam/fs file");
    fail(line.number, counted(more, "number") + " too many",
         "the section of " + section_ + " has " + std::to_string(found_ + more) + " numbers and needs " +
             std::to_string(wanted_));
}

std::string EamFile::dropped() const {
    if (tables_with_rest_ == 0) return "";
    return path_ + ":" + std::to_string(first_rest_) + ": " + counted(tables_with_rest_, "table") +
           (tables_with_rest_ == 1 ? " has" : " have") +
           " numbers left on the last line (they are dropped, as LAMMPS drops them); nothing is to be done if the "
           "table comes so from its authors";
}

}  // namespace mg::io
