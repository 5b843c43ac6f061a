#pragma once
/// \file Checks that a study can be carried out, before anything is written or run.

#include "config/study_file.hpp"
#include "physics/eam_potential.hpp"

namespace mg::study {

/// Throws InputError for boxes too small for the potential and, where networks are to be trained, for averages over
/// spheres that do not fit a sample and for a study without a training sample. The skin must be chosen.
void check_feasible(const StudyFile& study, const EamPotential& potential, bool trains);

}  // namespace mg::study
