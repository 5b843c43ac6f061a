#pragma once
/// \file Molecular dynamics and minimisation of a batch of replicas.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.hpp"
#include "core/error.hpp"
#include "ops/displacement.hpp"
#include "ops/forces.hpp"
#include "ops/integrate.hpp"
#include "ops/minimize.hpp"
#include "ops/neighbors.hpp"
#include "ops/replay.hpp"
#include "physics/ensemble.hpp"

namespace mg {

/// Ensemble, time step and baths of one replica.
struct EnsembleOptions {
    EnsembleKind kind = EnsembleKind::nve;
    CellMode cell = CellMode::iso;
    double timestep = 0.002;         ///< [ps]
    double temperature_begin = 300;  ///< [K]
    double temperature_end = 300;    ///< [K]
    long ramp_steps = 0;             ///< 0: temperature_end from the start
    double pressure = 0;             ///< [eV/A^3]
    double tau_temperature = 0.1;    ///< [ps]
    double tau_pressure = 1.0;       ///< [ps]
};

/// One replica at one instant.
struct Thermo {
    double time = 0;         ///< [ps] since the ensemble was set
    double temperature = 0;  ///< [K] 2 E_kin / (3N - 3) kB
    double target = 0;       ///< [K]
    double potential = 0;    ///< [eV]
    double kinetic = 0;      ///< [eV]
    double volume = 0;       ///< [A^3]
    Sym3 pressure;           ///< [eV/A^3], positive in compression, kinetic part included
    double conserved = 0;    ///< [eV]
    double mean_pressure() const { return trace(pressure) / 3.0; }
};

/// What a run reports and samples; steps count from the start of the run.
struct RunSchedule {
    long steps = 0;
    long first = 0;                         ///< steps that were done before a pause
    long report_every = 0;                  ///< 0: never
    std::function<void(long step)> report;  ///< energies and virials are computed on these steps
    long sample_every = 0;
    std::function<void(long step)> sample;
    /// Asked after report and sample, every 50 steps or more often (every third of a second where steps are slow): true
    /// pauses the run there. Where one rank of a team says so, all pause.
    std::function<bool(long step)> pause;
};

/// Everything that a batch needs, between two steps, to continue with the same bits. Atoms are in the order of the
/// batch; of a system divided over ranks, rank after rank.
struct DynamicsState {
    std::vector<long> id;
    std::vector<int> species;
    std::vector<Vec3> position, velocity, force, reference_position;
    std::vector<Box> box, reference_box;
    std::vector<Ensemble> ensemble;
    std::vector<double> potential_energy;
    std::vector<Sym3> virial;
    std::vector<double> largest_drift;
    double atom_steps = 0;
};

/// A batch with potential, neighbour rows and ensembles. Skin and precision are fixed at construction, so results do
/// not depend on timing or on what else runs.
template <class Space>
class Dynamics {
public:
    /// Takes over the batch; throws InputError where a box is too small for cutoff + skin, or a potential too coarse
    /// for `mixed`. With a team the batch is this rank's part of one system (own_part) of `total_atoms`, and every call
    /// below is collective: all ranks make it with the same arguments, and all get the same sums. `names` are what
    /// messages call the replicas, in place of "replica 0" and so on.
    Dynamics(Batch<Space> batch, const EamPotential& potential, Precision precision, double skin, Comm* team = nullptr,
             long total_atoms = 0, std::vector<std::string> names = {});

    Batch<Space>& batch() { return batch_; }
    const Batch<Space>& batch() const { return batch_; }
    const EamTables<Space>& tables() const { return tables_; }
    Neighbors<Space>& neighbors() { return neighbors_; }
    Ensembles<Space>& ensembles() { return ensembles_; }
    ForceWork<Space>& work() { return work_; }
    /// How steps without energies are repeated: whether a CUDA graph was captured, and if not, why.
    const Replay<Space>& replay() const { return plain_; }

    /// Forces, energies and virials at the present positions. Throws PhysicsError, whose message says `when`.
    void evaluate(const std::string& when = "in the structure as given");

    /// Sets each replica's ensemble, with thermostat and barostat at rest; one entry per replica, or one for all.
    void set_ensembles(const std::vector<EnsembleOptions>& options);

    /// Runs the schedule. Returns false where it was paused before its end; another call, with `first` = step(),
    /// continues it, at once or after restore(). Throws PhysicsError naming replica, atom, step and value within 50
    /// steps of where the physics fails: atoms that meet, forces or positions that are not finite, a cell that tears or
    /// collapses, energy that is not conserved (physics/conservation.hpp). The batch is then as it was up to 50 steps
    /// before, but for a team's.
    bool run(const RunSchedule& schedule);
    /// [eV/ps] (replicas) How fast the conserved quantity of an atom has moved at most, over whole runs so far: its
    /// change from the setting of the ensembles to the end of a run, over the time between.
    const std::vector<double>& largest_drift() const { return largest_drift_; }
    const std::vector<std::string>& replica_names() const { return names_; }
    /// Steps done in the present or latest run.
    long step() const { return step_; }

