#pragma once
/// \file How well the networks of a study predict: on every sample, on held-out folds, on other samples and rates.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "config/samples.hpp"
#include "core/structure.hpp"
#include "nn/training.hpp"
#include "nn/uncertainty.hpp"
#include "study/learning.hpp"
#include "study/model_file.hpp"

namespace mg::study {

/// Descriptors and labels of a sample, n atoms in the order of ids.
struct Labelled {
    std::vector<double> features;     ///< (n, features)
    std::vector<double> target;       ///< [eV/A^2] (n), or of another property; NaN: the atom has no label
    std::vector<double> reliability;  ///< (temperatures + 1) of the labels; the last is that of their mean. Or empty
    std::vector<int> species;         ///< (n)
    std::vector<double> around;       ///< (n, 2 species) study/surroundings.hpp
    double volume_per_atom = 0;       ///< [A^3]

    /// Atoms with a label.
    std::vector<int> known() const;
    /// Of the labels; NaN where nothing says how reliable they are.
    double last_reliability() const;
};

/// What the networks of a study are trained and tested on.
struct LearningData {
    const StudyFile& study;
    std::vector<std::string> elements;
    std::vector<Sample> samples;
    std::vector<Labelled> labelled;  ///< (samples)
    std::vector<int> excluded;       ///< samples that no network sees
    std::vector<Training> plan;

    /// The data of the labelled atoms of some samples, in their order.
    Dataset of(const std::vector<int>& chosen) const;
    bool is_excluded(int sample) const;
    /// 0 train, 1 test, or excluded_split.
    int split_of(int sample) const;
};

/// The property that training `task` of the plan predicted for the atoms of its test set number `test`; not for
/// members of the ensemble.
using HeldOutPrediction = std::function<std::vector<double>(std::size_t task, std::size_t test)>;
/// The property (n) that a network predicts from features (n, inputs).
using NetworkPrediction = std::function<std::vector<double>(const Model&, std::span<const double>)>;

/// Error bars calibrated on atoms that were held out: in the cross-validation, or without one the validation atoms,
/// which stop the members' training early. With fewer than ten such atoms the error bars stay uncalibrated.
ErrorModel calibrated_errors(const LearningData& data, const std::vector<Model>& ensemble, const TrainOptions& options,
                             const HeldOutPrediction& held_out, const NetworkPrediction& predict);

/// The metrics of the training set, of the test set and of each sample, from the ensemble's predictions. `inherent`
/// gives a sample's inherent structure for the averages over spheres; `say` gets a line for people per split.
nlohmann::json ensemble_metrics(const LearningData& data, const std::vector<Prediction>& predictions, bool calibrated,
                                const std::function<Structure(int sample)>& inherent,
                                const std::function<void(const std::string&)>& say);

/// Adds cross_validation, rotation and transfer, where the study has them, from the predictions for held-out atoms.
/// `first_member` is the first network of the ensemble.
void add_held_out_metrics(nlohmann::json& metrics, const LearningData& data, const Model& first_member,
                          const HeldOutPrediction& held_out, const NetworkPrediction& predict);

}  // namespace mg::study
