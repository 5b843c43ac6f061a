#pragma once
/// \file The reference basin of a glass: the inherent structure that is described, labelled and stored.
///
/// A quench leaves a glass in a state that dynamics soon leaves: atoms sit in the upper of two wells, and the cell is
/// under stress. So the glass is relaxed, positions and cell; annealed, in NPT from that minimum; and relaxed again.

#include <cstdint>
#include <functional>
#include <vector>

#include "study/protocols.hpp"

namespace mg::study {

struct BasinProtocol {
    double anneal_temperature;  ///< [K]
    double anneal_time;         ///< [ps]; 0: no annealing, and one relaxation
    double timestep;            ///< [ps]
    double pressure;            ///< [eV/A^3]
    CellMode cell;              ///< of the annealing
    CellMode relaxed_cell;      ///< of the relaxations

    /// The settings of the study file. Structures that were given keep their cell unless they are annealed: they are
    /// to be described as they were given.
    explicit BasinProtocol(const StudyFile& study);

    long anneal_steps() const;  ///< time steps, 0 without annealing
    int relaxations() const { return anneal_steps() > 0 ? 2 : 1; }
};

/// A typical number of force evaluations of one relaxation to 1e-6 eV/A.
inline constexpr double relaxation_steps = 400;

/// What comes back from `find_reference_basin`.
enum class BasinOutcome { found, stopped };

/// Takes the glasses (the batch as the quench left it; they go into progress.glass) to their reference basins: then the
/// batch holds the inherent structures, with energies and forces of `double`, and `states` says how each came to rest.
/// Velocities of the annealing are drawn at twice its temperature, for half of what a minimum is given goes into
/// potential energy; their streams of random numbers are those of no other run (`samples`, keyed by `seed`).
///
/// Goes on from `progress` (phases relax, anneal, relax_again), with the dynamics in the state that belongs to it.
/// `save` writes a checkpoint of both; it is called where a phase begins. A relaxation that is stopped (`give_up`,
/// asked every 20 steps) begins anew from there, the annealing (`pause`) where it was: no bit of the results changes.
/// Collective over a team.
template <class Space>
BasinOutcome find_reference_basin(Dynamics<Space>& dynamics, const BasinProtocol& protocol, std::uint64_t seed,
                                  const std::vector<std::uint32_t>& samples, QuenchProgress& progress,
                                  const Ticker& tick, const Pause& pause, const std::function<void()>& save,
                                  const std::function<bool()>& give_up, std::vector<LbfgsState>& states);

/// A displacement [A] between two inherent structures above which an atom has hopped from one well to another.
inline constexpr double hop_distance = 0.1;

/// Whether each atom (n) moved by more than `distance` [A] from one structure to the other, beyond the strain of the
/// cell and the mean of all.
std::vector<bool> hopped_atoms(const Structure& before, const Structure& after, double distance = hop_distance);
/// Atoms that moved by more than `distance` [A] from one structure to the other (both n atoms in the same order,
/// positions unwrapped), beyond the strain of the cell and the mean displacement of all.
long count_hops(const Structure& before, const Structure& after, double distance = hop_distance);

}  // namespace mg::study
