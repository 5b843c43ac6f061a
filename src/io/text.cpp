#include "io/text.hpp"

#include <sys/stat.h>
#include <algorithm>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace mg::io {

std::string read_bytes(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0)
        throw InputError("cannot read '" + path + "'", std::strerror(errno), "check the path");
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
        throw InputError("cannot read '" + path + "'", "it is not a file", "check the path");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError("cannot read '" + path + "'", std::strerror(errno), "check its permissions");
    std::string bytes;
    if (S_ISREG(status.st_mode)) bytes.reserve(static_cast<std::size_t>(status.st_size) + 1);
    char chunk[1 << 16];
    while (stream.read(chunk, sizeof chunk) || stream.gcount() > 0)
        bytes.append(chunk, static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) throw InputError("cannot read '" + path + "'", std::strerror(errno), "check the disk");
    return bytes;
}

std::optional<double> parse_double(std::string_view token) {
    if (!token.empty() && token.front() == '+') {
        token.remove_prefix(1);
        if (!token.empty() && token.front() == '-') return std::nullopt;
    }
    if (token.empty() || token.size() > 400) return std::nullopt;
    double value = 0;
    const char* end = token.data() + token.size();
    auto result = std::from_chars(token.data(), end, value);
    if (result.ec == std::errc() && result.ptr == end) return value;
    // The slow way: a Fortran exponent, or a number beyond the range of a double (0 or infinity then).
    char buffer[408];
    for (std::size_t k = 0; k < token.size(); ++k) {
        const char c = token[k];
        buffer[k] = c == 'D' || c == 'd' ? 'e' : c;
    }
    end = buffer + token.size();
    result = std::from_chars(buffer, end, value);
    if (result.ptr != end || result.ptr == buffer) return std::nullopt;
    if (result.ec == std::errc()) return value;
    if (result.ec != std::errc::result_out_of_range) return std::nullopt;
    buffer[token.size()] = '\0';
    return std::strtod(buffer, nullptr);
}

std::optional<long> parse_integer(std::string_view token) {
    if (!token.empty() && token.front() == '+') {
        token.remove_prefix(1);
        if (!token.empty() && token.front() == '-') return std::nullopt;
    }
    long value = 0;
    const char* end = token.data() + token.size();
    const auto result = std::from_chars(token.data(), end, value);
    if (token.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
    return value;
}

std::vector<std::string_view> split_words(std::string_view line) {
    std::vector<std::string_view> words;
    std::size_t k = 0;
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; };
    while (true) {
        while (k < line.size() && blank(line[k])) ++k;
        if (k == line.size()) return words;
        const std::size_t first = k;
        while (k < line.size() && !blank(line[k])) ++k;
        words.push_back(line.substr(first, k - first));
    }
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> distinct(const std::vector<std::string>& words) {
    std::vector<std::string> result;
    for (const std::string& word : words)
        if (!contains(result, word)) result.push_back(word);
    return result;
}

std::string comma_separated(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

void raise_at(const std::string& path, long line, const std::string& problem, const std::string& why,
              const std::string& remedy) {
    throw InputError(path + ":" + std::to_string(line) + ": " + problem, why, remedy);
}

bool LineReader::next(std::string_view& line) {
    if (position_ >= text_.size()) return false;
    std::size_t end = text_.find('\n', position_);
    if (end == std::string_view::npos) end = text_.size();
    line = text_.substr(position_, end - position_);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    position_ = end + 1 < text_.size() ? end + 1 : text_.size();
    ++number_;
    return true;
}

}  // namespace mg::io
