#include "study/protocols.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/units.hpp"

namespace mg::study {

namespace {

constexpr long least_frames = 8;  // of a part of a window that is looked at

long steps_of(double time, double timestep) { return std::max(1L, std::lround(time / timestep)); }

}  // namespace

double crystal_volume(const EamPotential& potential, int species) {
    const double a = potential.lattice_constants.at(species), cube = a * a * a;
    std::string lattice = potential.lattices.at(species);
    for (char& c : lattice) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!(a > 0)) return 0;
    if (lattice == "fcc") return cube / 4;
    if (lattice == "bcc") return cube / 2;
    if (lattice == "hcp") return cube / std::sqrt(2.0);  // ideal c/a
    if (lattice == "diamond" || lattice == "dia") return cube / 8;
    return 0;
}

QuenchProtocol::QuenchProtocol(const StudyFile::Quench& quench, double rate_K_per_s)
    : melt_temperature(quench.melt_K),
      melt_time(quench.melt_ps),
      final_temperature(quench.final_K),
      rate(rate_K_per_s / units::second),
      timestep(quench.timestep_fs * units::femtosecond),
      pressure(quench.pressure_GPa / units::gigapascal_per_pressure),
      cell(quench.cell),
      free_below(quench.free_cell_below_K) {}

StiffnessProtocol::StiffnessProtocol(const StudyFile::Quench& quench, const StudyFile::Stiffness& stiffness)
    : start_temperature(quench.final_K),
      velocity_temperature(2 * quench.final_K),
      equilibrate(stiffness.equilibrate_ps),
      window(stiffness.window_ps),
      sample_every(stiffness.sample_every_fs * units::femtosecond),
      timestep(quench.timestep_fs * units::femtosecond),
      pressure(quench.pressure_GPa / units::gigapascal_per_pressure),
      cell(quench.cell),
      estimator(stiffness.estimator) {}

long QuenchProtocol::melt_steps() const { return steps_of(melt_time, timestep); }
long QuenchProtocol::cooling_steps() const { return steps_of((melt_temperature - final_temperature) / rate, timestep); }
long QuenchProtocol::held_steps() const {
    if (cell == CellMode::iso) return cooling_steps();
    const double way = (melt_temperature - free_below) / (melt_temperature - final_temperature);
    return std::lround(std::clamp(way, 0.0, 1.0) * static_cast<double>(cooling_steps()));
}
long StiffnessProtocol::equilibrate_steps() const { return steps_of(equilibrate, timestep); }
long StiffnessProtocol::sample_steps() const { return steps_of(sample_every, timestep); }
long StiffnessProtocol::window_steps() const {
    // A whole even number of samples, so that the halves are equal.
    const long samples = std::max(2L, std::lround(window / (sample_steps() * timestep)) / 2 * 2);
    return samples * sample_steps();
}
std::vector<long> StiffnessProtocol::early_steps() const {
    std::vector<long> steps;
    for (const long part : {16, 8, 4})
        if (const long frames = window_steps() / sample_steps() / part; frames >= least_frames)
            steps.push_back(frames * sample_steps());
    return steps;
}

