#pragma once
/// \file Sweeps of the saddle search. One index is one movable atom, or one replica.

#include "core/incident.hpp"
#include "core/vec3.hpp"
#include "physics/artn.hpp"

namespace mg {

/// The movable atoms of all searches of a batch, one behind the other, and what a search keeps of each.
struct SearchAtoms {
    int count = 0;  ///< movable atoms, the stride between vectors
    const int* replica_of = nullptr;
    const int* atom_of = nullptr;  ///< index in the batch
    Vec3* position = nullptr;      ///< of the batch, by its index
    const Vec3* force = nullptr;   ///< likewise
    SearchState* state = nullptr;  ///< (replicas)

    Vec3* start = nullptr;         ///< [A] the minimum that the search began at
    Vec3* kick = nullptr;          ///< unit vector
    Vec3* noise = nullptr;         ///< unit vector without a translation of the whole
    Vec3* mode = nullptr;          ///< unit eigenvector
    Vec3* second = nullptr;        ///< unit eigenvector of the lowest curvature perpendicular to it
    Vec3* direction = nullptr;     ///< unit vector of the last push
    Vec3* velocity = nullptr;      ///< of FIRE
    Vec3* center = nullptr;        ///< [A] where the Hessian is taken
    Vec3* center_force = nullptr;  ///< [eV/A]
    Vec3* residual = nullptr;      ///< H q less its part in the span of the vectors
    Vec3* saddle = nullptr;        ///< [A]
    Vec3* end_a = nullptr;         ///< [A] one side's minimum
    Vec3* end_b = nullptr;         ///< [A] the other's
    Vec3* vectors = nullptr;       ///< (most_lanczos_vectors, count)
    MG_HD Vec3* vector(int k) const { return vectors + static_cast<long>(k) * count; }
};

/// Lanczos dots are formed for this many vectors in one reduction.
inline constexpr int lanczos_group = 13;

struct LanczosDots {
    double along[lanczos_group] = {};  ///< of the residual with vectors of the group
    double norm2 = 0, force = 0, kick = 0;
};
MG_HD LanczosDots operator+(const LanczosDots& a, const LanczosDots& b) {
    LanczosDots sum;
    for (int k = 0; k < lanczos_group; ++k) sum.along[k] = a.along[k] + b.along[k];
    sum.norm2 = a.norm2 + b.norm2;
    sum.force = a.force + b.force;
    sum.kick = a.kick + b.kick;
    return sum;
}

/// H q of the newest vector; the second mode's recursion goes on from what is known of it.
struct HessianSweep {
    SearchAtoms a;
    double inverse_step;  ///< [1/A]
    MG_HD void operator()(int m) const {
        const SearchState& s = a.state[a.replica_of[m]];
        if (s.phase != SearchPhase::lanczos) return;
        a.residual[m] = inverse_step * (a.center_force[m] - a.force[a.atom_of[m]]);
        if (s.second && s.vectors == 0) a.residual[m] += a.second[m];
    }
};

/// Term of the residual's dots with the vectors first .. first + lanczos_group - 1 of those that there are.
struct LanczosTerm {
    SearchAtoms a;
    int first;
    MG_HD LanczosDots operator()(int m) const {
        LanczosDots dots;
        const SearchState& s = a.state[a.replica_of[m]];
        if (s.phase != SearchPhase::lanczos || first > s.vectors) return dots;
        const Vec3 w = a.residual[m];
        for (int k = 0; k < lanczos_group && first + k <= s.vectors; ++k)
            dots.along[k] = dot(w, a.vector(first + k)[m]);
        if (first == 0) {
            const Vec3 q = a.vector(s.vectors)[m];
            dots.norm2 = norm2(w);
            dots.force = dot(a.center_force[m], q);
            dots.kick = dot(a.kick[m], q);
        }
        return dots;
    }
};

/// The dots, to the state. The first pass gives the diagonal element; after the second, |w|^2 less what the second
/// takes away is the square of the next off-diagonal element.
struct LanczosFinish {
    SearchState* state;
    int first;
    bool second_pass;
    MG_HD void operator()(int r, const LanczosDots& dots) const {
        SearchState& s = state[r];
        if (s.phase != SearchPhase::lanczos || first > s.vectors) return;
        for (int k = 0; k < lanczos_group && first + k <= s.vectors; ++k) s.overlap[first + k] = dots.along[k];
        if (first == 0) {
            s.norm = dots.norm2;
            s.force_along[s.vectors] = dots.force;
            s.kick_along[s.vectors] = dots.kick;
        }
        if (first + lanczos_group <= s.vectors) return;  // a further group follows
        if (!second_pass) {
            s.diagonal[s.vectors] = s.overlap[s.vectors];
            s.coupling[s.vectors] = s.overlap[0];
            return;
        }
        s.diagonal[s.vectors] += s.overlap[s.vectors];
        double rest = s.norm;
        for (int k = 0; k <= s.vectors; ++k) rest -= s.overlap[k] * s.overlap[k];
        s.norm = rest > 0 ? __builtin_sqrt(rest) : 0.0;
    }
};

/// w less its overlaps with the vectors.
MG_HD Vec3 orthogonal_rest(const SearchAtoms& a, const SearchState& s, int vectors, int m) {
    Vec3 w = a.residual[m];
    for (int k = 0; k < vectors; ++k) w -= s.overlap[k] * a.vector(k)[m];
    return w;
}
struct OrthogonaliseSweep {
    SearchAtoms a;
    MG_HD void operator()(int m) const {
        const SearchState& s = a.state[a.replica_of[m]];
        if (s.phase == SearchPhase::lanczos) a.residual[m] = orthogonal_rest(a, s, s.vectors + 1, m);
    }
};

struct SearchTerm {
    SearchAtoms a;
    MG_HD SearchSums operator()(int m) const {
        SearchSums sums;
        const SearchState& s = a.state[a.replica_of[m]];
        if (s.phase == SearchPhase::finished || s.phase == SearchPhase::lanczos) return sums;
        const int i = a.atom_of[m];
        const Vec3 f = a.force[i], v = a.velocity[m], x = a.position[i], d = a.direction[m];
        sums.ff = norm2(f);
        sums.fd = dot(f, d);
        sums.fv = dot(f, v);
        sums.vv = norm2(v);
        sums.vd = dot(v, d);
        sums.moved = sums.farthest = norm2(x - a.start[m]);
        if (s.phase == SearchPhase::side_b) sums.apart = norm2(x - a.end_a[m]);
        return sums;
    }
};

struct DecideSweep {
    SearchOptions options;
    SearchState* state;
    const double* energy;      ///< [eV] (replicas)
    const Incident* incident;  ///< since rows were last known to be long enough
    /// Where rows are too short, forces mean nothing: all stays as it is until the host has lengthened them.
    MG_HD void operator()(int r, const SearchSums& sums) const {
        if (incident->short_row > 0)
            state[r].move = SearchMove::stay;
        else
            decide(state[r], options, sums, energy[r]);
    }
};

/// Moves an atom as decided. One case per move, a few lines each, stands better in one long switch than apart.
struct SearchMoveSweep {
    SearchAtoms a;
    SearchOptions o;

