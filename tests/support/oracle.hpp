#pragma once
/// \file An independent brute-force oracle: energies, forces, virials, shell counts and the like, written from the
/// equations with plain loops over all periodic images. It shares no code with the engine beyond the data types of
/// core/ and physics/eam_potential.hpp, and must stay so: a mistake made twice is invisible.
///
/// Arithmetic is in long double and no image trick is used: cells may be triclinic, smaller than the cutoff, and
/// positions may lie anywhere outside the cell. 4,000 atoms at a cutoff of 7.6 A take about a second.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/box.hpp"
#include "core/structure.hpp"
#include "physics/eam_potential.hpp"

namespace mg::oracle {

// ---- The spline of LAMMPS ------------------------------------------------------------------------------------

/// A value and its first derivative.
struct ValueSlope {
    long double value = 0, slope = 0;
};

/// LAMMPS's local cubic through equally spaced knots 1..n, knot 1 at x = 0.
/// Source: PairEAM::interpolate and PairEAM::compute of LAMMPS, as described in its documentation and papers.
class Spline {
public:
    /// \param table values at x = 0, delta, 2 delta, ...; at least two.
    /// \param delta knot distance, positive.
    Spline(const std::vector<double>& table, double delta) : delta_(delta) {
        const int n = static_cast<int>(table.size());
        if (n < 2) throw std::invalid_argument("oracle: a spline needs two knots");
        f_.assign(table.size() + 1, 0);  // f_[m] is knot m = 1..n
        s_.assign(table.size() + 1, 0);
        for (int m = 1; m <= n; ++m) f_[m] = table[m - 1];
        for (int m = 1; m <= n; ++m) {
            if (m == 1)
                s_[m] = f_[2] - f_[1];
            else if (m == n)
                s_[m] = f_[n] - f_[n - 1];
            else if (m == 2 || m == n - 1)
                s_[m] = (f_[m + 1] - f_[m - 1]) / 2;
            else
                s_[m] = ((f_[m - 2] - f_[m + 2]) + 8 * (f_[m + 1] - f_[m - 1])) / 12;
        }
    }

    int knots() const { return static_cast<int>(f_.size()) - 1; }
    /// Position of the last knot.
    long double end() const { return (knots() - 1) * delta_; }

    /// The cubic Hermite piece at x; constant value and slope of the last knot beyond it.
    ValueSlope operator()(long double x) const {
        const int n = knots();
        const long double p = x / delta_ + 1;
        int m = n - 1;
        if (p < n - 1) m = static_cast<int>(p);
        if (m < 1) m = 1;
        long double t = p - m;
        if (t > 1) t = 1;
        const long double f0 = f_[m], f1 = f_[m + 1], s0 = s_[m], s1 = s_[m + 1];
        // Hermite basis, not the expanded polynomial: easier to see right.
        const long double h00 = (1 + 2 * t) * (1 - t) * (1 - t), h10 = t * (1 - t) * (1 - t);
        const long double h01 = t * t * (3 - 2 * t), h11 = t * t * (t - 1);
        const long double d00 = 6 * t * t - 6 * t, d10 = 3 * t * t - 4 * t + 1;
        const long double d01 = -d00, d11 = 3 * t * t - 2 * t;
        return {f0 * h00 + s0 * h10 + f1 * h01 + s1 * h11, (f0 * d00 + s0 * d10 + f1 * d01 + s1 * d11) / delta_};
    }

private:
    long double delta_;
    std::vector<long double> f_, s_;
};

/// The splines of a whole potential.
class Tables {
public:
    explicit Tables(const EamPotential& p) : n_(p.species()) {
        for (const auto& t : p.embedding) embedding_.emplace_back(t, p.drho);
        for (const auto& t : p.density) density_.emplace_back(t, p.dr);
        for (const auto& t : p.pair) pair_.emplace_back(t, p.dr);
    }

