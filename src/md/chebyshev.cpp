#include "md/chebyshev.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/macros.hpp"
#include "core/random.hpp"

namespace mg {
namespace {

template <class Space>
void set_numbers(ColumnNumbers<Space>& numbers, const Panels<Space>& p, double value) {
    copy(to_space<Space>(std::vector<double>(static_cast<std::size_t>(p.panels) * panel_width, value)), numbers);
}

}  // namespace

template <class Space>
double largest_eigenvalue(const Hessian<Space>& h, const Array<Mat3, Space>& inverse) {
    Panels<Space> v(h.slots, 1), q(h.slots, 1);
    std::vector<double> start;
    const RandomStream random(1, RandomUse::probe, 0);
    for (long k = 0; k < v.size(); ++k) start.push_back(random.normal(static_cast<std::uint64_t>(k)));
    copy(to_space<Space>(start), v.value);
    ColumnNumbers<Space> sum, factor;
    Array<double, Space> work;
    double largest = 0;
    for (int turn = 0; turn < 20; ++turn) {
        multiply(h, v, q, work);
        precondition(inverse, q, v);
        dot(v, v, sum, work);
        std::vector<double> norm = to_host(sum);
        largest = 0;
        for (double& x : norm) {
            x = std::sqrt(x);
            largest = std::max(largest, x);
            x = 1 / x;
        }
        copy(to_space<Space>(norm), factor);
        copy(v.value, q.value);
        fill_zero(v.value);
        combine<Space>(&factor, q, nullptr, v);
    }
    return largest;
}

template <class Space>
void chebyshev_filter(const Hessian<Space>& h, const Array<Mat3, Space>& inverse, SpectralInterval away, int steps,
                      Panels<Space>& p) {
    const double middle = 0.5 * (away.high + away.low), half = 0.5 * (away.high - away.low), sigma = middle / half;
    Panels<Space> e(p.slots, p.panels), d(p.slots, p.panels), q(p.slots, p.panels);
    Array<double, Space> work;
    ColumnNumbers<Space> a, b;
    // With the residual e = B^-1 H p, p goes along d = -e / middle first.
    multiply(h, p, q, work);
    precondition(inverse, q, e);
    set_numbers(a, p, -1 / middle);
    fill_zero(d.value);
    combine<Space>(&a, e, nullptr, d);
    double rho = 1 / sigma;
    Panels<Space> z(p.slots, p.panels);
    for (int k = 0; k < steps; ++k) {
        combine<Space>(nullptr, d, nullptr, p);
        multiply(h, d, q, work);
        precondition(inverse, q, z);
        combine<Space>(nullptr, z, nullptr, e);
        const double next = 1 / (2 * sigma - rho);
        set_numbers(a, p, -2 * next / half);
        set_numbers(b, p, next * rho);
        combine<Space>(&a, e, &b, d);
        rho = next;
    }
}

#define MG_CHEBYSHEV(Space)                                                                                 \
    template double largest_eigenvalue(const Hessian<Space>&, const Array<Mat3, Space>&);                   \
    template void chebyshev_filter(const Hessian<Space>&, const Array<Mat3, Space>&, SpectralInterval, int, \
                                   Panels<Space>&);
MG_INSTANTIATE(MG_CHEBYSHEV)

}  // namespace mg
