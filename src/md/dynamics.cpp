#include "md/dynamics.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/units.hpp"

namespace mg {

namespace {

/// Steps between looks at the incident record: an overflow replays at most this many. So many steps apart energies are
/// formed and looked at.
constexpr long most_steps_per_look = 50;
/// [s] Fewer where they would take longer: who asks for a stop waits for the next look.
constexpr double longest_look = 0.3;

}  // namespace

/// What a replay of a few steps starts from. Rows are built anew from the reference, so bits are those of a run
/// whose rows had been long enough from the start.
template <class Space>
struct Dynamics<Space>::Snapshot {
    Array<Vec3, Space> position, velocity, force, reference_position;
    Array<Box, Space> box, reference_box;
    Array<Ensemble, Space> ensemble;
    Array<double, Space> potential_energy;
    Array<Sym3, Space> virial;
};

double choose_skin(double smallest_width, double cutoff) {
    constexpr double preferred = 1.0;
    return std::clamp(0.999 * (0.5 * smallest_width - cutoff), least_skin, preferred);
}

template <class Space>
Dynamics<Space>::Dynamics(Batch<Space> batch, const EamPotential& potential, Precision precision, double skin,
                          Comm* team, long total_atoms, std::vector<std::string> names)
    : batch_(std::move(batch)),
      tables_(make_eam_tables<Space>(potential)),
      precision_(precision),
      neighbors_(make_neighbors(batch_, potential.cutoff, skin, team, total_atoms)),
      names_(std::move(names)) {
    if (precision == Precision::mixed && !(tables_.resampling_error <= 1e-5))
        throw InputError(
            "the potential " + potential.path + " is too coarse for mixed precision",
            "its resampled tables have a force error of " + shown(tables_.resampling_error) + " eV/A, above 1e-5",
            "use precision = \"double\"");
    set_ensembles({EnsembleOptions{}});
    evaluate();
}

template <class Space>
void Dynamics<Space>::forces(Sums sums) {
    compute_forces(batch_, neighbors_, tables_, work_, precision_, sums);
}

template <class Space>
int Dynamics<Space>::overflow() {
    const Incident incident = to_host(batch_.incident)[0];
    return incident.kind == static_cast<int>(IncidentKind::row_overflow) ? static_cast<int>(incident.value) : 0;
}

template <class Space>
void Dynamics<Space>::lengthen_rows(int needed) {
    fill_zero(batch_.incident);
    grow_rows(batch_, neighbors_, needed);
    ++step_key_;
}

template <class Space>
void Dynamics<Space>::evaluate(const std::string& when) {
    update_neighbors(batch_, neighbors_);
    while (const int needed = overflow()) lengthen_rows(needed);
    forces(Sums::energy);
    take_stock(batch_, ensembles_);
    begin_watch();
    raise_incidents(when);
}

template <class Space>
void Dynamics<Space>::set_ensembles(const std::vector<EnsembleOptions>& options) {
    const std::vector<double> mass = to_host(batch_.mass);
    std::vector<Ensemble> each(batch_.replicas);
    for (int r = 0; r < batch_.replicas; ++r) {
        const EnsembleOptions& o = options.size() == 1 ? options[0] : options.at(r);
        Ensemble& e = each[r];
        e.kind = o.kind;
        e.cell = o.kind == EnsembleKind::npt ? o.cell : CellMode::fixed;
        e.dt = o.timestep;
        e.dof = 3.0 * static_cast<double>(batch_.replica_atoms_host[r]) - 3.0;
        for (int i = batch_.first_atom_host[r]; i < batch_.first_atom_host[r + 1]; ++i) e.mass += mass[i];
        e.mass = sum_over(batch_.chunks.team, e.mass);
        e.kT_begin = units::boltzmann * o.temperature_begin;
        e.kT_end = units::boltzmann * o.temperature_end;
        e.ramp_steps = o.ramp_steps;
        e.kT = o.ramp_steps > 0 ? e.kT_begin : e.kT_end;
        e.pressure = o.pressure;
        e.tau_temperature = o.tau_temperature;
        e.tau_pressure = o.tau_pressure;
    }
    see_ensembles(each);
    if (!ensembles_.each.empty()) settle_velocities(batch_, ensembles_);
    copy(to_space<Space>(each), ensembles_.each);
    take_stock(batch_, ensembles_);
    begin_watch();
}

template <class Space>
void Dynamics<Space>::see_ensembles(const std::vector<Ensemble>& each) {
    any_npt_ = std::any_of(each.begin(), each.end(), [](const Ensemble& e) { return e.kind == EnsembleKind::npt; });
    ++step_key_;  // whether every step forms energies may have changed
}

template <class Space>
void Dynamics<Space>::one_step(bool with_energy) {
    begin_step(batch_, ensembles_);
    update_neighbors(batch_, neighbors_);
    forces(with_energy ? Sums::energy : any_npt_ ? Sums::virial : Sums::none);
    end_step(batch_, ensembles_);
}

template <class Space>
void Dynamics<Space>::save(Snapshot& s) {
    copy(batch_.position, s.position);
    copy(batch_.velocity, s.velocity);
    copy(batch_.force, s.force);
    copy(batch_.box, s.box);
    copy(batch_.potential_energy, s.potential_energy);
    copy(batch_.virial, s.virial);
    copy(neighbors_.reference_position, s.reference_position);
    copy(neighbors_.reference_box, s.reference_box);
    copy(ensembles_.each, s.ensemble);
}

template <class Space>
void Dynamics<Space>::back_to(const Snapshot& s) {
    copy(s.position, batch_.position);
    copy(s.velocity, batch_.velocity);
    copy(s.force, batch_.force);
    copy(s.box, batch_.box);
    copy(s.potential_energy, batch_.potential_energy);
    copy(s.virial, batch_.virial);
    copy(s.reference_position, neighbors_.reference_position);
    copy(s.reference_box, neighbors_.reference_box);
    copy(s.ensemble, ensembles_.each);
}

template <class Space>
bool Dynamics<Space>::any_says(bool mine) {
    if (!neighbors_.domain) return mine;
    bool any = false;
    for (const char other : neighbors_.domain->team->all_gather_value(static_cast<char>(mine))) any = any || other;
    return any;
}

template <class Space>
bool Dynamics<Space>::run(const RunSchedule& schedule) {
    const auto next_multiple = [](long step, long every) {
        return every > 0 ? (step / every + 1) * every : std::numeric_limits<long>::max();
    };
    Snapshot snapshot;
    long per_look = 8;  // grows to what the time of a look allows
    for (long step = schedule.first; step < schedule.steps;) {
        const long stop =
            std::min({schedule.steps, step + per_look, next_multiple(step, schedule.report_every),
                      next_multiple(step, schedule.sample_every), next_multiple(step, most_steps_per_look)});
        const bool reports = schedule.report_every > 0 && stop % schedule.report_every == 0;
        const bool with_energy = reports || stop == schedule.steps || stop % most_steps_per_look == 0;
        const long plain = stop - step - (with_energy ? 1 : 0);
        const auto begin = std::chrono::steady_clock::now();
        if (!neighbors_.domain) save(snapshot);
        if (neighbors_.domain || neighbors_.half.used) {
            // Rows are long enough at once. The ranks of a domain meet within a step, so nothing is captured.
            for (long k = step; k < stop; ++k) one_step(k - step >= plain);
        } else {
            for (;;) {
                plain_.run(
                    plain, [&] { one_step(false); }, step_key_);
                with_energy_.run(
                    stop - step - plain, [&] { one_step(true); }, step_key_);
                const int needed = overflow();
                if (!needed) break;
                back_to(snapshot);
                lengthen_rows(needed);
            }
        }
        const std::string when = "within " + std::to_string(stop - step) + (stop - step == 1 ? " step" : " steps") +
                                 " before step " + std::to_string(stop);
        try {
            watch_cells(when);
            raise_incidents(when);
            if (with_energy) watch_energy(when, stop == schedule.steps);
        } catch (const PhysicsError&) {
            // What it came from can be looked at. Ranks of a domain have moved atoms since.
            if (!neighbors_.domain) back_to(snapshot);
            throw;
        }
        atom_steps_ += static_cast<double>(stop - step) * all_atoms();
        const double per_step = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() /
                                static_cast<double>(stop - step);
        per_look = std::clamp(static_cast<long>(longest_look / std::max(per_step, 1e-9)), 1L, most_steps_per_look);
        if (neighbors_.domain)
            for (const long other : neighbors_.domain->team->all_gather_value(per_look))
                per_look = std::min(per_look, other);
        step = step_ = stop;
        if (schedule.sample_every > 0 && step % schedule.sample_every == 0) schedule.sample(step);
        if (reports) schedule.report(step);
        if (step < schedule.steps && any_says(schedule.pause && schedule.pause(step))) return false;
    }
    note_drift();
    settle_velocities(batch_, ensembles_);
    return true;
}

template <class Space>
DynamicsState Dynamics<Space>::state() {
    DynamicsState s;
    std::vector<long> id;
    for (const std::vector<long>& of_replica : batch_.id) id.insert(id.end(), of_replica.begin(), of_replica.end());
    s.id = gather(id, false);
    s.species = gather(to_host(batch_.species_of), false);
    s.position = gather(to_host(batch_.position), false);
    s.velocity = gather(to_host(batch_.velocity), false);
    s.force = gather(to_host(batch_.force), false);
    s.reference_position = gather(to_host(neighbors_.reference_position), false);
    s.box = to_host(batch_.box);
    s.reference_box = to_host(neighbors_.reference_box);
    s.ensemble = to_host(ensembles_.each);
    s.potential_energy = to_host(batch_.potential_energy);
    s.virial = to_host(batch_.virial);
    s.largest_drift = largest_drift_;
    s.atom_steps = atom_steps_;
    return s;
}

template <class Space>
void Dynamics<Space>::restore(const DynamicsState& s) {
    const std::size_t replicas = batch_.replicas, atoms = s.id.size();
    const bool of_each_atom = s.species.size() == atoms && s.position.size() == atoms && s.velocity.size() == atoms &&
                              s.force.size() == atoms && s.reference_position.size() == atoms;
    const bool of_each_replica = s.box.size() == replicas && s.reference_box.size() == replicas &&
                                 s.ensemble.size() == replicas && s.potential_energy.size() == replicas &&
                                 s.virial.size() == replicas && s.largest_drift.size() == replicas;
    if (static_cast<double>(atoms) != all_atoms() || !of_each_atom || !of_each_replica)
        throw Error("a state of " + std::to_string(atoms) + " atoms in " + std::to_string(s.box.size()) + " replicas",
                    "these dynamics are of " + shown(all_atoms()) + " in " + std::to_string(replicas),
                    "give a state of the same structures");
    if (neighbors_.domain) {
        // Atoms belong to whom they belonged at the last build.
        const Domain<Space>& d = *neighbors_.domain;
        own_.clear();
        for (std::size_t k = 0; k < s.id.size(); ++k) {
            const Vec3 f = wrap_fractions(s.reference_box.at(0).inverse * s.reference_position[k]);
            if (domain_of(d.grid, f) == d.team->rank()) own_.push_back(static_cast<int>(k));
        }
        std::sort(own_.begin(), own_.end(), [&](int a, int b) { return s.id[a] < s.id[b]; });
        batch_.id[0] = part(s.id);
        set_atoms(batch_, part(s.species), part(s.position), part(s.velocity));
    }
    copy(to_space<Space>(part(s.position)), batch_.position);
    copy(to_space<Space>(part(s.velocity)), batch_.velocity);
    copy(to_space<Space>(s.box), batch_.box);
    copy(to_space<Space>(part(s.reference_position)), neighbors_.reference_position);
    copy(to_space<Space>(s.reference_box), neighbors_.reference_box);
    build_neighbors(batch_, neighbors_, true);
    while (const int needed = overflow()) lengthen_rows(needed);
    copy(to_space<Space>(part(s.force)), batch_.force);
    copy(to_space<Space>(s.potential_energy), batch_.potential_energy);
    copy(to_space<Space>(s.virial), batch_.virial);
    copy(to_space<Space>(s.ensemble), ensembles_.each);
    see_ensembles(s.ensemble);
    largest_drift_ = s.largest_drift;
    atom_steps_ = s.atom_steps;
}

template <class Space>
std::string Dynamics<Space>::gather_bytes(std::string_view mine, std::size_t per_atom, bool sorted) const {
    if (!neighbors_.domain) return std::string(mine);
    Comm& team = *neighbors_.domain->team;
    const std::vector<long>& id = batch_.id[0];
    const std::vector<std::string> parts = team.gather(mine, 0);
    std::string all;
    for (const std::string& p : parts) all += p;
    if (!sorted) return all;
    const std::vector<std::string> ids =
        team.gather({reinterpret_cast<const char*>(id.data()), id.size() * sizeof(long)}, 0);
    std::vector<std::pair<long, std::size_t>> order;
    for (const std::string& p : ids)
        for (std::size_t k = 0; k < p.size(); k += sizeof(long)) {
            long value = 0;
            std::memcpy(&value, p.data() + k, sizeof(long));
            order.emplace_back(value, order.size());
        }
    std::sort(order.begin(), order.end());
    std::string by_id;
    by_id.reserve(all.size());
    for (const auto& [atom, place] : order) by_id.append(all, place * per_atom, per_atom);
    return by_id;
}

template <class Space>
std::vector<Thermo> Dynamics<Space>::thermo() const {
    const std::vector<Ensemble> each = to_host(ensembles_.each);
    const std::vector<Box> box = to_host(batch_.box);
    const std::vector<Sym3> virial = to_host(batch_.virial);
    std::vector<Thermo> result(batch_.replicas);
    for (int r = 0; r < batch_.replicas; ++r) {
        const Ensemble& e = each[r];
        Thermo& t = result[r];
        t.time = static_cast<double>(e.step) * e.dt;
        t.kinetic = 0.5 * trace(e.kinetic);
        t.temperature = 2.0 * t.kinetic / (e.dof * units::boltzmann);
        t.target = e.kT / units::boltzmann;
        t.potential = e.potential;
        t.volume = box[r].volume;
        t.pressure = (1.0 / t.volume) * (e.kinetic + virial[r]);
        t.conserved = conserved_quantity(e, t.volume);
    }
    return result;
}

template <class Space>
void Dynamics<Space>::draw_velocities(const std::vector<double>& temperatures, std::uint64_t seed,
                                      const std::vector<std::uint32_t>& streams) {
    const std::vector<double> mass = to_host(batch_.mass);
    std::vector<Vec3> velocity(batch_.atoms);
    for (int r = 0; r < batch_.replicas; ++r) {
        const int begin = batch_.first_atom_host[r], end = batch_.first_atom_host[r + 1];
        const double kT = units::boltzmann * temperatures.at(r);
        const RandomStream stream(seed, RandomUse::velocity, streams.at(r));
        Comm* const team = batch_.chunks.team;
        Vec3 momentum;
        double total = 0;
        for (int i = begin; i < end; ++i) {
            const auto first = 3 * static_cast<std::uint64_t>(batch_.id[r][i - begin]);
            velocity[i] = std::sqrt(kT / mass[i]) *
                          Vec3{stream.normal(first), stream.normal(first + 1), stream.normal(first + 2)};
            momentum += mass[i] * velocity[i];
            total += mass[i];
        }
        momentum = sum_over(team, momentum);
        total = sum_over(team, total);
        double twice_kinetic = 0;
        for (int i = begin; i < end; ++i) {
            velocity[i] -= (1.0 / total) * momentum;
            twice_kinetic += mass[i] * norm2(velocity[i]);
        }
        twice_kinetic = sum_over(team, twice_kinetic);
        const double freedom = 3.0 * static_cast<double>(batch_.replica_atoms_host[r]) - 3.0;
        const double scale = twice_kinetic > 0 ? std::sqrt(freedom * kT / twice_kinetic) : 0.0;
        for (int i = begin; i < end; ++i) velocity[i] = scale * velocity[i];
    }
    copy(to_space<Space>(velocity), batch_.velocity);
    take_stock(batch_, ensembles_);
    begin_watch();
}

template <class Space>
double Dynamics<Space>::all_atoms() const {
    double atoms = 0;
    for (const long n : batch_.replica_atoms_host) atoms += static_cast<double>(n);
    return atoms;
}

template <class Space>
void Dynamics<Space>::set_companions(std::vector<Companion*> companions) {
    if (neighbors_.domain) neighbors_.domain->companions = std::move(companions);
}

template <class Space>
std::vector<Structure> Dynamics<Space>::structures() {
    std::vector<Structure> mine = to_structures(batch_);
    if (!neighbors_.domain) return mine;
    Structure& s = mine[0];
    s.species = gather(s.species);
    s.position = gather(s.position);
    s.velocity = gather(s.velocity);
    s.id = gather(s.id);
    return mine;
}

template <class Space>
void Dynamics<Space>::raise_incidents(const std::string& when) {
    const Incident incident = to_host(batch_.incident)[0];
    if (!neighbors_.domain) {
        if (incident.kind == static_cast<int>(IncidentKind::none)) return;
        fill_zero(batch_.incident);
        throw incident_error(incident, when);
    }
    // All ranks go on, or all of them throw what the first has to say that knows the atom.
    const auto kind = static_cast<IncidentKind>(incident.kind);
    const bool of_another_rank = kind == IncidentKind::not_finite && incident.atom_a < 0;
    std::string mine;
    if (kind != IncidentKind::none && !of_another_rank) mine = incident_error(incident, when).what();
    for (const std::string& text : neighbors_.domain->team->all_gather(mine))
        if (!text.empty()) {
            fill_zero(batch_.incident);
            throw PhysicsError(text);
        }
}

template <class Space>
PhysicsError Dynamics<Space>::incident_error(const Incident& incident, const std::string& when) const {
    int replica = neighbors_.domain ? 0 : -1;
    const auto name = [&](int atom) {
        if (atom >= batch_.atoms) return "atom " + std::to_string(neighbors_.domain->ghost_id.at(atom - batch_.atoms));
        const auto after = std::upper_bound(batch_.first_atom_host.begin(), batch_.first_atom_host.end(), atom);
        const int r = static_cast<int>(after - batch_.first_atom_host.begin()) - 1;
        replica = r;
        return "atom " + std::to_string(batch_.id[r][atom - batch_.first_atom_host[r]]) + " of " + name_of(r);
    };
    const std::string value = shown(incident.value);
    const std::string overlaps = "check the structure for overlapping atoms, or use a smaller timestep";
    std::string problem, remedy = overlaps;
    switch (static_cast<IncidentKind>(incident.kind)) {
        case IncidentKind::pair_below_table:
            problem = name(incident.atom_a) + " and " +
                      (incident.atom_b >= 0 ? name(incident.atom_b) : std::string("another atom")) + " are " + value +
                      " A apart, closer than the potential's table";
            break;
        case IncidentKind::density_above_table:
            problem = "the electron density at " + name(incident.atom_a) + " is " + value +
                      ", far above the potential's table";
            remedy = "check the structure for overlapping atoms and the order of elements";
            break;
        case IncidentKind::cell_too_small:
            replica = incident.atom_b;
            problem = "the cell of " + name_of(replica) +
                      (std::isfinite(incident.value) ? " shrank to a width of " + value + " A, below 2 (cutoff + skin)"
                                                     : " is not finite");
            remedy = "use more atoms, a lower pressure, or a smaller compute.skin_A";
            break;
        case IncidentKind::crowded_cell:
            return crowded_cell_error(incident, when);
        default:
            problem = "the force on or the position of " + name(incident.atom_a) +
                      (std::isfinite(incident.value) ? " is beyond reason (" + value + " eV/A)" : " is not finite");
    }
    return {problem, when, remedy, replica};
}

#define MG_DYNAMICS(Space) template class Dynamics<Space>;
MG_INSTANTIATE(MG_DYNAMICS)

}  // namespace mg