    /// F_s(rho) [eV]; linear above the last knot.
    ValueSlope embedding(int s, long double rho) const {
        const Spline& spline = embedding_[s];
        ValueSlope y = spline(rho);
        if (rho > spline.end()) y.value += y.slope * (rho - spline.end());
        return y;
    }
    /// Density of a neighbour of species `source` at an atom of species `center`, r [A].
    ValueSlope density(int source, int center, long double r) const { return density_[source * n_ + center](r); }
    /// phi_ab(r) [eV] from the splined z = r phi.
    ValueSlope pair(int a, int b, long double r) const {
        const ValueSlope z = pair_[a * n_ + b](r);
        const long double phi = z.value / r;
        return {phi, (z.slope - phi) / r};
    }

private:
    int n_;
    std::vector<Spline> embedding_, density_, pair_;
};

/// Smallest distance [A] at which the pair function of a and b is untouched by values above `sentinel` near r = 0.
/// The five-point slopes carry a sentinel two knots upwards, so this is two knots above the first usable knot.
/// 0 where the table has no sentinel.
inline double clean_from(const EamPotential& p, int a, int b, double sentinel = 1e10) {
    const std::vector<double>& z = p.pair[a * p.species() + b];
    int first = 0;
    for (int k = 0; k < static_cast<int>(z.size()); ++k)
        if (!std::isfinite(z[k]) || std::abs(z[k]) > sentinel) first = k + 1;
    return first == 0 ? 0.0 : (first + 2) * p.dr;
}

// ---- Neighbours: every periodic image ------------------------------------------------------------------------

/// Atom i sees an image of atom j at displacement d = x_j + h n - x_i, of length r [A].
struct Neighbor {
    int i, j;
    long double d[3];
    long double r;
};

namespace detail {

inline void add_if_inside(std::vector<Neighbor>& out, const std::vector<Vec3>& x, const Box& box, int i, int j, int na,
                          int nb, int nc, long double reach) {
    if (i == j && na == 0 && nb == 0 && nc == 0) return;
    const long double xi[3] = {x[i].x, x[i].y, x[i].z}, xj[3] = {x[j].x, x[j].y, x[j].z};
    Neighbor e{i, j, {0, 0, 0}, 0};
    long double r2 = 0;
    for (int k = 0; k < 3; ++k) {
        e.d[k] = xj[k] - xi[k] + static_cast<long double>(box.h(k, 0)) * na +
                 static_cast<long double>(box.h(k, 1)) * nb + static_cast<long double>(box.h(k, 2)) * nc;
        r2 += e.d[k] * e.d[k];
    }
    if (r2 < reach * reach) {
        e.r = std::sqrt(r2);
        out.push_back(e);
    }
}

inline std::vector<Vec3> fractional(const std::vector<Vec3>& x, const Box& box) {
    std::vector<Vec3> s;
    for (const Vec3& v : x) s.push_back(box.inverse * v);
    return s;
}

}  // namespace detail

/// All (i, image of j) with r < reach, ordered by i, then j: N^2 times a cube of images that certainly holds every
/// sphere. Only for small systems.
inline std::vector<Neighbor> neighbors_naive(const std::vector<Vec3>& x, const Box& box, double reach) {
    const int n = static_cast<int>(x.size());
    const std::vector<Vec3> s = detail::fractional(x, box);
    const Vec3 w = perpendicular_widths(box);
    double spread = 0;
    for (const Vec3& a : s)
        for (const Vec3& b : s)
            spread = std::max({spread, std::abs(a.x - b.x), std::abs(a.y - b.y), std::abs(a.z - b.z)});
    const int m = static_cast<int>(std::ceil(spread + reach / std::min({w.x, w.y, w.z}))) + 1;
    std::vector<Neighbor> out;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            for (int a = -m; a <= m; ++a)
                for (int b = -m; b <= m; ++b)
                    for (int c = -m; c <= m; ++c) detail::add_if_inside(out, x, box, i, j, a, b, c, reach);
    return out;
}

/// The same set in the same order. Per pair only the images that can be near are formed: |d| < reach implies that
/// the fractional component k of d, being |d . row k of h^-1|, is below reach / width_k.
inline std::vector<Neighbor> neighbors(const std::vector<Vec3>& x, const Box& box, double reach) {
    const int n = static_cast<int>(x.size());
    const std::vector<Vec3> s = detail::fractional(x, box);
    const Vec3 w = perpendicular_widths(box);
    const double slack = 1e-6;  // far above rounding of s
    const Vec3 c{reach / w.x + slack, reach / w.y + slack, reach / w.z + slack};
    std::vector<Neighbor> out;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) {
            const Vec3 t = s[j] - s[i];
            const int a0 = static_cast<int>(std::ceil(-t.x - c.x)), a1 = static_cast<int>(std::floor(-t.x + c.x));
            if (a0 > a1) continue;
            const int b0 = static_cast<int>(std::ceil(-t.y - c.y)), b1 = static_cast<int>(std::floor(-t.y + c.y));
            if (b0 > b1) continue;
            const int c0 = static_cast<int>(std::ceil(-t.z - c.z)), c1 = static_cast<int>(std::floor(-t.z + c.z));
            for (int a = a0; a <= a1; ++a)
                for (int b = b0; b <= b1; ++b)
                    for (int g = c0; g <= c1; ++g) detail::add_if_inside(out, x, box, i, j, a, b, g, reach);
        }
    return out;
}

