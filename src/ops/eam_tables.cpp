#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "ops/forces.hpp"
#include "physics/eam.hpp"

namespace mg {

namespace {

/// LAMMPS's coefficients on knots 0..n-1 (pair_eam.cpp, interpolate): slopes from five points inside, three
/// next to an end, two at the ends; then a Hermite piece per interval.
std::vector<Cubic<double>> interpolate(const std::vector<double>& f) {
    const int n = static_cast<int>(f.size());
    std::vector<double> s(n);
    s[0] = f[1] - f[0];
    s[1] = 0.5 * (f[2] - f[0]);
    s[n - 2] = 0.5 * (f[n - 1] - f[n - 3]);
    s[n - 1] = f[n - 1] - f[n - 2];
    for (int m = 2; m < n - 2; ++m) s[m] = ((f[m - 2] - f[m + 2]) + 8.0 * (f[m + 1] - f[m - 1])) / 12.0;
    std::vector<Cubic<double>> pieces;
    for (int m = 0; m + 1 < n; ++m) pieces.push_back(hermite<double>(f[m], s[m], f[m + 1], s[m + 1]));
    return pieces;
}

struct Function {
    std::vector<double> values;
    bool is_pair;
    std::vector<Cubic<double>> pieces;
};

/// f(r) or phi(r) and its slope per A, from the exact pieces.
struct Point {
    double value, slope;
};
Point exact_at(const Function& f, double r, double dr) {
    const GridPoint<double> g = locate<double>(r, 1.0 / dr, static_cast<int>(f.pieces.size()));
    const Point p{value(f.pieces[g.piece], g.fraction), slope(f.pieces[g.piece], g.fraction) / dr};
    return f.is_pair ? Point{p.value / r, (p.slope - p.value / r) / r} : p;
}

/// Cubic pieces with the exact values and slopes at their ends. Intervals below `lowest` are constant.
std::vector<Cubic<float>> resample(const Function& f, double dr, double lowest, double spacing, int pieces) {
    std::vector<Cubic<float>> result;
    for (int m = 0; m < pieces; ++m) {
        Point end[2];
        for (int k = 0; k < 2; ++k) {
            end[k] = exact_at(f, std::max(lowest, (m + k) * spacing), dr);
            end[k].slope *= spacing;
        }
        result.push_back(hermite<float>(end[0].value, end[0].slope, end[1].value, end[1].slope));
    }
    return result;
}

/// Slope errors [eV/A or 1/A] of a resampled function over the distances that are accessible.
struct SlopeError {
    double rms = 0, largest = 0;
};
template <class Accessible>
SlopeError slope_error(const Function& f, const std::vector<Cubic<float>>& resampled, double dr, double spacing,
                       const Accessible& accessible) {
    SlopeError error;
    double sum = 0;
    long count = 0;
    for (int m = 1; m < static_cast<int>(resampled.size()); ++m)
        for (const double p : {0.1, 0.21, 0.35, 0.5, 0.65, 0.79, 0.9}) {
            const double r = (m + p) * spacing;
            if (!accessible(r)) continue;
            const Cubic<float> q = resampled[m];
            const double e = std::abs(slope(Cubic<double>{q.a, q.b, q.c, q.d}, p) / spacing - exact_at(f, r, dr).slope);
            error.largest = std::max(error.largest, e);
            sum += e * e;
            ++count;
        }
    error.rms = count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0.0;
    return error;
}

/// Value and slope of all knots of a table of pieces, with the mean slope of the interval that follows.
struct Knot {
    double value, slope, mean;
};
template <class Real>
std::vector<Knot> knots_of(const PairPiece<Real>* pieces, int count, Cubic<Real> PairPiece<Real>::*function) {
    std::vector<Knot> knots;
    for (int k = 0; k < count; ++k) {
        const Cubic<Real> q = pieces[k].*function;
        knots.push_back({q.a, q.b, double(q.b) + q.c + q.d});
    }
    const Cubic<Real> q = pieces[count - 1].*function;
    const double end = double(q.b) + 2.0 * q.c + 3.0 * q.d;
    knots.push_back({double(q.a) + q.b + q.c + q.d, end, end});
    return knots;
}

template <class Space>
void pack_knots(EamTables<Space>&) {}

template <>
void pack_knots(EamTables<Host>& t) {
    KnotArrays<Host>& a = t.knots;
    a.full_knots = t.pieces + 1;
    a.mixed_knots = t.resampled_pieces + 1;
    a.symmetric = true;
    for (int s = 0; s < t.species; ++s)
        for (int c = 0; c < s; ++c)
            a.symmetric = a.symmetric && t.table_of[s * t.species + c] == t.table_of[c * t.species + s];
    std::vector<double> full_density, full_slope;
    std::vector<float> mixed_density, mixed_slope, mixed_pair;
    const int tables = static_cast<int>(t.exact.size()) / t.pieces;
    for (int k = 0; k < tables; ++k) {
        const PairPiece<double>* exact = t.exact.data() + static_cast<long>(k) * t.pieces;
        const std::vector<Knot> f = knots_of(exact, t.pieces, &PairPiece<double>::density),
                                z = knots_of(exact, t.pieces, &PairPiece<double>::pair);
        for (int m = 0; m < a.full_knots; ++m) {
            full_density.insert(full_density.end(), {f[m].value, f[m].slope});
            full_slope.insert(full_slope.end(), {f[m].value, f[m].slope, z[m].value, z[m].slope});
        }
        const PairPiece<float>* resampled = t.resampled.data() + static_cast<long>(k) * t.resampled_pieces;
        const std::vector<Knot> g = knots_of(resampled, t.resampled_pieces, &PairPiece<float>::density),
                                phi = knots_of(resampled, t.resampled_pieces, &PairPiece<float>::pair);
        const double per_A = t.resampled_inverse_dr;
        const auto add = [](std::vector<float>& to, double x, double y) {
            to.push_back(static_cast<float>(x));
            to.push_back(static_cast<float>(y));
        };
        for (int m = 0; m < a.mixed_knots; ++m) {
            add(mixed_density, g[m].value, g[m].slope);
            add(mixed_pair, phi[m].value, phi[m].slope);
            for (const Knot& q : {g[m], phi[m]}) {
                const auto slope = static_cast<float>(q.slope * per_A);
                add(mixed_slope, slope, q.mean * per_A - slope);
            }
        }
    }
    const auto pack = [](auto& values, int per_knot, auto& array) {
        values.resize(values.size() + 2 * static_cast<std::size_t>(per_knot));
        array = to_space<Host>(values);
    };
    pack(full_density, 2, a.full_density);
    pack(full_slope, 4, a.full_slope);
    pack(mixed_density, 2, a.mixed_density);
    pack(mixed_slope, 4, a.mixed_slope);
    pack(mixed_pair, 2, a.mixed_pair);
}

}  // namespace

template <class Space>
EamTables<Space> make_eam_tables(const EamPotential& e) {
    const int n = e.species();
    EamTables<Space> t;
    t.species = n;
    t.cutoff = e.cutoff;
    t.pieces = e.nr - 1;
    t.inverse_dr = 1.0 / e.dr;
    t.embedding_pieces = e.nrho - 1;
    t.inverse_drho = 1.0 / e.drho;

    std::vector<Function> functions;
    const auto index_of = [&](const std::vector<double>& values, bool is_pair) {
        for (std::size_t k = 0; k < functions.size(); ++k)
            if (functions[k].is_pair == is_pair && functions[k].values == values) return static_cast<int>(k);
        functions.push_back({values, is_pair, interpolate(values)});
        return static_cast<int>(functions.size()) - 1;
    };
    std::vector<int> density_index(n * n), pair_index(n * n);
    for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b) {
            density_index[a * n + b] = index_of(e.density[a * n + b], false);
            pair_index[a * n + b] = index_of(e.pair[a * n + b], true);
        }
    // A table is a pair of functions; ordered pairs of species that agree in both share one.
    std::vector<std::pair<int, int>> tables;
    std::vector<int> table_of(n * n);
    for (int k = 0; k < n * n; ++k) {
        const std::pair<int, int> wanted{density_index[k], pair_index[k]};
        table_of[k] = static_cast<int>(std::find(tables.begin(), tables.end(), wanted) - tables.begin());
        if (table_of[k] == static_cast<int>(tables.size())) tables.push_back(wanted);
    }
    t.table_of = to_space<Space>(table_of);

