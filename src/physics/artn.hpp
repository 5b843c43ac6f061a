#pragma once
/// \file One saddle search as a state machine: the activation-relaxation technique nouveau. Barkema, Mousseau, PRL 77,
/// 4358 (1996); Malek, Mousseau, PRE 62, 7723 (2000); Cances, Legoll, Marinica, Minoukadeh, Willaime, J. Chem. Phys.
/// 130, 114711 (2009); Machado-Charry et al., J. Chem. Phys. 135, 034102 (2011).
///
/// After every force evaluation decide() looks at a few sums over the movable atoms and says how the atoms move next.
/// Norms are 2-norms over the movable coordinates. FIRE as in physics/fire.hpp, unit mass.
///
///   basin    push along a random kick d, relax perpendicular to it, until the lowest curvature lambda is negative
///   climb    push along the eigenvector n against the force by min(step, |F.n| / max(|lambda|, 0.5)), relax
///            perpendicular to the push, until F vanishes with lambda negative; where lambda turns positive, push on
///            along the last direction as in the basin
///   second   at the saddle, the lowest curvature perpendicular to n: where it is negative (a saddle of second order),
///            or the energy still falls that way, push downhill along it by |F.n2| / lambda2, and climb on
///   sides    from the saddle down to both sides; one must be where the search began, the other must not
///
/// lambda and n come from Lanczos's recursion with H q = -(F(x + delta q) - F(x)) / delta, re-orthogonalised against
/// all vectors twice, begun with the last n. The second mode's recursion is kept clear of n; as n is not known exactly,
/// its lowest q and n are coupled by c = n H q, and lambda2, from above, is the upper eigenvalue of the two.
/// Confinement stiffens a glass's soft second modes: 0.09 eV/A^2 in a region of 12 A may be 0.02 in one of 18 A and
/// -0.005 in the whole, where the saddle that stood in the region has become one of second order, or a ledge.

#include "physics/fire.hpp"
#include "physics/tridiagonal.hpp"

namespace mg {

/// Vectors of one Lanczos recursion at most.
inline constexpr int most_lanczos_vectors = 32;

/// Keys of the study file's [barriers], in internal units.
struct SearchOptions {
    double push = 0.1;         ///< [A] along the kick
    int steps_per_push = 4;    ///< of perpendicular relaxation in the basin
    double basin_force = 0.2;  ///< [eV/A] at which it stops
    int pushes_before_lanczos = 5;
    int max_pushes = 100;
    double exit_eigenvalue = -0.1;  ///< [eV/A^2] at which the basin is left
    double lanczos_step = 0.005;    ///< [A]
    int lanczos_min_vectors = 4, lanczos_basin_vectors = 25, lanczos_climb_vectors = 16;
    double climb_step = 0.1;  ///< [A]
    int max_climb_steps = 200;
    long max_evaluations = 5000;
    double relax_force = 0.003;  ///< [eV/A]
    int relax_min_steps = 3, relax_max_steps = 70, relax_max_steps_at_saddle = 150;
    double relax_step = 0.1;                      ///< [A] of an atom
    double saddle_force = 0.01;                   ///< [eV/A]
    double saddle_eigenvalue = -1e-3;             ///< [eV/A^2]
    double connect_energy = 1e-3;                 ///< [eV]
    double connect_distance = 0.2;                ///< [A] of an atom
    double min_barrier = 0.005, max_barrier = 5;  ///< [eV]