// ---- Energy, forces, virial ----------------------------------------------------------------------------------

struct Result {
    double energy = 0;                 ///< [eV]
    std::vector<double> local_energy;  ///< [eV] (n) F_i plus half of each pair
    std::vector<Vec3> force;           ///< [eV/A] (n)
    Mat3 virial;                       ///< [eV] sum over pairs of r_ij (x) f_ij = V x pressure, positive in compression
    std::vector<double> rho;           ///< (n) host density
    std::vector<Mat3> local_virial;    ///< [eV] (n) half of each pair; sums to `virial`
    double smallest_distance = 0;      ///< [A] of any pair inside the cutoff; infinity where there is none
};

/// E, f and virial from a list of all (ordered) neighbours inside the cutoff. Sentinels of a table are evaluated like
/// any number, as LAMMPS does; compare `smallest_distance` with `clean_from` where that matters.
inline Result eam_from_neighbors(const EamPotential& potential, const std::vector<int>& species,
                                 const std::vector<Neighbor>& pairs) {
    const Tables tables(potential);
    const std::size_t n = species.size();
    for (int s : species)
        if (s < 0 || s >= potential.species()) throw std::invalid_argument("oracle: species outside the potential");
    std::vector<long double> rho(n, 0), local(n, 0), slope(n, 0), force(3 * n, 0), virial(9 * n, 0);
    Result out;
    out.smallest_distance = std::numeric_limits<double>::infinity();
    for (const Neighbor& p : pairs) {
        rho[p.i] += tables.density(species[p.j], species[p.i], p.r).value;
        out.smallest_distance = std::min(out.smallest_distance, static_cast<double>(p.r));
    }
    for (std::size_t i = 0; i < n; ++i) {
        const ValueSlope f = tables.embedding(species[i], rho[i]);
        local[i] = f.value;
        slope[i] = f.slope;
    }
    for (const Neighbor& p : pairs) {
        const int a = species[p.i], b = species[p.j];
        const ValueSlope phi = tables.pair(a, b, p.r);
        local[p.i] += phi.value / 2;
        // dE/dr of this pair: it changes the density at i (source j) and at j (source i).
        const long double g =
            slope[p.i] * tables.density(b, a, p.r).slope + slope[p.j] * tables.density(a, b, p.r).slope + phi.slope;
        for (int k = 0; k < 3; ++k) {
            const long double f = g * p.d[k] / p.r;  // on i; d points from i to j, so g > 0 attracts
            force[3 * p.i + k] += f;
            // r_ij = x_i - x_j = -d; half, because the pair comes once from each side.
            for (int l = 0; l < 3; ++l) virial[9 * p.i + 3 * l + k] -= p.d[l] * f / 2;
        }
    }
    long double energy = 0, total[9] = {};
    for (std::size_t i = 0; i < n; ++i) {
        energy += local[i];
        out.local_energy.push_back(static_cast<double>(local[i]));
        out.rho.push_back(static_cast<double>(rho[i]));
        out.force.push_back({static_cast<double>(force[3 * i]), static_cast<double>(force[3 * i + 1]),
                             static_cast<double>(force[3 * i + 2])});
        Mat3 v;
        for (int k = 0; k < 9; ++k) {
            v.m[k] = static_cast<double>(virial[9 * i + k]);
            total[k] += virial[9 * i + k];
        }
        out.local_virial.push_back(v);
    }
    out.energy = static_cast<double>(energy);
    for (int k = 0; k < 9; ++k) out.virial.m[k] = static_cast<double>(total[k]);
    return out;
}

/// \param species (n) indices into the potential's elements.
inline Result eam(const EamPotential& potential, const std::vector<Vec3>& x, const std::vector<int>& species,
                  const Box& box) {
    return eam_from_neighbors(potential, species, neighbors(x, box, potential.cutoff));
}
/// The same with the fully naive image sum.
inline Result eam_naive(const EamPotential& potential, const std::vector<Vec3>& x, const std::vector<int>& species,
                        const Box& box) {
    return eam_from_neighbors(potential, species, neighbors_naive(x, box, potential.cutoff));
}

