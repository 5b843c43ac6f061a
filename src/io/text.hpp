#pragma once
/// \file What the readers of text files share: whole files in memory, numbers, words, located errors.

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace mg::io {

/// The bytes of a file. Throws InputError where it is missing or cannot be read.
std::string read_bytes(const std::string& path);

/// A decimal number that fills the whole of `token`; Fortran's `D` exponents and a leading `+` are taken.
/// `nan` and `inf` count as numbers here; callers refuse them. Empty where it is no number.
std::optional<double> parse_double(std::string_view token);

/// An integer that fills the whole of `token`; empty where it is none or does not fit.
std::optional<long> parse_integer(std::string_view token);

/// The words between blanks.
std::vector<std::string_view> split_words(std::string_view line);

/// Whether a word is among others.
bool contains(const std::vector<std::string>& words, const std::string& word);

/// The words without repetitions, in the order of their first appearance.
std::vector<std::string> distinct(const std::vector<std::string>& words);

/// "Cu, Zr": words as messages list them.
std::string comma_separated(const std::vector<std::string>& words);

/// Throws InputError with the text "path:line: problem (why); remedy".
[[noreturn]] void raise_at(const std::string& path, long line, const std::string& problem, const std::string& why,
                           const std::string& remedy);

/// Walks through the lines of a text that outlives it; `\r\n` ends a line as `\n` does.
class LineReader {
public:
    explicit LineReader(std::string_view text) : text_(text) {}

    /// The next line without its end; false at the end of the text.
    bool next(std::string_view& line);
    /// The number of the line that next() gave last, from 1.
    long number() const { return number_; }
    /// Bytes that are still to come: an upper bound of what a header may promise.
    std::size_t remaining() const { return text_.size() - position_; }

private:
    std::string_view text_;
    std::size_t position_ = 0;
    long number_ = 0;
};

}  // namespace mg::io
