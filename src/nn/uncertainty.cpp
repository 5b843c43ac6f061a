#include "nn/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/space.hpp"
#include "nn/training.hpp"

namespace mg {

template <class Space>
EnsemblePrediction predict_ensemble(Space space, const std::vector<Model>& ensemble, std::span<const double> features) {
    EnsemblePrediction all;
    std::vector<std::vector<double>> each;
    for (const Model& m : ensemble) each.push_back(predict(space, m, features));
    const std::size_t n = each.at(0).size();
    const double members = static_cast<double>(each.size());
    all.mean.resize(n);
    all.deviation.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        for (const auto& p : each) all.mean[i] += p[i] / members;
        double squares = 0;
        for (const auto& p : each) squares += std::pow(p[i] - all.mean[i], 2);
        if (members > 1) all.deviation[i] = std::sqrt(squares / (members - 1));
    }
    return all;
}

double ErrorModel::deviation(int of_species, double predicted, double of_ensemble) const {
    if (!calibrated()) return of_ensemble;
    const Curve& c = species.at(of_species);
    const auto above = std::upper_bound(c.predicted.begin(), c.predicted.end(), predicted);
    const auto k = static_cast<std::size_t>(above - c.predicted.begin());
    double spread = k == 0 ? c.deviation.front() : c.deviation[k - 1];
    if (k > 0 && k < c.predicted.size()) {
        const double share = (predicted - c.predicted[k - 1]) / (c.predicted[k] - c.predicted[k - 1]);
        spread += share * (c.deviation[k] - c.deviation[k - 1]);
    }
    return std::sqrt(std::max(0.25 * spread * spread, spread * spread + of_ensemble * of_ensemble - ensemble_variance));
}

namespace {

constexpr int most_points = 12;

/// The rows, in ascending order of what was predicted, as points of equally many.
ErrorModel::Curve curve_of(std::span<const double> real, std::span<const double> predicted, std::vector<int> rows,
                           int atoms_per_point) {
    std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) { return predicted[a] < predicted[b]; });
    const int n = static_cast<int>(rows.size());
    const int points = std::clamp(n / atoms_per_point, 1, most_points);
    ErrorModel::Curve curve;
    for (int p = 0; p < points; ++p) {
        const int begin = static_cast<int>(static_cast<long>(n) * p / points),
                  end = static_cast<int>(static_cast<long>(n) * (p + 1) / points);
        double at = 0, squares = 0;
        for (int k = begin; k < end; ++k) {
            at += predicted[rows[k]];
            squares += std::pow(real[rows[k]] - predicted[rows[k]], 2);
        }
        at /= end - begin;
        // Equal predictions make one point.
        if (!curve.predicted.empty() && !(at > curve.predicted.back())) continue;
        curve.predicted.push_back(at);
        curve.deviation.push_back(std::sqrt(squares / (end - begin)));
    }
    return curve;
}

}  // namespace

ErrorModel calibrate_errors(std::span<const double> real, std::span<const double> predicted,
                            std::span<const int> species, int species_count, int atoms_per_point) {
    const int n = static_cast<int>(real.size());
    if (n < 10 || predicted.size() != real.size() || species.size() != real.size())
        throw InputError("errors cannot be calibrated", std::to_string(n) + " atoms were held out",
                         "train on more atoms");
    std::vector<int> all(n);
    std::iota(all.begin(), all.end(), 0);
    ErrorModel model;
    for (int s = 0; s < species_count; ++s) {
        std::vector<int> rows;
        for (const int i : all)
            if (species[i] == s) rows.push_back(i);
        model.species.push_back(curve_of(real, predicted, rows.size() < 2 ? all : rows, atoms_per_point));
    }
    std::vector<double> ratio(n);
    for (int i = 0; i < n; ++i) {
        const double d = model.deviation(species[i], predicted[i], 0);
        const double off = std::abs(real[i] - predicted[i]);
        ratio[i] = d > 0 ? off / d : off > 0 ? 1e6 : 0.0;
    }
    // The k-th of n covers a further atom with a probability of k / (n + 1).
    const int k = std::min(n, static_cast<int>(std::ceil(0.9 * (n + 1))));
    std::nth_element(ratio.begin(), ratio.begin() + (k - 1), ratio.end());
    model.interval_90 = ratio[k - 1];
    return model;
}

