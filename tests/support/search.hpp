#pragma once
/// \file Saddle searches on surfaces of known saddles, in either space: forces come from a function, not from atoms.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "artn/search.hpp"
#include "core/batch.hpp"
#include "ops/artn.hpp"
#include "support/oracle.hpp"

namespace mg::search_test {

/// An energy [eV] and its gradient [eV/A] at the positions of a few atoms.
struct Point {
    double energy = 0;
    std::vector<Vec3> gradient;
};
using Surface = std::function<Point(const std::vector<Vec3>&)>;

struct SurfaceStart {
    std::vector<Vec3> minimum, kick, noise;
    double kick_length = 0.1;
    bool polish = false, descend = true;
};

struct SurfaceEnd {
    SearchState state;
    std::vector<Vec3> saddle, mode, end_a, end_b;
};

inline std::vector<Vec3> unit(std::vector<Vec3> v) {
    double sum = 0;
    for (const Vec3& x : v) sum += norm2(x);
    for (Vec3& x : v) x = (1 / std::sqrt(sum)) * x;
    return v;
}

/// All searches side by side until each has ended, or `steps` are done.
template <class Space>
std::vector<SurfaceEnd> search(const Surface& surface, const std::vector<SurfaceStart>& starts,
                               const SearchOptions& options, int steps = 20000) {
    std::vector<Structure> structures;
    std::vector<int> first{0};
    for (const SurfaceStart& s : starts) {
        Structure one;
        one.elements = {"X"};
        one.masses = {1.0};
        one.box = orthorhombic(100, 100, 100);
        one.position = s.minimum;
        for (int i = 0; i < static_cast<int>(s.minimum.size()); ++i) {
            one.id.push_back(i + 1);
            one.species.push_back(0);
            one.position[i] += s.kick_length * s.kick[i];
        }
        structures.push_back(one);
        first.push_back(first.back() + one.size());
    }
    Batch<Space> batch = make_batch<Space>(structures, {"X"}, {1.0});
    Searches<Space> searches;
    searches.options = options;
    make_searches(batch, first, searches);
    std::vector<Vec3> minimum, kick, noise;
    std::vector<SearchState> state;
    for (const SurfaceStart& s : starts) {
        minimum.insert(minimum.end(), s.minimum.begin(), s.minimum.end());
        kick.insert(kick.end(), s.kick.begin(), s.kick.end());
        noise.insert(noise.end(), s.noise.begin(), s.noise.end());
        SearchState one;
        one.start_energy = surface(s.minimum).energy;
        one.polish = one.climbing = s.polish;
        one.descend = s.descend;
        begin_relaxation(one, SearchPhase::relax, true, options);
        state.push_back(one);
    }
    for (Array<Vec3, Space>* a : searches.arrays()) fill_zero(*a);
    copy(to_space<Space>(minimum), searches.start);
    for (Array<Vec3, Space>* a : {&searches.kick, &searches.mode, &searches.direction}) copy(to_space<Space>(kick), *a);
    for (Array<Vec3, Space>* a : {&searches.noise, &searches.second}) copy(to_space<Space>(noise), *a);
    copy(to_space<Space>(state), searches.state);
    bool any = true;
    for (int k = 0; k < steps && any; ++k) {
        const std::vector<Vec3> x = to_host(batch.position);
        std::vector<Vec3> force;
        std::vector<double> energy;
        for (std::size_t r = 0; r < starts.size(); ++r) {
            const Point p = surface({x.begin() + first[r], x.begin() + first[r + 1]});
            energy.push_back(p.energy);
            for (const Vec3& g : p.gradient) force.push_back(-g);
        }
        copy(to_space<Space>(force), batch.force);
        copy(to_space<Space>(energy), batch.potential_energy);
        search_step(batch, searches);
        any = false;
        for (const SearchState& s : to_host(searches.state)) any = any || s.phase != SearchPhase::finished;
    }
    state = to_host(searches.state);
    const std::vector<Vec3> saddle = to_host(searches.saddle), mode = to_host(searches.mode),
                            a = to_host(searches.end_a), b = to_host(searches.end_b);
    std::vector<SurfaceEnd> ends;
    for (std::size_t r = 0; r < starts.size(); ++r) {
        const auto part = [&](const std::vector<Vec3>& v) {
            return std::vector<Vec3>(v.begin() + first[r], v.begin() + first[r + 1]);
        };
        ends.push_back({state[r], part(saddle), part(mode), part(a), part(b)});
    }
    return ends;
}

/// Mueller and Brown's surface (Theor. Chim. Acta 53, 75 (1979)) in hundredths, held at z = 0 by a spring.
inline Point mueller_brown(const std::vector<Vec3>& x) {
    constexpr double A[4] = {-200, -100, -170, 15}, a[4] = {-1, -1, -6.5, 0.7}, b[4] = {0, 0, 11, 0.6},
                     c[4] = {-10, -10, -6.5, 0.7}, x0[4] = {1, 0, -0.5, -1}, y0[4] = {0, 0.5, 1.5, 1};
    Point p{0, {Vec3{}}};
    for (int k = 0; k < 4; ++k) {
        const double u = x[0].x - x0[k], v = x[0].y - y0[k];
        const double e = 0.01 * A[k] * std::exp(a[k] * u * u + b[k] * u * v + c[k] * v * v);
        p.energy += e;
        p.gradient[0] += {e * (2 * a[k] * u + b[k] * v), e * (b[k] * u + 2 * c[k] * v), 0};
    }
    p.energy += 2 * x[0].z * x[0].z;
    p.gradient[0].z = 4 * x[0].z;
    return p;
}

/// Every search that ends at a saddle ends at one of the surface's two, to 1e-6; both are found `least` times.
template <class Space>
void expect_saddles_of_mueller_brown(int searches, int least) {
    SearchOptions o;
    o.push = 0.05;
    o.climb_step = 0.05;
    o.side_push = 0.05;
    o.relax_step = 0.05;
    o.saddle_force = 1e-8;
    o.relax_force = 1e-9;
    o.lanczos_step = 1e-4;
    o.back_distance = 0.1;
    o.same_distance = 0.1;
    o.connect_distance = 0.05;
    o.min_barrier = 1e-3;
    std::vector<SurfaceStart> starts;
    oracle::Random random(5);
    const Vec3 minima[3] = {{0.623499404930877, 0.028037758528717, 0},
                            {-0.558223634633024, 1.441725841804669, 0},
                            {-0.050010822998206, 0.466694104871972, 0}};
    for (int k = 0; k < searches; ++k) {
        SurfaceStart s;
        s.minimum = {minima[k % 3]};
        s.kick = unit({{random.between(-1, 1), random.between(-1, 1), random.between(-0.2, 0.2)}});
        s.noise = unit({{random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)}});
        s.kick_length = 0.02;
        starts.push_back(s);
    }
    const Vec3 saddles[2] = {{-0.822001558732732, 0.624312802814871, 0}, {0.212486582000662, 0.292988325107368, 0}};
    int found[2] = {};
    for (const SurfaceEnd& e : search<Space>(mueller_brown, starts, o)) {
        if (e.state.status != SearchStatus::connected) continue;
        const double to[2] = {std::sqrt(norm2(e.saddle[0] - saddles[0])), std::sqrt(norm2(e.saddle[0] - saddles[1]))};
        const int which = to[0] < to[1] ? 0 : 1;
        EXPECT_LT(to[which], 1e-6);
        EXPECT_LT(e.state.eigenvalue, 0);
        ++found[which];
    }
    EXPECT_GE(found[0], least);
    EXPECT_GE(found[1], least);
}

