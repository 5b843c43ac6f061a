#pragma once
/// \file What the value of a key of an input file must be: the limits of a number, the words of a text, a file's name.

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "io/suggestions.hpp"
#include "io/text.hpp"

namespace mg::io {

/// Limits of a number, or of each number in a list.
struct Limits {
    double low, high;
    bool low_is_open;
    const char* why;

    bool contain(double x) const { return (low_is_open ? x > low : x >= low) && x <= high; }
    /// "from 1 to 3", "above 1 and at most 3" or "of at least 1".
    std::string text() const;
};
Limits above(double low, double high, const char* why);
Limits from(double low, double high, const char* why);
/// From `low` to the largest int.
Limits counted(double low, const char* why);

/// The text names a file: what follows from the input follows from the file's content, not from its name.
struct FileName {};

/// A key that takes a word, a number or a list.
struct Selection {
    enum class Kind { word, number, list };
    Kind kind = Kind::word;
    std::string word;
    double number = 0;       ///< a fraction in (0, 1]
    std::vector<long> list;  ///< in which nothing occurs twice

    bool operator==(const Selection&) const = default;
};
struct SelectionRule {
    Words words;         ///< that the key takes
    const char* others;  ///< what else it takes, for messages
    int lowest;          ///< number that a list may hold
    bool takes_number;
};

/// The words that stand for the values of an enumeration, in the order in which messages name them. An enumeration
/// that is the type of a key has in its own namespace a function `words_of(E)` that returns its table, from which the
/// key is read, written and hashed.
template <class E>
using WordTable = std::vector<std::pair<E, std::string>>;

/// All words of an enumeration.
template <class E>
Words all_words() {
    Words words;
    for (const auto& entry : words_of(E{})) words.push_back(entry.second);
    return words;
}

/// The word of a value. Throws Error where the table has none.
template <class E>
requires std::is_enum_v<E> std::string word_of(E value) {
    for (const auto& [known, word] : words_of(value))
        if (known == value) return word;
    throw Error("the value " + std::to_string(static_cast<int>(value)) + " has no word",
                "the words are " + comma_separated(all_words<E>()), "choose one of their values");
}

/// The value of a word. Throws InputError for another.
template <class E>
E value_of(const std::string& word) {
    for (const auto& [value, known] : words_of(E{}))
        if (known == word) return value;
    throw InputError("\"" + word + "\" is unknown", "it may be " + one_of(all_words<E>()), "choose one of these");
}

}  // namespace mg::io
