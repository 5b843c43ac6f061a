#include "nn/metrics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace mg {
namespace {

struct Moments {
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
};

/// Central second moments, in two passes so that a large mean costs no digits.
Moments moments(std::span<const double> x, std::span<const double> y) {
    assert(x.size() == y.size());
    Moments m;
    if (x.empty()) return m;
    const double n = static_cast<double>(x.size());
    m.mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
    m.mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double a = x[i] - m.mean_x, b = y[i] - m.mean_y;
        m.xx += a * a;
        m.yy += b * b;
        m.xy += a * b;
    }
    return m;
}

std::vector<int> sorted_order(std::span<const double> key) {
    std::vector<int> order(key.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key[a] < key[b]; });
    return order;
}

std::vector<double> ranks(std::span<const double> values) {
    const std::vector<int> order = sorted_order(values);
    std::vector<double> rank(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
        for (std::size_t k = begin; k < end; ++k) rank[order[k]] = 0.5 * static_cast<double>(begin + end - 1);
        begin = end;
    }
    return rank;
}

}  // namespace

double mean(std::span<const double> values) {
    if (values.empty()) return 0;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double pearson(std::span<const double> x, std::span<const double> y) {
    const Moments m = moments(x, y);
    const double product = std::sqrt(m.xx) * std::sqrt(m.yy);
    return product > 0 ? std::clamp(m.xy / product, -1.0, 1.0) : 0.0;
}

double spearman(std::span<const double> x, std::span<const double> y) { return pearson(ranks(x), ranks(y)); }

double regression_slope(std::span<const double> x, std::span<const double> y) {
    const Moments m = moments(x, y);
    return m.xx > 0 ? m.xy / m.xx : 0.0;
}

double spearman_brown(double r, double factor) {
    const double denominator = 1.0 + (factor - 1.0) * r;
    return denominator > 0 ? factor * r / denominator : 0.0;
}

MeanError mean_and_error(std::span<const double> values) {
    MeanError m;
    const double n = static_cast<double>(values.size());
    if (values.empty()) return m;
    m.mean = mean(values);
    double squares = 0;
    for (const double v : values) squares += (v - m.mean) * (v - m.mean);
    if (n > 1) m.error = std::sqrt(squares / (n * (n - 1)));
    return m;
}

Agreement compare(std::span<const double> real, std::span<const double> predicted) {
    Agreement a;
    a.atoms = static_cast<long>(real.size());
    if (real.empty()) return a;
    a.pearson = pearson(real, predicted);
    a.spearman = spearman(real, predicted);
    a.slope = regression_slope(real, predicted);
    for (std::size_t i = 0; i < real.size(); ++i) {
        const double difference = predicted[i] - real[i];
        a.rmse += difference * difference;
        a.mae += std::abs(difference);
        a.bias += difference;
    }
    const double n = static_cast<double>(real.size());
    a.rmse = std::sqrt(a.rmse / n);
    a.mae /= n;
    a.bias /= n;
    return a;
}

Bins bin_by(std::span<const double> key, std::span<const double> real, std::span<const double> predicted,
            int atoms_per_bin) {
    assert(key.size() == real.size() && key.size() == predicted.size());
    if (atoms_per_bin < 1)
        throw InputError("bad bin size", std::to_string(atoms_per_bin) + " atoms per bin", "use at least 1");
    Bins bins;
    bins.atoms_per_bin = atoms_per_bin;
    const std::vector<int> order = sorted_order(key);
    const std::size_t n = order.size(), width = atoms_per_bin;
    const std::size_t count = n == 0 ? 0 : std::max<std::size_t>(1, n / width);
    for (std::size_t b = 0; b < count; ++b) {
        const std::size_t begin = b * width, end = b + 1 == count ? n : begin + width;
        double sum_real = 0, sum_predicted = 0;
        for (std::size_t k = begin; k < end; ++k) {
            sum_real += real[order[k]];
            sum_predicted += predicted[order[k]];
        }
        bins.real.push_back(sum_real / static_cast<double>(end - begin));
        bins.predicted.push_back(sum_predicted / static_cast<double>(end - begin));
    }
    bins.pearson = pearson(bins.real, bins.predicted);
    bins.slope = regression_slope(bins.real, bins.predicted);
    return bins;
}

Metrics evaluate(std::span<const double> real, std::span<const double> predicted, std::span<const int> species,
                 int species_count, int atoms_per_bin) {
    assert(real.size() == predicted.size() && (species_count == 0 || species.size() == real.size()));
    Metrics metrics;
    metrics.all = compare(real, predicted);
    for (int s = 0; s < species_count; ++s) {
        std::vector<double> a, b;
        for (std::size_t i = 0; i < real.size(); ++i) {
            if (species[i] != s) continue;
            a.push_back(real[i]);
            b.push_back(predicted[i]);
        }
        metrics.species.push_back(compare(a, b));
    }
    metrics.by_real = bin_by(real, real, predicted, atoms_per_bin);
    metrics.by_predicted = bin_by(predicted, real, predicted, atoms_per_bin);
    return metrics;
}

}  // namespace mg
