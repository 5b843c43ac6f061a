#pragma once
/// \file How far a prediction may be off, and whether an atom resembles those that the networks were trained on.

#include <span>
#include <string>
#include <vector>

#include "nn/model.hpp"

namespace mg {

/// What several networks say of the same atoms.
struct EnsemblePrediction {
    std::vector<double> mean;       ///< [eV/A^2] (n)
    std::vector<double> deviation;  ///< [eV/A^2] (n) standard deviation over the networks; 0 for one
};
/// Throws InputError where `features` do not fit the networks.
template <class Space>
EnsemblePrediction predict_ensemble(Space space, const std::vector<Model>& ensemble, std::span<const double> features);

/// The spread of real values about predicted ones by species and predicted value, from atoms that the networks had not
/// seen: noise of the labels is part of it.
struct ErrorModel {
    /// Root mean square of real - predicted at ascending predicted values [eV/A^2]; linear between them, constant
    /// beyond.
    struct Curve {
        std::vector<double> predicted, deviation;
    };
    std::vector<Curve> species;  ///< (species)
    /// [eV^2/A^4] of the networks from one another, mean over the training atoms: as much of the spread is theirs.
    double ensemble_variance = 0;
    double interval_90 = 1.645;  ///< half width of the interval that holds 90 % of the real values, in deviations

    bool calibrated() const { return !species.empty(); }
    /// sqrt(spread^2 + ensemble^2 - ensemble_variance), half of the spread at least; the ensemble's alone where nothing
    /// was calibrated.
    double deviation(int of_species, double predicted, double of_ensemble) const;
};

/// From atoms that were held out, n of each. A point of a curve stands for `atoms_per_point` atoms at least, and there
/// are twelve at most; a species with fewer than two atoms has the curve of all. The interval is the quantile of
/// |real - predicted| / deviation that covers 90 % of further atoms (as in conformal prediction: Lei et al., J. Am.
/// Stat. Assoc. 113 (2018) 1094; here the same atoms give curve and quantile, and atoms of one glass share its bias).
/// Throws InputError for fewer than ten atoms.
ErrorModel calibrate_errors(std::span<const double> real, std::span<const double> predicted,
                            std::span<const int> species, int species_count, int atoms_per_point = 100);

/// Distance of an atom from the training atoms: that of Mahalanobis, sqrt(z^T C^-1 z / m), with z the standardised
/// features that vary in training, m of them, and C their covariance; about 1 for an atom like those.
struct Novelty {
    std::vector<double> mean, deviation;  ///< (inputs); a deviation of 0 marks a feature that was constant
    std::vector<double> factor;           ///< (m, m) lower triangle L of C + 1e-6 = L L^T, row-major
    double limit = 0;                     ///< 99.9 % of the training atoms lie below it

    bool calibrated() const { return limit > 0; }
    /// At most 1e6, which is also that of an atom with another value of a feature that was constant in training.
    double distance(const double* features) const;
};

/// From the features (n, model.inputs()) of training atoms and the normalisation of a network that was trained on them.
/// Throws InputError for fewer than two atoms.
Novelty measure_novelty(const Model& model, std::span<const double> features);
/// From features (n, width) with their own means and deviations.
Novelty measure_novelty(std::span<const double> features, std::size_t width);

}  // namespace mg