/// A polish goes on from a saddle of second order, and from a ledge whose slope is fainter than the force asked for, to
/// the saddle of first order: -x^2/2 + x^4/4 + u(y) + 2 z^2, begun at the origin, with u = (y^2 - 1)^2 / 10, and with
/// u = (y - 1/2)^2 / 1000.
template <class Space>
void expect_saddles_of_first_order() {
    SurfaceStart s;
    s.minimum = {{-1, 0, 0}};
    s.kick = {{1, 0, 0}};
    s.kick_length = 1;
    s.noise = unit({{0.3, 0.5, -0.4}});
    s.polish = true;
    s.descend = false;
    SearchOptions o;
    o.second_energy = 1e-4;
    for (const bool ledge : {false, true}) {
        const Surface surface = [&](const std::vector<Vec3>& at) {
            const auto [x, y, z] = at[0];
            const double u = ledge ? 0.001 * (y - 0.5) * (y - 0.5) : 0.1 * (y * y - 1) * (y * y - 1);
            const double slope = ledge ? 0.002 * (y - 0.5) : 0.4 * y * (y * y - 1);
            return Point{-0.5 * x * x + 0.25 * x * x * x * x + u + 2 * z * z, {{x * x * x - x, slope, 4 * z}}};
        };
        const SurfaceEnd e = search<Space>(surface, {s}, o)[0];
        EXPECT_EQ(e.state.status, SearchStatus::connected);
        EXPECT_NEAR(e.state.saddle_energy + e.state.start_energy, 0, 1.5 * o.second_energy);
        EXPECT_NEAR(e.saddle[0].x, 0, 0.02);
        EXPECT_NEAR(std::abs(e.saddle[0].y), ledge ? 0.5 : 1.0, ledge ? 0.35 : 0.02);
        EXPECT_NEAR(e.state.eigenvalue, -1, 0.02);
        EXPECT_NEAR(e.state.second_eigenvalue, ledge ? 0.002 : 0.8, 0.02);
        EXPECT_NEAR(std::abs(e.mode[0].x), 1, 1e-3);
        EXPECT_GE(e.state.falls, 1);
    }
}