/// (n) species of a structure as indices into the potential: by name, or unchanged where the structure names none.
inline std::vector<int> species_in(const EamPotential& potential, const Structure& s) {
    if (s.elements.empty()) return s.species;
    std::vector<int> out;
    for (int t : s.species) {
        const auto at = std::find(potential.elements.begin(), potential.elements.end(), s.elements.at(t));
        if (at == potential.elements.end()) throw std::invalid_argument("oracle: element not in the potential");
        out.push_back(static_cast<int>(at - potential.elements.begin()));
    }
    return out;
}

inline Result eam(const EamPotential& potential, const Structure& s) {
    return eam(potential, s.position, species_in(potential, s), s.box);
}
inline Result eam_naive(const EamPotential& potential, const Structure& s) {
    return eam_naive(potential, s.position, species_in(potential, s), s.box);
}

// ---- Geometry and analysis -----------------------------------------------------------------------------------

/// The shortest of all images of d [A]. Any image shorter than a known one has fractional components below
/// length / width, so that the search below cannot miss it, however tilted the cell.
inline Vec3 minimum_image(Vec3 d, const Box& box) {
    const Vec3 s = box.inverse * d;
    const Vec3 w = perpendicular_widths(box);
    Vec3 best = d - box.h * Vec3{std::round(s.x), std::round(s.y), std::round(s.z)};
    const Vec3 t = box.inverse * best;
    const double length = std::sqrt(norm2(best));
    const int a = static_cast<int>(std::abs(t.x) + length / w.x) + 1;
    const int b = static_cast<int>(std::abs(t.y) + length / w.y) + 1;
    const int c = static_cast<int>(std::abs(t.z) + length / w.z) + 1;
    const Vec3 start = best;
    for (int i = -a; i <= a; ++i)
        for (int j = -b; j <= b; ++j)
            for (int k = -c; k <= c; ++k) {
                const Vec3 e = start + box.h * Vec3{double(i), double(j), double(k)};
                if (norm2(e) < norm2(best)) best = e;
            }
    return best;
}
inline double minimum_image_distance(Vec3 a, Vec3 b, const Box& box) {
    return std::sqrt(norm2(minimum_image(b - a, box)));
}

/// Per-atom shell counts.
struct Shells {
    int atoms = 0, shells = 0, species = 0;
    std::vector<int> count;    ///< (atoms, shells, species) neighbours, all periodic images, self-images included
    double edge_distance = 0;  ///< [A] smallest distance of any counted or nearly counted r from an edge: where this
                               ///< is at rounding level, counts are ambiguous and the structure is a bad test

    int operator()(int atom, int shell, int s) const { return count[(atom * shells + shell) * species + s]; }
};

/// Shell k holds r_min + k dr <= r < r_min + (k + 1) dr; there are round((r_max - r_min) / dr) shells [A].
/// \param n_species length of the last axis.
inline Shells shell_counts(const std::vector<Vec3>& x, const std::vector<int>& species, const Box& box, int n_species,
                           double r_min, double r_max, double dr) {
    Shells out;
    out.atoms = static_cast<int>(x.size());
    out.shells = static_cast<int>(std::lround((r_max - r_min) / dr));
    out.species = n_species;
    out.count.assign(static_cast<std::size_t>(out.atoms) * out.shells * n_species, 0);
    out.edge_distance = dr;
    for (const Neighbor& p : neighbors(x, box, r_max + dr)) {
        const long double u = (p.r - static_cast<long double>(r_min)) / dr;
        const long double edge = std::clamp<long double>(std::round(u), 0, out.shells);
        out.edge_distance = std::min(out.edge_distance, static_cast<double>(std::abs(u - edge) * dr));
        if (u < 0 || u >= out.shells) continue;
        const int k = static_cast<int>(u);
        ++out.count[(static_cast<std::size_t>(p.i) * out.shells + k) * n_species + species[p.j]];
    }
    return out;
}
inline Shells shell_counts(const Structure& s, int n_species, double r_min, double r_max, double dr) {
    return shell_counts(s.position, s.species, s.box, n_species, r_min, r_max, dr);
}

