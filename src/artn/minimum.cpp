#include "artn/minimum.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/random.hpp"
#include "md/dynamics.hpp"

namespace mg {

namespace {

/// Streams of velocities below belong to the quench, and those from 2^16 on to the stiffness runs.
constexpr std::uint32_t settle_stream = 1u << 31;
constexpr int confirmations = 5;  ///< minima that are moved and minimised again before it is given up

/// Positions [A] at rest, and their energy [eV].
struct AtRest {
    std::vector<Vec3> position;
    double energy = 0;
};

/// Minima of one structure without velocities, from positions that are given.
template <class Space>
class Minimiser {
public:
    Minimiser(const Structure& structure, const EamPotential& potential, double skin,
              const std::function<bool()>& give_up)
        : dynamics_(batch_of(structure, potential), potential, Precision::full, skin), give_up_(give_up) {
        options_.force_norm = 1e-4;
        options_.force_max = 1e-5;
    }

    /// Minimises from `position` and leaves the minimum in `found`; false where given up. Throws PhysicsError where
    /// there is none within 100000 steps.
    bool minimise(const std::vector<Vec3>& position, AtRest& found) {
        copy(to_space<Space>(position), dynamics_.batch().position);
        const std::vector<FireState> state = dynamics_.minimize(options_, 100000, give_up_);
        if (state.empty()) return false;
        if (!state[0].converged)
            throw PhysicsError("no minimum was found to start saddle searches from",
                               "after 100000 steps the largest force is " + shown(state[0].force_max) + " eV/A",
                               "check the structure");
        found = {to_host(dynamics_.batch().position), to_host(dynamics_.batch().potential_energy)[0]};
        return true;
    }

    /// All that searches need to know of a minimum.
    std::shared_ptr<const Minimum> describe(const AtRest& at, const std::vector<long>& id) {
        copy(to_space<Space>(at.position), dynamics_.batch().position);
        dynamics_.evaluate();
        auto minimum = std::make_shared<Minimum>();
        minimum->structure = dynamics_.structures()[0];
        minimum->structure.id = id;
        minimum->structure.velocity.clear();
        minimum->density = to_host(dynamics_.batch().density);
        minimum->energy = to_host(dynamics_.batch().potential_energy)[0];
        return minimum;
    }

private:
    static Batch<Space> batch_of(const Structure& structure, const EamPotential& potential) {
        Batch<Space> batch = make_batch<Space>({structure}, potential.elements, potential.masses);
        batch.density.resize(batch.atoms);
        return batch;
    }

    Dynamics<Space> dynamics_;
    FireOptions options_;
    const std::function<bool()>& give_up_;
};

/// Runs the structure in NVT from the minimum `lowest`, which becomes the lowest of the minima on the way; false where
/// given up.
template <class Space>
bool settle_down(Minimiser<Space>& minimiser, Structure structure, const EamPotential& potential, double skin,
                 std::uint64_t seed, const SettleOptions& settle, const std::function<bool()>& give_up,
                 AtRest& lowest) {
    const long steps = std::lround(settle.time / settle.timestep), every = std::lround(settle.every / settle.timestep);
    if (steps <= 0) return true;
    EnsembleOptions nvt;
    nvt.kind = EnsembleKind::nvt;
    nvt.temperature_begin = nvt.temperature_end = settle.temperature;
    nvt.timestep = settle.timestep;
    structure.position = lowest.position;
    Dynamics<Space> thermal(make_batch<Space>({structure}, potential.elements, potential.masses), potential,
                            Precision::full, skin);
    // Half of what a minimum is given goes into its potential energy.
    thermal.draw_velocities({2 * settle.temperature}, seed, {settle_stream});
    thermal.set_ensembles({nvt});
    for (long step = 0; step < steps;) {
        RunSchedule schedule;
        schedule.steps = std::min(every, steps - step);
        schedule.pause = [&](long) { return give_up && give_up(); };
        if (!thermal.run(schedule)) return false;
        step += schedule.steps;
        AtRest now;
        if (!minimiser.minimise(to_host(thermal.batch().position), now)) return false;
        if (now.energy < lowest.energy) lowest = std::move(now);
    }
    return true;
}

/// Every atom moved by 0.01 A in a direction of its own.
std::vector<Vec3> shaken(std::vector<Vec3> position, const RandomStream& stream, std::uint64_t& drawn) {
    for (Vec3& x : position) {
        const Vec3 u{stream.normal(drawn), stream.normal(drawn + 1), stream.normal(drawn + 2)};
        drawn += 3;
        x += (0.01 / std::sqrt(norm2(u))) * u;
    }
    return position;
}

}  // namespace

template <class Space>
std::shared_ptr<const Minimum> find_minimum(const Structure& structure, const EamPotential& potential, double skin,
                                            std::uint64_t seed, const SettleOptions& settle,
                                            const std::function<bool()>& give_up) {
    Structure still = structure;
    still.velocity.clear();
    Minimiser<Space> minimiser(still, potential, skin, give_up);
    AtRest lowest;
    if (!minimiser.minimise(still.position, lowest)) return nullptr;
    if (!settle_down(minimiser, still, potential, skin, seed, settle, give_up, lowest)) return nullptr;
    const RandomStream stream(seed, RandomUse::kick, ~0u);
    std::uint64_t drawn = 0;
    for (int turn = 0; turn < confirmations; ++turn) {
        AtRest again;
        if (!minimiser.minimise(shaken(lowest.position, stream, drawn), again)) return nullptr;
        if (std::abs(again.energy - lowest.energy) <= 1e-6) return minimiser.describe(lowest, structure.id);
        if (again.energy < lowest.energy) lowest = std::move(again);
    }
    throw PhysicsError("no stable minimum was found to start saddle searches from",
                       "moved by 0.01 A per atom, it relaxed to another energy five times over",
                       "anneal the structure, or check it for atoms in impossible places");
}

#define MG_MINIMUM(Space)                                                                                      \
    template std::shared_ptr<const Minimum> find_minimum<Space>(const Structure&, const EamPotential&, double, \
                                                                std::uint64_t, const SettleOptions&,           \
                                                                const std::function<bool()>&);
MG_INSTANTIATE(MG_MINIMUM)

}  // namespace mg
