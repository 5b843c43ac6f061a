#pragma once
/// \file Words in messages to people: what they may be, and which one was meant.

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace mg::io {

using Words = std::vector<std::string>;

/// The known word that `word` was most likely meant to be: mistyped, in another case, or without its end. "" where
/// there is none.
std::string nearest_word(std::string_view word, const Words& known);

/// Whether two words differ in the case of ASCII letters at most.
bool same_but_for_case(std::string_view first, std::string_view second);

/// `"a", "b" or "c"`.
std::string one_of(const Words& words);

using mg::shown;  // for numbers; the one below is for text

/// Text from a user, fit for one line of a message.
std::string shown(std::string_view text);

}  // namespace mg::io
