/// \file Conjugate gradients for blocks of the inverse Hessian (Hestenes, Stiefel, J. Res. Nat. Bur. Stand. 49, 409
/// (1952)), many right-hand sides at once, preconditioned by the diagonal blocks.
///
/// For a unit vector e, translations taken off, b = e - 1/N: (H^-1)_ee = b.x of H x = b, and after k steps
/// b.x_k = sum_{j<k} alpha_j r_j.z_j grows to it from below; what is missing is the squared error in the energy norm.
/// Of that the next d steps tell: error_k = sum_{j=k}^{k+d-1} alpha_j r_j.z_j and little more (Z. Strakos, P. Tichy,
/// Electron. Trans. Numer. Anal. 13, 56 (2002)). In a glass all steps to come add up to 1.7 times what the last four
/// did (found for 2,048 atoms at 1e-3), so the iteration ends when 2.5 times those are less than the tolerance.

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "md/harmonic.hpp"
#include "ops/panels.hpp"

namespace mg {
namespace {

constexpr double missing = 2.5;                   // error over what the last d steps added
constexpr int delay = 4;                          // d
constexpr int atoms_per_panel = panel_width / 3;  // three vectors each; one stays zero
constexpr int most_iterations = 2000;

/// One batch of right-hand sides.
template <class Space>
class Solver {
public:
    Solver(const Hessian<Space>& h, const Array<Mat3, Space>& inverse, const std::vector<int>& slots)
        : h_(h), inverse_(inverse), slots_(slots) {
        const int panels = (static_cast<int>(slots.size()) + atoms_per_panel - 1) / atoms_per_panel;
        for (Panels<Space>* v : {&x_, &r_, &z_, &p_, &q_}) *v = Panels<Space>(h.slots, panels);
        fill_zero(x_.value);
        std::vector<double> b(r_.value.size());
        for (std::size_t k = 0; k < slots.size(); ++k)
            for (int i = 0; i < 3; ++i) {
                const int c = column(k, i);
                const long base = 3L * h.slots * panel_width * (c / panel_width) + c % panel_width;
                for (int slot = 0; slot < h.slots; ++slot) b[base + (3L * slot + i) * panel_width] = -1.0 / h.slots;
                b[base + (3L * slots[k] + i) * panel_width] += 1;
            }
        copy(to_space<Space>(b), r_.value);
        energy_.assign(static_cast<std::size_t>(panels) * panel_width, 0.0);
        steps_.assign(delay, energy_);
    }

    /// Returns false where given up.
    bool solve(double tolerance, const std::function<bool()>& give_up) {
        precondition(inverse_, r_, z_);
        copy(z_.value, p_.value);
        dot(r_, z_, sum_, work_);
        std::vector<double> rz = to_host(sum_);
        const std::size_t n = rz.size();
        std::vector<double> alpha(n), minus(n), beta(n);
        for (iterations_ = 0; iterations_ < most_iterations; ++iterations_) {
            if (give_up && give_up()) return false;
            multiply(h_, p_, q_, work_);
            dot(p_, q_, sum_, work_);
            const std::vector<double> pq = to_host(sum_);
            for (std::size_t c = 0; c < n; ++c) {
                if (rz[c] > 0 && !(pq[c] > 0)) throw not_a_minimum("the structure");
                // A vector that has converged to the last bit stands still.
                alpha[c] = rz[c] > 0 ? rz[c] / pq[c] : 0.0;
                minus[c] = -alpha[c];
                steps_[iterations_ % delay][c] = alpha[c] * rz[c];
                energy_[c] += alpha[c] * rz[c];
            }
            combine<Space>(&to(alpha), p_, nullptr, x_);
            if (converged(tolerance)) break;
            combine<Space>(&to(minus), q_, nullptr, r_);
            precondition(inverse_, r_, z_);
            dot(r_, z_, sum_, work_);
            const std::vector<double> next = to_host(sum_);
            for (std::size_t c = 0; c < n; ++c) beta[c] = rz[c] > 0 ? next[c] / rz[c] : 0.0;
            combine<Space>(nullptr, z_, &to(beta), p_);
            rz = next;
        }
        return true;
    }

    int iterations() const { return iterations_; }
    double error() const { return error_; }
    Panels<Space> solution() { return std::move(x_); }

