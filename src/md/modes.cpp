#include "md/modes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/macros.hpp"
#include "core/random.hpp"
#include "md/chebyshev.hpp"
#include "ops/cholesky.hpp"
#include "ops/ritz.hpp"

namespace mg {
namespace {

constexpr double above_largest = 1.1;  // a bound of the spectrum over what powers of H find
constexpr double filter_strength = 4;  // order of the filter times the root of low / high
constexpr double guard_vectors = 1.3;  // vectors in the block for each mode that is asked for
constexpr int first_steps = 12;
constexpr double largest_growth = 12;  // logarithm; more, and the softest mode is all that a block holds
constexpr double first_interval = 60;  // high over low, before eigenvalues are known
constexpr int most_filters = 60;
constexpr int moments = 240;  // Chebyshev's of the density
constexpr int random_panels = 2;

double frequency_of(double eigenvalue) {
    const double f = std::sqrt(std::abs(eigenvalue)) / (2 * std::numbers::pi);
    return eigenvalue < 0 ? -f : f;
}

/// By slot.
struct Masses {
    std::vector<double> of_slot;
    double total = 0;

    Masses(const std::vector<int>& atom_of_slot, const std::vector<double>& mass) {
        for (const int atom : atom_of_slot) of_slot.push_back(mass.at(atom));
        total = std::accumulate(of_slot.begin(), of_slot.end(), 0.0);
    }
    template <class Space>
    Array<Mat3, Space> inverse() const {
        std::vector<Mat3> blocks;
        for (const double m : of_slot) blocks.push_back(diagonal(1 / m, 1 / m, 1 / m));
        return to_space<Space>(blocks);
    }
};

/// Where row 3 slot + i of a column stands in the values of panels.
std::size_t place(int slots, int slot, int i, int column) {
    return (static_cast<std::size_t>(column / panel_width) * 3 * slots + 3 * slot + i) * panel_width +
           column % panel_width;
}

/// Columns one after the other, (3 slots, columns).
using Columns = std::vector<double>;

/// A block of vectors x and H x, by columns.
struct Block {
    int slots, columns;
    Columns x, hx;

    long rows() const { return 3L * slots; }

    /// Takes the translations off and brings all to length 1 in the metric of the masses.
    void normalise(const Masses& m) {
        for (int c = 0; c < columns; ++c) {
            double* const v = x.data() + c * rows();
            std::array<double, 3> momentum{};
            for (int slot = 0; slot < slots; ++slot)
                for (int i = 0; i < 3; ++i) momentum[i] += m.of_slot[slot] * v[3 * slot + i];
            double norm = 0;
            for (int slot = 0; slot < slots; ++slot)
                for (int i = 0; i < 3; ++i) {
                    double& e = v[3 * slot + i];
                    e -= momentum[i] / m.total;
                    norm += m.of_slot[slot] * e * e;
                }
            const double factor = 1 / std::sqrt(norm);
            for (long k = 0; k < rows(); ++k) {
                v[k] *= factor;
                hx[c * rows() + k] *= factor;
            }
        }
    }

    /// v <- v C for a matrix C (columns, columns).
    void rotate(Columns& v, const std::vector<double>& c) const {
        Columns across(v.size()), rotated(v.size());
        for (int k = 0; k < columns; ++k)
            for (long row = 0; row < rows(); ++row) across[row * columns + k] = v[k * rows() + row];
        add_product(Host{}, static_cast<int>(rows()), columns, columns, 1.0, across.data(), columns, c.data(), columns,
                    rotated.data(), rows());
        v = std::move(rotated);
    }

    /// Rotates to the eigenvectors of H within the block and returns their eigenvalues, which rise.
    std::vector<double> rotate_to_modes(const Masses& m) {
        Columns mx = x;
        for (int c = 0; c < columns; ++c)
            for (long row = 0; row < rows(); ++row) mx[c * rows() + row] *= m.of_slot[row / 3];
        std::vector<double> h(static_cast<std::size_t>(columns) * columns, 0.0), g = h;
        const int n = static_cast<int>(rows());
        add_product(Host{}, columns, columns, n, 1.0, x.data(), n, hx.data(), n, h.data(), columns);
        add_product(Host{}, columns, columns, n, 1.0, x.data(), n, mx.data(), n, g.data(), columns);
        RitzPairs modes = ritz_pairs(h, g, columns);
        rotate(x, modes.vector);
        rotate(hx, modes.vector);
        return std::move(modes.value);
    }

