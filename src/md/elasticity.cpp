#include "md/elasticity.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "md/dynamics.hpp"

namespace mg {

namespace {

constexpr const char* direction_name[6] = {"xx", "yy", "zz", "yz", "xz", "xy"};

/// A copy of a structure at one instant.
struct Strained {
    Sym3 stress;        // [eV/A^3]
    double energy = 0;  // [eV]
};

template <class Space>
std::vector<Strained> strained(const Batch<Space>& batch) {
    const std::vector<Sym3> virial = to_host(batch.virial);
    const std::vector<Box> box = to_host(batch.box);
    const std::vector<double> energy = to_host(batch.potential_energy);
    std::vector<Strained> result;
    result.reserve(batch.replicas);
    for (int r = 0; r < batch.replicas; ++r) result.push_back({(-1 / box[r].volume) * virial[r], energy[r]});
    return result;
}

/// Returns false where given up.
template <class Space>
bool relax(Dynamics<Space>& d, const ElasticOptions& options, const std::vector<std::string>& what,
           const std::function<bool()>& give_up, std::vector<FireState>& states) {
    FireOptions fire;
    fire.force_max = options.force_max;
    states = d.minimize(fire, options.max_steps, give_up);
    if (states.empty()) return false;
    for (std::size_t r = 0; r < states.size(); ++r)
        if (!states[r].converged)
            throw PhysicsError("no elastic constants: " + what[r] + " did not come to rest",
                               "after " + std::to_string(options.max_steps) + " steps of FIRE the largest force is " +
                                   shown(states[r].force_max) + " eV/A, above " + shown(options.force_max),
                               "allow more steps or a larger force, or check the structure");
    return true;
}

/// Column `k` of C from the stresses at both signs of a strain.
void set_column(ElasticMatrix& c, int k, double strain, const Strained& plus, const Strained& minus) {
    for (int i = 0; i < 6; ++i)
        c(i, k) = (voigt_element(plus.stress, i) - voigt_element(minus.stress, i)) / (2 * strain);
}

/// See ElasticDirection.
double irregularity(const ElasticMatrix& c, int k, double strain, const Strained& rest, double volume,
                    const Strained& plus, const Strained& minus) {
    double stiffness = 0, bend = 0;
    for (int i = 0; i < 6; ++i) {
        stiffness = std::max(stiffness, c(i, i));
        bend = std::max(bend, std::abs(voigt_element(plus.stress, i) + voigt_element(minus.stress, i) -
                                       2 * voigt_element(rest.stress, i)));
    }
    const double stored = (plus.energy + minus.energy - 2 * rest.energy) / (volume * strain * strain);
    const double worked = energy_curvature(c, rest.stress, k);
    return std::max(bend / (2 * strain * stiffness), std::abs(stored / worked - 1));
}

}  // namespace

Structure deformed(const Structure& s, const Mat3& strain) {
    const Mat3 f = identity() + strain;
    Structure result = s;
    result.box = make_box(f * s.box.h);
    for (Vec3& x : result.position) x = f * x;
    return result;
}

template <class Space>
std::optional<ElasticConstants> elastic_constants(const Structure& inherent, const EamPotential& potential, double skin,
                                                  const ElasticOptions& options, const std::function<bool()>& give_up) {
    const auto dynamics = [&](const std::vector<Structure>& structures) {
        return Dynamics<Space>(make_batch<Space>(structures, potential.elements, potential.masses), potential,
                               Precision::full, skin);
    };
    std::vector<FireState> states;
    Structure start = inherent;
    start.velocity.clear();
    Dynamics<Space> unstrained = dynamics({start});
    if (!relax(unstrained, options, {"the structure itself"}, give_up, states)) return std::nullopt;
    const Structure at_rest = unstrained.structures()[0];
    const Strained rest = strained(unstrained.batch())[0];

    ElasticConstants result;
    result.stress = rest.stress;
    result.energy = rest.energy;
    result.volume = at_rest.box.volume;
    for (ElasticDirection& direction : result.direction) direction.strain = options.strain;
    std::vector<int> waiting = {0, 1, 2, 3, 4, 5};
    while (!waiting.empty()) {
        std::vector<Structure> copies;
        std::vector<std::string> names;
        for (const int k : waiting)
            for (const double sign : {1.0, -1.0}) {
                const double strain = sign * result.direction[k].strain;
                copies.push_back(deformed(at_rest, voigt_strain(k, strain)));
                names.push_back(std::string("its copy strained in ") + direction_name[k] + " by " + shown(strain));
            }
        Dynamics<Space> d = dynamics(copies);
        const std::vector<Strained> affine = strained(d.batch());
        if (!relax(d, options, names, give_up, states)) return std::nullopt;
        const std::vector<Strained> relaxed = strained(d.batch());
        for (std::size_t n = 0; n < waiting.size(); ++n) {
            const int k = waiting[n];
            ElasticDirection& direction = result.direction[k];
            set_column(result.affine, k, direction.strain, affine[2 * n], affine[2 * n + 1]);
            set_column(result.relaxed, k, direction.strain, relaxed[2 * n], relaxed[2 * n + 1]);
            direction.steps = std::max(states[2 * n].steps, states[2 * n + 1].steps);
        }
        std::vector<int> again;
        for (std::size_t n = 0; n < waiting.size(); ++n) {
            const int k = waiting[n];
            ElasticDirection& direction = result.direction[k];
            direction.irregularity = irregularity(result.relaxed, k, direction.strain, rest, result.volume,
                                                  relaxed[2 * n], relaxed[2 * n + 1]);
            if (direction.irregularity <= options.irregular) continue;
            if (direction.halvings >= options.halvings)
                throw PhysicsError(
                    std::string("no elastic constants: the structure has no linear response to strain in ") +
                        direction_name[k],
                    "even at a strain of " + shown(direction.strain) + " stress and energy deviate by " +
                        shown(direction.irregularity) + " from an elastic response, more than " +
                        shown(options.irregular) + ": atoms rearrange, or the potential's table has a kink",
                    "anneal the structure, or use a smaller strain and force");
            direction.strain *= 0.5;
            ++direction.halvings;
            again.push_back(k);
        }
        waiting = again;
    }
    result.affine_asymmetry = asymmetry(result.affine);
    result.asymmetry = asymmetry(result.relaxed);
    result.affine = symmetrised(result.affine);
    result.relaxed = symmetrised(result.relaxed);
    return result;
}

#define MG_ELASTICITY(Space)                                           \
    template std::optional<ElasticConstants> elastic_constants<Space>( \
        const Structure&, const EamPotential&, double, const ElasticOptions&, const std::function<bool()>&);
MG_INSTANTIATE(MG_ELASTICITY)

}  // namespace mg
