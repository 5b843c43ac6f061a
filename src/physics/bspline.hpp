#pragma once
/// \file Cubic B-splines on knots at any distances (C. de Boor, A Practical Guide to Splines, Springer 1978).

#include <algorithm>
#include <vector>

namespace mg {

/// The cubic splines on knots t_0 < ... < t_n that vanish at t_n with slope and curvature, as combinations of
/// B-splines.
class CubicBasis {
public:
    /// The four B-splines that do not vanish at a point: numbers first .. first + 3, of which those that are not in the
    /// basis have zeros.
    struct At {
        int first;
        double value[4], slope[4];
    };

    CubicBasis() = default;
    explicit CubicBasis(const std::vector<double>& knots) : t_(3, knots.front()) {
        t_.insert(t_.end(), knots.begin(), knots.end());
        t_.insert(t_.end(), 3, knots.back());
        size_ = static_cast<int>(knots.size()) - 1;
    }

    int size() const { return size_; }
    double begin() const { return t_.front(); }
    double end() const { return t_.back(); }
    /// Where the coefficient's number is about the spline's value (Greville's abscissa).
    double place(int k) const { return (t_[k + 1] + t_[k + 2] + t_[k + 3]) / 3; }

    /// At x, or at the nearest end.
    At at(double x) const {
        x = std::clamp(x, begin(), end());
        const int last = static_cast<int>(t_.size()) - 5;  // of the intervals
        const int k =
            std::min(static_cast<int>(std::upper_bound(t_.begin() + 3, t_.end() - 3, x) - t_.begin()) - 1, last);
        // Degree by degree; at degree d, n[j] belongs to number k - d + j.
        double n[4] = {1, 0, 0, 0}, quadratic[3] = {};
        for (int d = 1; d <= 3; ++d) {
            if (d == 3) std::copy(n, n + 3, quadratic);
            double saved = 0;
            for (int j = 0; j < d; ++j) {
                const double right = t_[k + j + 1], left = t_[k + j + 1 - d], share = n[j] / (right - left);
                n[j] = saved + (right - x) * share;
                saved = (x - left) * share;
            }
            n[d] = saved;
        }
        At a{k - 3, {}, {}};
        for (int j = 0; j < 4; ++j) {
            const int number = k - 3 + j;
            if (number >= size_) continue;
            a.value[j] = n[j];
            if (j > 0) a.slope[j] += 3 * quadratic[j - 1] / (t_[number + 3] - t_[number]);
            if (j < 3) a.slope[j] -= 3 * quadratic[j] / (t_[number + 4] - t_[number + 1]);
        }
        return a;
    }

    /// - int_x^end of each B-spline: functions (size) whose slopes they are and that vanish at the end.
    std::vector<double> integrals_from(double x) const {
        std::vector<double> result(size_, 0.0);
        x = std::clamp(x, begin(), end());
        // Two points of Gauss in each interval are exact for cubics.
        for (std::size_t k = 3; k + 4 < t_.size(); ++k) {
            const double left = std::max(x, t_[k]), half = 0.5 * (t_[k + 1] - left);
            if (!(half > 0)) continue;
            for (const double side : {-1.0, 1.0}) {
                const At a = at(left + half * (1 + side * 0.57735026918962576));
                for (int j = 0; j < 4; ++j)
                    if (a.value[j] != 0) result[a.first + j] -= half * a.value[j];
            }
        }
        return result;
    }

    /// Coefficients of the same spline on one more knot x (W. Boehm, Comput. Aided Des. 12, 199 (1980)).
    std::vector<double> with_knot(double x, std::vector<double> coefficient) const {
        const int k = static_cast<int>(std::upper_bound(t_.begin() + 3, t_.end() - 3, x) - t_.begin()) - 1;
        std::vector<double> result;
        coefficient.resize(t_.size() - 4, 0.0);  // those at the end, too
        for (int i = 0; i <= size_; ++i) {
            const double here = i <= k ? coefficient[i] : coefficient[i - 1];
            const double share = i > k - 3 && i <= k ? (x - t_[i]) / (t_[i + 3] - t_[i]) : 1;
            result.push_back(share < 1 ? share * here + (1 - share) * coefficient[i - 1] : here);
        }
        return result;
    }

private:
    std::vector<double> t_;  ///< with each end four times
    int size_ = 0;
};

}  // namespace mg
