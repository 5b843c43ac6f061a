#include "app/bench/system.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <limits>
#include <numeric>

#include "app/bench/measure.hpp"
#include "config/samples.hpp"
#include "core/comm.hpp"
#include "io/eam_reader.hpp"
#include "io/share_folders.hpp"
#include "io/structure_reader.hpp"
#include "md/dynamics.hpp"
#include "study/protocols.hpp"

namespace mg {
namespace {

/// The potential that comes with the program: below the current folder, beside the folder of the program, or where it
/// is installed.
std::string shipped_potential() {
    const std::filesystem::path name = "jobs/potentials/Cu-Zr_2.eam.fs";
    std::error_code none;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", none);
    std::vector<std::filesystem::path> folders{".", program.parent_path().parent_path()};
    for (const std::string& share : io::share_folders()) folders.emplace_back(share);
    for (const auto& folder : folders)
        if (std::filesystem::exists(folder / name)) return (folder / name).lexically_normal().string();
    throw InputError("no potential was given",
                     "the one that comes with the program, " + name.string() +
                         ", is neither below this folder nor beside the program's",
                     "use --potential FILE");
}

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

/// A glass in `system.structure`, by the arguments of make_system().
template <class Space>
void make_glass(const BenchArguments& a, BenchSystem& system) {
    const EamPotential& potential = system.potential;
    const int species = potential.species();
    double volume = 0;
    for (int k = 0; k < species; ++k) {
        const double crystal = study::crystal_volume(potential, k);
        volume += (crystal > 0 ? crystal : study::unknown_crystal_volume) / species;
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
    const Structure fcc = study::start_lattice(potential, counts, nx, ny, nz, bench_seed, 0);

    study::QuenchProtocol protocol;
    protocol.melt_temperature = std::max(2000.0, a.temperature);
    protocol.melt_time = 2;
    protocol.final_temperature = a.temperature;
    protocol.rate = 1e3;
    const auto begin = std::chrono::steady_clock::now();
    const double skin = a.skin.value_or(choose_skin(0.97 * smallest_width(fcc.box), potential.cutoff));
    Dynamics<Space> d(make_batch<Space>({fcc}, potential.elements, potential.masses), potential, precision_of(a), skin);
    study::melt_and_quench(d, protocol, bench_seed, {0}, 1, [](double) {});
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

}  // namespace

template <class Space>
BenchSystem make_system(const BenchArguments& a, Comm& world) {
    BenchSystem system;
    system.potential = io::read_potential(a.potential.empty() ? shipped_potential() : a.potential, a.elements);
    std::optional<Structure> given;
    if (!a.structure.empty())
        given = io::read_structure(a.structure, a.elements.empty() ? system.potential.elements : a.elements);
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

#define MG_BENCH_SYSTEM(Space)                                             \
    template BenchSystem make_system<Space>(const BenchArguments&, Comm&); \
    template Batch<Space> batch_of(const Structure&, const EamPotential&, int);
MG_INSTANTIATE(MG_BENCH_SYSTEM)

}  // namespace mg
