#pragma once
/// \file How well a prediction agrees with the real values. Where a number is undefined (fewer than two values, or no
/// variance) it is 0, so that no NaN reaches an output file.

#include <span>
#include <vector>

namespace mg {

double mean(std::span<const double> values);
/// Pearson's correlation coefficient.
double pearson(std::span<const double> x, std::span<const double> y);
/// Spearman's rank correlation; ties take their mean rank.
double spearman(std::span<const double> x, std::span<const double> y);
/// Least-squares slope of y on x.
double regression_slope(std::span<const double> x, std::span<const double> y);
/// Reliability of a measurement `factor` times as long as the ones that correlate by r: f r / (1 + (f - 1) r)
/// (Spearman and Brown, 1910); f = 2 takes the correlation of two halves to the reliability of the whole.
double spearman_brown(double r, double factor = 2.0);

/// A mean and its standard error, sd / sqrt(n); that of a single number is 0.
struct MeanError {
    double mean = 0, error = 0;
};
MeanError mean_and_error(std::span<const double> values);

/// Agreement atom by atom. Units of rmse, mae and bias are those of the values.
struct Agreement {
    long atoms = 0;
    double pearson = 0;
    double spearman = 0;
    double slope = 0;  ///< of predicted on real, least squares
    double rmse = 0;
    double mae = 0;
    double bias = 0;  ///< mean of predicted - real
};
Agreement compare(std::span<const double> real, std::span<const double> predicted);

/// Means of both values over groups of atoms that follow one another in the order of a key.
struct Bins {
    int atoms_per_bin = 0;
    std::vector<double> real, predicted;  ///< (bins)
    double pearson = 0;                   ///< over the bins
    double slope = 0;                     ///< of predicted on real, over the bins
};
/// Atoms sorted by `key` in bins of `atoms_per_bin`; those left over join the last bin. Equal keys keep their order.
Bins bin_by(std::span<const double> key, std::span<const double> real, std::span<const double> predicted,
            int atoms_per_bin = 100);

/// All that is always reported.
struct Metrics {
    Agreement all;
    std::vector<Agreement> species;  ///< (species)
    Bins by_real, by_predicted;
};
/// `species` (n) are indices below `species_count`, or empty with a count of 0.
Metrics evaluate(std::span<const double> real, std::span<const double> predicted, std::span<const int> species,
                 int species_count, int atoms_per_bin = 100);

}  // namespace mg
