#pragma once
/// \file Events around atoms of a glass: what an attempt is to look for, and what became of it.

#include <cstdint>
#include <vector>

#include "core/vec3.hpp"
#include "physics/artn.hpp"

namespace mg {

/// What a search's random numbers have room for: they are counted by 28 bits of the atom's id, 14 of the attempt and 22
/// of the number within it, of which six go to each atom that moves and one to the attempt itself.
inline constexpr int most_attempts = 1 << 14;
inline constexpr int most_movable = ((1 << 22) - 1) / 6;
inline constexpr long largest_search_id = (1L << 28) - 1;

struct EventOptions {
    SearchOptions search;
    double region = 12;                           ///< [A] radius of what a search moves
    double kick_radius = 3.7, kick_length = 0.1;  ///< [A]
    int events_per_atom = 20;                     ///< accepted ones, duplicates included
    int max_attempts = 200;                       ///< per atom
    bool polish = true;
    double polish_overlap = 0.9;   ///< of the eigenvectors before and after a release of further atoms, at least
    double polish_distance = 0.3;  ///< [A] by which such a release moves an atom that moved before, at most
    double check_fraction = 0.02;  ///< of the polished events, followed down with all atoms
    std::uint64_t seed = 1;
    int searches = 0;  ///< side by side; 0: one per thread of the host, 256 on a device

    bool operator==(const EventOptions&) const = default;
};

/// One attempt. What is not said of its end is 0.
struct Event {
    int center = 0;  ///< index in the structure
    int attempt = 0;
    SearchStatus status = SearchStatus::running;
    double barrier = 0;            ///< [eV] in the whole system where polished
    double confined_barrier = 0;   ///< [eV] with only the region moving
    double eigenvalue = 0;         ///< [eV/A^2] the lowest at the saddle of `barrier`
    double second_eigenvalue = 0;  ///< [eV/A^2] the next, from above
    double force = 0;              ///< [eV/A] below search.saddle_force, where polished below a quarter of it
    double final_energy = 0;       ///< [eV] of the final state above the first, with what moved on the last way down
    long evaluations = 0, cost[search_costs] = {};
    long larger_evaluations = 0;    ///< of the polish in a larger region, and of the ways down from it
    long whole_evaluations = 0;     ///< of the polish with all atoms, and of the ways down from it
    double overlap = 0;             ///< of the eigenvectors before and after a step of the polish, the smaller of both
    double shift = 0;               ///< [A] farthest that a step of the polish moved an atom, the larger of both
    int duplicate_of = -1;          ///< the attempt that found it first
    int moved = 0;                  ///< atoms farther than 0.1 A from their start in the final state
    int most_displaced = -1;        ///< index of the atom that is farthest from its start at the saddle
    int checked = 0;                ///< the same saddle, followed down with all atoms: 1 connected, 2 not
    double whole_final_energy = 0;  ///< [eV] of the final state above the first, with all atoms, where checked

    // Where connected: atoms that are displaced by 0.02 A or more, and by how much [A], rounded to float. The saddle is
    // that of `barrier`, the confined one that of `confined_barrier`; the final state is that of `final_energy`. Of
    // what the polish lost, all are those of the region.
    std::vector<int> atom;
    std::vector<Vec3> saddle, confined_saddle, final_state;

    /// Counts in the mean barrier.
    bool accepted() const { return status == SearchStatus::connected; }
};

/// An atom's attempts in their order.
struct CenterEvents {
    int center = 0;
    std::vector<Event> events;

    int accepted() const;
    /// Whether no attempt is left to make.
    bool done(const EventOptions& options) const;
};

}  // namespace mg
