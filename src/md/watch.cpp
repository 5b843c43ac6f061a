/// \file What Dynamics looks at to stop where the physics is lost (physics/conservation.hpp).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/macros.hpp"
#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "physics/conservation.hpp"

namespace mg {
namespace {

double atoms_of(const Ensemble& e) { return e.dof / 3 + 1; }
std::string remedy_of(const Ensemble& e) {
    const double gigapascal = units::in_gigapascal(e.pressure);
    return fmt::format("use a smaller timestep than {:g} fs{}, or check the structure for overlapping atoms",
                       units::in_femtoseconds(e.dt),
                       e.kind == EnsembleKind::npt && std::abs(gigapascal) > 10
                           ? fmt::format(", a pressure nearer to zero than {:g} GPa", gigapascal)
                           : std::string());
}
double kelvin(double kT) { return kT / units::boltzmann; }

}  // namespace

template <class Space>
std::string Dynamics<Space>::name_of(int replica) const {
    return replica < static_cast<int>(names_.size()) ? names_[replica] : "replica " + std::to_string(replica);
}

template <class Space>
void Dynamics<Space>::begin_watch() {
    std::vector<Ensemble> each = to_host(ensembles_.each);
    const std::vector<Box> box = to_host(batch_.box);
    for (std::size_t r = 0; r < each.size(); ++r) {
        Ensemble& e = each[r];
        e.start_volume = box[r].volume;
        e.start_conserved = conserved_quantity(e, e.start_volume);
        e.start_kT = trace(e.kinetic) / e.dof;
    }
    copy(to_space<Space>(each), ensembles_.each);
    largest_drift_.resize(each.size(), 0.0);
}

template <class Space>
void Dynamics<Space>::watch_cells(const std::string& when) const {
    if (!any_npt_) return;
    const std::vector<Ensemble> each = to_host(ensembles_.each);
    const std::vector<Box> box = to_host(batch_.box);
    for (int r = 0; r < batch_.replicas; ++r) {
        const double growth = box[r].volume / each[r].start_volume;
        if (!(growth >= largest_expansion)) continue;  // what is not finite has another cause, which is known by now
        throw PhysicsError(
            fmt::format("{} has torn or boiled: its cell has grown to {:.3g} times its volume at {:.4g} K "
                        "and {:.3g} GPa",
                        name_of(r), growth, kelvin(each[r].kT), units::in_gigapascal(each[r].pressure)),
            when, "use a lower temperature, a higher pressure, or a smaller timestep", r);
    }
}

template <class Space>
std::string Dynamics<Space>::fastest_atom(int replica) const {
    struct Fastest {
        double squared = -1;  // [A^2/ps^2]
        long id = 0;
    } mine;
    const std::vector<Vec3> velocity = to_host(batch_.velocity);
    const int first = batch_.first_atom_host[replica];
    for (int i = first; i < batch_.first_atom_host[replica + 1]; ++i)
        if (norm2(velocity[i]) > mine.squared) mine = {norm2(velocity[i]), batch_.id[replica][i - first]};
    if (neighbors_.domain)
        for (const Fastest& other : neighbors_.domain->team->all_gather_value(mine))
            if (other.squared > mine.squared || (other.squared == mine.squared && other.id < mine.id)) mine = other;
    return fmt::format("its fastest atom, {}, moves at {:.3g} A/ps", mine.id, std::sqrt(mine.squared));
}

template <class Space>
void Dynamics<Space>::watch_energy(const std::string& when, bool ended) {
    const std::vector<Ensemble> each = to_host(ensembles_.each);
    const std::vector<Box> box = to_host(batch_.box);
    for (int r = 0; r < batch_.replicas; ++r) {
        const Ensemble& e = each[r];
        const double atoms = atoms_of(e), kT = trace(e.kinetic) / e.dof,
                     moved = conserved_quantity(e, box[r].volume) - e.start_conserved;
        const double target = e.kind == EnsembleKind::nve ? e.start_kT : e.kT;
        if (!(kT <= largest_overheating * std::max(target, e.start_kT)) && target > 0)
            throw PhysicsError(fmt::format("the temperature of {} is {:.4g} K where {:.4g} K are the target",
                                           name_of(r), kelvin(kT), kelvin(target)),
                               when + ", " + fastest_atom(r), remedy_of(e), r);
        if (!(std::abs(moved) <= allowed_drift(e, atoms, ended)))
            throw PhysicsError(
                fmt::format("energy is not conserved in {}: the conserved quantity has moved by {:.3g} eV per atom, "
                            "{:.3g} kT, in {:.3g} ps",
                            name_of(r), moved / atoms, moved / atoms / target, static_cast<double>(e.step) * e.dt),
                when + ", " + fastest_atom(r), remedy_of(e), r);
    }
}

template <class Space>
void Dynamics<Space>::note_drift() {
    const std::vector<Ensemble> each = to_host(ensembles_.each);
    const std::vector<Box> box = to_host(batch_.box);
    for (int r = 0; r < batch_.replicas; ++r) {
        const Ensemble& e = each[r];
        if (e.step == 0) continue;
        const double drift = (conserved_quantity(e, box[r].volume) - e.start_conserved) /
                             (atoms_of(e) * static_cast<double>(e.step) * e.dt);
        if (std::abs(drift) > std::abs(largest_drift_[r])) largest_drift_[r] = drift;
    }
}

#define MG_WATCH(Space)                                                    \
    template std::string Dynamics<Space>::name_of(int) const;              \
    template void Dynamics<Space>::begin_watch();                          \
    template void Dynamics<Space>::watch_cells(const std::string&) const;  \
    template void Dynamics<Space>::watch_energy(const std::string&, bool); \
    template void Dynamics<Space>::note_drift();
MG_INSTANTIATE(MG_WATCH)

}  // namespace mg
