#pragma once
/// \file The system that a benchmark measures: a structure of a file, or a glass made for it.

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "app/bench/arguments.hpp"
#include "core/batch.hpp"
#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

class Comm;

/// The start does not vary from call to call, so that energies of two runs can be compared.
inline constexpr std::uint64_t bench_seed = 1;

/// What is measured: one structure, of which every replica is a copy.
struct BenchSystem {
    EamPotential potential;
    Structure structure;
    double skin = 0;  ///< [A]
    std::array<int, 3> tile = {1, 1, 1};
    nlohmann::ordered_json start;  ///< where the structure comes from
};

/// The structure of the arguments' file, tiled, or else a small glass (a liquid at high temperature) of as many atoms
/// as asked for: fcc of random species in equal parts, melted and cooled in a few picoseconds, and repeated.
/// Collective; the first rank melts. Throws InputError for a box that is too small, too many atoms, and what the
/// readers throw for.
template <class Space>
BenchSystem make_system(const BenchArguments& a, Comm& world);

/// `replicas` copies of the structure.
template <class Space>
Batch<Space> batch_of(const Structure& s, const EamPotential& potential, int replicas);

}  // namespace mg
