#include "io/toml_writer.hpp"

#include <fmt/format.h>

#include <charconv>

namespace mg::io {

std::string toml_of(double x) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, x);
    std::string text(buffer, end.ptr);
    const std::size_t e = text.find("e+");
    if (e != std::string::npos) text.erase(e + 1, text[e + 2] == '0' ? 2 : 1);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string toml_of(bool value) { return value ? "true" : "false"; }
std::string toml_of(int value) { return std::to_string(value); }
std::string toml_of(long value) { return std::to_string(value); }
std::string toml_of(std::uint64_t value) { return std::to_string(value); }

std::string toml_of(const std::string& text) {
    std::string quoted = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') quoted += '\\';
        if (byte < 0x20 || byte == 0x7f)
            quoted += fmt::format("\\u{:04X}", byte);
        else
            quoted += c;
    }
    return quoted + '"';
}

std::string toml_of(const Selection& selection) {
    if (selection.kind == Selection::Kind::word) return toml_of(selection.word);
    if (selection.kind == Selection::Kind::number) return toml_of(selection.number);
    return toml_of(selection.list);
}

void TomlWriter::table(const char* name, const char* comment) { text += fmt::format("\n# {}\n[{}]\n", comment, name); }

bool TomlWriter::optional_table(const char* name, const char* comment, bool is_there) {
    if (is_there) table(name, comment);
    return is_there;
}

}  // namespace mg::io