    /// The state at a pause or before a run; with a team on its first rank, empty on the others.
    DynamicsState state();
    /// Sets the state, which is of a batch of the same replicas; with a team all ranks give the whole state.
    void restore(const DynamicsState& state);

    /// Per replica; energies are of the last step that computed them (reports, and the end of a run).
    std::vector<Thermo> thermo() const;

    /// Minimises by FIRE until every replica has converged or max_steps are done; returns the final states. `give_up`
    /// is asked every 20 steps: where it returns true (on any rank of a team) the result is empty, and the structures
    /// are not minimised.
    std::vector<FireState> minimize(const FireOptions& options, long max_steps = 20000,
                                    const std::function<bool()>& give_up = {});

    /// Relaxes positions, and the cell as options.cell says, by L-BFGS in `double` whatever the precision of the
    /// dynamics is, until every replica has converged or max_steps are done; returns the final states. Energies, forces
    /// and virials are those of `double` afterwards; velocities stay as they are. `give_up` as in minimize. Throws
    /// PhysicsError where the physics fails, as run() does.
    std::vector<LbfgsState> relax(const LbfgsOptions& options, long max_steps = 20000,
                                  const std::function<bool()>& give_up = {});

    /// Velocities of a Maxwell distribution at each replica's temperature [K], total momentum zero, kinetic energy
    /// exact. Numbers are keyed by (seed, stream of the replica, atom id).
    void draw_velocities(const std::vector<double>& temperatures, std::uint64_t seed,
                         const std::vector<std::uint32_t>& streams);

    /// Names further per-atom arrays that go with the atoms when these move to another rank. The arrays must stay in
    /// place until the next call. Without a team this does nothing.
    void set_companions(std::vector<Companion*> companions);

    /// The replicas as structures; with a team on its first rank, empty on the others.
    std::vector<Structure> structures();

    /// Gathers values, one per atom, from all ranks of a team on its first rank; empty on the others. Sorted by id, or
    /// else in the order of state().
    template <class T>
    std::vector<T> gather(const std::vector<T>& mine, bool sorted = true) const {
        const std::string bytes =
            gather_bytes({reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(T)}, sizeof(T), sorted);
        std::vector<T> all(bytes.size() / sizeof(T));
        std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(all.data()));
        return all;
    }
    /// This rank's part of values in the order of the state last restored.
    template <class T>
    std::vector<T> part(const std::vector<T>& all) const {
        if (!neighbors_.domain) return all;
        std::vector<T> mine;
        for (const int k : own_) mine.push_back(all.at(k));
        return mine;
    }

    /// Atom-steps done since construction.
    double atom_steps() const { return atom_steps_; }

private:
    struct Snapshot;

    std::string gather_bytes(std::string_view mine, std::size_t per_atom, bool sorted) const;
    void see_ensembles(const std::vector<Ensemble>& each);
    bool any_says(bool mine);
    void one_step(bool with_energy);
    void raise_incidents(const std::string& when);
    PhysicsError incident_error(const Incident& incident, const std::string& when) const;
    std::string name_of(int replica) const;
    void begin_watch();
    void watch_cells(const std::string& when) const;
    void watch_energy(const std::string& when, bool ended);
    std::string fastest_atom(int replica) const;
    void note_drift();
    int overflow();  // the length that a row needs, 0 where all fit
    void lengthen_rows(int needed);
    void save(Snapshot& s);
    void back_to(const Snapshot& s);
    void forces(Sums sums);
    double all_atoms() const;  // of all replicas, on all ranks

    Batch<Space> batch_;
    EamTables<Space> tables_;
    Precision precision_;
    Neighbors<Space> neighbors_;
    ForceWork<Space> work_;
    Ensembles<Space> ensembles_;
    Replay<Space> plain_, with_energy_;  // steps that form energies, and steps that do not
    long step_key_ = 0;                  // counts what changes a step: captured steps are captured anew
    bool any_npt_ = false;
    long step_ = 0;
    std::vector<int> own_;  // places of own atoms in the state last restored
    double atom_steps_ = 0;
    std::vector<double> largest_drift_;
    std::vector<std::string> names_;
};

/// The least skin [A]: boxes narrower than 2 (cutoff + least_skin) are too small.
inline constexpr double least_skin = 0.5;
/// The skin for a study of boxes of at least this width [A]: 1.0 A, or what fits, at least least_skin.
double choose_skin(double smallest_width, double cutoff);

}  // namespace mg