    // Tables may start with sentinels (1e12 below 0.50 A in Cu-Zr_2.eam.fs); a slope looks two knots ahead.
    constexpr double sentinel = 1e9;
    int first = 1;
    for (const Function& f : functions)
        for (int k = 0; k < e.nr; ++k)
            if (!(std::abs(f.values[k]) < sentinel)) first = std::max(first, k + 3);
    t.lowest = first * e.dr;

    std::vector<PairPiece<double>> exact;
    for (const auto& [density, pair] : tables)
        for (int k = 0; k < t.pieces; ++k) exact.push_back({functions[density].pieces[k], functions[pair].pieces[k]});
    std::vector<Cubic<double>> embedding;
    for (int s = 0; s < n; ++s) {
        const std::vector<Cubic<double>> pieces = interpolate(e.embedding[s]);
        embedding.insert(embedding.end(), pieces.begin(), pieces.end());
    }
    t.exact = to_space<Space>(exact);
    t.embedding = to_space<Space>(embedding);

    double steepest = 0;
    for (int s = 0; s < n; ++s)
        for (int k = t.embedding_pieces / 20; k < t.embedding_pieces / 4; ++k)
            steepest = std::max(steepest, std::abs(embedding[s * t.embedding_pieces + k].b * t.inverse_drho));