    MG_HD Vec3 new_mode(const SearchState& s, int m) const {
        Vec3 n;
        for (int k = 0; k < s.terms; ++k) n += s.weight[k] * a.vector(k)[m];
        return n;
    }
    MG_HD void operator()(int m) const {
        const SearchState& s = a.state[a.replica_of[m]];
        Vec3& x = a.position[a.atom_of[m]];
        switch (s.move) {
            case SearchMove::stay:
                return;
            case SearchMove::fire: {
                Vec3 f = a.force[a.atom_of[m]];
                if (s.projected) f -= s.parallel * a.direction[m];
                const Vec3 v = s.keep * a.velocity[m] + (s.turn + s.dt) * f;
                Vec3 step = s.dt * v;
                const double length = __builtin_sqrt(norm2(step));
                if (length > o.relax_step) step = (o.relax_step / length) * step;
                a.velocity[m] = v;
                x += step;
                return;
            }
            case SearchMove::push_on:
                a.velocity[m] = Vec3{};
                a.direction[m] = a.kick[m];
                x += s.push * a.kick[m];
                return;
            case SearchMove::begin_vectors:
                a.center[m] = x;
                a.center_force[m] = a.force[a.atom_of[m]];
                a.vectors[m] = a.mode[m];
                x += o.lanczos_step * a.mode[m];
                return;
            case SearchMove::begin_cold:
                a.vectors[m] = a.noise[m];
                x = a.center[m] + o.lanczos_step * a.noise[m];
                return;
            case SearchMove::next_vector: {
                // overlap has the second pass's dots with the vectors before the new one.
                const Vec3 q = (1.0 / s.norm) * orthogonal_rest(a, s, s.vectors, m);
                a.vector(s.vectors)[m] = q;
                x = a.center[m] + o.lanczos_step * q;
                return;
            }
            case SearchMove::push_further:
                a.kick[m] = a.direction[m];
                a.mode[m] = new_mode(s, m);
                a.velocity[m] = Vec3{};
                x = a.center[m] + s.push * a.direction[m];
                return;
            case SearchMove::push: {
                const Vec3 n = new_mode(s, m);
                const Vec3 d = s.from_kick * a.kick[m] + s.from_mode * n;
                a.mode[m] = n;
                a.direction[m] = d;
                a.velocity[m] = Vec3{};
                x = a.center[m] + s.push * d;
                return;
            }
            case SearchMove::begin_second: {
                const Vec3 n = new_mode(s, m);
                a.mode[m] = n;
                a.vectors[m] = n;
                x = a.center[m] + o.lanczos_step * n;
                return;
            }
            case SearchMove::renew_second: {
                const Vec3 n = new_mode(s, m);
                a.second[m] = n;
                a.vector(1)[m] = n;
                x = a.center[m] + o.lanczos_step * n;
                return;
            }
            case SearchMove::fall: {
                const Vec3 n = new_mode(s, m);
                a.second[m] = n;
                a.direction[m] = a.mode[m];
                a.velocity[m] = Vec3{};
                x = a.center[m] + s.push * n;
                return;
            }
            case SearchMove::to_side_a:
                a.second[m] = new_mode(s, m);
                a.saddle[m] = a.center[m];
                a.velocity[m] = Vec3{};
                x = a.center[m] + o.side_push * a.mode[m];
                return;
            case SearchMove::to_side_b:
                a.end_a[m] = x;
                a.velocity[m] = Vec3{};
                x = a.saddle[m] - o.side_push * a.mode[m];
                return;
            case SearchMove::refine_a:
                a.end_b[m] = x;
                a.velocity[m] = Vec3{};
                x = a.end_a[m];
                return;
            case SearchMove::refine_b:
                a.end_a[m] = x;
                a.velocity[m] = Vec3{};
                x = a.end_b[m];
                return;
            case SearchMove::end_at_saddle:
                a.second[m] = new_mode(s, m);
                a.saddle[m] = a.center[m];
                return;
            case SearchMove::end_at_side:
                a.end_b[m] = x;
                return;
        }
    }
};

/// to[k] = source[k] >= 0 ? from[source[k]] : fresh[-1 - source[k]].
template <class T>
struct GatherSweep {
    const int* source;
    const T* from;
    const T* fresh;
    T* to;
    MG_HD void operator()(int k) const { to[k] = source[k] >= 0 ? from[source[k]] : fresh[-1 - source[k]]; }
};

}  // namespace mg
