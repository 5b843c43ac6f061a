#pragma once
/// \file Every network that a study trains, and on what.

#include <string>
#include <vector>

#include "config/study_file.hpp"

namespace mg {

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
    double reach = 0;  ///< [A] of the features trained with; 0: all
    std::uint64_t seed = 0;
    std::vector<int> samples;   ///< trained on, ascending
    int fold = -1;              ///< whose atoms are held out; -1: none
    int folds = 0;              ///< of a fold: how many there are
    std::vector<int> tests;     ///< samples tested on, ascending; none for members and folds
    std::vector<double> rates;  ///< [K/s] of a transfer: those trained at
};

/// 0 where a sample is trained on by the ensemble, 1 where it tests.
int split_of(const StudyFile& study, int sample);
/// What split_of() would say of a sample that takes no part.
inline constexpr int excluded_split = 3;

/// The trainings, members first, in an order that depends on the study and on the samples left out alone: those of
/// `excluded` are neither trained on nor tested on. The test sample is none of them.
///
/// Folds are whole samples, no more than there are, where there are two or more; else atoms at random, whose neighbours
/// the network knows. Networks with folds: the study's own, then with every one of train.grid, then with every one of
/// train.activations, then with the features within every one of train.reach_A; each network once.
/// Rotation: every other sample of the training and test samples in the test sample's place.
/// Transfer, for each rate, for all of them together and, of three or more, for all but each: of each rate trained at
/// that has two samples or more, one is held out, in turn; tests are the held-out ones, and all samples of rates that
/// were not trained at.
std::vector<Training> plan_trainings(const StudyFile& study, const std::vector<int>& excluded = {});

}  // namespace mg