/// A quadratic form of 8 atoms with eigenvalues -1.5, 0.5, 1, 1.5, ... in directions of their own: Lanczos's two lowest
/// eigenvalues, and the lowest one's eigenvector.
template <class Space>
void expect_lowest_eigenvalue() {
    constexpr int atoms = 8, n = 3 * atoms;
    std::vector<std::vector<double>> axis(n, std::vector<double>(n));
    oracle::Random random(9);
    for (int k = 0; k < n; ++k) {  // Gram and Schmidt
        for (double& v : axis[k]) v = random.between(-1, 1);
        for (int turn = 0; turn < 2; ++turn)
            for (int j = 0; j < k; ++j) {
                double d = 0;
                for (int i = 0; i < n; ++i) d += axis[k][i] * axis[j][i];
                for (int i = 0; i < n; ++i) axis[k][i] -= d * axis[j][i];
            }
        double norm = 0;
        for (const double v : axis[k]) norm += v * v;
        for (double& v : axis[k]) v /= std::sqrt(norm);
    }
    const Surface form = [&](const std::vector<Vec3>& x) {
        Point p{0, std::vector<Vec3>(atoms)};
        for (int k = 0; k < n; ++k) {
            const double value = k == 0 ? -1.5 : 0.5 * k;
            double along = 0;
            for (int i = 0; i < atoms; ++i)
                along += axis[k][3 * i] * x[i].x + axis[k][3 * i + 1] * x[i].y + axis[k][3 * i + 2] * x[i].z;
            p.energy += 0.5 * value * along * along;
            for (int i = 0; i < atoms; ++i)
                p.gradient[i] += value * along * Vec3{axis[k][3 * i], axis[k][3 * i + 1], axis[k][3 * i + 2]};
        }
        return p;
    };
    SearchOptions o;
    o.relax_min_steps = 0;
    o.relax_max_steps = o.relax_max_steps_at_saddle = 0;
    o.lanczos_change = 0;
    o.saddle_residual = o.lanczos_residual = 1e-9;
    o.lanczos_basin_vectors = o.lanczos_climb_vectors = 31;
    o.saddle_force = 10;  // one recursion, a push, and another
    SurfaceStart s;
    s.polish = true;
    s.descend = false;
    s.kick_length = 0.01;
    s.minimum.resize(atoms);
    for (int i = 0; i < atoms; ++i) {
        s.kick.push_back({random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)});
        s.noise.push_back({random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)});
    }
    s.kick = unit(s.kick);
    s.noise = unit(s.noise);
    const SurfaceEnd e = search<Space>(form, {s}, o)[0];
    EXPECT_EQ(e.state.status, SearchStatus::connected);
    EXPECT_NEAR(e.state.eigenvalue, -1.5, 1e-6);
    EXPECT_NEAR(e.state.second_eigenvalue, 0.5, 1e-6);
    double overlap = 0;
    for (int i = 0; i < atoms; ++i)
        overlap += axis[0][3 * i] * e.mode[i].x + axis[0][3 * i + 1] * e.mode[i].y + axis[0][3 * i + 2] * e.mode[i].z;
    EXPECT_NEAR(std::abs(overlap), 1.0, 1e-6);
}

}  // namespace mg::search_test