    /// |D e - w^2 e| of a mode.
    double residual(const Masses& m, int c, double eigenvalue) const {
        double sum = 0;
        for (long row = 0; row < rows(); ++row) {
            const double mass = m.of_slot[row / 3], r = hx[c * rows() + row] - eigenvalue * mass * x[c * rows() + row];
            sum += r * r / mass;
        }
        return std::sqrt(sum);
    }
};

template <class Space>
Columns columns_of(const Panels<Space>& v, int columns) {
    const std::vector<double> value = to_host(v.value);
    Columns result;
    result.reserve(static_cast<std::size_t>(columns) * 3 * v.slots);
    for (int c = 0; c < columns; ++c)
        for (int slot = 0; slot < v.slots; ++slot)
            for (int i = 0; i < 3; ++i) result.push_back(value[place(v.slots, slot, i, c)]);
    return result;
}

template <class Space>
void set_columns(Panels<Space>& v, const Columns& columns) {
    std::vector<double> value(static_cast<std::size_t>(v.size()), 0.0);
    const long rows = 3L * v.slots;
    for (int c = 0; c < static_cast<int>(static_cast<long>(columns.size()) / rows); ++c)
        for (int slot = 0; slot < v.slots; ++slot)
            for (int i = 0; i < 3; ++i) value[place(v.slots, slot, i, c)] = columns[c * rows + 3 * slot + i];
    copy(to_space<Space>(value), v.value);
}

SoftestModes modes_of(const Block& b, const Masses& m, const std::vector<int>& atom_of_slot,
                      const std::vector<double>& eigenvalue, int count) {
    SoftestModes result;
    result.participation.assign(b.slots, 0.0);
    result.softest.resize(b.slots);
    for (int k = 0; k < count; ++k) {
        double fourth = 0;
        for (int slot = 0; slot < b.slots; ++slot) {
            const double* const x = b.x.data() + k * b.rows() + 3L * slot;
            const double share = m.of_slot[slot] * (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
            fourth += share * share;
            result.participation[atom_of_slot[slot]] += b.slots * share / count;
        }
        result.frequency.push_back(frequency_of(eigenvalue[k]));
        result.participation_ratio.push_back(1 / (b.slots * fourth));
    }
    double largest = 0;
    for (int slot = 0; slot < b.slots; ++slot) {
        const double* const x = b.x.data() + 3L * slot;
        Vec3& d = result.softest[atom_of_slot[slot]];
        d = {x[0], x[1], x[2]};
        largest = std::max(largest, norm2(d));
    }
    for (Vec3& d : result.softest) d = (1 / std::sqrt(largest)) * d;
    return result;
}

/// Order of the filter: what is wanted is to come out within a few turns, but a mode that is much softer than all
/// others (of a saddle, or a wave in a long cell) must leave something of them.
int filter_steps(const SpectralInterval& away, double softest) {
    const double growth = std::acosh((away.high + away.low - 2 * softest) / (away.high - away.low));
    return static_cast<int>(
        std::ceil(std::min(filter_strength * std::sqrt(away.high / away.low), largest_growth / growth)));
}

}  // namespace

template <class Space>
std::optional<SoftestModes> softest_modes(const Hessian<Space>& h, const std::vector<double>& mass,
                                          const ModesOptions& options, const std::function<bool()>& give_up) {
    const Masses m(h.atom_of_slot, mass);
    const Array<Mat3, Space> inverse = m.inverse<Space>();
    const int there_are = 3 * h.slots - 3, count = std::min(options.count, there_are);
    const int wanted = static_cast<int>(std::ceil(guard_vectors * count)),
              panels = (wanted + panel_width - 1) / panel_width;
    Panels<Space> v(h.slots, panels), hv(h.slots, panels);
    Block b{h.slots, std::min(panels * panel_width, there_are), {}, {}};
    const RandomStream random(1, RandomUse::probe, 3);
    for (long k = 0; k < b.rows() * b.columns; ++k) b.x.push_back(random.normal(static_cast<std::uint64_t>(k)));
    b.hx.assign(b.x.size(), 0.0);
    b.normalise(m);
    SpectralInterval away{0, above_largest * largest_eigenvalue(h, inverse)};
    away.low = away.high / first_interval;
    int steps = first_steps;
    Array<double, Space> work;
    for (int turn = 1;; ++turn) {
        if (give_up && give_up()) return std::nullopt;
        set_columns(v, b.x);
        chebyshev_filter(h, inverse, away, steps, v);
        multiply(h, v, hv, work);
        b.x = columns_of(v, b.columns);
        b.hx = columns_of(hv, b.columns);
        b.normalise(m);
        const std::vector<double> eigenvalue = b.rotate_to_modes(m);
        double residual = 0;
        for (int k = 0; k < count; ++k)
            residual = std::max(residual, b.residual(m, k, eigenvalue[k]) / std::abs(eigenvalue[count - 1]));
        if (residual < options.tolerance || turn == most_filters) {
            SoftestModes result = modes_of(b, m, h.atom_of_slot, eigenvalue, count);
            result.residual = residual;
            return result;
        }
        away.low = std::clamp(eigenvalue.back(), 1e-3 * away.high, 0.5 * away.high);
        steps = filter_steps(away, eigenvalue.front());
    }
}

template <class Space>
std::optional<DensityOfStates> density_of_states(const Hessian<Space>& h, const std::vector<double>& mass,
                                                 const std::vector<int>& species, int species_count, int bins,
                                                 const std::function<bool()>& give_up) {
    const Masses m(h.atom_of_slot, mass);
    const Array<Mat3, Space> inverse = m.inverse<Space>();
    const double high = above_largest * largest_eigenvalue(h, inverse), middle = 0.5 * high;
    // Vectors z of random signs without their translations; m^(-1/2) z begins the recurrence, and m^(1/2) z of one
    // species after the other is what moments are taken with.
    constexpr int columns = random_panels * panel_width;
    const long rows = 3L * h.slots;
    Columns begin(static_cast<std::size_t>(rows) * columns);
    std::vector<Columns> weight(species_count, Columns(begin.size(), 0.0));
    const RandomStream random(1, RandomUse::probe, 4);
    for (int c = 0; c < columns; ++c) {
        std::vector<double> z;
        std::array<double, 3> momentum{};
        for (long row = 0; row < rows; ++row) {
            z.push_back(random.uniform(static_cast<std::uint64_t>(c * rows + row)) < 0.5 ? -1.0 : 1.0);
            momentum[row % 3] += std::sqrt(m.of_slot[row / 3]) * z.back();
        }
        for (long row = 0; row < rows; ++row) {
            const double root = std::sqrt(m.of_slot[row / 3]);
            z[row] -= root * momentum[row % 3] / m.total;
            begin[c * rows + row] = z[row] / root;
            weight[species.at(h.atom_of_slot[row / 3])][c * rows + row] = z[row] * root;
        }
    }
    std::vector<Panels<Space>> w;
    for (const Columns& of_species : weight) set_columns(w.emplace_back(h.slots, random_panels), of_species);
    Panels<Space> before(h.slots, random_panels), now(h.slots, random_panels), q(h.slots, random_panels),
        z(h.slots, random_panels);
    fill_zero(before.value);
    set_columns(now, begin);
    Array<double, Space> work;
    ColumnNumbers<Space> sum, of_product, of_now, of_before;
    const auto set = [&](ColumnNumbers<Space>& numbers, double x) {
        copy(to_space<Space>(std::vector<double>(columns, x)), numbers);
    };
    set(of_before, -1);
    std::vector<std::vector<double>> moment(species_count);
    for (int n = 0; n < moments; ++n) {
        if (give_up && give_up()) return std::nullopt;
        for (int s = 0; s < species_count; ++s) {
            dot(w[s], now, sum, work);
            const std::vector<double> of_column = to_host(sum);
            moment[s].push_back(std::accumulate(of_column.begin(), of_column.end(), 0.0));
        }
        // T_(n+1) = 2 (m^-1 H - middle) / middle T_n - T_(n-1), of which T_1 is half without T_(-1).
        const double twice = n == 0 ? 1.0 : 2.0;
        multiply(h, now, q, work);
        precondition(inverse, q, z);
        set(of_product, twice / middle);
        combine<Space>(&of_product, z, &of_before, before);
        set(of_now, -twice);
        combine<Space>(&of_now, now, nullptr, before);
        std::swap(before, now);
    }
    double all = 0;
    for (const auto& of_one : moment) all += of_one[0];
    DensityOfStates d;
    d.total.assign(bins, 0.0);
    d.of_species.assign(static_cast<std::size_t>(species_count) * bins, 0.0);
    const double largest = frequency_of(high), step = largest / bins;
    for (int k = 0; k < bins; ++k) {
        d.frequency.push_back((k + 0.5) * step);
        // w^2 = middle (1 + cos t), so that the frequency is `largest` cos (t / 2).
        const double t = 2 * std::acos(d.frequency[k] / largest);
        const double per_frequency = 2 / (std::numbers::pi * largest * std::sin(t / 2));
        for (int s = 0; s < species_count; ++s) {
            double g = moment[s][0];
            for (int n = 1; n < moments; ++n) {
                const double p = std::numbers::pi / (moments + 1);
                const double jackson =
                    ((moments - n + 1) * std::cos(n * p) + std::sin(n * p) / std::tan(p)) / (moments + 1);
                g += 2 * jackson * moment[s][n] * std::cos(n * t);
            }
            g *= per_frequency / all;
            d.of_species[static_cast<std::size_t>(s) * bins + k] = g;
            d.total[k] += g;
        }
    }
    return d;
}

#define MG_MODES(Space)                                                                                          \
    template std::optional<SoftestModes> softest_modes(const Hessian<Space>&, const std::vector<double>&,        \
                                                       const ModesOptions&, const std::function<bool()>&);       \
    template std::optional<DensityOfStates> density_of_states(const Hessian<Space>&, const std::vector<double>&, \
                                                              const std::vector<int>&, int, int,                 \
                                                              const std::function<bool()>&);
MG_INSTANTIATE(MG_MODES)

}  // namespace mg
