#pragma once
/// \file Twice differentiable splines through tabulated values that carry noise in their last digits.
///
/// A second derivative of values y_k + noise s at a spacing h has a noise of some s / h^2: what forces hardly feel, a
/// Hessian does. A cubic spline with one knot in every `stride` values, fitted by least squares (C. de Boor, A
/// Practical Guide to Splines, 1978, ch. XIV), averages it: the noise of its curvature falls as stride^-5/2, while what
/// it cannot follow of the function grows as stride^4. smooth_values() takes the longest stride whose residual is still
/// noise, as sixth differences of the values show it.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace mg {

/// The four B-splines of order four that are not zero in an interval, at its fraction p.
inline std::array<double, 4> b_splines(double p) {
    const double q = 1 - p;
    return {q * q * q / 6, (3 * p * p * p - 6 * p * p + 4) / 6, (3 * q * q * q - 6 * q * q + 4) / 6, p * p * p / 6};
}

/// A cubic spline on uniform knots, in units of the values' spacing: from `begin`, `intervals` of length `stride`.
struct UniformSpline {
    double begin = 0;
    int stride = 1, intervals = 0;
    std::vector<double> coefficients;  ///< (intervals + 3) of b_splines

    /// An interval, and the fraction of it at which x lies.
    struct Place {
        int interval;
        double fraction;
    };
    Place place(double x) const {
        const double t = (x - begin) / stride;
        const int k = std::clamp(static_cast<int>(t), 0, intervals - 1);
        return {k, t - k};
    }
    double value(double x) const {
        const Place at = place(x);
        const std::array<double, 4> b = b_splines(at.fraction);
        double sum = 0;
        for (int k = 0; k < 4; ++k) sum += b[k] * coefficients[at.interval + k];
        return sum;
    }
    /// Per spacing of the values.
    double slope(double x) const {
        const Place at = place(x);
        const double* c = coefficients.data() + at.interval;
        const double p = at.fraction, q = 1 - p;
        return (-0.5 * q * q * c[0] + (1.5 * p * p - 2 * p) * c[1] - (1.5 * q * q - 2 * q) * c[2] +
                0.5 * p * p * c[3]) /
               stride;
    }
};

/// Solves A x = b for a symmetric positive definite A of which band[k] (n) is the k-th diagonal below the main one
/// (band[0]), element j of it in column j; b becomes x. By Cholesky's factors within the band, which `band` becomes.
template <std::size_t width>
void solve_banded(std::array<std::vector<double>, width>& band, std::vector<double>& b) {
    const int n = static_cast<int>(b.size()), reach = static_cast<int>(width) - 1;
    for (int j = 0; j < n; ++j) {
        for (int i = j; i <= std::min(n - 1, j + reach); ++i) {
            double sum = band[i - j][j];
            for (int k = std::max(0, i - reach); k < j; ++k) sum -= band[i - k][k] * band[j - k][k];
            band[i - j][j] = i == j ? std::sqrt(sum) : sum / band[0][j];
        }
        for (int k = std::max(0, j - reach); k < j; ++k) b[j] -= band[j - k][k] * b[k];
        b[j] /= band[0][j];
    }
    for (int j = n - 1; j >= 0; --j) {
        for (int i = j + 1; i <= std::min(n - 1, j + reach); ++i) b[j] -= band[i - j][j] * b[i];
        b[j] /= band[0][j];
    }
}

/// The least-squares spline through values[first..], with its last knot at the last value. A stride of 1 passes through
/// every value, with the conditions of de Boor's "not a knot" at both ends. `first` + 4 stride < values.size().
inline UniformSpline fit_spline(const std::vector<double>& values, int first, int stride) {
    const int last = static_cast<int>(values.size()) - 1;
    UniformSpline s;
    s.stride = stride;
    s.intervals = (last - first) / stride;
    s.begin = last - static_cast<double>(s.intervals) * stride;
    const int n = s.intervals + 3;
    std::array<std::vector<double>, 5> normal;
    for (auto& diagonal : normal) diagonal.assign(n, 0.0);
    s.coefficients.assign(n, 0.0);
    const auto add_row = [&](int at, const auto& row, double value) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            for (std::size_t j = 0; j <= i; ++j) normal[i - j][at + j] += row[i] * row[j];
            s.coefficients[at + i] += row[i] * value;
        }
    };
    for (int k = static_cast<int>(s.begin); k <= last; ++k) {
        const UniformSpline::Place at = s.place(k);
        add_row(at.interval, b_splines(at.fraction), values[k]);
    }
    if (stride == 1) {
        // The third derivative does not jump at the second knot from either end.
        const std::array<double, 5> jump = {1, -4, 6, -4, 1};
        add_row(0, jump, 0.0);
        add_row(n - 5, jump, 0.0);
    }
    solve_banded(normal, s.coefficients);
    return s;
}

