#pragma once
/// \file What a study will do badly, said before it runs: rules of the physics, each with its source.

#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "physics/eam_potential.hpp"

namespace mg::study {

/// What a potential's crystal says of the material.
struct CrystalGuess {
    double cohesive_energy = 0;    ///< [eV] per atom of the start lattice
    double melting_point = 0;      ///< [K] some 40 % too high for compounds
    double highest_frequency = 0;  ///< [THz] of the start lattice's vibrations
};
/// Of a small lattice of the study's composition, that of the first structure where structures are given.
CrystalGuess guess_crystal(const StudyFile& study, const EamPotential& potential);

/// Lines "problem (why); what to do" for settings that will run but hardly serve, after what the potential's reader
/// warns of.
std::vector<std::string> advice(const StudyFile& study, const EamPotential& potential, const CrystalGuess& guess);

/// Throws InputError where a label would be measured in a liquid.
void check_temperatures(const StudyFile& study, const CrystalGuess& guess);

}  // namespace mg::study
