#pragma once
/// \file Batch: R replicas side by side, each with its own cell and atoms, in flat arrays.

#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/box.hpp"
#include "core/chunks.hpp"
#include "core/incident.hpp"
#include "core/structure.hpp"

namespace mg {

/// Replica r owns atoms first_atom[r] .. first_atom[r+1]-1. Atoms keep their order (ascending id) for ever:
/// only the pair loops' working copy (Neighbors) is sorted in space. Positions are unwrapped; periodicity
/// enters through fractional differences alone, so no image counters exist.
template <class Space>
struct Batch {
    int replicas = 0;
    int atoms = 0;
    int species = 0;                       ///< number of species of the potential
    std::vector<int> first_atom_host;      ///< (replicas + 1)
    std::vector<long> replica_atoms_host;  ///< (replicas) atoms of each replica, on all ranks that share it

    Array<int, Space> replica_atoms;        ///< (replicas) as replica_atoms_host
    Array<int, Space> replica_of;           ///< (atoms), and 0 for each ghost (ops/domain.hpp)
    Array<int, Space> species_of;           ///< (atoms)
    Array<double, Space> mass;              ///< [eV ps^2/A^2] (atoms)
    Array<Vec3, Space> position;            ///< [A] (atoms), unwrapped
    Array<Vec3, Space> velocity;            ///< [A/ps] (atoms)
    Array<Vec3, Space> force;               ///< [eV/A] (atoms)
    Array<double, Space> local_energy;      ///< [eV] (atoms): F(rho_i) + half of the pair terms
    Array<Sym3, Space> local_virial;        ///< [eV] (atoms, and each ghost): shares of atoms that add up to
                                            ///< `virial`; loops that see a pair once give it all to one atom
    Array<Box, Space> box;                  ///< (replicas)
    Array<double, Space> potential_energy;  ///< [eV] (replicas)

    // Where only some atoms of each replica may move, those stand first, and pairs of two frozen atoms are left out:
    // energies then count from a constant, and forces on frozen atoms mean nothing.
    Array<int, Space> movable_end;    ///< (replicas) the first frozen atom, or empty: all move
    Array<double, Space> background;  ///< (atoms) what is added to each atom's embedding density, or empty
    Array<double, Space> density;     ///< (atoms) embedding densities, or empty: not kept

    Array<Sym3, Space> virial;        ///< [eV] (replicas): V times the virial part of the pressure tensor
    Array<Incident, Space> incident;  ///< (1)
    Chunks<Space> chunks;
    Array<char, Space> scratch;  ///< for reductions, chunks.count * 128 bytes

    std::vector<std::vector<long>> id;  ///< ids per replica, host only
    std::vector<std::string> elements;  ///< species names
    std::vector<double> masses;         ///< [u] by species

    template <class T>
    T* scratch_as() {
        static_assert(sizeof(T) <= 128);
        return reinterpret_cast<T*>(scratch.data());
    }
    /// Atoms of a replica on this rank.
    int atoms_of(int replica) const { return first_atom_host[replica + 1] - first_atom_host[replica]; }
};

/// A batch of the given structures, whose species all refer to the same elements and masses [u].
/// Velocities are zero where a structure has none. Throws InputError on a position that is not finite.
template <class Space>
Batch<Space> make_batch(const std::vector<Structure>& structures, const std::vector<std::string>& elements,
                        const std::vector<double>& masses);

/// Gives a batch of one replica other atoms, in the order of their ids (batch.id, the caller's to set). Forces and
/// energies are zero afterwards.
template <class Space>
void set_atoms(Batch<Space>& batch, const std::vector<int>& species, const std::vector<Vec3>& position,
               const std::vector<Vec3>& velocity);

/// Replica r as a structure: positions unwrapped as they are.
template <class Space>
Structure to_structure(const Batch<Space>& batch, int replica);

/// All replicas, with one copy per array.
template <class Space>
std::vector<Structure> to_structures(const Batch<Space>& batch);

}  // namespace mg