Structure start_lattice(const EamPotential& potential, const std::vector<int>& counts, int nx, int ny, int nz,
                        std::uint64_t seed, std::uint32_t sample) {
    Structure s;
    s.elements = potential.elements;
    s.masses = potential.masses;
    const int n = 4 * nx * ny * nz;
    double volume = 0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const double crystal = crystal_volume(potential, static_cast<int>(k));
        volume += counts[k] * (crystal > 0 ? crystal : unknown_crystal_volume);
    }
    // 5 % more than the crystals: about a liquid's volume, which the melt then finds by itself.
    const double a = std::cbrt(1.05 * volume / (nx * ny * nz));
    for (int k = 0; k < static_cast<int>(counts.size()); ++k) s.species.insert(s.species.end(), counts[k], k);
    if (static_cast<int>(s.species.size()) != n)
        throw InputError("the composition has " + std::to_string(s.species.size()) + " atoms",
                         "the start lattice has " + std::to_string(n), "use atoms = 4 nx ny nz");
    shuffle(s.species, RandomStream(seed, RandomUse::species, sample));
    constexpr double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    for (int z = 0; z < nz; ++z)
        for (int y = 0; y < ny; ++y)
            for (int x = 0; x < nx; ++x)
                for (const auto& b : basis) {
                    s.position.push_back({a * (x + b[0] + 0.25), a * (y + b[1] + 0.25), a * (z + b[2] + 0.25)});
                    s.id.push_back(static_cast<long>(s.id.size()) + 1);
                }
    s.box = orthorhombic(nx * a, ny * a, nz * a);
    return s;
}

template <class Space>
bool melt_and_quench(Dynamics<Space>& d, const QuenchProtocol& p, std::uint64_t seed,
                     const std::vector<std::uint32_t>& samples, int reports, QuenchProgress& progress,
                     const Ticker& tick, const Pause& pause) {
    const int replicas = d.batch().replicas;
    Place& at = progress.place;
    if (at.phase > QuenchProgress::cool_freely) return true;
    // Of the phases melt, cool and cool_freely.
    const long held = p.held_steps(), steps[] = {p.melt_steps(), held, p.cooling_steps() - held};
    const double freed = p.melt_temperature - (p.melt_temperature - p.final_temperature) * static_cast<double>(held) /
                                                  static_cast<double>(p.cooling_steps());
    const double end[] = {p.melt_temperature, steps[2] > 0 ? freed : p.final_temperature, p.final_temperature};
    const auto ensemble_of = [&](int phase) {
        EnsembleOptions o;
        o.kind = EnsembleKind::npt;
        o.cell = held > 0 && phase < QuenchProgress::cool_freely ? CellMode::iso : p.cell;
        o.timestep = p.timestep;
        o.pressure = p.pressure;
        o.temperature_begin = phase == QuenchProgress::melt ? p.melt_temperature : end[phase - 1];
        o.temperature_end = end[phase];
        if (phase != QuenchProgress::melt) o.ramp_steps = steps[phase];
        return o;
    };
    const long every = std::max(1L, (p.melt_steps() + p.cooling_steps()) / std::max(1, reports));
    const auto record = [&](long) {
        long before = 0;
        for (int phase = 0; phase < at.phase; ++phase) before += steps[phase];
        progress.history.add(d.thermo(), static_cast<double>(before) * p.timestep);
        tick(d.atom_steps());
    };
    RunSchedule run;
    run.report_every = every;
    run.report = record;
    run.pause = [&](long step) {
        at.step = step;
        return pause && pause();
    };

    if (!at.started) {
        d.draw_velocities(std::vector<double>(replicas, p.melt_temperature), seed, samples);
        d.set_ensembles({ensemble_of(QuenchProgress::melt)});
        at.started = true;
    }
    int last = QuenchProgress::cool_freely;
    while (steps[last] == 0) --last;
    for (; at.phase <= last; ++at.phase, at.step = 0) {
        if (steps[at.phase] == 0) continue;
        if (at.phase != QuenchProgress::melt && at.step == 0) d.set_ensembles({ensemble_of(at.phase)});
        run.first = at.step;
        run.steps = steps[at.phase];
        if (!d.run(run)) return false;
    }
    at.phase = last;
    if (run.steps % every != 0) record(run.steps);
    at.phase = QuenchProgress::relax;
    return true;
}

template <class Space>
ThermoHistory melt_and_quench(Dynamics<Space>& d, const QuenchProtocol& p, std::uint64_t seed,
                              const std::vector<std::uint32_t>& samples, int reports, const Ticker& tick) {
    QuenchProgress progress;
    melt_and_quench(d, p, seed, samples, reports, progress, tick, {});
    return progress.history;
}

