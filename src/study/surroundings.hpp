#pragma once
/// \file What stands around an atom, told apart by species whatever a model reads: whether a structure is one of those
/// that a model was trained on shows there, where a descriptor that is blind to species or to short distances sees
/// nothing.

#include <span>
#include <string>
#include <vector>

#include "core/structure.hpp"
#include "nn/uncertainty.hpp"

namespace mg::study {

/// (n, 2 species) of each atom: 1 / d^3 [1/A^3] of the distance d to the closest atom of each species (5 A where none
/// is closer; in steps of 0.05 A), then the number of atoms of each species within 4 A. The power makes the density of
/// distances in a glass nearly a normal one, and one that no pair has large.
template <class Space>
std::vector<double> surroundings(const Structure& structure, const std::vector<std::string>& elements,
                                 const std::vector<double>& masses);

/// Those of the atoms that a model was trained on.
struct KnownSurroundings {
    std::vector<Novelty> species;                 ///< (species) of the atom in the middle; blank: too few were seen
    double least_volume = 0, largest_volume = 0;  ///< [A^3] per atom of a training sample; 0: not known

    /// Above 1 the training had hardly any such atom. `values` (2 species) of one atom.
    double novelty(int of_species, const double* values) const;
    /// Above 1 no training sample had nearly such a density: it is 3 % beyond those. 0 where a volume is not known.
    double novelty_of_volume(double volume_per_atom) const;
};

/// From the surroundings (n, 2 species) of training atoms and their species.
std::vector<Novelty> measure_surroundings(std::span<const double> values, std::span<const int> species,
                                          std::size_t species_count);

}  // namespace mg::study