/// Of each run of smoothing_window values from `first` on: their noise (standard deviation), from sixth differences,
/// whose variance is 924 times that of independent noise and to which a smooth function adds next to nothing. Rounding
/// to `double` is the least that there can be.
inline constexpr int smoothing_window = 64;
inline std::vector<double> noise_by_window(const std::vector<double>& values, int first) {
    std::vector<double> noise;
    for (std::size_t w = first; w + smoothing_window + 6 <= values.size(); w += smoothing_window) {
        double sum = 0, largest = 0;
        for (std::size_t k = w; k < w + smoothing_window; ++k) {
            const double* y = values.data() + k;
            const double d = (y[0] + y[6]) - 6 * (y[1] + y[5]) + 15 * (y[2] + y[4]) - 20 * y[3];
            sum += d * d;
            largest = std::max(largest, std::fabs(y[0]));
        }
        noise.push_back(
            std::max(std::sqrt(sum / smoothing_window / 924), largest * std::numeric_limits<double>::epsilon()));
    }
    return noise;
}

/// Root mean square of values - spline in the same runs.
inline std::vector<double> residual_by_window(const std::vector<double>& values, int first, const UniformSpline& s) {
    std::vector<double> residual;
    for (std::size_t w = first; w + smoothing_window + 6 <= values.size(); w += smoothing_window) {
        double sum = 0;
        for (std::size_t k = w; k < w + smoothing_window; ++k) {
            const double d = values[k] - s.value(static_cast<double>(k));
            sum += d * d;
        }
        residual.push_back(std::sqrt(sum / smoothing_window));
    }
    return residual;
}

/// A table whose values and slopes are those of a twice differentiable spline.
struct SmoothedValues {
    std::vector<double> value;  ///< (n)
    std::vector<double> slope;  ///< (n) per spacing of the values
    int stride = 1;             ///< values per knot of the spline
    double noise = 0;           ///< median over windows of the values' own noise
    double residual = 0;        ///< median over windows of the root mean square of given - smoothed values
};

/// The spline of the longest stride of 1, 2, 4, ... 64 whose residual is at most `tolerance` times the noise in nine of
/// ten windows of values[judged..] (a kink where two functions are joined may exceed it). A window counts as no less
/// noisy than the median of them: where a function has run out to zero there is no noise at all. Values before
/// `usable`, where a table may mean nothing, stay as they are, with differences of neighbours as slopes.
inline SmoothedValues smooth_values(const std::vector<double>& values, int usable, int judged, double tolerance = 2) {
    const int n = static_cast<int>(values.size());
    const std::vector<double> noise = noise_by_window(values, judged);
    const auto median = [](std::vector<double> v) {
        if (v.empty()) return 0.0;
        std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
        return v[v.size() / 2];
    };
    std::vector<double> noisy = noise;  // windows in which the function is not zero
    std::erase(noisy, 0.0);
    const double typical = median(noisy);
    UniformSpline best = fit_spline(values, usable, 1);
    std::vector<double> best_residual = residual_by_window(values, judged, best);
    for (int stride = 2; stride <= 64 && usable + 8 * stride < n; stride *= 2) {
        UniformSpline s = fit_spline(values, usable, stride);
        std::vector<double> residual = residual_by_window(values, judged, s);
        std::size_t above = 0;
        for (std::size_t w = 0; w < residual.size(); ++w)
            above += residual[w] > tolerance * std::max(noise[w], typical);
        if (residual.empty() || 10 * above > residual.size()) break;
        best = std::move(s);
        best_residual = std::move(residual);
    }
    SmoothedValues result{values, std::vector<double>(n), best.stride, typical, median(best_residual)};
    for (int k = 0; k < n; ++k) {
        if (k < best.begin) {
            result.slope[k] = values[k + 1] - values[k];
        } else {
            result.value[k] = best.value(k);
            result.slope[k] = best.slope(k);
        }
    }
    return result;
}

}  // namespace mg
