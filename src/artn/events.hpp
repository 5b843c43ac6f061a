#pragma once
/// \file Events around atoms of a glass: searches, what became of them, and their barriers in the whole system.

#include <functional>
#include <vector>

#include "artn/search.hpp"

namespace mg {

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

/// How a glass is settled before it is searched: a fast quench leaves atoms in the upper of two wells that lie
/// millielectronvolts apart, and a search of the whole system that comes back finds them in the lower.
struct SettleOptions {
    double temperature = 50;  ///< [K] of the glass itself
    double time = 10;         ///< [ps]; 0: not settled
    double every = 1;         ///< [ps] between minima, of which the lowest is taken
    double timestep = 0.002;  ///< [ps]

    bool operator==(const SettleOptions&) const = default;
};

/// Minimises a structure in `double` until |F| <= 1e-4 and no atom has more than 1e-5 eV/A, after settling it in NVT at
/// fixed cell, and makes sure of it: moved by 0.01 A per atom at random and minimised again, the energy must come back
/// to within 1e-6 eV, else the lower structure is tried in turn. Throws PhysicsError where five of them have failed.
/// `give_up`: returns null.
template <class Space>
std::shared_ptr<const Minimum> find_minimum(const Structure& structure, const EamPotential& potential, double skin,
                                            std::uint64_t seed, const SettleOptions& settle,
                                            const std::function<bool()>& give_up = {});

/// Makes the attempts that are left at each centre, those of one centre one after the other: attempt k is the same
/// search, to the bit, whatever else runs. On the host every thread has centres of its own. Each event is given to
/// `found` when it is there, one at a time, and the centres do not change meanwhile; nor while `stop` is asked now and
/// then, by one thread: where it says so, searches on their way are given up, and the function returns false.
template <class Space>
bool search_events(const EamTables<Space>& tables, double skin, const std::shared_ptr<const Minimum>& minimum,
                   std::uint32_t sample, std::vector<CenterEvents>& centers, const EventOptions& options,
                   const std::function<void(const CenterEvents&)>& found, const std::function<bool()>& stop);

}  // namespace mg
