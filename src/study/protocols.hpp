#pragma once
/// \file The simulations of a study, as protocols on a batch: melt and quench, and the stiffness of every atom.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "md/dynamics.hpp"

namespace mg::study {

/// Called from time to time with the atom-steps done so far in this protocol.
using Ticker = std::function<void(double atom_steps)>;

/// Volume per atom [A^3] of an element's own crystal, from the potential file's header; 0 where that names none.
double crystal_volume(const EamPotential& potential, int species);
/// The volume per atom [A^3] that is assumed then.
inline constexpr double unknown_crystal_volume = 17.5;

/// The fcc start lattice of a sample: nx ny nz cells whose volume is that of the elements' own crystals, species in
/// random order (keyed by seed and sample) with exactly the given counts.
Structure start_lattice(const EamPotential& potential, const std::vector<int>& counts, int nx, int ny, int nz,
                        std::uint64_t seed, std::uint32_t sample);

struct QuenchProtocol {
    double melt_temperature;   ///< [K]
    double melt_time;          ///< [ps]
    double final_temperature;  ///< [K]
    double rate;               ///< [K/ps]
    double timestep;           ///< [ps]
    double pressure;           ///< [eV/A^3]
    CellMode cell;
    double free_below;  ///< [K] at which the shape of the cell is set free, where `cell` is not iso

    /// The settings of the study file, at one of its cooling rates [K/s].
    QuenchProtocol(const StudyFile::Quench& quench, double rate_K_per_s);
    /// The study file's defaults.
    QuenchProtocol() : QuenchProtocol({}, StudyFile::Quench{}.rate_K_per_s) {}

    long melt_steps() const;     ///< time steps at the melt temperature
    long cooling_steps() const;  ///< time steps of the ramp
    long held_steps() const;     ///< those of them in which the cell keeps its shape; all of them where it always does
};

/// One row per report, per replica.
struct ThermoHistory {
    std::vector<std::vector<Thermo>> rows;  ///< (replicas, reports); time runs on through all phases of a protocol

    /// Adds a row for each replica, of a phase that began at this time [ps].
    void add(const std::vector<Thermo>& now, double phase_begin) {
        rows.resize(now.size());
        for (std::size_t r = 0; r < now.size(); ++r) {
            rows[r].push_back(now[r]);
            rows[r].back().time += phase_begin;
        }
    }
};

/// Where a protocol stands between two steps. `started` is false before its first.
struct Place {
    bool started = false;
    int phase = 0;
    long step = 0;  ///< done in the phase
};

/// Asked from time to time between two steps of a protocol, whose progress is up to date then: true pauses it there.
using Pause = std::function<bool()>;

/// A batch at one instant, atoms in the order of replicas and then of ids; with a team on its first rank, or on those
/// that have read it from a checkpoint.
struct Frame {
    std::vector<Vec3> position;  ///< [A] (atoms), unwrapped
    std::vector<Vec3> velocity;  ///< [A/ps] (atoms)
    std::vector<double> energy;  ///< [eV] (atoms)
    std::vector<Box> box;        ///< (replicas)
};

/// How far samples are on their way to a reference basin.
struct QuenchProgress {
    enum Phase { melt, cool, cool_freely, relax, anneal, relax_again };

    Place place;
    ThermoHistory history;
    Frame glass;    ///< after the cooling; from its relaxation on
    Frame relaxed;  ///< before the annealing; from there on
};

/// NPT at the melt temperature, then linearly down: the phases melt and cool, and cool_freely below the temperature at
/// which the cell may change its shape. Velocities are keyed by (seed, sample).
/// At least `reports` rows. Continues from `progress`, with the dynamics in the state that belongs to it; returns false
/// where it was paused. Pauses change no bit of the results.
template <class Space>
bool melt_and_quench(Dynamics<Space>& dynamics, const QuenchProtocol& protocol, std::uint64_t seed,
                     const std::vector<std::uint32_t>& samples, int reports, QuenchProgress& progress,
                     const Ticker& tick, const Pause& pause);

/// The same without pauses.
template <class Space>
ThermoHistory melt_and_quench(Dynamics<Space>& dynamics, const QuenchProtocol& protocol, std::uint64_t seed,
                              const std::vector<std::uint32_t>& samples, int reports, const Ticker& tick);

struct StiffnessProtocol {
    double start_temperature;     ///< [K] of the ramp
    double velocity_temperature;  ///< [K] that velocities are drawn at: twice the start's at a minimum, where potential
                                  ///< energy takes its half of them within a vibration (equipartition)
    double equilibrate;           ///< [ps] of the ramp, and again of the hold
    double window;                ///< [ps]
    double sample_every;          ///< [ps]
    double timestep;              ///< [ps]
    double pressure;              ///< [eV/A^3]
    CellMode cell;
    StiffnessEstimator estimator;

    /// The settings of the study file, from an inherent structure on.
    StiffnessProtocol(const StudyFile::Quench& quench, const StudyFile::Stiffness& stiffness);
    /// The study file's defaults.
    StiffnessProtocol() : StiffnessProtocol(StudyFile::Quench{}, StudyFile::Stiffness{}) {}

    long equilibrate_steps() const;  ///< time steps of the ramp, and again of the hold
    long sample_steps() const;       ///< time steps between two frames
    long window_steps() const;       ///< a whole even number of frames
    /// Time steps after which the part of the window so far is looked at, rising: sixteenths of the window, eighths and
    /// a quarter, in whole frames; of short windows fewer.
    std::vector<long> early_steps() const;
};

/// Mean-squared displacements of a batch [A^2] (atoms), over the window and over its halves, and positions.
struct Displacements {
    std::vector<double> whole, first_half, second_half;
    std::vector<Vec3> mean_position;   ///< [A] (atoms) over the window
    std::vector<Vec3> first_position;  ///< [A] (atoms) where it begins
};

template <class Space>
struct StiffnessProgress {
    Place place;
    std::vector<Mat3> cell_sum;  ///< [A] (replicas) of the hold
    long cell_count = 0;
    DisplacementWindow<Space> window;
    /// [A^2] (early steps, atoms in the order of replicas and then of ids) of the window up to there; with a team on
    /// its first rank.
    std::vector<std::vector<double>> early;
    ThermoHistory history;  ///< of ramp, hold and window
};

/// Every replica at its own temperature [K]: NPT ramp from the start temperature, NPT hold, then NVT in the mean
/// cell of the hold, in which the displacements are accumulated. Pauses as melt_and_quench does; once it has returned
/// true, displacements_of has the results.
template <class Space>
bool measure_displacements(Dynamics<Space>& dynamics, const StiffnessProtocol& protocol,
                           const std::vector<double>& temperatures, std::uint64_t seed,
                           const std::vector<std::uint32_t>& streams, StiffnessProgress<Space>& progress,
                           const Ticker& tick, const Pause& pause);
/// Results of a finished window for this rank's atoms.
template <class Space>
Displacements displacements_of(const StiffnessProgress<Space>& progress, const StiffnessProtocol& protocol);

/// The same without pauses.
template <class Space>
Displacements measure_displacements(Dynamics<Space>& dynamics, const StiffnessProtocol& protocol,
                                    const std::vector<double>& temperatures, std::uint64_t seed,
                                    const std::vector<std::uint32_t>& streams, const Ticker& tick);

/// Gives replica r the cell box[r]; atoms keep their fractional coordinates.
template <class Space>
void set_boxes(Dynamics<Space>& dynamics, const std::vector<Box>& boxes);

}  // namespace mg::study
