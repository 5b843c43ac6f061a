#pragma once
/// \file The plan of a study's trainings: every network, and the samples that it is trained and tested on.

#include <string>
#include <vector>

#include "config/study_file.hpp"

namespace mg::study {

enum class TrainingPurpose {
    member,    ///< of the ensemble that predicts
    fold,      ///< of the cross-validation: trained on the training samples' atoms outside a fold
    rotation,  ///< another sample is held out in the test sample's place
    transfer,  ///< trained at one cooling rate, or at all, and tested on all
};

struct Training {
    TrainingPurpose purpose = TrainingPurpose::member;
    std::vector<int> hidden;
    std::string activation;
    double reach = 0;  ///< [A] distance up to which features are used; 0: all
    std::uint64_t seed = 0;
    std::vector<int> samples;   ///< trained on, ascending
    int fold = -1;              ///< the fold whose atoms are held out; -1: none
    int folds = 0;              ///< number of folds, where this is one
    std::vector<int> tests;     ///< samples tested on, ascending; none for members and folds
    std::vector<double> rates;  ///< [K/s] cooling rates of the training samples, of a transfer
};

/// 0 for a sample that the ensemble is trained on, 1 for a test sample.
int split_of(const StudyFile& study, int sample);
/// The split of a sample that takes no part, in place of split_of().
inline constexpr int excluded_split = 3;

/// Which of the elements' atoms are learned from, and predicted.
std::vector<bool> learned_species(const StudyFile& study, const std::vector<std::string>& elements);

/// All trainings, the ensemble's first. Samples in `excluded` are neither trained on nor tested on; the test sample
/// must not be among them. The order depends on the study and on `excluded` alone.
///
/// * Folds are whole samples where there are two or more training samples, at most as many as these; of a single sample
///   they are atoms drawn at random, whose neighbours the network may have been trained on. Cross-validated are the
///   study's own network, those of train.grid, of train.activations, and the own one with the features within each of
///   train.reach_A; each network once.
/// * Rotation: each training sample in turn is the test sample, and the test sample is trained on.
/// * Transfer: a network for each cooling rate, one for all rates together and, with three or more rates, one for all
///   but each. Of every rate trained at that has two samples or more, one sample is held out, in turn. Tests are the
///   held-out samples and all samples of the other rates.
std::vector<Training> plan_trainings(const StudyFile& study, const std::vector<int>& excluded = {});

}  // namespace mg::study
