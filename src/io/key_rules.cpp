#include "io/key_rules.hpp"

#include <fmt/format.h>

#include <limits>

namespace mg::io {

static constexpr auto largest_int = static_cast<double>(std::numeric_limits<int>::max());

std::string Limits::text() const {
    if (high == largest_int) return fmt::format("of at least {}", low);
    return low_is_open ? fmt::format("above {} and at most {}", low, high) : fmt::format("from {} to {}", low, high);
}

Limits above(double low, double high, const char* why) { return {low, high, true, why}; }
Limits from(double low, double high, const char* why) { return {low, high, false, why}; }
Limits counted(double low, const char* why) { return {low, largest_int, false, why}; }

}  // namespace mg::io