    const double last_knot = (e.nr - 1) * e.dr;
    std::vector<PairPiece<float>> resampled;
    for (const int pieces : {1024, 2048, 4096, e.nr - 1}) {
        if (pieces > e.nr - 1) continue;
        const double spacing = last_knot / pieces;
        resampled.clear();
        std::vector<std::vector<Cubic<float>>> each;
        for (const Function& f : functions) each.push_back(resample(f, e.dr, t.lowest, spacing, pieces));
        for (const auto& [density, pair] : tables)
            for (int k = 0; k < pieces; ++k) resampled.push_back({each[density][k], each[pair][k]});
        t.resampled_pieces = pieces;
        t.resampled_inverse_dr = 1.0 / spacing;
        t.resampling_error = t.largest_resampling_error = 0;
        for (int a = 0; a < n; ++a)
            for (int b = 0; b < n; ++b) {
                const int pair = pair_index[a * n + b], density = density_index[a * n + b];
                // Inwards from the cutoff as far as thermal motion gets; what a table holds further in may mean
                // nothing.
                double lowest_energy = 0, innermost = t.lowest;
                for (double r = t.lowest; r < e.cutoff; r += e.dr)
                    lowest_energy = std::min(lowest_energy, exact_at(functions[pair], r, e.dr).value);
                for (double r = t.lowest; r < e.cutoff; r += e.dr)
                    if (exact_at(functions[pair], r, e.dr).value - lowest_energy >= 1.5) innermost = r;
                const auto accessible = [&](double r) { return r > innermost; };
                const SlopeError phi = slope_error(functions[pair], each[pair], e.dr, spacing, accessible);
                const SlopeError f = slope_error(functions[density], each[density], e.dr, spacing, accessible);
                t.resampling_error = std::max(t.resampling_error, phi.rms + 2 * steepest * f.rms);
                t.largest_resampling_error =
                    std::max(t.largest_resampling_error, phi.largest + 2 * steepest * f.largest);
            }
        if (t.resampling_error < 4e-7) break;
    }
    t.resampled = to_space<Space>(resampled);
    pack_knots(t);
    return t;
}

#define MG_EAM_TABLES(Space) template EamTables<Space> make_eam_tables<Space>(const EamPotential&);
MG_INSTANTIATE(MG_EAM_TABLES)

}  // namespace mg