namespace {

constexpr double farthest = 1e6;
constexpr double ridge = 1e-6;

/// Indices of the features that vary in training.
std::vector<int> varying(const std::vector<double>& deviation) {
    std::vector<int> index;
    for (std::size_t j = 0; j < deviation.size(); ++j)
        if (deviation[j] > 0) index.push_back(static_cast<int>(j));
    return index;
}

}  // namespace

double Novelty::distance(const double* features) const {
    std::vector<double> z;
    for (std::size_t j = 0; j < mean.size(); ++j) {
        const double off = features[j] - mean[j];
        if (deviation[j] > 0)
            z.push_back(off / deviation[j]);
        else if (std::abs(off) > 1e-9 * std::max(1.0, std::abs(mean[j])))
            return farthest;
    }
    const std::size_t m = z.size();
    double squares = 0;
    for (std::size_t i = 0; i < m; ++i) {  // L y = z
        const double* row = factor.data() + i * m;
        for (std::size_t j = 0; j < i; ++j) z[i] -= row[j] * z[j];
        z[i] /= row[i];
        squares += z[i] * z[i];
    }
    return m == 0 ? 0.0 : std::min(farthest, std::sqrt(squares / static_cast<double>(m)));
}

namespace {

/// Covariance and limit, with means and deviations given.
Novelty measured(Novelty novelty, std::span<const double> features) {
    const std::size_t inputs = novelty.mean.size(), n = features.size() / inputs;
    if (n < 2)
        throw InputError("no distance from the training atoms can be told", std::to_string(n) + " atoms",
                         "train on at least two");
    const std::vector<int> active = varying(novelty.deviation);
    const std::size_t m = active.size();
    std::vector<double> covariance(m * m), z(m);
    for (std::size_t i = 0; i < n; ++i) {
        const double* row = features.data() + i * inputs;
        for (std::size_t a = 0; a < m; ++a)
            z[a] = (row[active[a]] - novelty.mean[active[a]]) / novelty.deviation[active[a]];
        for (std::size_t a = 0; a < m; ++a)
            for (std::size_t b = 0; b <= a; ++b) covariance[a * m + b] += z[a] * z[b];
    }
    for (double& c : covariance) c /= static_cast<double>(n);
    // Cholesky's factor. The ridge stands for features that follow from one another, as the ones for species do.
    novelty.factor.assign(m * m, 0.0);
    std::vector<double>& l = novelty.factor;
    for (std::size_t a = 0; a < m; ++a)
        for (std::size_t b = 0; b <= a; ++b) {
            double sum = covariance[a * m + b] + (a == b ? ridge : 0.0);
            for (std::size_t k = 0; k < b; ++k) sum -= l[a * m + k] * l[b * m + k];
            l[a * m + b] = a == b ? std::sqrt(std::max(sum, 0.1 * ridge)) : sum / l[b * m + b];
        }
    std::vector<double> distance(n);
    for (std::size_t i = 0; i < n; ++i) distance[i] = novelty.distance(features.data() + i * inputs);
    const auto k = static_cast<std::ptrdiff_t>(
        std::min<double>(static_cast<double>(n) - 1, std::floor(0.999 * static_cast<double>(n))));
    std::nth_element(distance.begin(), distance.begin() + k, distance.end());
    novelty.limit = std::max(distance[k], 1e-12);
    return novelty;
}

}  // namespace

Novelty measure_novelty(const Model& model, std::span<const double> features) {
    return measured({model.input_mean, model.input_std, {}, 0}, features);
}

Novelty measure_novelty(std::span<const double> features, std::size_t width) {
    const std::size_t n = features.size() / width;
    Novelty novelty{std::vector<double>(width), std::vector<double>(width), {}, 0};
    for (std::size_t k = 0; k < n * width; ++k) novelty.mean[k % width] += features[k] / static_cast<double>(n);
    for (std::size_t k = 0; k < n * width; ++k) {
        const double off = features[k] - novelty.mean[k % width];
        novelty.deviation[k % width] += off * off / static_cast<double>(n);
    }
    for (std::size_t j = 0; j < width; ++j) {
        const double deviation = std::sqrt(novelty.deviation[j]);
        // A feature that is constant differs from its mean by rounding.
        novelty.deviation[j] = deviation > 1e-9 * std::abs(novelty.mean[j]) ? deviation : 0;
    }
    return measured(std::move(novelty), features);
}

#define MG_UNCERTAINTY(Space) \
    template EnsemblePrediction predict_ensemble<Space>(Space, const std::vector<Model>&, std::span<const double>);
MG_INSTANTIATE(MG_UNCERTAINTY)

}  // namespace mg
