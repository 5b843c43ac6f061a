#pragma once
/// \file What is fuzzed: one function for each kind of input, which reads any bytes.

#include <string>
#include <string_view>
#include <vector>

namespace mg::fuzz {

/// run(bytes) comes back where the bytes are taken or refused by InputError; it throws std::logic_error where what was
/// taken breaks a promise of the reader. Anything else is a fault too.
struct Target {
    const char* name;
    bool is_text;  ///< of words and lines
    void (*run)(std::string_view bytes);
    std::vector<std::string> (*seeds)();  ///< good inputs, beside those of tests/data/fuzz
};
const std::vector<Target>& targets();

}  // namespace mg::fuzz