    // Not keys.
    int max_returns = 10;            ///< to a basin, where the climb loses its mode
    int second_rounds = 3;           ///< recursions for the second mode at most, each from the last one's vector
    double second_energy = 1e-3;     ///< [eV] that a saddle's energy may still fall along its second mode
    int max_falls = 20;              ///< along second modes
    int mixed_steps = 2;             ///< steps over which the push turns from the kick to the eigenvector
    double lanczos_change = 0.01;    ///< relative change of lambda at which the recursion ends, and
    double lanczos_residual = 0.2;   ///< |H n - lambda n| in units of |lambda| (of 0.5 eV/A^2 at least)
    double saddle_residual = 0.05;   ///< the same within near_saddle_force
    double least_curvature = 0.5;    ///< [eV/A^2] in the length of a push
    double near_saddle_force = 0.3;  ///< [eV/A] below which relaxation may take relax_max_steps_at_saddle
    double side_push = 0.3;          ///< [A] from the saddle to either side
    double side_force = 0.01, fine_side_force = 1e-3;  ///< [eV/A] at which a side is a minimum
    int side_min_steps = 10, side_max_steps = 3000;
    double max_energy = 20;                          ///< [eV] above the start: exploded
    double max_distance = 6;                         ///< [A] of an atom from its start: exploded
    double back_distance = 0.3;                      ///< [A] a saddle nearer to the start is none
    double same_distance = 0.3, same_energy = 0.01;  ///< [A], [eV] of the two sides: not split
    double fire_dt = 0.1, fire_dt_max = 0.3;

    bool operator==(const SearchOptions&) const = default;
};

/// How a search ended; 0 is success. The numbers stand in files.
enum class SearchStatus : int {
    connected = 0,
    no_negative_mode,
    mode_lost,
    max_steps,
    max_evaluations,
    exploded,
    back_at_start,
    negative_barrier,
    out_of_range,
    disconnected,
    not_split,
    not_local,
    polish_lost,
    running,
};

enum class SearchPhase : int { relax, lanczos, side_a, side_b, finished };

/// What the atoms do next (sweeps/artn.hpp).
enum class SearchMove : int {
    stay,
    fire,           ///< v <- keep v + (turn + dt) f, x <- x + dt v, perpendicular to the direction where `projected`
    push_on,        ///< x <- x + push * kick
    begin_vectors,  ///< center <- x, first vector <- mode
    begin_cold,     ///< first vector <- noise
    next_vector,    ///< the residual becomes the next vector
    push_further,   ///< kick <- direction; x <- center + push * kick
    push,           ///< mode, direction from the vectors; x <- center + push * direction
    begin_second,   ///< mode from the vectors; first vector <- mode, of which the second mode's are kept clear
    renew_second,   ///< second from the vectors; it becomes the vector after the first
    fall,           ///< second from the vectors; direction <- mode; x <- center + push * second
    to_side_a,      ///< second from the vectors; saddle <- center; x <- saddle + side_push * mode
    to_side_b,      ///< end_a <- x; x <- saddle - side_push * mode
    refine_a,       ///< end_b <- x; x <- end_a
    refine_b,       ///< end_a <- x; x <- end_b
    end_at_saddle,  ///< second from the vectors; saddle <- center
    end_at_side,    ///< end_b <- x
};

/// Sums over the movable atoms, of which f is the force, v FIRE's velocity, d the direction of the last push.
struct SearchSums {
    double ff = 0, fd = 0, fv = 0, vv = 0, vd = 0;
    double moved = 0;     ///< [A^2] |x - start|^2
    double farthest = 0;  ///< [A^2] of an atom
    double apart = 0;     ///< [A^2] |x - end_a|^2
};
MG_HD SearchSums operator+(const SearchSums& a, const SearchSums& b) {
    return {a.ff + b.ff,
            a.fd + b.fd,
            a.fv + b.fv,
            a.vv + b.vv,
            a.vd + b.vd,
            a.moved + b.moved,
            a.farthest > b.farthest ? a.farthest : b.farthest,
            a.apart + b.apart};
}

/// Evaluations are counted by what they were for.
enum class SearchCost : int { basin, lanczos, climb, connect };
inline constexpr int search_costs = 4;

struct SearchState {
    SearchPhase phase = SearchPhase::relax;
    SearchStatus status = SearchStatus::running;
    SearchMove move = SearchMove::stay;
    bool climbing = false;      ///< has left the basin
    bool cold = false;          ///< the recursion was begun anew from noise at this point
    bool fine = false;          ///< the sides are relaxed to fine_side_force
    bool projected = true;      ///< FIRE acts perpendicular to the direction
    bool polish = false;        ///< begins at a saddle, and ends where it has found it again
    bool descend = true;        ///< from the saddle down to both sides
    bool second = false;        ///< the recursion is for the second mode
    int returns = 0;            ///< from the climb to a basin
    int rounds = 0, falls = 0;  ///< of the second mode's recursion; along second modes
    int pushes = 0, climb_steps = 0, relax_steps = 0, at_saddle = 0;
    long evaluations = 0, cost[search_costs] = {};

