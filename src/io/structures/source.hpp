#pragma once
/// \file One structure file: its text, its lines, and errors that say where in it the fault is.

#include <string>
#include <string_view>
#include <vector>

#include "io/text.hpp"

namespace mg::io {

/// A word of a file as messages show it: in quotation marks, shortened, and with ? for what cannot be printed.
std::string quoted(std::string_view word);

/// The text without blanks at its ends.
std::string_view trimmed(std::string_view text);

/// Whether a text has a word, in whatever case it is written.
bool has_word(std::string_view text, std::string_view word);

/// A structure file in memory, unpacked, and the place in it that a reader has come to. Views of its lines and words
/// last as long as it does.
class StructureSource {
public:
    /// Throws InputError for what read_text() throws for, and for a file that is binary or empty.
    explicit StructureSource(const std::string& path);
    StructureSource(const StructureSource&) = delete;
    StructureSource& operator=(const StructureSource&) = delete;

    const std::string& path() const { return path_; }
    /// The first line and, where there is one, the second: they tell the format. The place is not moved.
    std::string_view first_line() const { return first_; }
    std::string_view second_line() const { return second_; }
    /// Whether the text stands anywhere in it.
    bool holds(std::string_view text) const { return bytes_.find(text) != std::string::npos; }

    /// Brings its source back to where it was made.
    class Place {
    public:
        explicit Place(StructureSource& source) : source_(source), lines_(source.lines_) {}
        ~Place() { source_.lines_ = lines_; }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        StructureSource& source_;
        LineReader lines_;
    };

    /// The next line without its end; false at the end of the file.
    bool next(std::string_view& line) { return lines_.next(line); }
    /// The next line, or an error that says what is missing.
    std::string_view line(const std::string& what);
    /// The number of the line that came last, from 1.
    long number_of_line() const { return lines_.number(); }

    /// Words of the current line as numbers; `what` they stand for is told where they are none, or not finite.
    double number(std::string_view word, const char* what) const;
    long integer(std::string_view word, const char* what) const;
    /// A count of atoms that the rest of the file could hold.
    long atoms(std::string_view word) const;

    /// Throws InputError "path:line: problem (why); remedy", of the current line where none is given.
    [[noreturn]] void fail(long line, const std::string& problem, const std::string& why,
                           const std::string& remedy = repair) const;
    [[noreturn]] void fail(const std::string& problem, const std::string& why,
                           const std::string& remedy = repair) const;

private:
    static constexpr const char* repair = "repair the file, or write it anew";

    std::string path_, bytes_;
    LineReader lines_;
    std::string_view first_, second_;
};

}  // namespace mg::io