template <class Space>
void set_boxes(Dynamics<Space>& d, const std::vector<Box>& boxes) {
    Batch<Space>& b = d.batch();
    std::vector<Vec3> position = to_host(b.position);
    const std::vector<Box> old = to_host(b.box);
    for (int r = 0; r < b.replicas; ++r) {
        const Mat3 scale = boxes.at(r).h * old[r].inverse;
        for (int i = b.first_atom_host[r]; i < b.first_atom_host[r + 1]; ++i) position[i] = scale * position[i];
    }
    copy(to_space<Space>(position), b.position);
    copy(to_space<Space>(boxes), b.box);
    d.evaluate("after a change of the cell");
}

namespace {

double mean_square(const DisplacementSums& s, double frames, const StiffnessProtocol& p) {
    return p.estimator == StiffnessEstimator::first_frame ? from_first_frame(s, frames)
                                                          : variance_about_mean(s, frames);
}

}  // namespace

template <class Space>
bool measure_displacements(Dynamics<Space>& d, const StiffnessProtocol& p, const std::vector<double>& temperatures,
                           std::uint64_t seed, const std::vector<std::uint32_t>& streams,
                           StiffnessProgress<Space>& progress, const Ticker& tick, const Pause& pause) {
    const int replicas = d.batch().replicas;
    Place& at = progress.place;
    DisplacementWindow<Space>& window = progress.window;
    enum { ramp, hold, measure, end };
    // A phase's ensembles start with their baths at rest.
    const auto options_of = [&](int phase) {
        std::vector<EnsembleOptions> options(replicas);
        for (int r = 0; r < replicas; ++r) {
            EnsembleOptions& o = options[r];
            o.kind = phase == measure ? EnsembleKind::nvt : EnsembleKind::npt;
            o.cell = p.cell;
            o.timestep = p.timestep;
            o.pressure = p.pressure;
            o.temperature_begin = phase == ramp ? p.start_temperature : temperatures.at(r);
            o.temperature_end = temperatures.at(r);
            o.ramp_steps = phase == ramp ? p.equilibrate_steps() : 0;
        }
        return options;
    };
    if (!at.started) {
        d.draw_velocities(std::vector<double>(replicas, p.velocity_temperature), seed, streams);
        progress.cell_sum.assign(replicas, {});
        at.started = true;
    }
    const std::vector<long> early = p.early_steps();
    CompanionArray<Vec3, Space> first(window.first);
    CompanionArray<DisplacementSums, Space> half0(window.half[0]), half1(window.half[1]);
    if (at.phase == measure && at.step > 0) d.set_companions({&first, &half0, &half1});
    for (; at.phase < end; ++at.phase, at.step = 0) {
        if (at.step == 0) {
            if (at.phase == measure) {
                // The window is measured in the mean cell of the hold.
                std::vector<Box> mean;
                for (const Mat3& sum : progress.cell_sum)
                    mean.push_back(make_box((1.0 / static_cast<double>(progress.cell_count)) * sum));
                set_boxes(d, mean);
            }
            d.set_ensembles(options_of(at.phase));
            if (at.phase == measure) {
                start_window(d.batch(), window);
                accumulate_displacements(d.batch(), window, 0);
                d.set_companions({&first, &half0, &half1});
            }
        }
        RunSchedule run;
        run.first = at.step;
        run.steps = at.phase == measure ? p.window_steps() : p.equilibrate_steps();
        run.report_every = at.phase == measure ? std::max(1L, run.steps / 50 / p.sample_steps()) * p.sample_steps()
                                               : std::max(1L, run.steps / 20);
        run.report = [&](long) {
            progress.history.add(d.thermo(), static_cast<double>(at.phase * p.equilibrate_steps()) * p.timestep);
            tick(d.atom_steps());
        };
        if (at.phase == hold) {
            run.sample_every = std::min(10L, run.steps);
            run.sample = [&](long) {
                const std::vector<Box> now = to_host(d.batch().box);
                for (int r = 0; r < replicas; ++r) progress.cell_sum[r] = progress.cell_sum[r] + now[r].h;
                ++progress.cell_count;
            };
        } else if (at.phase == measure) {
            run.sample_every = p.sample_steps();
            run.sample = [&](long step) {
                accumulate_displacements(d.batch(), window, step <= p.window_steps() / 2 ? 0 : 1);
                if (std::find(early.begin(), early.end(), step) == early.end()) return;
                std::vector<double> so_far;
                for (const DisplacementSums& s : to_host(window.half[0]))
                    so_far.push_back(mean_square(s, static_cast<double>(window.frames[0]), p));
                progress.early.push_back(d.gather(so_far));
            };
        }
        run.pause = [&](long step) {
            at.step = step;
            return pause && pause();
        };
        if (!d.run(run)) {
            d.set_companions({});
            return false;
        }
    }
    d.set_companions({});
    return true;
}