    double start_energy = 0;  ///< [eV] at the start; energies below are relative to it
    double energy = 0;        ///< of the last evaluation

    // FIRE
    double dt = 0.1, alpha = 0.1, keep = 0, turn = 0, parallel = 0;  ///< parallel: f.d
    int uphill_free = 0, fire_steps = 0;

    // Lanczos
    int vectors = 0;  ///< whose H q is known
    int most_vectors = 0;
    int terms = 0;  ///< vectors that have a weight
    double eigenvalue = 0, second_eigenvalue = 0, residual = 0;
    double center_energy = 0, center_force = 0, center_moved = 0;
    double diagonal[most_lanczos_vectors] = {}, off[most_lanczos_vectors] = {}, weight[most_lanczos_vectors] = {};
    double overlap[most_lanczos_vectors] = {};      ///< of the residual with the vectors
    double force_along[most_lanczos_vectors] = {};  ///< center's force along each vector
    double kick_along[most_lanczos_vectors] = {};   ///< kick along each vector
    double coupling[most_lanczos_vectors] = {};     ///< H q of each vector, along the first
    double norm = 0;                                ///< of the residual

    double push = 0, from_kick = 0, from_mode = 0;  ///< direction = from_kick kick + from_mode mode

    double saddle_energy = 0;
    double side_energy[2] = {}, side_farthest[2] = {};  ///< [eV], [A]
    int final_side = -1;                                ///< which side is the new state, where connected
};

inline namespace MG_TARGET {

MG_HD void finish_search(SearchState& s, SearchStatus status, SearchMove move = SearchMove::stay) {
    s.phase = SearchPhase::finished;
    s.status = status;
    s.move = move;
}

MG_HD void begin_relaxation(SearchState& s, SearchPhase phase, bool projected, const SearchOptions& o) {
    s.phase = phase;
    s.projected = projected;
    s.relax_steps = 0;
    s.fire_steps = 0;
    s.uphill_free = 0;
    s.dt = o.fire_dt;
    s.alpha = 0.1;
}

/// A step of FIRE; f is the force that acts.
MG_HD void search_fire(SearchState& s, const SearchOptions& o, double fv, double ff, double vv) {
    ++s.relax_steps;
    ++s.fire_steps;
    mix_fire(s, fv, ff, vv, o.fire_dt_max, s.fire_steps == 1);
    s.move = SearchMove::fire;
}

MG_HD void begin_vectors(SearchState& s, const SearchOptions& o, SearchMove move) {
    s.phase = SearchPhase::lanczos;
    s.vectors = 0;
    s.second = false;
    s.cold = move == SearchMove::begin_cold;
    const bool far = s.climbing && !s.cold && s.center_force >= o.near_saddle_force;
    s.most_vectors = far ? o.lanczos_climb_vectors : o.lanczos_basin_vectors;
    s.move = move;
}

MG_HD void relax_perpendicular(SearchState& s, const SearchOptions& o, const SearchSums& sums) {
    const double parallel = __builtin_fabs(sums.fd), across = sums.ff - sums.fd * sums.fd;
    const double perpendicular = across > 0 ? __builtin_sqrt(across) : 0.0;
    bool enough;
    if (s.climbing) {
        const int growing = o.relax_min_steps + s.climb_steps;
        int most = growing < o.relax_max_steps ? growing : o.relax_max_steps;
        if (sums.ff < o.near_saddle_force * o.near_saddle_force) most = o.relax_max_steps_at_saddle;
        const double target = o.relax_force > 0.5 * parallel ? o.relax_force : 0.5 * parallel;
        enough = s.relax_steps >= most || (s.relax_steps >= o.relax_min_steps && perpendicular < target);
    } else {
        enough = s.relax_steps >= o.steps_per_push || perpendicular < o.basin_force;
    }
    if (!enough) {
        s.parallel = sums.fd;
        return search_fire(s, o, sums.fv - sums.fd * sums.vd, across, sums.vv);
    }
    if (!s.climbing && s.pushes < o.pushes_before_lanczos) {
        ++s.pushes;
        s.push = o.push;
        begin_relaxation(s, SearchPhase::relax, true, o);
        s.move = SearchMove::push_on;
        return;
    }
    s.center_energy = s.energy;
    s.center_force = __builtin_sqrt(sums.ff);
    s.center_moved = __builtin_sqrt(sums.moved);
    begin_vectors(s, o, SearchMove::begin_vectors);
}

/// At a saddle of first order: is it one worth following down?
MG_HD void judge_saddle(SearchState& s, const SearchOptions& o) {
    s.saddle_energy = s.center_energy;
    if (!s.descend) return finish_search(s, SearchStatus::connected, SearchMove::end_at_saddle);
    if (s.center_moved < o.back_distance)
        return finish_search(s, SearchStatus::back_at_start, SearchMove::end_at_saddle);
    if (s.saddle_energy < 0) return finish_search(s, SearchStatus::negative_barrier, SearchMove::end_at_saddle);
    if (!(s.saddle_energy >= o.min_barrier && s.saddle_energy <= o.max_barrier))
        return finish_search(s, SearchStatus::out_of_range, SearchMove::end_at_saddle);
    begin_relaxation(s, SearchPhase::side_a, false, o);
    s.move = SearchMove::to_side_a;
}

/// With lambda and n of the center known: go on pushing, or stop.
MG_HD void follow_mode(SearchState& s, const SearchOptions& o) {
    double parallel = 0, kick = 0;
    for (int k = 0; k < s.vectors; ++k) {
        parallel += s.weight[k] * s.force_along[k];
        kick += s.weight[k] * s.kick_along[k];
    }
    if (!s.climbing) {
        if (!(s.eigenvalue < o.exit_eigenvalue)) {
            if (++s.pushes > o.max_pushes) return finish_search(s, SearchStatus::no_negative_mode);
            s.push = o.push;
            s.from_kick = 1;
            s.from_mode = 0;
            begin_relaxation(s, SearchPhase::relax, true, o);
            s.move = SearchMove::push;
            return;
        }
        s.climbing = true;
    } else if (!(s.eigenvalue < o.saddle_eigenvalue)) {
        if (!s.cold) return begin_vectors(s, o, SearchMove::begin_cold);
        if (++s.returns > o.max_returns) return finish_search(s, SearchStatus::mode_lost);
        // Back in a basin: push on along the last direction until it is left again.
        if (++s.pushes > o.max_pushes) return finish_search(s, SearchStatus::no_negative_mode);
        s.climbing = false;
        s.climb_steps = 0;
        s.at_saddle = 0;
        s.push = o.push;
        begin_relaxation(s, SearchPhase::relax, true, o);
        s.move = SearchMove::push_further;
        return;
    }
    s.at_saddle = s.center_force < o.saddle_force && s.eigenvalue < o.saddle_eigenvalue ? s.at_saddle + 1 : 0;
    if (s.at_saddle >= 2) {
        s.second = true;
        s.vectors = s.rounds = 0;
        s.most_vectors = o.lanczos_basin_vectors;
        s.move = SearchMove::begin_second;
        return;
    }
    if (++s.climb_steps > o.max_climb_steps) return finish_search(s, SearchStatus::max_steps);
    // Against the force along n; for the first steps turned from the kick to n, whichever way n points.
    const double curvature = __builtin_fabs(s.eigenvalue);
    const double length = __builtin_fabs(parallel) / (curvature > o.least_curvature ? curvature : o.least_curvature);
    const double uphill = parallel > 0 ? -1.0 : 1.0;
    double a = s.climb_steps / (o.mixed_steps + 1.0);
    if (a > 1 || s.polish) a = 1;
    s.from_kick = 1 - a;
    s.from_mode = a * uphill;
    const double norm2 = s.from_kick * s.from_kick + a * a + 2 * s.from_kick * s.from_mode * kick;
    const double scale = norm2 > 1e-12 ? 1.0 / __builtin_sqrt(norm2) : 1.0;
    s.from_kick *= scale;
    s.from_mode *= scale;
    s.push = length < o.climb_step ? length : o.climb_step;
    begin_relaxation(s, SearchPhase::relax, true, o);
    s.move = SearchMove::push;
}

/// With the second mode known: down along it, or the saddle stands.
MG_HD void follow_second(SearchState& s, const SearchOptions& o) {
    double parallel = 0;
    for (int k = 1; k < s.terms; ++k) parallel += s.weight[k] * s.force_along[k];
    const double least = __builtin_fabs(o.saddle_eigenvalue);
    const double curvature = s.second_eigenvalue > least ? s.second_eigenvalue : least;
    const bool first_order = s.second_eigenvalue >= 0;
    if (first_order && parallel * parallel <= 2 * curvature * o.second_energy) return judge_saddle(s, o);
    if (++s.falls > o.max_falls) return finish_search(s, SearchStatus::max_steps);
    // Ever farther: where the second mode is soft, the force that tells its saddle from its slope is faint.
    const double most = s.falls * o.climb_step, newton = __builtin_fabs(parallel) / curvature;
    const double length = first_order && newton < most ? newton : most;
    s.push = parallel < 0 ? -length : length;
    s.at_saddle = 0;
    begin_relaxation(s, SearchPhase::relax, true, o);
    s.move = SearchMove::fall;
}

/// With one more H q: is the recursion done?
MG_HD void after_vector(SearchState& s, const SearchOptions& o) {
    // The second mode's recursion begins after the first vector, the mode.
    const int from = s.second ? 1 : 0;
    double& value = s.second ? s.second_eigenvalue : s.eigenvalue;
    const double before = value;
    ++s.vectors;
    s.terms = s.vectors;
    s.weight[0] = 0;
    if (s.vectors == from) {
        if (s.norm <= 1e-9) return judge_saddle(s, o);  // one coordinate moves
        s.off[0] = 0;
        s.move = SearchMove::next_vector;
        return;
    }
    const LowestEigenpair lowest = lowest_eigenpair(s.diagonal + from, s.off + from, s.vectors - from, s.weight + from);
    value = lowest.value;
    if (s.second) {
        double c = 0;
        for (int k = 1; k < s.vectors; ++k) c += s.weight[k] * s.coupling[k];
        const double half = 0.5 * (lowest.value - s.eigenvalue);
        value = s.eigenvalue + half + __builtin_sqrt(half * half + c * c);
    }
    s.residual = __builtin_fabs(lowest.last) * s.norm;
    const double size = __builtin_fabs(value);
    const bool near = s.climbing && s.center_force < o.near_saddle_force;
    const double residual = near ? o.saddle_residual : o.lanczos_residual;
    const bool settled = s.vectors - from >= o.lanczos_min_vectors &&
                         __builtin_fabs(value - before) <= o.lanczos_change * size &&
                         s.residual <= residual * (size > o.least_curvature ? size : o.least_curvature);
    // A residual that vanishes spans all that the start knows of.
    const bool exhausted = s.norm <= 1e-9 * (1.0 + size);
    if (s.second) {
        // It comes down from above: once negative, the saddle is of second order.
        if (settled || exhausted || value < 0) return follow_second(s, o);
        if (s.vectors >= s.most_vectors) {
            if (++s.rounds >= o.second_rounds) return follow_second(s, o);
            s.vectors = 1;
            s.move = SearchMove::renew_second;
            return;
        }
    } else if (settled || exhausted || s.vectors >= s.most_vectors) {
        return follow_mode(s, o);
    }
    s.off[s.vectors - 1] = s.norm;
    s.move = SearchMove::next_vector;
}

MG_HD bool is_start(const SearchState& s, const SearchOptions& o, int side) {
    return __builtin_fabs(s.side_energy[side]) <= o.connect_energy && s.side_farthest[side] <= o.connect_distance;
}

/// Steps down one side of the saddle; then the other; then the verdict.
MG_HD void relax_side(SearchState& s, const SearchOptions& o, const SearchSums& sums) {
    const double target = s.fine ? o.fine_side_force : o.side_force;
    const bool done =
        (s.relax_steps >= o.side_min_steps && sums.ff < target * target) || s.relax_steps >= o.side_max_steps;
    if (!done) return search_fire(s, o, sums.fv, sums.ff, sums.vv);
    const int side = s.phase == SearchPhase::side_a ? 0 : 1;
    s.side_energy[side] = s.energy;
    s.side_farthest[side] = __builtin_sqrt(sums.farthest);
    if (side == 0) {
        begin_relaxation(s, SearchPhase::side_b, false, o);
        s.move = s.fine ? SearchMove::refine_b : SearchMove::to_side_b;
        return;
    }
    const bool a = is_start(s, o, 0), b = is_start(s, o, 1);
    const bool same = sums.apart < o.same_distance * o.same_distance &&
                      __builtin_fabs(s.side_energy[0] - s.side_energy[1]) < o.same_energy;
    if (a != b && !same) {
        s.final_side = a ? 1 : 0;
        return finish_search(s, SearchStatus::connected, SearchMove::end_at_side);
    }
    if (!s.fine) {  // neither, or both: relax further before saying so
        s.fine = true;
        begin_relaxation(s, SearchPhase::side_a, false, o);
        s.move = SearchMove::refine_a;
        return;
    }
    finish_search(s, same || (a && b) ? SearchStatus::not_split : SearchStatus::disconnected, SearchMove::end_at_side);
}

/// After a force evaluation of the search at `energy` [eV].
MG_HD void decide(SearchState& s, const SearchOptions& o, const SearchSums& sums, double energy) {
    s.move = SearchMove::stay;
    if (s.phase == SearchPhase::finished) return;
    s.energy = energy - s.start_energy;
    const bool down = s.phase == SearchPhase::side_a || s.phase == SearchPhase::side_b;
    ++s.evaluations;
    ++s.cost[static_cast<int>(down                              ? SearchCost::connect
                              : s.phase == SearchPhase::lanczos ? SearchCost::lanczos
                              : s.climbing                      ? SearchCost::climb
                                                                : SearchCost::basin)];
    // The comparisons are false for NaN as well; that of a position is lost in the farthest, not in the sum.
    if (!(s.energy < o.max_energy) || !(s.energy > -o.max_energy) ||
        !(sums.farthest < o.max_distance * o.max_distance) || !(sums.moved < 1e12) || !(sums.ff < 1e12))
        return finish_search(s, SearchStatus::exploded);
    if (s.evaluations > o.max_evaluations) return finish_search(s, SearchStatus::max_evaluations);
    if (s.phase == SearchPhase::lanczos)
        after_vector(s, o);
    else if (down)
        relax_side(s, o, sums);
    else
        relax_perpendicular(s, o, sums);
}

}  // namespace MG_TARGET
}  // namespace mg