    /// Blocks of the slots: the sums of steps on the diagonal, x itself beside it.
    std::vector<Sym3> compliance() const {
        const std::vector<double> x = to_host(x_.value);
        std::vector<Sym3> result;
        for (std::size_t k = 0; k < slots_.size(); ++k) {
            const auto element = [&](int i, int j) {  // b_i . x_j
                const int c = column(k, j);
                const long base = 3L * h_.slots * panel_width * (c / panel_width) + c % panel_width;
                double mean = 0;
                for (int slot = 0; slot < h_.slots; ++slot) mean += x[base + (3L * slot + i) * panel_width];
                return x[base + (3L * slots_[k] + i) * panel_width] - mean / h_.slots;
            };
            const auto pair = [&](int i, int j) { return 0.5 * (element(i, j) + element(j, i)); };
            result.push_back({energy_[column(k, 0)], energy_[column(k, 1)], energy_[column(k, 2)], pair(1, 2),
                              pair(0, 2), pair(0, 1)});
        }
        return result;
    }

private:
    static int column(std::size_t k, int i) {
        return static_cast<int>(k / atoms_per_panel) * panel_width + static_cast<int>(k % atoms_per_panel) * 3 + i;
    }
    const Array<double, Space>& to(const std::vector<double>& values) {
        copy(to_space<Space>(values), numbers_);
        return numbers_;
    }
    bool converged(double tolerance) {
        if (iterations_ < delay) return false;
        error_ = 0;
        for (std::size_t k = 0; k < slots_.size(); ++k) {
            double trace = 0, recent = 0;
            for (int i = 0; i < 3; ++i) {
                const int c = column(k, i);
                trace += energy_[c];
                for (const auto& step : steps_) recent += step[c];
            }
            error_ = std::max(error_, missing * recent / trace);
        }
        return error_ < tolerance;
    }

    const Hessian<Space>& h_;
    const Array<Mat3, Space>& inverse_;
    const std::vector<int> slots_;
    Panels<Space> x_, r_, z_, p_, q_;
    ColumnNumbers<Space> sum_, numbers_;
    Array<double, Space> work_;
    std::vector<double> energy_;              // b . x so far
    std::vector<std::vector<double>> steps_;  // what the last d steps added to it
    double error_ = 0;
    int iterations_ = 0;
};

}  // namespace

template <class Space>
std::optional<CgSolution<Space>> cg_solve(const Hessian<Space>& h, const Array<Mat3, Space>& inverse,
                                          const std::vector<int>& slots, double tolerance,
                                          const std::function<bool()>& give_up) {
    Solver<Space> solver(h, inverse, slots);
    if (!solver.solve(tolerance, give_up)) return std::nullopt;
    CgSolution<Space> s{{}, solver.compliance(), solver.error(), solver.iterations()};
    s.x = solver.solution();
    return s;
}

template <class Space>
std::optional<CgResult> cg_compliance(const Hessian<Space>& h, const std::vector<int>& slots, double tolerance,
                                      const std::function<bool()>& give_up) {
    const Array<Mat3, Space> inverse = inverse_diagonal_blocks(h);
    CgResult result;
    constexpr std::size_t at_a_time = cg_slots_at_a_time;
    for (std::size_t first = 0; first < slots.size(); first += at_a_time) {
        const auto begin = slots.begin() + static_cast<std::ptrdiff_t>(first);
        const auto part = cg_solve(
            h, inverse, {begin, begin + static_cast<std::ptrdiff_t>(std::min(at_a_time, slots.size() - first))},
            tolerance, give_up);
        if (!part) return std::nullopt;
        result.compliance.insert(result.compliance.end(), part->compliance.begin(), part->compliance.end());
        result.largest_error = std::max(result.largest_error, part->error);
        result.iterations = std::max(result.iterations, part->iterations);
    }
    return result;
}

#define MG_HARMONIC_CG(Space)                                                                                          \
    template std::optional<CgSolution<Space>> cg_solve(const Hessian<Space>&, const Array<Mat3, Space>&,               \
                                                       const std::vector<int>&, double, const std::function<bool()>&); \
                                                                                                                       \
    template std::optional<CgResult> cg_compliance(const Hessian<Space>&, const std::vector<int>&, double,             \
                                                   const std::function<bool()>&);
MG_INSTANTIATE(MG_HARMONIC_CG)

}  // namespace mg
