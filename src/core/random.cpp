#include "core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace mg {

void RandomStream::draw(std::uint64_t index, double& a, double& b) const {
    const r123::Philox4x32::ctr_type counter = {{static_cast<std::uint32_t>(index),
                                                 static_cast<std::uint32_t>(index >> 32), part_,
                                                 static_cast<std::uint32_t>(use_)}};
    const r123::Philox4x32::key_type key = {
        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
    const auto bits = r123::Philox4x32{}(counter, key);
    // 52 bits and a half: exactly representable, and never 0 or 1, so that a logarithm is finite.
    const auto unit = [](std::uint32_t low, std::uint32_t high) {
        const std::uint64_t word = (static_cast<std::uint64_t>(high) << 32 | low) >> 12;
        return (static_cast<double>(word) + 0.5) * 0x1p-52;
    };
    a = unit(bits[0], bits[1]);
    b = unit(bits[2], bits[3]);
}

double RandomStream::uniform(std::uint64_t index) const {
    double a, b;
    draw(index, a, b);
    return a;
}

double RandomStream::normal(std::uint64_t index) const {
    double a, b;
    draw(index, a, b);
    return std::sqrt(-2.0 * std::log(a)) * std::cos(2.0 * std::numbers::pi * b);
}

void shuffle(std::vector<int>& values, const RandomStream& stream) {
    for (std::size_t i = values.size(); i > 1; --i) {
        const auto j = static_cast<std::size_t>(stream.uniform(i) * static_cast<double>(i));
        std::swap(values[i - 1], values[j]);
    }
}

}  // namespace mg
