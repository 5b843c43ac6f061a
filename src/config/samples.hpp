#pragma once
/// \file The samples of a study: their composition, and which of them are for training, test and saddle searches.

#include <array>
#include <optional>
#include <vector>

#include "config/study_tables.hpp"

namespace mg {

/// One glass of a study, in the order of the folders samples/NNNN.
struct Sample {
    double rate_K_per_s = 0;       ///< 0 for a structure that was given
    bool is_further_test = false;  ///< at one of test_rates_K_per_s
};
std::vector<Sample> samples_of(const StudyFile& study);

/// Indices of all samples.
std::vector<int> all_samples(const StudyFile& study);

/// Index in samples_of() of the sample that train.test_sample names.
int test_sample_of(const StudyFile& study);

/// Indices of the samples whose atoms are searched for barriers.
std::vector<int> searched_samples(const StudyFile& study);

/// Atoms per element by largest remainder: the counts add up to `atoms`, and each is within one of fraction x atoms.
std::vector<int> composition_counts(const std::vector<double>& fractions, int atoms);

/// nx <= ny <= nz with 4 nx ny nz = atoms and nz <= 1.5 nx, as equal as possible; empty where there are none.
std::optional<std::array<int, 3>> fcc_cells(int atoms);

}  // namespace mg
