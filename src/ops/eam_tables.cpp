#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "ops/forces.hpp"
#include "physics/eam.hpp"

namespace mg {

namespace {

std::vector<Cubic<double>> hermite_pieces(const std::vector<double>& f, const std::vector<double>& s) {
    std::vector<Cubic<double>> pieces;
    for (std::size_t m = 0; m + 1 < f.size(); ++m) pieces.push_back(hermite<double>(f[m], s[m], f[m + 1], s[m + 1]));
    return pieces;
}

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
    return hermite_pieces(f, s);
}
/// With slopes of the table's own where it has them (smooth_potential).
std::vector<Cubic<double>> interpolate(const std::vector<std::vector<double>>& tables,
                                       const std::vector<std::vector<double>>& slopes, int k) {
    return slopes.empty() ? interpolate(tables[k]) : hermite_pieces(tables[k], slopes[k]);
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

/// Value and slope of all knots of a table of pieces.
struct Knot {
    double value, slope;
};
std::vector<Knot> knots_of(const PairPiece<double>* pieces, int count, Cubic<double> PairPiece<double>::*function) {
    std::vector<Knot> knots;
    for (int k = 0; k < count; ++k) knots.push_back({(pieces[k].*function).a, (pieces[k].*function).b});
    const Cubic<double> q = pieces[count - 1].*function;
    knots.push_back({value(q, 1.0), slope(q, 1.0)});
    return knots;
}

/// The cubic in u nearest to y(u) at Chebyshev's nodes of [-half, half], eight of them: all but the least squares.
template <class Function>
Cubic<float> fit_cubic(double half, const Function& y) {
    constexpr int nodes = 8;
    double c[4] = {};  // of Chebyshev's polynomials
    for (int k = 0; k < nodes; ++k) {
        const double angle = M_PI * (k + 0.5) / nodes, value = y(half * std::cos(angle));
        for (int n = 0; n < 4; ++n) c[n] += (n == 0 ? 1.0 : 2.0) / nodes * value * std::cos(n * angle);
    }
    return {float(c[0] - c[2]), float((c[1] - 3 * c[3]) / half), float(2 * c[2] / (half * half)),
            float(4 * c[3] / (half * half * half))};
}

/// f and f'/r in coarse pieces of some knots.
struct CoarseDensity {
    std::vector<Cubic<float>> density, slope;
    double error = 0;  ///< rms error of f' [1/A of f] beyond `from`
};
CoarseDensity coarse_density(const Function& f, double dr, double lowest, double spacing, int knots, int pieces,
                             double from) {
    const double last = static_cast<double>(f.pieces.size()) * dr, half = 0.5 * knots;
    const auto at = [&](double r) {
        const Point p = exact_at(f, std::clamp(r, lowest, last), dr);
        return Point{p.value, r < last ? p.slope : 0.0};
    };
    CoarseDensity result;
    double sum = 0;
    long count = 0;
    for (int m = 0; m < pieces; ++m) {
        const auto r = [&](double u) { return std::max(lowest, (m * knots + u) * spacing); };
        const auto slope_over_r = [&](double u) { return at(r(u)).slope / r(u); };
        result.density.push_back(fit_cubic(half, [&](double u) { return at(r(u)).value; }));
        result.slope.push_back(fit_cubic(half, slope_over_r));
        for (const double u : {-0.43, -0.2, 0.05, 0.31, 0.45}) {
            const double distance = (m + u) * knots * spacing;
            if (distance <= from || distance >= last) continue;
            const Cubic<float> q = result.slope.back();
            const double e = value(Cubic<double>{q.a, q.b, q.c, q.d}, u * knots) - slope_over_r(u * knots);
            sum += e * e * distance * distance;
            ++count;
        }
    }
    result.error = count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0.0;
    return result;
}

/// phi'/r in the intervals of the resampled grid.
std::vector<ForcePiece> force_pieces(const Function& phi, double dr, double lowest, double spacing, int pieces) {
    std::vector<ForcePiece> result;
    for (int m = 0; m < pieces; ++m) {
        double g[3];
        for (int k = 0; k < 3; ++k) {
            const double r = std::max(lowest, (m + 0.5 * k) * spacing);
            g[k] = exact_at(phi, r, dr).slope / r;
        }
        result.push_back({float(g[0]), float(-3 * g[0] + 4 * g[1] - g[2]), float(2 * g[0] - 4 * g[1] + 2 * g[2]),
                          float(exact_at(phi, std::max(lowest, m * spacing), dr).value)});
    }
    return result;
}

/// `tables` are pairs of indices of functions, and `steepest` is F'_max of make_eam_tables.
template <class Space>
void pack_compact(EamTables<Space>& t, const std::vector<Function>& functions,
                  const std::vector<std::pair<int, int>>& tables, double steepest) {
    CompactTables<Space>& a = t.knots;
    const double dr = 1.0 / t.inverse_dr, spacing = 1.0 / t.resampled_inverse_dr;
    // The coarsest whose error in a force, 2 F' f', is far below that of phi'. Where atoms never get to, densities do
    // not matter.
    constexpr double enough = 1e-7;  // [eV/A]
    const double from = std::max(t.lowest, 0.25 * t.cutoff);
    std::vector<CoarseDensity> coarse(functions.size());
    for (a.coarse_knots = 64;; a.coarse_knots /= 2) {
        a.coarse_pieces = static_cast<int>(t.cutoff / spacing) / a.coarse_knots + 2;
        double worst = 0;
        for (std::size_t k = 0; k < functions.size(); ++k) {
            if (functions[k].is_pair) continue;
            coarse[k] = coarse_density(functions[k], dr, t.lowest, spacing, a.coarse_knots, a.coarse_pieces, from);
            worst = std::max(worst, 2 * steepest * coarse[k].error);
        }
        if (worst < enough || a.coarse_knots == 1) break;
    }
    std::vector<Cubic<float>> density, slope;
    std::vector<ForcePiece> force;
    // One more than the cutoff needs: a root may round up to the cutoff itself.
    a.intervals = static_cast<int>(t.cutoff / spacing) + 2;
    for (const auto& [f, phi] : tables) {
        density.insert(density.end(), coarse[f].density.begin(), coarse[f].density.end());
        slope.insert(slope.end(), coarse[f].slope.begin(), coarse[f].slope.end());
        const std::vector<ForcePiece> g = force_pieces(functions[phi], dr, t.lowest, spacing, a.intervals);
        force.insert(force.end(), g.begin(), g.end());
    }
    density.push_back({});
    slope.push_back({});
    force.push_back({});
    a.density = to_space<Space>(density);
    a.slope = to_space<Space>(slope);
    a.force = to_space<Space>(force);
}

/// What a space's tuned loops read besides.
template <class Space>
void pack_knots(EamTables<Space>& t) {
    t.knots.force_texture = TableTexture(t.knots.force.data(), t.knots.force.size() * sizeof(ForcePiece));
}
template <>
void pack_knots(EamTables<Host>& t) {
    KnotArrays<Host>& a = t.knots;
    a.full_knots = t.pieces + 1;
    a.symmetric = true;
    for (int s = 0; s < t.species; ++s)
        for (int c = 0; c < s; ++c)
            a.symmetric = a.symmetric && t.table_of[s * t.species + c] == t.table_of[c * t.species + s];
    std::vector<double> density, slope;
    const int tables = static_cast<int>(t.exact.size()) / t.pieces;
    for (int k = 0; k < tables; ++k) {
        const PairPiece<double>* exact = t.exact.data() + static_cast<long>(k) * t.pieces;
        const std::vector<Knot> f = knots_of(exact, t.pieces, &PairPiece<double>::density),
                                z = knots_of(exact, t.pieces, &PairPiece<double>::pair);
        for (int m = 0; m < a.full_knots; ++m) {
            density.insert(density.end(), {f[m].value, f[m].slope});
            slope.insert(slope.end(), {f[m].value, f[m].slope, z[m].value, z[m].slope});
        }
    }
    density.resize(density.size() + 4);
    slope.resize(slope.size() + 8);
    a.full_density = to_space<Host>(density);
    a.full_slope = to_space<Host>(slope);
}

/// The distinct functions of a potential, and which of them each ordered pair of species has.
struct Functions {
    std::vector<Function> all;
    std::vector<int> density, pair;           ///< (species, species) indices into `all`
    std::vector<std::pair<int, int>> tables;  ///< a table is a density and a pair function
    std::vector<int> table_of;                ///< (species, species); pairs that agree in both functions share a table
};

Functions distinct_functions(const EamPotential& e) {
    const int n = e.species();
    Functions f;
    const auto index_of = [&](bool is_pair, int table) {
        const auto& tables = is_pair ? e.pair : e.density;
        for (std::size_t k = 0; k < f.all.size(); ++k)
            if (f.all[k].is_pair == is_pair && f.all[k].values == tables[table]) return static_cast<int>(k);
        f.all.push_back({tables[table], is_pair, interpolate(tables, is_pair ? e.pair_slope : e.density_slope, table)});
        return static_cast<int>(f.all.size()) - 1;
    };
    for (int k = 0; k < n * n; ++k) {
        f.density.push_back(index_of(false, k));
        f.pair.push_back(index_of(true, k));
        const std::pair<int, int> wanted{f.density[k], f.pair[k]};
        f.table_of.push_back(static_cast<int>(std::find(f.tables.begin(), f.tables.end(), wanted) - f.tables.begin()));
        if (f.table_of[k] == static_cast<int>(f.tables.size())) f.tables.push_back(wanted);
    }
    return f;
}

/// Where the last density function ends [A].
double end_of_densities(const std::vector<Function>& functions, double dr) {
    std::size_t end = 0;
    for (const Function& f : functions) {
        if (f.is_pair) continue;
        std::size_t pieces = f.pieces.size();
        const auto is_zero = [](const Cubic<double>& q) { return q.a == 0 && q.b == 0 && q.c == 0 && q.d == 0; };
        while (pieces > 0 && is_zero(f.pieces[pieces - 1])) --pieces;
        end = std::max(end, pieces);
    }
    return static_cast<double>(end) * dr;
}

/// Inwards from the cutoff as far as thermal motion gets; what a table holds further in may mean nothing.
double innermost_reached(const Function& pair, double lowest, const EamPotential& e) {
    double lowest_energy = 0, innermost = lowest;
    for (double r = lowest; r < e.cutoff; r += e.dr)
        lowest_energy = std::min(lowest_energy, exact_at(pair, r, e.dr).value);
    for (double r = lowest; r < e.cutoff; r += e.dr)
        if (exact_at(pair, r, e.dr).value - lowest_energy >= 1.5) innermost = r;
    return innermost;
}

/// Tables in float with as few pieces as their error in a force allows. `steepest`: see pack_knots.
template <class Space>
void resample_tables(EamTables<Space>& t, const EamPotential& e, const Functions& f, double steepest) {
    const double last_knot = (e.nr - 1) * e.dr;
    std::vector<PairPiece<float>> resampled;
    for (const int pieces : {1024, 2048, 4096, e.nr - 1}) {
        if (pieces > e.nr - 1) continue;
        const double spacing = last_knot / pieces;
        resampled.clear();
        std::vector<std::vector<Cubic<float>>> each;
        for (const Function& function : f.all) each.push_back(resample(function, e.dr, t.lowest, spacing, pieces));
        for (const auto& [density, pair] : f.tables)
            for (int k = 0; k < pieces; ++k) resampled.push_back({each[density][k], each[pair][k]});
        t.resampled_pieces = pieces;
        t.resampled_inverse_dr = 1.0 / spacing;
        t.resampling_error = t.largest_resampling_error = 0;
        for (std::size_t k = 0; k < f.pair.size(); ++k) {
            const int pair = f.pair[k], density = f.density[k];
            const double innermost = innermost_reached(f.all[pair], t.lowest, e);
            const auto accessible = [&](double r) { return r > innermost; };
            const SlopeError phi = slope_error(f.all[pair], each[pair], e.dr, spacing, accessible);
            const SlopeError rho = slope_error(f.all[density], each[density], e.dr, spacing, accessible);
            t.resampling_error = std::max(t.resampling_error, phi.rms + 2 * steepest * rho.rms);
            t.largest_resampling_error = std::max(t.largest_resampling_error, phi.largest + 2 * steepest * rho.largest);
        }
        if (t.resampling_error < 4e-7) break;
    }
    t.resampled = to_space<Space>(resampled);
}

}  // namespace

template <class Space>
EamTables<Space> make_eam_tables(const EamPotential& e) {
    EamTables<Space> t;
    t.species = e.species();
    t.cutoff = e.cutoff;
    t.pieces = e.nr - 1;
    t.inverse_dr = 1.0 / e.dr;
    t.embedding_pieces = e.nrho - 1;
    t.inverse_drho = 1.0 / e.drho;

    const Functions f = distinct_functions(e);
    t.table_of = to_space<Space>(f.table_of);
    t.lowest = first_usable_knot(e) * e.dr;
    std::vector<PairPiece<double>> exact;
    for (const auto& [density, pair] : f.tables)
        for (int k = 0; k < t.pieces; ++k) exact.push_back({f.all[density].pieces[k], f.all[pair].pieces[k]});
    std::vector<Cubic<double>> embedding;
    for (int s = 0; s < t.species; ++s) {
        const std::vector<Cubic<double>> pieces = interpolate(e.embedding, e.embedding_slope, s);
        embedding.insert(embedding.end(), pieces.begin(), pieces.end());
    }
    t.exact = to_space<Space>(exact);
    t.embedding = to_space<Space>(embedding);

    double steepest = 0;
    for (int s = 0; s < t.species; ++s)
        for (int k = t.embedding_pieces / 20; k < t.embedding_pieces / 4; ++k)
            steepest = std::max(steepest, std::abs(embedding[s * t.embedding_pieces + k].b * t.inverse_drho));
    resample_tables(t, e, f, steepest);
    pack_compact(t, f.all, f.tables, steepest);
    // A coarse piece that holds the end has values beyond it. Pairs that are too close are found among these.
    const double piece = t.knots.coarse_knots / t.resampled_inverse_dr;
    t.density_cutoff = std::clamp(end_of_densities(f.all, e.dr) + piece, t.lowest, t.cutoff);
    pack_knots(t);
    return t;
}

#define MG_EAM_TABLES(Space) template EamTables<Space> make_eam_tables<Space>(const EamPotential&);
MG_INSTANTIATE(MG_EAM_TABLES)

}  // namespace mg
