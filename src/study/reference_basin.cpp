#include "study/reference_basin.hpp"

#include <algorithm>
#include <cmath>

#include "core/macros.hpp"
#include "core/units.hpp"

namespace mg::study {

namespace {

/// The quench has the streams of velocities below 2^16, the stiffness runs those that follow, and the dynamics before
/// saddle searches 2^31.
constexpr std::uint32_t first_stream = 3u << 30;

/// All replicas; with a team on its first rank, empty on the others.
template <class Space>
Frame frame_of(Dynamics<Space>& d) {
    Frame frame;
    for (const Structure& s : d.structures()) {
        frame.position.insert(frame.position.end(), s.position.begin(), s.position.end());
        frame.velocity.insert(frame.velocity.end(), s.velocity.begin(), s.velocity.end());
        frame.box.push_back(s.box);
    }
    frame.energy = d.gather(to_host(d.batch().local_energy));
    return frame;
}

}  // namespace

BasinProtocol::BasinProtocol(const StudyFile& study)
    : anneal_temperature(study.quench.anneal_K),
      anneal_time(study.quench.anneal_ps),
      timestep(study.quench.timestep_fs * units::femtosecond),
      pressure(study.quench.pressure_GPa / units::gigapascal_per_pressure),
      cell(study.quench.cell),
      relaxed_cell(study.quenches() || study.quench.anneal_ps > 0 ? study.quench.cell : CellMode::fixed) {}

long BasinProtocol::anneal_steps() const {
    return anneal_time > 0 ? std::max(1L, std::lround(anneal_time / timestep)) : 0;
}

template <class Space>
BasinOutcome find_reference_basin(Dynamics<Space>& d, const BasinProtocol& p, std::uint64_t seed,
                                  const std::vector<std::uint32_t>& samples, QuenchProgress& progress,
                                  const Ticker& tick, const Pause& pause, const std::function<void()>& save,
                                  const std::function<bool()>& give_up, std::vector<LbfgsState>& states) {
    Place& at = progress.place;
    LbfgsOptions options;
    options.cell = p.relaxed_cell;
    options.pressure = p.pressure;
    const auto relax = [&] {
        states = d.relax(options, 20000, give_up);
        tick(d.atom_steps());
        return !states.empty();
    };
    const auto begin_phase = [&](int phase) {
        at.phase = phase;
        at.step = 0;
        save();
    };

    if (at.phase == QuenchProgress::relax) {
        save();
        d.evaluate();  // energies of atoms are in no checkpoint
        progress.glass = frame_of(d);
        if (!relax()) return BasinOutcome::stopped;
        if (p.anneal_steps() == 0) return BasinOutcome::found;
        progress.relaxed = frame_of(d);
        begin_phase(QuenchProgress::anneal);
    }
    if (at.phase == QuenchProgress::anneal) {
        if (at.step == 0) {
            EnsembleOptions npt;
            npt.kind = EnsembleKind::npt;
            npt.cell = p.cell;
            npt.timestep = p.timestep;
            npt.pressure = p.pressure;
            npt.temperature_begin = npt.temperature_end = p.anneal_temperature;
            std::vector<std::uint32_t> streams;
            for (const std::uint32_t k : samples) streams.push_back(first_stream + k);
            d.draw_velocities(std::vector<double>(samples.size(), 2 * p.anneal_temperature), seed, streams);
            d.set_ensembles({npt});
        }
        RunSchedule run;
        run.first = at.step;
        run.steps = p.anneal_steps();
        run.report_every = std::max(1L, run.steps / 50);
        run.report = [&](long) { tick(d.atom_steps()); };
        run.pause = [&](long step) {
            at.step = step;
            return pause && pause();
        };
        if (!d.run(run)) return BasinOutcome::stopped;
        begin_phase(QuenchProgress::relax_again);
    }
    return relax() ? BasinOutcome::found : BasinOutcome::stopped;
}

std::vector<bool> hopped_atoms(const Structure& before, const Structure& after, double distance) {
    const Mat3 affine = after.box.h * before.box.inverse;
    std::vector<Vec3> moved;
    Vec3 mean;
    for (std::size_t i = 0; i < before.position.size(); ++i) {
        moved.push_back(after.position.at(i) - affine * before.position[i]);
        mean += moved.back();
    }
    mean = (1.0 / static_cast<double>(std::max<std::size_t>(1, moved.size()))) * mean;
    std::vector<bool> hopped;
    for (const Vec3 u : moved) hopped.push_back(norm2(u - mean) > distance * distance);
    return hopped;
}

long count_hops(const Structure& before, const Structure& after, double distance) {
    const std::vector<bool> hopped = hopped_atoms(before, after, distance);
    return std::count(hopped.begin(), hopped.end(), true);
}

#define MG_REFERENCE_BASIN(Space)                                                                                 \
    template BasinOutcome find_reference_basin(Dynamics<Space>&, const BasinProtocol&, std::uint64_t,             \
                                               const std::vector<std::uint32_t>&, QuenchProgress&, const Ticker&, \
                                               const Pause&, const std::function<void()>&,                        \
                                               const std::function<bool()>&, std::vector<LbfgsState>&);
MG_INSTANTIATE(MG_REFERENCE_BASIN)

}  // namespace mg::study
