#pragma once
/// \file The text of an EAM table, taken apart as LAMMPS does it: lines with content, and tables of so many numbers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/text.hpp"

namespace mg::io {

/// nrho, drho, nr, dr [A] and the cutoff [A].
struct EamGrid {
    long nrho = 0, nr = 0;
    double drho = 0, dr = 0, cutoff = 0;
};

struct EamLine {
    long number = 0;  ///< from 1
    std::string_view text;
    std::vector<std::string_view> words;  ///< without what stands behind a #
};

/// `Z mass a lattice`, the last two of which may be missing or of another kind.
struct EamElement {
    long line = 0;
    double z = 0, mass = 0;       ///< [1], [u]
    double lattice_constant = 0;  ///< [A] 0 where there is none
    std::string lattice;          ///< empty where there is none
};

bool is_number(std::string_view word);

/// Walks through a text that outlives it. A copy goes on from the same place. Errors are InputErrors, with `path:line`.
class EamFile {
public:
    /// Throws for a text that is empty or binary.
    EamFile(const std::string& path, std::string_view bytes);

    /// The next line as it is. `what` should come next, where the file ends.
    EamLine comment(const char* what);
    /// The next line with words; blank lines and # comments are passed over.
    EamLine line(const char* what);
    /// The number of the last line with words that was read.
    long place() const { return place_; }

    EamGrid grid(const EamLine& line) const;
    /// Of a line that is known to be one.
    EamElement element(const EamLine& line) const;

    /// What comes next are the tables of `name`, `numbers` in all.
    void begin_section(const std::string& name, std::int64_t numbers);
    /// The next line, which should be an element's; of a section that has begun.
    EamElement element_line();
    /// The next n numbers, from the beginning of a line on. What is left on its last line is dropped, as LAMMPS drops
    /// it. Where lines of other lengths in it say that its numbers are too many or too few, it is refused.
    std::vector<double> table(long n) { return numbers(n, false); }
    /// A table over r, whose first number, at r = 0, may be infinite or nan: it then continues the next three.
    std::vector<double> radial_table(long n) { return numbers(n, true); }
    /// Nothing but text may follow. `knots` [nr] and `pairs` of species tell the tables of other kinds of potentials.
    void end(std::int64_t knots, std::int64_t pairs);

    /// What was dropped at the ends of tables, in a sentence; empty where nothing was.
    std::string dropped() const;

    [[noreturn]] void fail(long line, const std::string& problem, const std::string& why,
                           const std::string& remedy = "get the potential anew from its source") const;

private:
    double number(const EamLine& line, std::size_t k, const char* what) const;
    double number(long line, std::string_view word, const char* what, bool finite = true) const;
    long count(const EamLine& line, std::size_t k, const char* what) const;
    bool next(EamLine& line);
    /// How many numbers there are in `line`, which was read last, and those after it that have nothing else.
    std::int64_t count_numbers(EamLine line) const;
    std::vector<double> numbers(long n, bool radial);
    [[noreturn]] void fail_with_missing(std::int64_t at_least) const;

    std::string path_;
    LineReader reader_;
    long place_ = 0;
    std::string section_;                                   ///< whose tables are being read
    std::int64_t wanted_ = 0, found_ = 0;                   ///< numbers of this section
    std::int64_t dropped_here_ = 0, tables_with_rest_ = 0;  ///< of this section, of all
    long first_rest_ = 0;                                   ///< the line of the first
};

}  // namespace mg::io
