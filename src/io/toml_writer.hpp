#pragma once
/// \file Tables of keys as TOML (https://toml.io).

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "io/key_rules.hpp"

namespace mg::io {

/// A value as TOML has it. A number keeps its bits: the shortest text that brings them back.
std::string toml_of(double x);
std::string toml_of(bool value);
std::string toml_of(int value);
std::string toml_of(long value);
std::string toml_of(std::uint64_t value);
std::string toml_of(const std::string& text);
std::string toml_of(const Selection& selection);
template <class E>
requires std::is_enum_v<E> std::string toml_of(E value) { return toml_of(word_of(value)); }
template <class T>
std::string toml_of(const std::vector<T>& list) {
    std::string text;
    for (const T& item : list) text += (text.empty() ? "" : ", ") + toml_of(item);
    return "[" + text + "]";
}
template <class T>
std::string toml_of(const std::optional<T>& value) {
    return value ? toml_of(*value) : "\"auto\"";
}

/// Writes the tables and keys that a file shows it (io/toml_reader.hpp), in their order.
class TomlWriter {
public:
    /// `text`: what has been written, and what stands above the first table.
    explicit TomlWriter(const std::string& head) : text(head) {}

    bool shows(bool has_use) const { return has_use; }
    void table(const char* name, const char* comment);
    bool optional_table(const char* name, const char* comment, bool is_there);
    template <class T, class... Rules>
    void key(const char* name, const T& value, const Rules&...) {
        text += name + (" = " + toml_of(value)) + '\n';
    }

    std::string text;
};

}  // namespace mg::io
