#pragma once
/// \file Changes of an input: of bytes, and, where it is of words and lines, of these. Bytes alone are refused at the
/// first word; what is taken and should not be is found by other words in its place.

#include <random>
#include <string>
#include <vector>

namespace mg::fuzz {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t n) { return n ? random() % n : 0; }

/// Places of words, and of lines with their ends.
struct Places {
    std::vector<std::pair<std::size_t, std::size_t>> words, lines;  // place, length
};
inline Places places_of(const std::string& text) {
    constexpr const char* between = " \t\r\n=,[]\":";
    Places p;
    for (std::size_t at = text.find_first_not_of(between); at != std::string::npos;) {
        const std::size_t end = std::min(text.find_first_of(between, at), text.size());
        p.words.emplace_back(at, end - at);
        at = text.find_first_not_of(between, end);
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
        p.lines.emplace_back(at, end + 1 - at);
        at = end + 1;
    }
    return p;
}

inline std::string with_other_words(std::string text, Random& random) {
    static const std::vector<std::string> words = {"0",
                                                   "-0",
                                                   "-1",
                                                   "1",
                                                   "2",
                                                   "3",
                                                   "1e308",
                                                   "-1e308",
                                                   "5e-324",
                                                   "1e30",
                                                   "1e-30",
                                                   "nan",
                                                   "inf",
                                                   "1e400",
                                                   "9223372036854775807",
                                                   "-9223372036854775809",
                                                   "4294967296",
                                                   "2147483648",
                                                   "1e8",
                                                   "0x10",
                                                   "1.",
                                                   "1D5",
                                                   ".5",
                                                   "+3",
                                                   "+-3",
                                                   "1e",
                                                   "Cu",
                                                   "Zr",
                                                   "Fe",
                                                   "T",
                                                   "F",
                                                   "\"",
                                                   "[",
                                                   "]",
                                                   "{",
                                                   "}",
                                                   "#",
                                                   "=",
                                                   ":",
                                                   "true",
                                                   "\"auto\"",
                                                   "[]",
                                                   "[[1]]",
                                                   "1e15",
                                                   "0.1",
                                                   "1e-3",
                                                   "20000",
                                                   "100000000"};
    const Places p = places_of(text);
    if (p.words.empty() || p.lines.empty()) return text;
    const auto word = p.words[below(random, p.words.size())], other = p.words[below(random, p.words.size())];
    const auto line = p.lines[below(random, p.lines.size())], to = p.lines[below(random, p.lines.size())];
    switch (below(random, 6)) {
        case 0:
        case 1:
            return text.replace(word.first, word.second, words[below(random, words.size())]);
        case 2:
            return text.replace(word.first, word.second, text.substr(other.first, other.second));
        case 3:
            return text.erase(line.first, line.second);
        case 4:
            return text.insert(to.first, text.substr(line.first, line.second));
        default:
            return text.insert(word.first, words[below(random, words.size())] + " ");
    }
}

inline std::string with_other_bytes(std::string bytes, Random& random) {
    const std::size_t at = below(random, bytes.size() + 1), length = 1 + below(random, 16);
    switch (below(random, 5)) {
        case 0:
            return bytes.erase(std::min(at, bytes.size()), length);
        case 1:
            return bytes.insert(at, bytes.substr(below(random, bytes.size()), length));
        case 2:
            if (at < bytes.size()) bytes.resize(at);
            return bytes;
        default:
            for (std::size_t k = at; k < std::min(at + length, bytes.size()); ++k)
                bytes[k] = static_cast<char>(random() % 4 ? bytes[k] ^ (1 << random() % 8) : random());
            return bytes;
    }
}

inline std::string mutated(std::string bytes, bool is_text, Random& random) {
    for (std::size_t k = 1 + below(random, 3); k > 0; --k)
        bytes = is_text && random() % 4 ? with_other_words(std::move(bytes), random)
                                        : with_other_bytes(std::move(bytes), random);
    return bytes;
}

}  // namespace mg::fuzz