/// (n, species, functions): sum over the neighbours of a species of exp(-(r - r_k)^2 / (2 w^2)) (1 + cos(pi r / r_max))
/// / 2, with r_k = r_min + (k + 1/2) (r_max - r_min) / functions; every Gaussian goes on for ever.
inline std::vector<double> radial_functions(const Structure& s, int n_species, double r_min, double r_max,
                                            int functions, double width) {
    std::vector<long double> sum(static_cast<std::size_t>(s.size()) * n_species * functions);
    for (const Neighbor& p : neighbors(s.position, s.box, r_max))
        for (int k = 0; k < functions; ++k) {
            const long double d = p.r - (r_min + (k + 0.5L) * (r_max - r_min) / functions);
            sum[(static_cast<std::size_t>(p.i) * n_species + s.species[p.j]) * functions + k] +=
                std::exp(-d * d / (2 * width * width)) * (1 + std::cos(std::numbers::pi_v<long double> * p.r / r_max)) /
                2;
        }
    return {sum.begin(), sum.end()};
}

/// (n, shells) g_i(r) = count / (4 pi r^2 (N/V) dr) with r at the shell's centre; all species together.
inline std::vector<double> radial_distribution(const Structure& s, double r_min, double r_max, double dr) {
    const int n_species = 1 + *std::max_element(s.species.begin(), s.species.end());
    const Shells c = shell_counts(s, n_species, r_min, r_max, dr);
    const double density = s.size() / std::abs(determinant(s.box.h));
    std::vector<double> g;
    for (int i = 0; i < c.atoms; ++i)
        for (int k = 0; k < c.shells; ++k) {
            int total = 0;
            for (int t = 0; t < n_species; ++t) total += c(i, k, t);
            const double r = r_min + (k + 0.5) * dr;
            g.push_back(total / (4 * std::numbers::pi * r * r * density * dr));
        }
    return g;
}

/// (n) mean of `value` over the atoms within `radius` [A], self included. An atom counts once, by its nearest image.
inline std::vector<double> coarse_grain(const std::vector<double>& value, const std::vector<Vec3>& x, const Box& box,
                                        double radius) {
    const int n = static_cast<int>(x.size());
    std::vector<std::vector<int>> near(n);
    for (int i = 0; i < n; ++i) near[i].push_back(i);
    for (const Neighbor& p : neighbors(x, box, radius)) near[p.i].push_back(p.j);
    std::vector<double> out;
    for (int i = 0; i < n; ++i) {
        std::sort(near[i].begin(), near[i].end());
        near[i].erase(std::unique(near[i].begin(), near[i].end()), near[i].end());
        long double sum = 0;
        for (int j : near[i]) sum += value[j];
        out.push_back(static_cast<double>(sum / near[i].size()));
    }
    return out;
}

// ---- Structures ----------------------------------------------------------------------------------------------

/// Uniform numbers in [0, 1) that are the same on every platform (std distributions are not).
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    double operator()() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    double between(double a, double b) { return a + (b - a) * (*this)(); }
    int below(int n) { return std::min(n - 1, static_cast<int>((*this)() * n)); }

private:
    std::mt19937_64 engine_;
};

inline const std::vector<std::string>& element_names() {
    static const std::vector<std::string> names = {"Cu", "Zr", "Al", "Ni"};
    return names;
}
inline const std::vector<double>& element_masses() {
    static const std::vector<double> masses = {63.546, 91.224, 26.982, 58.693};
    return masses;
}

namespace detail {

inline Structure empty_structure(int n_species, const Box& box) {
    Structure s;
    s.elements.assign(element_names().begin(), element_names().begin() + n_species);
    s.masses.assign(element_masses().begin(), element_masses().begin() + n_species);
    s.box = box;
    return s;
}
inline void add_atom(Structure& s, int species, Vec3 x) {
    s.id.push_back(s.size() + 1);
    s.species.push_back(species);
    s.position.push_back(x);
}

}  // namespace detail

/// fcc crystal of a x b x c cubic cells, lattice constant [A]; all of species 0 of `n_species` named ones.
inline Structure fcc(int a, int b, int c, double lattice_constant, int n_species = 2) {
    const double l = lattice_constant;
    Structure s = detail::empty_structure(n_species, orthorhombic(a * l, b * l, c * l));
    const Vec3 basis[4] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    for (int i = 0; i < a; ++i)
        for (int j = 0; j < b; ++j)
            for (int k = 0; k < c; ++k)
                for (const Vec3& u : basis) detail::add_atom(s, 0, l * (Vec3{double(i), double(j), double(k)} + u));
    return s;
}

