/// \file The minimisers of Dynamics: FIRE, and L-BFGS with the cell as a variable.

#include <algorithm>
#include <string>

#include "core/macros.hpp"
#include "md/dynamics.hpp"

namespace mg {

namespace {

/// Steps between looks at the states: a descent ends, or is given up, at most this many after it could have.
constexpr long looks = 20;

/// Another precision until the end of a scope.
struct PrecisionFor {
    Precision& precision;
    Precision usual;
    PrecisionFor(Precision& p, Precision now) : precision(p), usual(p) { p = now; }
    ~PrecisionFor() { precision = usual; }
    PrecisionFor(const PrecisionFor&) = delete;
    PrecisionFor& operator=(const PrecisionFor&) = delete;
};

}  // namespace

template <class Space>
std::vector<FireState> Dynamics<Space>::minimize(const FireOptions& options, long max_steps,
                                                 const std::function<bool()>& give_up) {
    Relaxation<Space> relaxation;
    relaxation.options = options;
    FireState start;
    start.dt = options.dt;
    relaxation.state = to_space<Space>(std::vector<FireState>(batch_.replicas, start));
    relaxation.velocity.resize(batch_.atoms);
    fill_zero(relaxation.velocity);
    CompanionArray<Vec3, Space> moves_along(relaxation.velocity);
    set_companions({&moves_along});
    evaluate();
    const bool with_virial = options.cell != CellMode::fixed;
    std::vector<FireState> state;
    for (long step = 0;; ++step) {
        fire_step(batch_, relaxation);
        if (step % looks == 0 || step >= max_steps) {
            state = to_host(relaxation.state);
            const bool done = std::all_of(state.begin(), state.end(), [](const FireState& s) { return s.converged; });
            if (done || step >= max_steps) break;
            if (any_says(give_up && give_up())) {
                set_companions({});
                return {};
            }
        }
        update_neighbors(batch_, neighbors_);
        if (step % looks == looks - 1) {
            // Rows that were short for a few steps only bent the path: lengthen them and go on from here.
            if (const int needed = overflow()) lengthen_rows(needed);
            raise_incidents("in step " + std::to_string(step + 1) + " of a minimisation");
        }
        forces(with_virial ? Sums::virial : Sums::none);
        atom_steps_ += all_atoms();
    }
    evaluate("after a minimisation");
    set_companions({});
    return state;
}

template <class Space>
std::vector<LbfgsState> Dynamics<Space>::relax(const LbfgsOptions& options, long max_steps,
                                               const std::function<bool()>& give_up) {
    // Forces in float are not smooth enough to reach 1e-6 eV/A.
    const PrecisionFor full(precision_, Precision::full);
    ++step_key_;  // captured steps have the arrays of the other precision
    evaluate("before a relaxation");
    Descent<Space> descent = start_descent(batch_, options);
    CompanionArray<LbfgsAtom, Space> moves_along(descent.atom);
    set_companions({&moves_along});
    const bool rows_may_be_short = !neighbors_.domain && !neighbors_.half.used;
    std::vector<LbfgsState> state;
    for (long step = 0;; ++step) {
        lbfgs_step(batch_, descent);
        if (step % looks == 0 || step >= max_steps) {
            state = to_host(descent.state);
            const bool done = std::all_of(state.begin(), state.end(), [](const LbfgsState& s) { return s.converged; });
            if (done || step >= max_steps) break;
            if (any_says(give_up && give_up())) {
                state.clear();
                break;
            }
        }
        update_neighbors(batch_, neighbors_);
        // Forces from short rows would be remembered.
        while (const int needed = rows_may_be_short ? overflow() : 0) lengthen_rows(needed);
        if (step % looks == looks - 1) raise_incidents("in step " + std::to_string(step + 1) + " of a relaxation");
        forces(options.cell != CellMode::fixed ? Sums::virial : Sums::none);
        atom_steps_ += all_atoms();
    }
    if (!state.empty()) evaluate("after a relaxation");
    set_companions({});
    return state;
}

#define MG_MINIMIZE(Space)                                                                                             \
    template std::vector<FireState> Dynamics<Space>::minimize(const FireOptions&, long, const std::function<bool()>&); \
    template std::vector<LbfgsState> Dynamics<Space>::relax(const LbfgsOptions&, long, const std::function<bool()>&);
MG_INSTANTIATE(MG_MINIMIZE)

}  // namespace mg
