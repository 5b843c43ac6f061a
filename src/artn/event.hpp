#pragma once
/// \file Events around atoms of a glass: settings of the attempts, and the outcome of each.

#include <cstdint>
#include <vector>

#include "core/vec3.hpp"
#include "physics/artn.hpp"

namespace mg {

/// Limits of the counter of a search's random numbers: 28 bits are the atom's id, 14 the attempt, and 22 the number
/// within the attempt, of which each atom that moves takes six and the attempt itself one.
inline constexpr int most_attempts = 1 << 14;
inline constexpr int most_movable = ((1 << 22) - 1) / 6;
inline constexpr long largest_search_id = (1L << 28) - 1;

struct EventOptions {
    SearchOptions search;
    double region = 12;                           ///< [A] radius of the atoms that a search moves
    double kick_radius = 3.7, kick_length = 0.1;  ///< [A]
    int events_per_atom = 20;                     ///< accepted events, duplicates included
    int max_attempts = 200;                       ///< per atom
    bool polish = true;                           ///< refine each saddle in a larger region, then with all atoms moving
    double polish_overlap = 0.9;   ///< least overlap of the eigenvectors before and after further atoms may move
    double polish_distance = 0.3;  ///< [A] most that this may move an atom that moved before
    double check_fraction = 0.02;  ///< share of the refined events that are followed down with all atoms
    std::uint64_t seed = 1;
    int searches = 0;  ///< side by side; 0: one per thread of the host, 256 on a device

    bool operator==(const EventOptions&) const = default;
};

/// One attempt. Fields that it did not get to are 0.
struct Event {
    int center = 0;  ///< index in the structure
    int attempt = 0;
    SearchStatus status = SearchStatus::running;
    double barrier = 0;            ///< [eV] with all atoms moving, where refined
    double confined_barrier = 0;   ///< [eV] with only the region moving
    double eigenvalue = 0;         ///< [eV/A^2] the lowest at the saddle of `barrier`
    double second_eigenvalue = 0;  ///< [eV/A^2] the next, an upper bound (Lanczos)
    double force = 0;              ///< [eV/A] below search.saddle_force, where refined below a quarter of it
    double final_energy =
        0;  ///< [eV] of the final state above the first, with the atoms that moved in the last descent
    long evaluations = 0, cost[search_costs] = {};
    long larger_evaluations = 0;    ///< of the refinement in a larger region, and of descents from there
    long whole_evaluations = 0;     ///< of the refinement with all atoms, and of descents from there
    double overlap = 0;             ///< of the eigenvectors before and after a refinement, the smaller of both
    double shift = 0;               ///< [A] farthest that a refinement moved an atom, the larger of both
    int duplicate_of = -1;          ///< the attempt that found the same event first
    int moved = 0;                  ///< atoms farther than 0.1 A from their start in the final state
    int most_displaced = -1;        ///< index of the atom that is farthest from its start at the saddle
    int checked = 0;                ///< saddle followed down again with all atoms moving: 1 connected, 2 not
    double whole_final_energy = 0;  ///< [eV] of the final state above the first, with all atoms, where checked

    // Where connected: the atoms that are displaced by 0.02 A or more, and their displacements [A], rounded to float.
    // `saddle` belongs to `barrier`, `confined_saddle` to `confined_barrier`, `final_state` to `final_energy`. Where
    // the refinement lost the saddle (polish_lost), all three are those found in the region.
    std::vector<int> atom;
    std::vector<Vec3> saddle, confined_saddle, final_state;

    /// Whether it counts in the mean barrier.
    bool accepted() const { return status == SearchStatus::connected; }
};

/// An atom's attempts in their order.
struct CenterEvents {
    int center = 0;
    std::vector<Event> events;

    int accepted() const;
    /// Whether enough events were found, or no attempt is left.
    bool done(const EventOptions& options) const;
};

}  // namespace mg