/// B2 (CsCl) crystal: species 0 on the corners, 1 in the centres.
inline Structure b2(int a, int b, int c, double lattice_constant, int n_species = 2) {
    const double l = lattice_constant;
    Structure s = detail::empty_structure(n_species, orthorhombic(a * l, b * l, c * l));
    for (int i = 0; i < a; ++i)
        for (int j = 0; j < b; ++j)
            for (int k = 0; k < c; ++k) {
                detail::add_atom(s, 0, l * Vec3{double(i), double(j), double(k)});
                detail::add_atom(s, 1, l * Vec3{i + 0.5, j + 0.5, k + 0.5});
            }
    return s;
}

/// Adds to every coordinate a uniform number in [-amplitude, amplitude] [A].
inline void displace(Structure& s, double amplitude, std::uint64_t seed) {
    Random random(seed);
    for (Vec3& x : s.position) {
        const double a = random.between(-amplitude, amplitude), b = random.between(-amplitude, amplitude);
        x += Vec3{a, b, random.between(-amplitude, amplitude)};
    }
}

/// Random species of (nearly) equal numbers, in random places.
inline void shuffle_species(Structure& s, int n_species, std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < s.size(); ++i) s.species[i] = i % n_species;
    for (int i = s.size() - 1; i > 0; --i) std::swap(s.species[i], s.species[random.below(i + 1)]);
}

/// Moves every atom by a random lattice vector of up to `most` cells each way: unwrapped positions.
inline void unwrap_randomly(Structure& s, int most, std::uint64_t seed) {
    Random random(seed);
    for (Vec3& x : s.position) {
        const double a = random.below(2 * most + 1) - most, b = random.below(2 * most + 1) - most;
        x += s.box.h * Vec3{a, b, double(random.below(2 * most + 1) - most)};
    }
}

/// h -> F h and x -> F x.
inline void deform(Structure& s, const Mat3& f) {
    s.box = make_box(f * s.box.h);
    for (Vec3& x : s.position) x = f * x;
}

/// Identity plus uniform numbers in [-amplitude, amplitude] in all nine places: strain, shear and rotation.
inline Mat3 random_deformation(double amplitude, std::uint64_t seed) {
    Random random(seed);
    Mat3 f = identity();
    for (double& v : f.m) v += random.between(-amplitude, amplitude);
    return f;
}

/// A displaced, strained, triclinic fcc solid solution: the workhorse of parity tests. 4 cells^3 atoms.
inline Structure triclinic_alloy(int cells, int n_species, std::uint64_t seed, double lattice_constant = 3.9,
                                 double displacement = 0.25, double strain = 0.08) {
    Structure s = fcc(cells, cells, cells, lattice_constant, n_species);
    shuffle_species(s, n_species, seed);
    displace(s, displacement, seed + 1);
    deform(s, random_deformation(strain, seed + 2));
    return s;
}

/// n atoms of random species in random places of the box, no two images nearer than `separation` [A].
/// \throws std::runtime_error where they do not fit.
inline Structure gas(int n, const Box& box, double separation, int n_species, std::uint64_t seed) {
    Structure s = detail::empty_structure(n_species, box);
    Random random(seed);
    const Vec3 width = perpendicular_widths(box);
    std::vector<Vec3> placed;  // in units of the cell's edges
    for (long tries = 0; s.size() < n; ++tries) {
        if (tries > 10000L * n) throw std::runtime_error("oracle: the gas does not fit into its box");
        const double a = random(), b = random();
        const Vec3 u{a, b, random()}, x = box.h * u;
        const auto near = [&](int j) {
            // No image is nearer than the distance of the planes that both lie in.
            const Vec3 d = u - placed[j];
            const auto apart = [&](double d, double width) { return std::abs(d - std::round(d)) * width > separation; };
            return !apart(d.x, width.x) && !apart(d.y, width.y) && !apart(d.z, width.z) &&
                   minimum_image_distance(x, s.position[j], box) < separation;
        };
        bool free = true;
        for (int j = 0; free && j < s.size(); ++j) free = !near(j);
        if (!free) continue;
        detail::add_atom(s, random.below(n_species), x);
        placed.push_back(u);
    }
    return s;
}

