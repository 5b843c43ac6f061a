#include "elastic/network.hpp"

#include <algorithm>
#include <cmath>

#include "core/box.hpp"
#include "physics/pair_geometry.hpp"

namespace mg {
namespace {

constexpr double innermost = 2.0;  // [A] the first knot

/// The distance [A] at which n(r) / r^2 of a pair of species is largest below 4 A.
double most_frequent_distance(const std::vector<Structure>& structures, int a, int b) {
    constexpr double bin = 0.1, from = 1.8, to = 4.0;
    std::vector<double> count(static_cast<std::size_t>((to - from) / bin), 0.0);
    for (const Structure& s : structures) {
        std::vector<Vec3> fraction;
        for (const Vec3& x : s.position) fraction.push_back(wrap_fractions(s.box.inverse * x));
        for (int i = 0; i < s.size(); ++i)
            for (int j = 0; j < i; ++j) {
                if (std::minmax(s.species[i], s.species[j]) != std::minmax(a, b)) continue;
                const double r = std::sqrt(norm2(s.box.h * nearest_difference(fraction[i], fraction[j])));
                if (r >= from && r < to)
                    if (const auto k = static_cast<std::size_t>((r - from) / bin); k < count.size())
                        count[k] += 1 / (r * r);
            }
    }
    const auto best = std::max_element(count.begin(), count.end());
    return *best > 0 ? from + (static_cast<double>(best - count.begin()) + 0.5) * bin : 2.8;
}

double spline(const CubicBasis& basis, const double* parameter, double r) {
    if (r >= basis.end()) return 0;
    const CubicBasis::At a = basis.at(r);
    double sum = 0;
    for (int j = 0; j < 4; ++j)
        if (a.value[j] != 0) sum += parameter[a.first + j] * a.value[j];
    return sum;
}

}  // namespace

std::vector<double> pair_knots(double cutoff) {
    std::vector<double> knots;
    for (int k = 0; k < 20; ++k) knots.push_back(innermost + 0.1 * k);
    const int rest = std::max(1, static_cast<int>(std::lround((cutoff - 4) / 0.2)));
    for (int k = 0; k <= rest; ++k) knots.push_back(4 + (cutoff - 4) * k / rest);
    return knots;
}

std::vector<double> density_knots(double cutoff) {
    std::vector<double> knots;
    const int pieces = std::max(5, static_cast<int>(std::floor((cutoff - innermost) / 0.4 + 1e-9)));
    for (int k = 0; k <= pieces; ++k) knots.push_back(innermost + (cutoff - innermost) * k / pieces);
    return knots;
}

ElasticShape ElasticNetwork::shape() const {
    return {static_cast<int>(elements.size()), CubicBasis(pair_knots), CubicBasis(density_knots)};
}

ElasticNetwork initial_network(const std::vector<Structure>& structures, double cutoff) {
    ElasticNetwork n;
    n.elements = structures.at(0).elements;
    n.masses = structures[0].masses;
    n.pair_knots = pair_knots(cutoff);
    n.density_knots = density_knots(cutoff);
    const ElasticShape shape = n.shape();
    n.parameter.assign(static_cast<std::size_t>(shape.parameters()), 0.0);
    for (int a = 0; a < shape.species; ++a)
        for (int b = a; b < shape.species; ++b) {
            const double r0 = most_frequent_distance(structures, a, b), alpha = 1.5, depth = 0.35;
            for (int k = 0; k < shape.pair.size(); ++k) {
                const double r = shape.pair.place(k), e = std::exp(-alpha * (r - r0));
                const double fade = std::clamp((cutoff - r) / 1.5, 0.0, 1.0);
                n.parameter[shape.pair_parameters(a, b) + k] = 2 * alpha * depth * (e - e * e) * fade * fade;
            }
        }
    for (int a = 0; a < shape.species; ++a)
        for (int b = 0; b < shape.species; ++b)
            for (int k = 0; k < shape.density.size(); ++k)
                n.parameter[shape.density_parameters(a, b) + k] = -0.05 * std::exp(-(shape.density.place(k) - 2.6));
    const std::size_t row = static_cast<std::size_t>(shape.species) * shape.density.size();
    n.mean.assign(shape.species * row, 0.0);
    std::vector<double> atoms(shape.species, 0.0);
    for (const Structure& s : structures) {
        const std::vector<double> q = density_integrals(shape, s);
        for (int i = 0; i < s.size(); ++i) {
            atoms[s.species[i]] += 1;
            for (std::size_t k = 0; k < row; ++k) n.mean[s.species[i] * row + k] += q[i * row + k];
        }
    }
    for (int a = 0; a < shape.species; ++a)
        for (std::size_t k = 0; k < row; ++k) n.mean[a * row + k] /= std::max(1.0, atoms[a]);
    return n;
}

ElasticNetwork refined(const ElasticNetwork& coarse) {
    const ElasticShape shape = coarse.shape();
    const int laws = shape.pairs(), size = shape.pair.size();
    ElasticNetwork fine = coarse;
    fine.parameter.clear();
    for (int law = 0; law < laws; ++law) {
        std::vector<double> coefficient(coarse.parameter.begin() + law * size,
                                        coarse.parameter.begin() + (law + 1) * size);
        fine.pair_knots = coarse.pair_knots;
        for (int k = 0; k < size; ++k) {
            const double middle = 0.5 * (coarse.pair_knots[k] + coarse.pair_knots[k + 1]);
            coefficient = CubicBasis(fine.pair_knots).with_knot(middle, coefficient);
            fine.pair_knots.insert(fine.pair_knots.begin() + 2 * k + 1, middle);
        }
        fine.parameter.insert(fine.parameter.end(), coefficient.begin(), coefficient.end());
    }
    fine.parameter.insert(fine.parameter.end(), coarse.parameter.begin() + laws * size, coarse.parameter.end());
    return fine;
}

double pair_force(const ElasticNetwork& n, int a, int b, double r) {
    const ElasticShape s = n.shape();
    return spline(s.pair, n.parameter.data() + s.pair_parameters(a, b), r);
}

double density_slope(const ElasticNetwork& n, int atom, int neighbor, double r) {
    const ElasticShape s = n.shape();
    return spline(s.density, n.parameter.data() + s.density_parameters(atom, neighbor), r);
}

PairLaws pair_laws(const ElasticNetwork& n, const EamPotential& p, const std::vector<Structure>& structures) {
    const ElasticShape shape = n.shape();
    const int species = shape.species;
    // Slopes of tables by differences over 0.02 A, beyond the noise of their last digits.
    const auto at = [](const std::vector<double>& table, double spacing, double x) {
        const auto last = static_cast<double>(table.size() - 2);
        const double t = std::clamp(x / spacing, 0.0, last);
        const auto k = static_cast<std::size_t>(t);
        return table[k] + (t - static_cast<double>(k)) * (table[k + 1] - table[k]);
    };
    const auto slope = [&](const std::vector<double>& table, double spacing, double x, double step) {
        return (at(table, spacing, x + step) - at(table, spacing, x - step)) / (2 * step);
    };
    std::vector<double> density(species, 0.0), atoms(species, 0.0), embedding(species, 0.0);
    const double reach = std::min(p.cutoff, shape.cutoff());
    for (const Structure& s : structures) {
        const ElasticGlass<Host> g = prepare_elastic<Host>(shape, s, n.mean);
        for (int slot = 0; slot < s.size(); ++slot) {
            atoms[g.kind[slot]] += 1;
            for (int k = g.hessian.first[slot]; k < g.hessian.first[slot + 1]; ++k)
                if (const double r = 1 / g.bond[k].inverse_length; r < reach)
                    density[g.kind[slot]] +=
                        at(p.density[g.kind[g.hessian.bond[k].neighbor] * species + g.kind[slot]], p.dr, r);
        }
    }
    for (int a = 0; a < species; ++a)
        if (atoms[a] > 0) embedding[a] = slope(p.embedding[a], p.drho, density[a] / atoms[a], 2 * p.drho);
    PairLaws laws;
    for (double r = innermost; r < shape.cutoff(); r += 0.02) laws.distance.push_back(r);
    for (int a = 0; a < species; ++a)
        for (int b = a; b < species; ++b)
            for (const double r : laws.distance) {
                laws.learned.push_back(pair_force(n, a, b, r));
                const auto pair = [&](double x) { return at(p.pair[a * species + b], p.dr, x) / x; };
                const double step = 0.01;
                laws.potential.push_back(r + step >= p.cutoff
                                             ? 0.0
                                             : (pair(r + step) - pair(r - step)) / (2 * step) +
                                                   embedding[a] * slope(p.density[b * species + a], p.dr, r, step) +
                                                   embedding[b] * slope(p.density[a * species + b], p.dr, r, step));
            }
    return laws;
}

EamPotential as_potential(const ElasticNetwork& n) {
    const ElasticShape shape = n.shape();
    EamPotential p;
    p.format = "eam/fs";
    p.comment = "a learned elastic network";
    p.elements = n.elements;
    p.masses = n.masses;
    p.lattice_constants.assign(n.elements.size(), 0.0);
    p.lattices.assign(n.elements.size(), "none");
    p.cutoff = shape.cutoff();
    p.nr = static_cast<int>(std::lround(p.cutoff / 0.001)) + 1;
    p.dr = p.cutoff / (p.nr - 1);
    // Values and slopes per knot, from the cutoff inwards; two points of Gauss are exact where no knot of the splines
    // lies between.
    const auto tabulate = [&](const auto& law, std::vector<double>& value, std::vector<double>& slope) {
        value.assign(static_cast<std::size_t>(p.nr), 0.0);
        slope.assign(static_cast<std::size_t>(p.nr), 0.0);
        for (int k = p.nr - 1; k >= 0; --k) {
            slope[k] = law(k * p.dr) * p.dr;
            if (k == p.nr - 1) continue;
            const double middle = (k + 0.5) * p.dr, half = 0.5 * p.dr * 0.57735026918962576;
            value[k] = value[k + 1] - 0.5 * p.dr * (law(middle - half) + law(middle + half));
        }
    };
    const int species = shape.species;
    for (int source = 0; source < species; ++source)
        for (int center = 0; center < species; ++center) {
            const double* const g = n.parameter.data() + shape.density_parameters(center, source);
            const double* const v = n.parameter.data() + shape.pair_parameters(source, center);
            tabulate([&](double r) { return spline(shape.density, g, r); }, p.density.emplace_back(),
                     p.density_slope.emplace_back());
            std::vector<double>& z = p.pair.emplace_back();
            std::vector<double>& slope = p.pair_slope.emplace_back();
            tabulate([&](double r) { return spline(shape.pair, v, r); }, z, slope);
            for (int k = 0; k < p.nr; ++k) {  // z = r V
                slope[k] = z[k] * p.dr + k * p.dr * slope[k];
                z[k] *= k * p.dr;
            }
        }
    // A cubic is exact in any number of pieces, and below zero as well; densities beyond the last one are those of no
    // solid.
    const std::size_t row = static_cast<std::size_t>(species) * shape.density.size();
    std::vector<double> mean(species, 0.0);
    double largest = 1;
    for (int a = 0; a < species; ++a) {
        for (std::size_t k = 0; k < row; ++k)
            mean[a] += n.mean[a * row + k] * n.parameter[shape.density_parameters(a, 0) + k];
        largest = std::max(largest, std::abs(mean[a]));
    }
    p.nrho = 101;
    p.drho = 10 * largest / (p.nrho - 1);
    for (int a = 0; a < species; ++a) {
        std::vector<double>& f = p.embedding.emplace_back();
        std::vector<double>& slope = p.embedding_slope.emplace_back();
        const double c = n.parameter[shape.first_cubic() + a];
        for (int k = 0; k < p.nrho; ++k) {
            const double s = k * p.drho - mean[a];
            f.push_back(s * s * (0.5 + c * s / 6));
            slope.push_back(elastic_embedding(s, c).slope * p.drho);
        }
    }
    return p;
}

}  // namespace mg
