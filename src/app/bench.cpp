#include "app/bench.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <sstream>
#include <string_view>
#include <type_traits>

#include "app/backend.hpp"
#include "app/bench_train.hpp"
#include "artn/events.hpp"
#include "config/samples.hpp"
#include "core/build_info.hpp"
#include "core/comm.hpp"
#include "core/device.hpp"
#include "core/error.hpp"
#include "core/units.hpp"
#include "io/atomic_file.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "md/dynamics.hpp"
#include "ops/shells.hpp"
#include "study/barriers.hpp"
#include "study/protocols.hpp"

namespace mg {

namespace {

using Json = nlohmann::ordered_json;

/// The start does not vary from call to call, so that energies of two runs can be compared.
constexpr std::uint64_t seed = 1;

struct BenchArguments {
    long atoms = 4000;
    int replicas = 1;
    int domains = 1;
    std::string structure;
    std::vector<int> tile = {1, 1, 1};
    int melt_atoms = 4000;
    std::string potential;
    std::vector<std::string> elements;
    std::string precision = "mixed", backend = "auto";
    std::string ensemble = "nve", cell = "iso";
    double temperature = 300;  // [K]
    double timestep_fs = 2;
    std::optional<double> skin;  // [A]
    std::optional<long> steps;
    long warmup = 200;
    int repeat = 5;
    std::vector<std::string> points;  // bench md: what varies from one measurement to the next
    // bench artn
    int attempts = 32;
    double region = 12;  // [A]
    std::vector<int> searches;
    int whole = 0;
    std::string json, append;
};

template <class T>
void require_range(const char* option, T value, T least, T most) {
    if (!(value >= least && value <= most))
        throw InputError(fmt::format("{} {} is out of range", option, value),
                         fmt::format("it takes {} to {}", least, most), "give a number in that range");
}

void check_arguments(const BenchArguments& a, const Comm& world) {
    require_range("--atoms", a.atoms, 1L, 1'000'000'000L);
    require_range("--melt-atoms", a.melt_atoms, 1, 1'000'000);
    require_range("--replicas", a.replicas, 1, 1'000'000);
    for (int t : a.tile) require_range("--tile", t, 1, 1000);
    require_range("--temperature", a.temperature, 1e-3, 1e5);
    require_range("--timestep-fs", a.timestep_fs, 1e-3, 20.0);
    if (a.skin) require_range("--skin", *a.skin, 1e-3, 10.0);
    if (a.steps) require_range("--steps", *a.steps, 1L, 1'000'000'000L);
    require_range("--warmup", a.warmup, 0L, 1'000'000'000L);
    require_range("--repeat", a.repeat, 1, 1000);
    require_range("--attempts", a.attempts, 1, 1'000'000);
    require_range("--region", a.region, 3.0, 1000.0);
    require_range("--whole", a.whole, 0, 1'000'000);
    for (const int n : a.searches) require_range("--searches", n, 1, 100'000);
    if (a.domains != 1 && a.domains != world.size())
        throw InputError(fmt::format("--domains {} where the number of ranks is {}", a.domains, world.size()),
                         "the ranks share out one system, each a domain, or replicas",
                         "use as many domains as mpirun starts ranks, or 1");
    if (a.domains > 1 && a.replicas > 1)
        throw InputError("--domains with --replicas", "a benchmark divides one system", "leave one of them out");
    if (a.domains == 1 && a.replicas % world.size() != 0)
        throw InputError(fmt::format("{} replicas on {} ranks", a.replicas, world.size()),
                         "every rank has as many, or the times of ranks would not compare",
                         fmt::format("use --replicas {}, or --domains {}", world.size(), world.size()));
    for (const std::string& name : {a.json, a.append}) {
        if (name.empty()) continue;
        const std::filesystem::path file = name, folder = file.parent_path();
        if (std::filesystem::is_directory(file) || (!folder.empty() && !std::filesystem::is_directory(folder)))
            throw InputError("cannot write '" + name + "'", "it is a folder, or its folder does not exist",
                             "name a file in a folder that exists");
    }
}

/// The measurements asked for: one for each --point REPLICAS,PRECISION,ENSEMBLE[,STEPS], or the one that the other
/// options describe.
std::vector<BenchArguments> points_of(const BenchArguments& a) {
    if (a.points.empty()) return {a};
    std::vector<BenchArguments> points;
    for (const std::string& text : a.points) {
        std::vector<std::string> part;
        std::istringstream in(text);
        for (std::string word; std::getline(in, word, ',');) part.push_back(word);
        const auto number = [&](std::size_t k) {
            const bool digits = !part[k].empty() && part[k].find_first_not_of("0123456789") == std::string::npos;
            return digits && part[k].size() < 10 ? std::stol(part[k]) : -1;
        };
        BenchArguments point = a;
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

/// The potential that comes with the program: below the current folder, or beside the folder of the program.
std::string shipped_potential() {
    const std::filesystem::path name = "jobs/potentials/Cu-Zr_2.eam.fs";
    std::error_code none;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", none);
    for (const auto& folder : {std::filesystem::path("."), program.parent_path().parent_path()})
        if (std::filesystem::exists(folder / name)) return (folder / name).lexically_normal().string();
    throw InputError("no potential was given",
                     "the one that comes with the program, " + name.string() +
                         ", is neither below this folder nor beside the program's",
                     "use --potential FILE");
}

// ---- The system ------------------------------------------------------------------------------------------------

/// A lattice of fcc cells as a block that is melted and cooled, and how often that is repeated.
struct BlockLattice {
    std::array<int, 3> block{}, tile{};
};

/// The lattice nearest to a number of atoms and nearest to a cube, of blocks whose edges have between `least` cells and
/// what `block_atoms` fill.
BlockLattice choose_lattice(long atoms, int least, long block_atoms) {
    const double cells = static_cast<double>(atoms) / 4, edge = std::cbrt(cells);
    const int most = std::max(least, static_cast<int>(std::floor(std::cbrt(block_atoms / 4.0) + 1e-9)));
    const int longest = std::max(least, static_cast<int>(1.5 * edge) + 1);
    std::vector<int> block_of(longest + 1, 0);  // 0 where no block fits an edge of that many cells
    for (int length = least; length <= longest; ++length)
        for (int n = least; n <= most; ++n)
            if (length % n == 0) block_of[length] = n;
    double best = std::numeric_limits<double>::max();
    BlockLattice result;
    for (int x = std::max(least, static_cast<int>(0.7 * edge)); x <= longest; ++x)
        for (int y = x; y <= longest; ++y)
            for (int z = y; z <= longest; ++z) {
                if (!block_of[x] || !block_of[y] || !block_of[z]) continue;
                const double error = std::abs(static_cast<double>(x) * y * z / cells - 1.0);
                const double score = error + 0.02 * (static_cast<double>(z) / x - 1.0);
                if (score >= best) continue;
                best = score;
                result.block = {block_of[x], block_of[y], block_of[z]};
                result.tile = {x / block_of[x], y / block_of[y], z / block_of[z]};
            }
    return result;
}

/// The structure repeated along its cell's edges, one copy after the other; velocities are left out.
Structure repeat(const Structure& s, const std::array<int, 3>& times) {
    Structure result;
    result.elements = s.elements;
    result.masses = s.masses;
    const Vec3 a = s.box.h.column(0), b = s.box.h.column(1), c = s.box.h.column(2);
    for (int k = 0; k < times[2]; ++k)
        for (int j = 0; j < times[1]; ++j)
            for (int i = 0; i < times[0]; ++i) {
                const Vec3 shift = static_cast<double>(i) * a + static_cast<double>(j) * b + static_cast<double>(k) * c;
                for (const Vec3& x : s.position) result.position.push_back(x + shift);
                result.species.insert(result.species.end(), s.species.begin(), s.species.end());
            }
    result.id.resize(result.position.size());
    std::iota(result.id.begin(), result.id.end(), 1L);
    result.box = make_box(s.box.h * diagonal(times[0], times[1], times[2]));
    return result;
}

/// What is measured: one structure, of which every replica is a copy.
struct System {
    EamPotential potential;
    Structure structure;
    double skin = 0;  ///< [A]
    std::array<int, 3> tile = {1, 1, 1};
    Json start;  ///< where the structure comes from
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Precision precision_of(const BenchArguments& a) { return a.precision == "double" ? Precision::full : Precision::mixed; }

/// A small glass, or a liquid, in `system.structure`: fcc of random species in equal parts, melted and cooled in a few
/// picoseconds, repeated to the number of atoms asked for.
template <class Space>
void make_glass(const BenchArguments& a, System& system) {
    const EamPotential& potential = system.potential;
    const int species = potential.species();
    double volume = 0;
    for (int k = 0; k < species; ++k) {
        const double crystal = crystal_volume(potential, k);
        volume += (crystal > 0 ? crystal : unknown_crystal_volume) / species;
    }
    // A small cell breathes: 3 % of room.
    const double needed = 2 * (potential.cutoff + a.skin.value_or(0.5)), cell = 0.97 * std::cbrt(4 * volume);
    const int least = static_cast<int>(std::ceil(needed / cell));
    if (a.atoms < 4L * least * least * least)
        throw InputError(fmt::format("a box of {} atoms is too small", a.atoms),
                         fmt::format("its width must be {:.3f} A = 2 (cutoff {} + skin {}), and be kept as it melts",
                                     needed, potential.cutoff, a.skin.value_or(0.5)),
                         fmt::format("use --atoms {} or more", 4L * least * least * least));
    const BlockLattice lattice = choose_lattice(a.atoms, least, a.melt_atoms);
    const auto [nx, ny, nz] = lattice.block;
    const std::vector<int> counts = composition_counts(std::vector<double>(species, 1.0 / species), 4 * nx * ny * nz);
    const Structure fcc = start_lattice(potential, counts, nx, ny, nz, seed, 0);

    QuenchProtocol protocol;
    protocol.melt_temperature = std::max(2000.0, a.temperature);
    protocol.melt_time = 2;
    protocol.final_temperature = a.temperature;
    protocol.rate = 1e3;
    const auto begin = std::chrono::steady_clock::now();
    const double skin = a.skin.value_or(choose_skin(0.97 * smallest_width(fcc.box), potential.cutoff));
    Dynamics<Space> d(make_batch<Space>({fcc}, potential.elements, potential.masses), potential, precision_of(a), skin);
    melt_and_quench(d, protocol, seed, {0}, 1, [](double) {});
    system.tile = lattice.tile;
    system.structure = repeat(to_structure(d.batch(), 0), lattice.tile);
    system.start = {{"source", "melted"},
                    {"melt_temperature_K", protocol.melt_temperature},
                    {"melted_atoms", fcc.size()},
                    {"melting_s", seconds_since(begin)}};
    std::cerr << fmt::format("{} atoms of fcc lattice melted and cooled to {} K in {:.1f} s, repeated {} x {} x {}\n",
                             fcc.size(), a.temperature, seconds_since(begin), lattice.tile[0], lattice.tile[1],
                             lattice.tile[2]);
}

/// A structure that rank 0 has made: on several machines its last bits might differ.
void broadcast(Comm& world, Structure& s) {
    if (world.size() == 1) return;
    const auto share = [&](auto& values) {
        std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
        world.broadcast(bytes, 0);
        values.resize(bytes.size() / sizeof(values[0]));
        std::memcpy(values.data(), bytes.data(), bytes.size());
    };
    share(s.id);
    share(s.species);
    share(s.position);
    std::vector<Box> box{s.box};
    share(box);
    s.box = box[0];
}

template <class Space>
System make_system(const BenchArguments& a, Comm& world) {
    System system;
    system.potential = read_potential(a.potential.empty() ? shipped_potential() : a.potential, a.elements);
    std::optional<Structure> given;
    if (!a.structure.empty()) given = read_structure(a.structure, system.potential.elements);
    double atoms = static_cast<double>(given ? given->size() : a.atoms) * a.replicas;
    for (int times : a.tile) atoms *= times;
    if (atoms > 1e9)
        throw InputError(fmt::format("{:.3g} atoms in all replicas", atoms), "1e9 at most can be numbered",
                         "use fewer atoms, tiles or replicas");
    if (given) {
        std::copy_n(a.tile.begin(), 3, system.tile.begin());
        system.structure = repeat(*given, system.tile);
        system.start = {{"source", a.structure}};
    } else {
        if (world.rank() == 0) make_glass<Space>(a, system);
        broadcast(world, system.structure);
    }
    system.skin = a.skin.value_or(choose_skin(smallest_width(system.structure.box), system.potential.cutoff));
    return system;
}

template <class Space>
Batch<Space> batch_of(const Structure& s, const EamPotential& potential, int replicas) {
    return make_batch<Space>(std::vector<Structure>(replicas, s), potential.elements, potential.masses);
}

// ---- Measurements ----------------------------------------------------------------------------------------------

/// Seconds of the process's processors, of all its threads.
double cpu_seconds() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * t.tv_usec; };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

/// Wall seconds of f(), with the space at rest before and after; of the slowest rank, and known to all.
template <class Space, class F>
double timed(Comm& world, const F& f) {
    synchronize(Space{});
    world.barrier();
    const auto begin = std::chrono::steady_clock::now();
    f();
    synchronize(Space{});
    double slowest = 0;
    for (const double s : world.all_gather_value(seconds_since(begin))) slowest = std::max(slowest, s);
    return slowest;
}

double sum_over_ranks(Comm& world, double mine) {
    double sum = 0;
    for (const double value : world.all_gather_value(mine)) sum += value;
    return sum;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// The same work timed several times over.
struct Repeats {
    std::vector<double> wall;  ///< [s] each
    double cpu = 0;            ///< [s] all, of all ranks

    double fastest() const { return *std::min_element(wall.begin(), wall.end()); }
    double slowest() const { return *std::max_element(wall.begin(), wall.end()); }
    double total() const { return std::accumulate(wall.begin(), wall.end(), 0.0); }
};

template <class Space, class F>
Repeats repeat_timed(Comm& world, int times, const F& f) {
    Repeats result;
    const double before = cpu_seconds();
    for (int k = 0; k < times; ++k) result.wall.push_back(timed<Space>(world, f));
    result.cpu = sum_over_ranks(world, cpu_seconds() - before);
    return result;
}

/// A device with its clocks, as they are at the end of a measurement.
Json described(const DeviceInfo& d) {
    return {{"name", d.name},
            {"driver", d.driver},
            {"runtime", d.runtime},
            {"capability", d.capability},
            {"multiprocessors", d.multiprocessors},
            {"memory_bytes", d.memory},
            {"l2_bytes", d.l2},
            {"sm_clock_MHz", d.sm_clock},
            {"memory_clock_MHz", d.memory_clock},
            {"sm_clock_most_MHz", d.sm_clock_most},
            {"memory_clock_most_MHz", d.memory_clock_most}};
}

/// The environment variables that change how the program works, MGSTIFF_*, and their values.
Json settings() {
    Json set = Json::object();
    for (char** variable = environ; *variable; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        if (text.starts_with("MGSTIFF_") && equals != std::string_view::npos)
            set[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    }
    return set;
}

/// The keys that every benchmark begins with.
template <class Space>
Json head(const char* name, const BenchArguments& a, const System& s, long atoms, const Comm& world) {
    Json j;
    j["benchmark"] = name;
    j["version"] = build::version;
    j["git"] = build::git;
    j["backend"] = Space::name;
    j["device"] = device_name(std::is_same_v<Space, Cuda>);
    if constexpr (std::is_same_v<Space, Cuda>) j["gpu"] = described(device_info(Cuda{}));
    j["instruction_set"] = host_instruction_set();
    j["settings"] = settings();
    j["threads"] = omp_get_max_threads();
    j["potential_sha256"] = s.potential.sha256;
    j["start"] = s.start;
    j["tile"] = s.tile;
    j["atoms"] = atoms;
    j["replicas"] = a.replicas;
    j["ranks"] = world.size();
    j["domains"] = a.domains;
    return j;
}

/// Rates of `atom_calls` atoms (atom-steps, or atoms counted) per timed repeat under `unit`.
void add_rates(Json& j, const std::string& unit, double atom_calls, const Repeats& r) {
    j["wall_s"] = r.total();
    j["cpu_s"] = r.cpu;
    j[unit + "_per_s"] = atom_calls / median(r.wall);
    j[unit + "_per_s_min"] = atom_calls / r.slowest();
    j[unit + "_per_s_max"] = atom_calls / r.fastest();
    j[unit + "_per_cpu_s"] = atom_calls * static_cast<double>(r.wall.size()) / r.cpu;
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
Json measure_md(const BenchArguments& a, const System& system, Comm& world) {
    const bool divided = a.domains > 1;
    const int replicas = divided ? 1 : a.replicas / world.size();  // of this rank
    const long structure_atoms = system.structure.size();
    const double atoms = static_cast<double>(structure_atoms) * a.replicas;
    const Structure part =
        divided ? own_part(system.structure, choose_domains(system.structure.box, a.domains), world.rank())
                : Structure();
    Dynamics<Space> d(batch_of<Space>(divided ? part : system.structure, system.potential, replicas), system.potential,
                      precision_of(a), system.skin, divided ? &world : nullptr, structure_atoms);
    const auto over_ranks = [&](double mine) { return divided ? mine : sum_over_ranks(world, mine); };
    const auto sum_of = [](const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0);
    };
    const double checksum = over_ranks(sum_of(to_host(d.batch().potential_energy)));
    std::vector<std::uint32_t> streams(replicas);
    std::iota(streams.begin(), streams.end(), divided ? 0U : static_cast<std::uint32_t>(world.rank() * replicas));
    const auto draw_velocities = [&](std::uint64_t draw) {
        d.draw_velocities(std::vector<double>(replicas, a.temperature), seed + draw, streams);
    };
    draw_velocities(0);

    EnsembleOptions ensemble;
    ensemble.kind = a.ensemble == "npt" ? EnsembleKind::npt : EnsembleKind::nvt;
    ensemble.cell = a.cell == "tri" ? CellMode::tri : a.cell == "aniso" ? CellMode::aniso : CellMode::iso;
    ensemble.timestep = a.timestep_fs * units::femtosecond;
    ensemble.temperature_begin = ensemble.temperature_end = a.temperature;
    d.set_ensembles({ensemble});
    RunSchedule run;
    run.steps = a.warmup;
    d.run(run);
    // A thermostat swings for longer than a warm-up takes: a cold structure is at the temperature with a second draw.
    draw_velocities(1);
    if (a.ensemble == "nve") {
        ensemble.kind = EnsembleKind::nve;
        d.set_ensembles({ensemble});
    }
    // A lead-in under the ensemble that is timed: on the device it captures the graphs. Where the number of steps is
    // open it grows until it tells the speed.
    run.steps = 20;
    double lead_in = timed<Space>(world, [&] { d.run(run); });
    if (a.steps) {
        run.steps = *a.steps;
    } else {
        while (lead_in < 0.3) {
            run.steps *= 2;
            lead_in = timed<Space>(world, [&] { d.run(run); });
        }
        const double wanted_s = 1.5;
        run.steps = std::max(10L, std::lround(wanted_s * static_cast<double>(run.steps) / lead_in / 10) * 10);
    }

    const auto builds = [&] {
        const std::vector<int> each = to_host(d.neighbors().builds);
        return std::accumulate(each.begin(), each.end(), 0L);
    };
    const double builds_before = over_ranks(static_cast<double>(builds()));
    const std::vector<Thermo> before = d.thermo();
    const Repeats repeats = repeat_timed<Space>(world, a.repeat, [&] { d.run(run); });
    const double rebuilds = over_ranks(static_cast<double>(builds())) - builds_before;
    const std::vector<Thermo> after = d.thermo();

    const double step_ms = 1e3 * median(repeats.wall) / static_cast<double>(run.steps);
    // The shells of a domain's atoms would miss the ghosts.
    const double neighbors = divided ? 0 : neighbors_within_cutoff(d.batch(), system.potential.cutoff);
    const double all_steps = static_cast<double>(run.steps) * a.repeat * a.replicas;
    const OpTimes ops = time_ops(world, d, precision_of(a), step_ms);

    Json j = head<Space>("md", a, system, structure_atoms, world);
    j["precision"] = a.precision;
    j["ensemble"] = a.ensemble;
    j["cell"] = a.ensemble == "npt" ? a.cell : "fixed";
    j["temperature_K"] = a.temperature;
    j["timestep_fs"] = a.timestep_fs;
    j["warmup_steps"] = a.warmup;
    j["steps"] = run.steps;
    j["repeats"] = a.repeat;
    add_rates(j, "atom_steps", static_cast<double>(run.steps) * atoms, repeats);
    j["steps_per_s"] = 1e3 / step_ms;
    j["ns_per_day"] = 86400e3 / step_ms * a.timestep_fs * 1e-6;
    j["pairs_within_cutoff_per_atom"] = divided ? Json() : Json(neighbors);
    j["pairs_per_s"] = divided ? Json() : Json(neighbors * atoms * 1e3 / step_ms);
    j["skin_A"] = system.skin;
    j["list_rebuilds"] = std::lround(rebuilds);
    j["steps_per_rebuild"] = rebuilds > 0 ? Json(all_steps / rebuilds) : Json();
    const double ghosts = sum_over_ranks(world, d.neighbors().ghosts());
    if (divided) {
        const DomainGrid& grid = d.neighbors().domain->grid;
        j["domain_grid"] = grid.n;
        j["ghosts_per_atom"] = ghosts / atoms;
    }
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const double memory = sum_over_ranks(world, 1024.0 * static_cast<double>(use.ru_maxrss));
    j["peak_host_memory_bytes"] = memory;
    j["peak_host_memory_bytes_per_atom"] = memory / atoms;

    // A rebuild is shared by the steps between two of them; NPT needs the virial, formed with energies, at every step.
    const bool npt = a.ensemble == "npt";
    const double build_ms = ops.build * rebuilds / all_steps;
    const double sum_ms =
        ops.begin_step + ops.check + build_ms + (npt ? ops.forces_with_virial : ops.forces) + ops.end_step;
    j["step_ms"] = step_ms;
    if constexpr (std::is_same_v<Space, Cuda>) {
        j["captured"] = d.replay().captured();
        j["conditional"] = d.replay().conditional();
        j["obstacle"] = d.replay().obstacle();
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

    double potential = 0, kinetic = 0, temperature = 0, volume = 0, drift = 0;
    for (int r = 0; r < replicas; ++r) {
        potential += after[r].potential;
        kinetic += after[r].kinetic;
        temperature += after[r].temperature / a.replicas;
        volume += after[r].volume / static_cast<double>(structure_atoms) / a.replicas;
        const double mine = (after[r].conserved - before[r].conserved) / static_cast<double>(structure_atoms);
        if (std::abs(mine) > std::abs(drift)) drift = mine;
    }
    potential = over_ranks(potential);
    kinetic = over_ranks(kinetic);
    temperature = over_ranks(temperature);
    volume = over_ranks(volume);
    for (const double other : world.all_gather_value(drift))
        if (std::abs(other) > std::abs(drift)) drift = other;
    j["checksum_energy_eV"] = checksum;
    j["final_energy_eV"] = potential;
    j["end"] = {{"potential_energy_eV", potential},
                {"kinetic_energy_eV", kinetic},
                {"temperature_K", temperature},
                {"volume_A3_per_atom", volume},
                {"conserved_drift_eV_per_atom", drift}};

    if (world.rank() == 0) say_md(j);
    return j;
}

template <class Space>
Json bench_rdf(const BenchArguments& a, Comm& world) {
    System system = make_system<Space>(a, world);
    const long atoms = system.structure.size();
    const Batch<Space> batch = batch_of<Space>(system.structure, system.potential, a.replicas);
    const Shells shells;
    Array<int, Space> counts;
    const auto once = [&] { count_shells(batch, shells, counts); };
    once();  // working arrays take their size
    // Small systems are counted several times over, for clocks are coarse.
    const int calls = std::clamp(static_cast<int>(0.2 / timed<Space>(world, once)), 1, 100);
    const Repeats repeats = repeat_timed<Space>(world, a.repeat, [&] {
        for (int k = 0; k < calls; ++k) once();
    });
    const std::vector<int> host = to_host(counts);
    const long pairs = std::accumulate(host.begin(), host.end(), 0L);

    Json j = head<Space>("rdf", a, system, atoms, world);
    j["r_min_A"] = shells.r_min;
    j["r_max_A"] = shells.r_max;
    j["shells"] = shells.count;
    j["repeats"] = a.repeat;
    j["calls"] = calls;
    add_rates(j, "atoms", static_cast<double>(batch.atoms) * calls, repeats);
    j["call_ms"] = 1e3 * median(repeats.wall) / calls;
    j["pairs_in_shells"] = pairs;
    j["pairs_per_s"] = static_cast<double>(pairs) * calls / median(repeats.wall);
    std::cerr << fmt::format("{} x {} atoms, {}: {:.3g} atoms/s ({:.3g} to {:.3g} in {} repeats), {:.4g} ms\n",
                             a.replicas, atoms, j["device"].get<std::string>(), j["atoms_per_s"].get<double>(),
                             j["atoms_per_s_min"].get<double>(), j["atoms_per_s_max"].get<double>(), a.repeat,
                             j["call_ms"].get<double>());
    return j;
}

/// Attempts at as many atoms, one each, and what came of them.
template <class Space>
Json searched(const System& system, const EamTables<Space>& tables, const std::shared_ptr<const Minimum>& minimum,
              EventOptions options, int attempts, const char* mode) {
    options.events_per_atom = options.max_attempts = 1;
    std::vector<CenterEvents> centers(attempts);
    // Spread over the structure, each atom once while there are enough.
    const long n = minimum->structure.size();
    for (int k = 0; k < attempts; ++k) centers[k].center = static_cast<int>(k * (n / std::min<long>(n, attempts)) % n);
    const auto begin = std::chrono::steady_clock::now();
    search_events<Space>(
        tables, system.skin, minimum, 0, centers, options, [](const CenterEvents&) {}, [] { return false; });
    const double seconds = seconds_since(begin);
    const BarrierSummary s = summarise(centers);
    double evaluations = 0, whole = 0, larger = 0, cost[search_costs] = {};
    std::vector<double> by_status(s.by_status.size());
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events) {
            evaluations += static_cast<double>(e.evaluations);
            larger += static_cast<double>(e.larger_evaluations);
            whole += static_cast<double>(e.whole_evaluations);
            by_status[static_cast<std::size_t>(e.status)] += static_cast<double>(e.evaluations);
            for (int k = 0; k < search_costs; ++k) cost[k] += static_cast<double>(e.cost[k]) / attempts;
        }
    Json j;
    j["mode"] = mode;
    j["region_A"] = std::isfinite(options.region) ? Json(options.region) : Json(nullptr);
    j["movable_atoms"] = carve(minimum, centers[0].center, options.region, tables.cutoff).movable;
    j["searches"] = options.searches;
    j["polish"] = options.polish;
    j["attempts"] = attempts;
    j["seconds"] = seconds;
    j["attempts_per_h"] = attempts / seconds * 3600;
    j["connected"] = s.accepted;
    j["evaluations_per_attempt"] = evaluations / attempts;
    j["larger_evaluations_per_attempt"] = larger / attempts;
    j["whole_evaluations_per_attempt"] = whole / attempts;
    j["evaluations_per_s"] = (evaluations + larger + whole) / seconds;
    for (int k = 0; k < search_costs; ++k) j["evaluations"][search_cost_names()[k]] = cost[k];
    for (std::size_t k = 0; k < by_status.size(); ++k)
        if (s.by_status[k] > 0)
            j["status"][search_status_names()[k]] = {
                {"attempts", s.by_status[k]}, {"evaluations", by_status[k] / static_cast<double>(s.by_status[k])}};
    j["mean_barrier_eV"] = s.mean;
    j["median_barrier_eV"] = s.median;
    j["deviation_eV"] = s.deviation;
    std::cerr << fmt::format(
        "{}, {} at a time{}: {:.0f} attempts/h, {} of {} connected, {:.0f} evaluations per attempt ({:.0f} with all "
        "atoms), {:.4g} evaluations/s\n",
        mode, options.searches > 0 ? std::to_string(options.searches) : "one per thread",
        options.polish ? ", polished" : "", attempts / seconds * 3600, s.accepted, attempts, evaluations / attempts,
        whole / attempts, j["evaluations_per_s"].get<double>());
    return j;
}

template <class Space>
Json bench_artn(const BenchArguments& a) {
    SerialComm alone;
    System system = make_system<Space>(a, alone);
    const long atoms = system.structure.size();
    const EamTables<Space> tables = make_eam_tables<Space>(system.potential);
    SettleOptions settle;
    settle.time = 0;
    auto begin = std::chrono::steady_clock::now();
    const auto minimum = find_minimum<Space>(system.structure, system.potential, system.skin, seed, settle);
    Json j = head<Space>("artn", a, system, atoms, alone);
    j["minimum_s"] = seconds_since(begin);
    j["runs"] = Json::array();
    EventOptions options;
    options.seed = seed;
    options.region = a.region;
    options.check_fraction = 0;
    for (const int searches : a.searches.empty() ? std::vector<int>{0} : a.searches) {
        options.searches = searches;
        options.polish = false;
        j["runs"].push_back(searched<Space>(system, tables, minimum, options, a.attempts, "region"));
    }
    options.polish = true;
    j["runs"].push_back(searched<Space>(system, tables, minimum, options, a.attempts, "region"));
    if (a.whole > 0) {
        options.polish = false;
        options.searches = 1;
        options.region = std::numeric_limits<double>::infinity();
        j["runs"].push_back(searched<Space>(system, tables, minimum, options, a.whole, "whole system"));
    }
    return j;
}

void say_result(const Json& result, const std::string& file) {
    const std::string text = result.dump(2) + "\n";  // numbers come back with the same bits
    std::cout << text << std::flush;
    if (!file.empty()) write_file_atomically(file, text);
}

/// Adds a result to a file as one line, which is there whatever happens to the process later.
void append_line(const Json& result, const std::string& file) {
    if (file.empty()) return;
    std::ofstream out(file, std::ios::app);
    out << result.dump() << '\n' << std::flush;
    if (!out) throw Error("cannot write '" + file + "'", std::strerror(errno), "is the disk full?");
}

template <class Space>
Json bench_md(const BenchArguments& a, Comm& world) {
    const std::vector<BenchArguments> points = points_of(a);
    const auto fewer = [](const BenchArguments& x, const BenchArguments& y) { return x.replicas < y.replicas; };
    const System system = make_system<Space>(*std::max_element(points.begin(), points.end(), fewer), world);
    Json results = Json::array();
    for (const BenchArguments& point : points) {
        results.push_back(measure_md<Space>(point, system, world));
        if (world.rank() == 0) append_line(results.back(), a.append);
    }
    return a.points.empty() ? results[0] : results;
}

void add_common_arguments(CLI::App& command, BenchArguments& a) {
    CLI::Option* structure =
        command.add_option("--structure", a.structure, "LAMMPS data or dump, or extended XYZ, instead of a glass made");
    command.add_option("--atoms", a.atoms, "atoms of the glass that is made, rounded to what can be")
        ->excludes(structure)
        ->capture_default_str();
    command.add_option("--melt-atoms", a.melt_atoms, "atoms melted and cooled at most; larger glasses repeat them")
        ->excludes(structure)
        ->capture_default_str();
    command.add_option("--tile", a.tile, "repeats of the structure along its edges, e.g. 2,2,1")
        ->delimiter(',')
        ->expected(3)
        ->needs(structure);
    command.add_option("--replicas", a.replicas, "copies side by side")->capture_default_str();
    command.add_option("--potential", a.potential, "eam, eam/alloy or eam/fs file (default: Cu-Zr_2.eam.fs)");
    command.add_option("--elements", a.elements, "elements of types 1, 2, ... (default: the potential's)")
        ->delimiter(',');
    command.add_option("--temperature", a.temperature, "temperature [K]")->capture_default_str();
    command.add_option("--precision", a.precision, "double or mixed")
        ->check(CLI::IsMember({"double", "mixed"}))
        ->capture_default_str();
    command.add_option("--backend", a.backend, "auto, host or cuda")->check(CLI::IsMember({"auto", "host", "cuda"}));
    command.add_option("--repeat", a.repeat, "timed repeats, of which the median is given")->capture_default_str();
    command.add_option("--json", a.json, "file that gets the JSON as well")->check([](const std::string& name) {
        return name.empty() ? "the name is empty" : "";
    });
}

}  // namespace

void add_bench(CLI::App& app, Comm& world) {
    CLI::App* bench = app.add_subcommand("bench", "speed of this machine, as JSON");
    bench->require_subcommand(1);
    static BenchArguments a;
    const auto run = [](Comm& ranks, auto measure) {
        for (const BenchArguments& point : points_of(a)) check_arguments(point, ranks);
        with_space(use_cuda(a.backend), [&](auto space) {
            const Json result = measure(space);
            if (ranks.rank() == 0) say_result(result, a.json);
        });
    };

    CLI::App* md = bench->add_subcommand("md", "molecular dynamics of a glass: rates, ops, energies");
    add_common_arguments(*md, a);
    md->add_option("--ensemble", a.ensemble, "nve, nvt or npt (at zero pressure)")
        ->check(CLI::IsMember({"nve", "nvt", "npt"}))
        ->capture_default_str();
    md->add_option("--cell", a.cell, "npt: iso, aniso or tri")
        ->check(CLI::IsMember({"iso", "aniso", "tri"}))
        ->capture_default_str();
    md->add_option("--timestep-fs", a.timestep_fs, "time step [fs]")->capture_default_str();
    md->add_option("--skin", a.skin, "skin of the neighbour rows [A] (default: 1, or what fits)");
    md->add_option("--warmup", a.warmup, "steps under a thermostat before the others")->capture_default_str();
    md->add_option("--steps", a.steps, "steps of a timed repeat (default: what takes 1.5 s; then energies differ)");
    md->add_option("--point", a.points,
                   "REPLICAS,PRECISION,ENSEMBLE[,STEPS] of one of several measurements (may be repeated); the JSON is "
                   "an array then")
        ->take_all()
        ->allow_extra_args(false);
    md->add_option("--append", a.append, "file to which each measurement is added as one line once it is made");
    md->add_option("--domains", a.domains, "ranks that one system is divided over: all of mpirun's, or 1")
        ->capture_default_str();
    md->callback([run, &world] { run(world, [&](auto space) { return bench_md<decltype(space)>(a, world); }); });

    CLI::App* rdf = bench->add_subcommand("rdf", "shell counts of every atom, 2 to 10 A in 40 shells");
    add_common_arguments(*rdf, a);
    rdf->callback([run, &world] {
        if (world.rank() != 0) return;
        SerialComm alone;
        run(alone, [&](auto space) { return bench_rdf<decltype(space)>(a, alone); });
    });

    CLI::App* artn = bench->add_subcommand("artn", "saddle searches in a glass: attempts per hour, success, cost");
    add_common_arguments(*artn, a);
    artn->add_option("--attempts", a.attempts, "searches of each run")->capture_default_str();
    artn->add_option("--region", a.region, "radius of what a search moves [A]")->capture_default_str();
    artn->add_option("--searches", a.searches, "searches side by side, a run for each, e.g. 1,8,64")->delimiter(',');
    artn->add_option("--whole", a.whole, "searches of the whole system one at a time, for comparison")
        ->capture_default_str();
    artn->callback([run, &world] {
        if (world.rank() != 0) return;
        SerialComm alone;
        run(alone, [&](auto space) { return bench_artn<decltype(space)>(a); });
    });

    add_bench_train(*bench, world);
}

}  // namespace mg
