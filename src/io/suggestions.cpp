#include "io/suggestions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mg::io {

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

/// Insertions, deletions, replacements and exchanges of neighbours that turn one into the other (optimal string
/// alignment), without regard to case.
std::size_t edit_distance(std::string_view first, std::string_view second) {
    const std::string a = lower(first), b = lower(second);
    std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const Words& known) {
    if (word.size() > 64) return "";
    std::string best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    if (word.size() <= 3) least = 2;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < least) least = distance, best = candidate;
    }
    if (!best.empty()) return best;
    // A key without its unit.
    for (const std::string& candidate : known)
        if (word.size() >= 3 && lower(candidate).starts_with(lower(word))) return candidate;
    return "";
}

bool same_but_for_case(std::string_view first, std::string_view second) { return lower(first) == lower(second); }

std::string one_of(const Words& words) {
    std::string text;
    for (std::size_t k = 0; k < words.size(); ++k)
        text += (k == 0 ? "" : k + 1 < words.size() ? ", " : " or ") + ("\"" + words[k] + "\"");
    return text;
}

std::string shown(std::string_view text) {
    std::string result;
    for (char c : text.substr(0, 100)) result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text.size() > 100 ? result + "..." : result;
}

}  // namespace mg::io