template <class Space>
Displacements displacements_of(const StiffnessProgress<Space>& progress, const StiffnessProtocol& p) {
    const DisplacementWindow<Space>& window = progress.window;
    const std::vector<DisplacementSums> half[2] = {to_host(window.half[0]), to_host(window.half[1])};
    const std::vector<Vec3> first = to_host(window.first);
    const double n0 = static_cast<double>(window.frames[0]), n1 = static_cast<double>(window.frames[1]);
    const bool from_start = p.estimator == StiffnessEstimator::first_frame;
    Displacements result;
    result.first_position = first;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const DisplacementSums whole = half[0][i] + half[1][i];
        result.whole.push_back(mean_square(whole, n0 + n1, p));
        result.first_half.push_back(mean_square(half[0][i], n0, p));
        // The second half does not hold the first frame: with that estimator every one of its frames counts.
        result.second_half.push_back(from_start ? half[1][i].squares / n1 : mean_square(half[1][i], n1, p));
        result.mean_position.push_back(first[i] + (1.0 / (n0 + n1)) * whole.sum);
    }
    return result;
}

template <class Space>
Displacements measure_displacements(Dynamics<Space>& d, const StiffnessProtocol& p,
                                    const std::vector<double>& temperatures, std::uint64_t seed,
                                    const std::vector<std::uint32_t>& streams, const Ticker& tick) {
    StiffnessProgress<Space> progress;
    measure_displacements(d, p, temperatures, seed, streams, progress, tick, {});
    return displacements_of(progress, p);
}

#define MG_PROTOCOLS(Space)                                                                                          \
    template bool melt_and_quench(Dynamics<Space>&, const QuenchProtocol&, std::uint64_t,                            \
                                  const std::vector<std::uint32_t>&, int, QuenchProgress&, const Ticker&,            \
                                  const Pause&);                                                                     \
    template bool measure_displacements(Dynamics<Space>&, const StiffnessProtocol&, const std::vector<double>&,      \
                                        std::uint64_t, const std::vector<std::uint32_t>&, StiffnessProgress<Space>&, \
                                        const Ticker&, const Pause&);                                                \
    template Displacements displacements_of(const StiffnessProgress<Space>&, const StiffnessProtocol&);              \
    template ThermoHistory melt_and_quench(Dynamics<Space>&, const QuenchProtocol&, std::uint64_t,                   \
                                           const std::vector<std::uint32_t>&, int, const Ticker&);                   \
    template Displacements measure_displacements(Dynamics<Space>&, const StiffnessProtocol&,                         \
                                                 const std::vector<double>&, std::uint64_t,                          \
                                                 const std::vector<std::uint32_t>&, const Ticker&);                  \
    template void set_boxes(Dynamics<Space>&, const std::vector<Box>&);
MG_INSTANTIATE(MG_PROTOCOLS)

}  // namespace mg::study
