/// \file `bench md`: how fast molecular dynamics runs, and what its ops cost.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>

#include "app/bench/arguments.hpp"
#include "app/bench/head.hpp"
#include "app/bench/kinds.hpp"
#include "app/bench/system.hpp"
#include "config/words.hpp"
#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "ops/shells.hpp"

namespace mg {
namespace {

struct MdArguments : BenchArguments {
    std::string ensemble = "nve", cell = "iso";
    double timestep_fs = 2;
    std::optional<long> steps;
    long warmup = 200;
    std::vector<std::string> points;  // what varies from one measurement to the next
    std::string append;
};

void check_arguments(const MdArguments& a, const Comm& world) {
    require_range("--timestep-fs", a.timestep_fs, 1e-3, 20.0);
    if (a.steps) require_range("--steps", *a.steps, 1L, 1'000'000'000L);
    require_range("--warmup", a.warmup, 0L, 1'000'000'000L);
    check_common_arguments(a, world);
    check_output(a.append);
}

/// The measurements asked for: one for each --point REPLICAS,PRECISION,ENSEMBLE[,STEPS], or the one that the other
/// options describe.
std::vector<MdArguments> points_of(const MdArguments& a) {
    if (a.points.empty()) return {a};
    std::vector<MdArguments> points;
    for (const std::string& text : a.points) {
        std::vector<std::string> part;
        std::istringstream in(text);
        for (std::string word; std::getline(in, word, ',');) part.push_back(word);
        const auto number = [&](std::size_t k) {
            const bool digits = !part[k].empty() && part[k].find_first_not_of("0123456789") == std::string::npos;
            return digits && part[k].size() < 10 ? std::stol(part[k]) : -1;
        };
        MdArguments point = a;
        const bool known =
            (part.size() == 3 || part.size() == 4) && number(0) > 0 && (part[1] == "double" || part[1] == "mixed") &&
            (part[2] == "nve" || part[2] == "nvt" || part[2] == "npt") && (part.size() == 3 || number(3) > 0);
        if (!known)
            throw InputError("--point " + text + " is not understood", "it takes REPLICAS,PRECISION,ENSEMBLE[,STEPS]",
                             "write for example --point 64,mixed,nve or --point 1,double,npt,2000");
        point.replicas = static_cast<int>(number(0));
        point.precision = part[1];
        point.ensemble = part[2];
        if (part.size() == 4) point.steps = number(3);
        points.push_back(std::move(point));
    }
    return points;
}

/// Neighbours within the cutoff, mean over atoms. A pair counts at both of its atoms.
template <class Space>
double neighbors_within_cutoff(const Batch<Space>& batch, double cutoff) {
    Array<int, Space> counts;
    count_shells(batch, Shells{0, cutoff, 1}, counts);
    const std::vector<int> host = to_host(counts);
    return static_cast<double>(std::accumulate(host.begin(), host.end(), 0L)) / batch.atoms;
}

/// Milliseconds of the ops of a step, one by one; without graphs.
struct OpTimes {
    double begin_step = 0, check = 0, build = 0, forces = 0, forces_with_virial = 0, end_step = 0;
    int calls = 0;  ///< of each op
};

/// On the host the median of calls one by one: steps on from where the dynamics stands, op by op, with rows just built,
/// so that no build hides in a check.
OpTimes time_ops(Comm& world, Dynamics<Host>& d, Precision precision, double step_ms) {
    Batch<Host>& b = d.batch();
    ForceWork<Host>& work = d.work();
    OpTimes ops;
    ops.calls = std::clamp(static_cast<int>(500 / step_ms), 3, 15);
    std::vector<double> begin, check, build, forces, forces_with_virial, end;
    const auto time = [&](std::vector<double>& times, const auto& op) { times.push_back(timed<Host>(world, op)); };
    for (int k = 0; k < ops.calls; ++k) time(build, [&] { build_neighbors(b, d.neighbors()); });
    for (int k = 0; k < ops.calls; ++k) {
        time(begin, [&] { begin_step(b, d.ensembles()); });
        time(check, [&] { update_neighbors(b, d.neighbors()); });
        time(forces, [&] { compute_forces(b, d.neighbors(), d.tables(), work, precision, Sums::none); });
        // Last, for the barostat needs the virial.
        time(forces_with_virial, [&] { compute_forces(b, d.neighbors(), d.tables(), work, precision, Sums::virial); });
        time(end, [&] { end_step(b, d.ensembles()); });
    }
    d.evaluate("in the steps that time the ops");
    ops.begin_step = 1e3 * median(begin);
    ops.check = 1e3 * median(check);
    ops.build = 1e3 * median(build);
    ops.forces = 1e3 * median(forces);
    ops.forces_with_virial = 1e3 * median(forces_with_virial);
    ops.end_step = 1e3 * median(end);
    return ops;
}

#if defined(MG_WITH_CUDA)
/// On the device by events around many calls of one op in a row, after which the state is what it was: a launch takes
/// the host about as long as a small kernel the device, and a single call would show that alone.
OpTimes time_ops(Comm&, Dynamics<Cuda>& d, Precision precision, double step_ms) {
    Batch<Cuda>& b = d.batch();
    ForceWork<Cuda>& work = d.work();
    OpTimes ops;
    ops.calls = std::clamp(static_cast<int>(300 / step_ms), 3, 100);
    const auto time = [&](const auto& op) {
        op();
        return 1e3 / ops.calls * seconds_of(Cuda{}, [&] {
                   for (int k = 0; k < ops.calls; ++k) op();
               });
    };
    const DynamicsState state = d.state();
    ops.build = time([&] { build_neighbors(b, d.neighbors()); });
    ops.check = time([&] { update_neighbors(b, d.neighbors()); });
    ops.forces = time([&] { compute_forces(b, d.neighbors(), d.tables(), work, precision, Sums::none); });
    ops.forces_with_virial = time([&] { compute_forces(b, d.neighbors(), d.tables(), work, precision, Sums::virial); });
    // These move atoms, without forces of where they are.
    ops.end_step = time([&] { end_step(b, d.ensembles()); });
    ops.begin_step = time([&] { begin_step(b, d.ensembles()); });
    fill_zero(b.incident);
    d.restore(state);
    d.evaluate("after the ops were timed");
    return ops;
}
#endif

/// The result of bench_md for people.
void say_md(const Json& j) {
    const auto number = [&](const char* key) { return j[key].get<double>(); };
    std::cerr << fmt::format(
        "{} x {} atoms, {}, {}, {}: {:.3g} atom-steps/s ({:.3g} to {:.3g} in {} repeats of {} steps), {:.4g} steps/s, "
        "{:.3g} ns/day\n",
        j["replicas"].get<int>(), j["atoms"].get<int>(), j["ensemble"].get<std::string>(),
        j["precision"].get<std::string>(), j["device"].get<std::string>(), number("atom_steps_per_s"),
        number("atom_steps_per_s_min"), number("atom_steps_per_s_max"), j["repeats"].get<int>(), j["steps"].get<long>(),
        number("steps_per_s"), number("ns_per_day"));
    std::cerr << fmt::format("{:<20}{:>12}{:>9}\n", "op", "ms", "share");
    for (const auto& [name, ms] : j["ops_ms"].items())
        std::cerr << fmt::format("{:<20}{:>12.4f}{:>8.1f}%\n", name, ms.get<double>(),
                                 100 * j["ops_share"][name].get<double>());
}

/// One measurement of a system.
template <class Space>
class MdMeasurement {
public:
    /// Collective. On several ranks each has its share of the replicas, or a domain of the one.
    MdMeasurement(const MdArguments& a, const BenchSystem& system, Comm& world)
        : a_(a),
          system_(system),
          world_(world),
          divided_(a.domains > 1),
          replicas_(divided_ ? 1 : a.replicas / world.size()),
          structure_atoms_(system.structure.size()),
          atoms_(static_cast<double>(structure_atoms_) * a.replicas),
          d_(batch_of<Space>(
                 divided_ ? own_part(system.structure, choose_domains(system.structure.box, a.domains), world.rank())
                          : system.structure,
                 system.potential, replicas_),
             system.potential, precision_of(a), system.skin, divided_ ? &world : nullptr, structure_atoms_) {}

    /// Collective.
    Json measure() {
        const std::vector<double> start = to_host(d_.batch().potential_energy);
        const double checksum = over_ranks(std::accumulate(start.begin(), start.end(), 0.0));
        warm_up();
        choose_steps();
        const double builds_before = over_ranks(static_cast<double>(builds()));
        const std::vector<Thermo> before = d_.thermo();
        const Repeats repeats = repeat_timed<Space>(world_, a_.repeat, [&] { d_.run(run_); });
        const double rebuilds = over_ranks(static_cast<double>(builds())) - builds_before;
        const std::vector<Thermo> after = d_.thermo();

        step_ms_ = 1e3 * median(repeats.wall) / static_cast<double>(run_.steps);
        // The shells of a domain's atoms would miss the ghosts.
        const double neighbors = divided_ ? 0 : neighbors_within_cutoff(d_.batch(), system_.potential.cutoff);
        const double all_steps = static_cast<double>(run_.steps) * a_.repeat * a_.replicas;
        const OpTimes ops = time_ops(world_, d_, precision_of(a_), step_ms_);

        Json j = head<Space>("md", a_, system_, structure_atoms_, world_);
        add_speed(j, repeats, neighbors);
        j["skin_A"] = system_.skin;
        j["list_rebuilds"] = std::lround(rebuilds);
        j["steps_per_rebuild"] = rebuilds > 0 ? Json(all_steps / rebuilds) : Json();
        add_size(j);
        add_ops(j, ops, ops.build * rebuilds / all_steps);
        j["checksum_energy_eV"] = checksum;
        add_end(j, before, after);
        if (world_.rank() == 0) say_md(j);
        return j;
    }

private:
    double over_ranks(double mine) { return divided_ ? mine : sum_over_ranks(world_, mine); }

    long builds() {
        const std::vector<int> each = to_host(d_.neighbors().builds);
        return std::accumulate(each.begin(), each.end(), 0L);
    }

    void draw_velocities(std::uint64_t draw) {
        std::vector<std::uint32_t> streams(replicas_);
        std::iota(streams.begin(), streams.end(),
                  divided_ ? 0U : static_cast<std::uint32_t>(world_.rank() * replicas_));
        d_.draw_velocities(std::vector<double>(replicas_, a_.temperature), bench_seed + draw, streams);
    }

    /// To the temperature under a thermostat, and into the ensemble that is timed.
    void warm_up() {
        draw_velocities(0);
        EnsembleOptions ensemble;
        ensemble.kind = a_.ensemble == "npt" ? EnsembleKind::npt : EnsembleKind::nvt;
        ensemble.cell = io::value_of<CellMode>(a_.cell);
        ensemble.timestep = a_.timestep_fs * units::femtosecond;
        ensemble.temperature_begin = ensemble.temperature_end = a_.temperature;
        d_.set_ensembles({ensemble});
        run_.steps = a_.warmup;
        d_.run(run_);
        // A thermostat swings for longer than a warm-up takes: a cold structure is at the temperature with a second
        // draw.
        draw_velocities(1);
        if (a_.ensemble != "nve") return;
        ensemble.kind = EnsembleKind::nve;
        d_.set_ensembles({ensemble});
    }

    /// A lead-in under the ensemble that is timed: on the device it captures the graphs. Where the number of steps is
    /// open it grows until it tells the speed.
    void choose_steps() {
        run_.steps = 20;
        double lead_in = timed<Space>(world_, [&] { d_.run(run_); });
        if (a_.steps) {
            run_.steps = *a_.steps;
            return;
        }
        while (lead_in < 0.3) {
            run_.steps *= 2;
            lead_in = timed<Space>(world_, [&] { d_.run(run_); });
        }
        const double wanted_s = 1.5;
        run_.steps = std::max(10L, std::lround(wanted_s * static_cast<double>(run_.steps) / lead_in / 10) * 10);
    }

    void add_speed(Json& j, const Repeats& repeats, double neighbors) {
        j["precision"] = a_.precision;
        j["ensemble"] = a_.ensemble;
        j["cell"] = a_.ensemble == "npt" ? a_.cell : "fixed";
        j["temperature_K"] = a_.temperature;
        j["timestep_fs"] = a_.timestep_fs;
        j["warmup_steps"] = a_.warmup;
        j["steps"] = run_.steps;
        j["repeats"] = a_.repeat;
        add_rates(j, "atom_steps", static_cast<double>(run_.steps) * atoms_, repeats);
        j["steps_per_s"] = 1e3 / step_ms_;
        j["ns_per_day"] = 86400e3 / step_ms_ * a_.timestep_fs * 1e-6;
        j["pairs_within_cutoff_per_atom"] = divided_ ? Json() : Json(neighbors);
        j["pairs_per_s"] = divided_ ? Json() : Json(neighbors * atoms_ * 1e3 / step_ms_);
    }

    /// Domains and memory.
    void add_size(Json& j) {
        const double ghosts = sum_over_ranks(world_, d_.neighbors().ghosts());
        if (divided_) {
            j["domain_grid"] = d_.neighbors().domain->grid.n;
            j["ghosts_per_atom"] = ghosts / atoms_;
        }
        rusage use{};
        getrusage(RUSAGE_SELF, &use);
        const double memory = sum_over_ranks(world_, 1024.0 * static_cast<double>(use.ru_maxrss));
        j["peak_host_memory_bytes"] = memory;
        j["peak_host_memory_bytes_per_atom"] = memory / atoms_;
    }

    /// The ops of a step and their shares. A rebuild is shared by the steps between two of them (`build_ms` each); NPT
    /// needs the virial, formed with energies, at every step.
    void add_ops(Json& j, const OpTimes& ops, double build_ms) {
        const bool npt = a_.ensemble == "npt";
        const double sum_ms =
            ops.begin_step + ops.check + build_ms + (npt ? ops.forces_with_virial : ops.forces) + ops.end_step;
        j["step_ms"] = step_ms_;
        if constexpr (std::is_same_v<Space, Cuda>) {
            j["captured"] = d_.replay().captured();
            j["conditional"] = d_.replay().conditional();
            j["obstacle"] = d_.replay().obstacle();
        }
        j["op_calls"] = ops.calls;
        j["ops_ms"] = {{"begin_step", ops.begin_step},
                       {"neighbor_check", ops.check},
                       {"neighbor_build", ops.build},
                       {"forces", ops.forces},
                       {"forces_with_virial", ops.forces_with_virial},
                       {"end_step", ops.end_step}};
        j["ops_share"] = {{"begin_step", ops.begin_step / sum_ms},
                          {"neighbor_check", ops.check / sum_ms},
                          {"neighbor_build", build_ms / sum_ms},
                          {"forces", npt ? 0.0 : ops.forces / sum_ms},
                          {"forces_with_virial", npt ? ops.forces_with_virial / sum_ms : 0.0},
                          {"end_step", ops.end_step / sum_ms}};
    }

    /// Energies and what else tells that the dynamics was right; sums of all replicas, or means over them.
    void add_end(Json& j, const std::vector<Thermo>& before, const std::vector<Thermo>& after) {
        double potential = 0, kinetic = 0, temperature = 0, volume = 0, drift = 0;
        for (int r = 0; r < replicas_; ++r) {
            potential += after[r].potential;
            kinetic += after[r].kinetic;
            temperature += after[r].temperature / a_.replicas;
            volume += after[r].volume / static_cast<double>(structure_atoms_) / a_.replicas;
            const double mine = (after[r].conserved - before[r].conserved) / static_cast<double>(structure_atoms_);
            if (std::abs(mine) > std::abs(drift)) drift = mine;
        }
        potential = over_ranks(potential);
        kinetic = over_ranks(kinetic);
        temperature = over_ranks(temperature);
        volume = over_ranks(volume);
        for (const double other : world_.all_gather_value(drift))
            if (std::abs(other) > std::abs(drift)) drift = other;
        j["final_energy_eV"] = potential;
        j["end"] = {{"potential_energy_eV", potential},
                    {"kinetic_energy_eV", kinetic},
                    {"temperature_K", temperature},
                    {"volume_A3_per_atom", volume},
                    {"conserved_drift_eV_per_atom", drift}};
    }

    const MdArguments& a_;
    const BenchSystem& system_;
    Comm& world_;
    const bool divided_;  ///< into domains
    const int replicas_;  ///< of this rank
    const long structure_atoms_;
    const double atoms_;  ///< of all replicas
    Dynamics<Space> d_;
    RunSchedule run_;  ///< of a timed repeat
    double step_ms_ = 0;
};

/// Adds a result to a file as one line, which is there whatever happens to the process later.
void append_line(const Json& result, const std::string& file) {
    if (file.empty()) return;
    std::ofstream out(file, std::ios::app);
    out << result.dump() << '\n' << std::flush;
    if (!out) throw Error("cannot write '" + file + "'", std::strerror(errno), "is the disk full?");
}

/// One measurement for each point; `several`: an array of them, else the one.
template <class Space>
Json bench_md(const std::vector<MdArguments>& points, bool several, Comm& world) {
    const auto fewer = [](const MdArguments& x, const MdArguments& y) { return x.replicas < y.replicas; };
    const BenchSystem system = make_system<Space>(*std::max_element(points.begin(), points.end(), fewer), world);
    Json results = Json::array();
    for (const MdArguments& point : points) {
        results.push_back(MdMeasurement<Space>(point, system, world).measure());
        if (world.rank() == 0) append_line(results.back(), point.append);
    }
    return several ? results : results[0];
}

}  // namespace

void add_bench_md(CLI::App& bench, Comm& world) {
    const auto a = std::make_shared<MdArguments>();
    CLI::App* md = bench.add_subcommand("md", "molecular dynamics of a glass: rates, ops, energies");
    add_common_arguments(*md, *a);
    md->add_option("--ensemble", a->ensemble, "nve, nvt or npt (at zero pressure)")
        ->check(CLI::IsMember({"nve", "nvt", "npt"}))
        ->capture_default_str();
    md->add_option("--cell", a->cell, "npt: iso, aniso or tri")
        ->check(CLI::IsMember({"iso", "aniso", "tri"}))
        ->capture_default_str();
    md->add_option("--timestep-fs", a->timestep_fs, "time step [fs]")->capture_default_str();
    md->add_option("--skin", a->skin, "skin of the neighbour rows [A] (default: 1, or what fits)");
    md->add_option("--warmup", a->warmup, "steps under a thermostat before the others")->capture_default_str();
    md->add_option("--steps", a->steps, "steps of a timed repeat (default: what takes 1.5 s; then energies differ)");
    md->add_option("--point", a->points,
                   "REPLICAS,PRECISION,ENSEMBLE[,STEPS] of one of several measurements (may be repeated); the JSON is "
                   "an array then")
        ->take_all()
        ->allow_extra_args(false);
    md->add_option("--append", a->append, "file to which each measurement is added as one line once it is made");
    md->add_option("--domains", a->domains, "ranks that one system is divided over: all of mpirun's, or 1")
        ->capture_default_str();
    md->callback([a, &world] {
        const std::vector<MdArguments> points = points_of(*a);
        for (const MdArguments& point : points) check_arguments(point, world);
        run_and_say(a->backend, a->json, world,
                    [&](auto space) { return bench_md<decltype(space)>(points, !a->points.empty(), world); });
    });
}

}  // namespace mg
