#include "io/structures/source.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/compressed.hpp"

namespace mg::io {
namespace {

std::string_view without_utf8_mark(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // some editors mark UTF-8 so
    return text;
}

}  // namespace

std::string quoted(std::string_view word) {
    std::string text = "'";
    for (char c : word.substr(0, 60)) text += c >= 32 && c < 127 ? c : '?';
    return text + "'";
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool has_word(std::string_view text, std::string_view word) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(),
                       [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

StructureSource::StructureSource(const std::string& path)
    : path_(path), bytes_(read_text(path)), lines_(without_utf8_mark(bytes_)) {
    if (bytes_.starts_with("mgstiff-gpu sealed HDF5") || bytes_.starts_with("\x89HDF"))
        throw InputError("'" + path + "' is no structure", "it is an HDF5 file",
                         "of a result of this program give the glass.xyz that stands beside it");
    if (bytes_.find('\0') != std::string::npos)
        throw InputError("'" + path + "' is no structure", "it is a binary file",
                         "give a LAMMPS data file, a LAMMPS text dump or an extended XYZ file");
    LineReader ahead = lines_;
    if (!ahead.next(first_)) fail(1, "no atoms", "the file is empty", "get the complete file");
    ahead.next(second_);
}

std::string_view StructureSource::line(const std::string& what) {
    std::string_view text;
    if (!lines_.next(text)) fail("the file ends early", what + " should come next", "get the complete file");
    return text;
}

double StructureSource::number(std::string_view word, const char* what) const {
    const auto value = parse_double(word);
    if (!value) fail(quoted(word) + " is no number", std::string("it stands for ") + what);
    if (!std::isfinite(*value)) fail(quoted(word) + " is not finite", std::string("it stands for ") + what);
    return *value;
}

long StructureSource::integer(std::string_view word, const char* what) const {
    const auto value = parse_integer(word);
    if (!value) fail(quoted(word) + " is no integer", std::string("it stands for ") + what);
    return *value;
}

long StructureSource::atoms(std::string_view word) const {
    const long n = integer(word, "the number of atoms");
    if (n < 1) fail("no atoms", "their number is " + std::to_string(n), "give a structure with atoms");
    // No line of an atom is shorter than two bytes, so a header cannot make the reader ask for absurd memory.
    if (n > std::numeric_limits<int>::max() || static_cast<std::size_t>(n) > lines_.remaining())
        fail("too few lines for " + std::to_string(n) + " atoms", "the file ends before", "get the complete file");
    return n;
}

void StructureSource::fail(long line, const std::string& problem, const std::string& why,
                           const std::string& remedy) const {
    raise_at(path_, line, problem, why, remedy);
}

void StructureSource::fail(const std::string& problem, const std::string& why, const std::string& remedy) const {
    fail(lines_.number(), problem, why, remedy);
}

}  // namespace mg::io
