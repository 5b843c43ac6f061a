#pragma once
/// \file Counter-based random numbers (Philox4x32-10, Salmon et al., SC 2011, doi:10.1145/2063384.2063405):
/// a number is a function of its key and its place, never of what was drawn before.

#include <cstdint>
#include <vector>

namespace mg {

/// What a stream is for; streams of different use never share numbers.
enum class RandomUse : std::uint32_t {
    weights = 1,
    order = 2,
    validation = 3,
    folds = 4,
    species = 5,
    velocity = 6,
    kick = 7,
    centers = 8,
    probe = 16
};

/// One stream: keyed by (seed, use, part), e.g. (seed, weights, layer).
class RandomStream {
public:
    RandomStream(std::uint64_t seed, RandomUse use, std::uint32_t part) : seed_(seed), use_(use), part_(part) {}
    /// The index-th number, uniform in (0, 1).
    double uniform(std::uint64_t index) const;
    /// The index-th number, standard normal (Box-Muller).
    double normal(std::uint64_t index) const;

private:
    void draw(std::uint64_t index, double& a, double& b) const;

    std::uint64_t seed_;
    RandomUse use_;
    std::uint32_t part_;
};

/// Brings `values` into random order (Fisher-Yates).
void shuffle(std::vector<int>& values, const RandomStream& stream);

}  // namespace mg