// ---- A potential in closed form ------------------------------------------------------------------------------

/// Smooth closed forms; pair and density go to zero at the cutoff with zero slope, curvature and third derivative.
///   w(r) = (1 - (r/rc)^2)^4,  F_s = -C_s (sqrt(rho + 4) - 2) + D rho^2,
///   f = B exp(-beta (r/2.6 - 1)) w,  phi = M (exp(-2 alpha (r - r0)) - 2 exp(-alpha (r - r0))) w.
struct Analytic {
    int species = 2;              ///< 1 to 4
    bool finnis_sinclair = true;  ///< density depends on the centre too, asymmetrically
    double cutoff = 6.0;          ///< [A]

    long double window(long double r) const {
        if (r >= cutoff) return 0;
        const long double u = 1 - r * r / (static_cast<long double>(cutoff) * cutoff);
        return u * u * u * u;
    }
    long double window_slope(long double r) const {
        if (r >= cutoff) return 0;
        const long double c2 = static_cast<long double>(cutoff) * cutoff, u = 1 - r * r / c2;
        return -8 * r / c2 * u * u * u;
    }
    ValueSlope embedding(int s, long double rho) const {
        const long double c = 1.2L + 0.4L * s, d = 1e-4L, root = std::sqrt(rho + 4);
        return {-c * (root - 2) + d * rho * rho, -c / (2 * root) + 2 * d * rho};
    }
    ValueSlope density(int source, int center, long double r) const {
        if (!finnis_sinclair) center = source;
        const long double b = 1.0L + 0.35L * source - 0.2L * center, beta = 3.0L + 0.3L * source + 0.5L * center;
        const long double e = b * std::exp(-beta * (r / 2.6L - 1));
        return {e * window(r), e * (window_slope(r) - beta / 2.6L * window(r))};
    }
    ValueSlope pair(int s, int t, long double r) const {
        const long double m = 0.30L + 0.04L * (s + t) + (s == t ? 0 : 0.05L), alpha = 1.4L + 0.1L * (s + t);
        const long double r0 = 2.6L + 0.2L * (s + t), e = std::exp(-alpha * (r - r0));
        const long double phi = m * (e * e - 2 * e), slope = m * alpha * (-2 * e * e + 2 * e);
        return {phi * window(r), slope * window(r) + phi * window_slope(r)};
    }
};

/// The closed forms on knots: 4,000 in r up to just below the cutoff (dr = cutoff / nr, as published files have it),
/// 8,000 in rho up to 160. Spline against closed form between 1.9 A and the cutoff: about 1e-11 in a value, 1e-8 in a
/// force (a Hermite piece's slope errs by dr^3 f''''/125). Below rho = 0.02 F' errs by up to 1e-3.
/// \param species 1 to 4: Cu, Zr, Al, Ni (names only).
inline EamPotential analytic_potential(int species, bool finnis_sinclair, int nr = 4000, int nrho = 8000) {
    const Analytic form{species, finnis_sinclair};
    EamPotential p;
    p.format = finnis_sinclair ? "eam/fs" : "eam/alloy";
    p.path = "analytic";
    p.comment = "closed forms of the test oracle";
    p.elements.assign(element_names().begin(), element_names().begin() + species);
    p.masses.assign(element_masses().begin(), element_masses().begin() + species);
    p.lattice_constants.assign(species, 3.9);
    p.lattices.assign(species, "fcc");
    p.nr = nr;
    p.nrho = nrho;
    p.cutoff = form.cutoff;
    p.dr = form.cutoff / nr;
    p.drho = 160.0 / nrho;
    for (int s = 0; s < species; ++s) {
        auto& table = p.embedding.emplace_back();
        for (int k = 0; k < nrho; ++k)
            table.push_back(static_cast<double>(form.embedding(s, k * static_cast<long double>(p.drho)).value));
    }
    for (int source = 0; source < species; ++source)
        for (int center = 0; center < species; ++center) {
            auto& f = p.density.emplace_back();
            auto& z = p.pair.emplace_back();
            for (int k = 0; k < nr; ++k) {
                const long double r = k * static_cast<long double>(p.dr);
                f.push_back(static_cast<double>(form.density(source, center, r).value));
                z.push_back(static_cast<double>(r * form.pair(source, center, r).value));
            }
        }
    return p;
}

}  // namespace mg::oracle
