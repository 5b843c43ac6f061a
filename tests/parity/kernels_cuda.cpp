// The tuned kernels of the device: the same bits however many threads share an atom, and the results of the generic
// sweeps, which engine_cuda.cpp holds against the oracle.
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "../../cuda/conditional.cuh"
#include "core/error.hpp"
#include "ops/replay.hpp"
#include "physics/pair_metric.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/oracle_io.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

/// An environment variable for one scope.
class Setting {
public:
    Setting(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;
    ~Setting() { unsetenv(name_); }

private:
    const char* name_;
};

class KernelsOnGpu : public GpuTest {};

Forces evaluate(const std::vector<Structure>& s, Precision precision, bool reference, bool with_energy) {
    Batch<Cuda> b = batch_of<Cuda>(s);
    const Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin);
    ForceWork<Cuda> work;
    if (reference)
        compute_forces_reference(b, n, tables<Cuda>(), work, precision, with_energy ? Sums::energy : Sums::none);
    else
        compute_forces(b, n, tables<Cuda>(), work, precision, with_energy ? Sums::energy : Sums::none);
    EXPECT_EQ(to_host(b.incident)[0].count, 0);
    Forces out;
    out.force = to_host(b.force);
    if (!with_energy) return out;
    out.local_energy = to_host(b.local_energy);
    out.energy = to_host(b.potential_energy);
    out.virial = to_host(b.virial);
    return out;
}

TEST_F(KernelsOnGpu, AnyNumberOfLanesGivesTheSameBits) {
    const std::vector<Structure> s = structures(3);
    for (Precision precision : {Precision::full, Precision::mixed})
        for (bool with_energy : {false, true}) {
            const auto by = [&](const char* lanes) {
                const Setting setting("MGSTIFF_LANES", lanes);
                return evaluate(s, precision, false, with_energy);
            };
            const Forces one = by("1");
            for (const char* lanes : {"2", "4"}) {
                const Forces some = by(lanes);
                EXPECT_TRUE(same_bits(some.force, one.force)) << lanes << " lanes";
                if (!with_energy) continue;
                EXPECT_TRUE(same_bits(some.local_energy, one.local_energy)) << lanes << " lanes";
                EXPECT_TRUE(same_bits(some.virial, one.virial)) << lanes << " lanes";
            }
        }
}

TEST_F(KernelsOnGpu, ForcesAreThoseOfTheSweeps) {
    const std::vector<Structure> s = structures(3);
    expect_close(evaluate(s, Precision::full, false, true), evaluate(s, Precision::full, true, true), 1e-11);
    const Forces sweeps = evaluate(s, Precision::mixed, true, true);
    expect_close(evaluate(s, Precision::mixed, false, true), sweeps, 1e-5 * root_mean_square(sweeps.force));
}

/// LAMMPS's cold glass with the file's own potential, within the bounds of the host loops.
TEST_F(KernelsOnGpu, ForcesOfAGlassAreThoseOfLammps) {
    const std::string folder = oracle::source_root() + "/";
    const EamPotential cu_zr = oracle::read_setfl(folder + "jobs/potentials/Cu-Zr_2.eam.fs", true);
    const std::string stem = folder + "tests/data/single-point/cuzr_glass_4000";
    const Structure glass = oracle::read_lammps_data(stem + ".data");
    const std::vector<Vec3> expected = oracle::read_single_point(stem).force;
    Batch<Cuda> b = make_batch<Cuda>({glass}, cu_zr.elements, cu_zr.masses);
    const Neighbors<Cuda> n = make_neighbors(b, cu_zr.cutoff, skin);
    const EamTables<Cuda> t = make_eam_tables<Cuda>(cu_zr);
    ForceWork<Cuda> work;
    const auto errors = [&](Precision precision) {
        compute_forces(b, n, t, work, precision, Sums::none);
        const std::vector<Vec3> force = to_host(b.force);
        std::vector<double> error;
        for (std::size_t i = 0; i < force.size(); ++i) error.push_back(std::sqrt(norm2(force[i] - expected.at(i))));
        std::sort(error.begin(), error.end());
        return error;
    };
    EXPECT_DEVIATION(errors(Precision::full).back(), 1e-9);
    const double scale = std::sqrt(3.0) * root_mean_square(expected);
    const std::vector<double> error = errors(Precision::mixed);
    EXPECT_DEVIATION(error[error.size() / 2], 5e-6 * scale);
    EXPECT_DEVIATION(error.back(), 1e-4 * scale);
}

/// The compact tables of `mixed` hold the file's functions: densities in coarse pieces, phi'/r on the file's own knots.
TEST_F(KernelsOnGpu, CompactTablesAreThoseOfTheFile) {
    const EamPotential cu_zr = oracle::read_setfl(oracle::source_root() + "/jobs/potentials/Cu-Zr_2.eam.fs", true);
    const EamTables<Host> file = make_eam_tables<Host>(cu_zr);
    const EamTables<Cuda> device = make_eam_tables<Cuda>(cu_zr);
    const KnotArrays<Cuda>& compact = device.knots;
    EXPECT_GT(compact.coarse_knots, 1);
    const std::vector<Cubic<float>> density = to_host(compact.density), slopes = to_host(compact.slope);
    const std::vector<ForcePiece> force = to_host(compact.force);
    const int tables = static_cast<int>(file.exact.size()) / file.pieces;
    ASSERT_EQ(static_cast<int>(density.size()), tables * compact.coarse_pieces + 1);
    ASSERT_EQ(static_cast<int>(force.size()), tables * compact.intervals + 1);
    // The last ones are of zeros.
    EXPECT_EQ(density.back().a, 0);
    EXPECT_EQ(force.back().g0, 0);
    const auto knots = static_cast<float>(compact.coarse_knots);
    double density_error = 0, slope_error = 0, force_error = 0;  // [1], [1/A] and [eV/A]
    for (int k = 0; k < tables; ++k)
        for (double r = 2.0; r < cu_zr.cutoff; r += 1.37e-4) {
            const double t = r * device.resampled_inverse_dr;
            const auto rounded = static_cast<float>(t * t);
            const SplitRoot root = split_root(t * t, rounded, static_cast<float>(1 / t));
            const TablePlace fine = interval(root, compact.intervals);
            const TablePlace coarse = nearest_piece(root.root, knots, 1 / knots, compact.coarse_pieces);
            const ForcePiece g = force[k * compact.intervals + fine.piece];
            const int piece = k * compact.coarse_pieces + coarse.piece;
            const float f = fused_value(density[piece], coarse.offset + root.rest);
            const float f_slope = fused_value(slopes[piece], coarse.offset + root.rest);
            const GridPoint<double> at = locate<double>(r, file.inverse_dr, file.pieces);
            const PairPiece<double> exact = file.exact.data()[k * file.pieces + at.piece];
            const double z = value(exact.pair, at.fraction), z_slope = slope(exact.pair, at.fraction) * file.inverse_dr;
            const double pair_slope = (z_slope - z / r) / r;
            const double pair = g.g0 + fine.offset * (g.g1 + fine.offset * double{g.g2});
            density_error = std::max(density_error, std::abs(f - value(exact.density, at.fraction)));
            slope_error =
                std::max(slope_error, std::abs(r * f_slope - slope(exact.density, at.fraction) * file.inverse_dr));
            force_error = std::max(force_error, std::abs(r * pair - pair_slope));
        }
    EXPECT_DEVIATION(density_error, 5e-6);
    EXPECT_DEVIATION(slope_error, 5e-6);
    EXPECT_DEVIATION(force_error, 1e-5);
}

/// Rows longer than the kernel holds in shared memory come from the sweep: the same rows.
TEST_F(KernelsOnGpu, RowsAreThoseOfTheSweep) {
    Batch<Cuda> b = batch_of<Cuda>(structures(3));
    Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin);
    const auto by_warps = rows_of(n, b);
    grow_rows(b, n, 1025);
    EXPECT_EQ(rows_of(n, b), by_warps);
}

/// A row that is too short is reported with the length that it needs, by the kernel and by the host alike.
TEST_F(KernelsOnGpu, ShortRowsAreReported) {
    Batch<Cuda> b = batch_of<Cuda>(structures(1));
    Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin);
    std::size_t longest = 0;
    for (const auto& row : rows_of(n, b)) longest = std::max(longest, row.size());
    n.capacity = 16;
    build_neighbors(b, n, true);
    const Incident incident = to_host(b.incident)[0];
    EXPECT_EQ(incident.kind, static_cast<int>(IncidentKind::row_overflow));
    EXPECT_GT(incident.value, 16);
    EXPECT_LE(incident.value, static_cast<double>(longest));
    for (const int end : to_host(n.row_end)) EXPECT_LE(end, 16);
}

TEST_F(KernelsOnGpu, ShellsAreThoseOfTheSweep) {
    const std::vector<Structure> s = structures(2);
    for (const Shells& shells : {Shells{2.0, 6.0, 40}, Shells{2.0, 6.0, 300}})  // the latter do not fit the kernel
        EXPECT_EQ(shells_of<Cuda>(s, shells), shells_of<Host>(s, shells));
}

/// Graphs of 16 steps and of one, with the rebuild as a conditional node or as it is, give the bits of plain launches.
TEST_F(KernelsOnGpu, GraphsOfManyStepsAreThePlainSteps) {
    const std::vector<Structure> s = structures(2);
    constexpr int steps = 40;
    const auto replayed = [&] {
        Engine<Cuda> e(s, EnsembleKind::npt, CellMode::tri, 0.002, Precision::mixed);
        Replay<Cuda> replay;
        replay.run(
            steps, [&] { e.step(); }, 1);
        EXPECT_TRUE(replay.captured() || std::getenv("MGSTIFF_NO_GRAPHS")) << replay.obstacle();
        for (const int builds : to_host(e.neighbors.builds)) EXPECT_GT(builds, 0);
        return state_of(e);
    };
    Engine<Cuda> e(s, EnsembleKind::npt, CellMode::tri, 0.002, Precision::mixed);
    for (int k = 0; k < steps; ++k) e.step();
    const Motion plain = state_of(e);
    const auto expect_plain = [&](const Motion& m) {
        EXPECT_TRUE(same_bits(m.position, plain.position));
        EXPECT_TRUE(same_bits(m.velocity, plain.velocity));
        EXPECT_TRUE(same_bits(m.conserved, plain.conserved));
    };
    expect_plain(replayed());
    const bool wanted = std::exchange(conditional_nodes_wanted(), false);
    expect_plain(replayed());
    conditional_nodes_wanted() = wanted;
}

/// A body that fails while it is recorded leaves nothing behind that would disturb the steps, as they are or as graphs.
TEST_F(KernelsOnGpu, ABodyThatFailsWhileItIsRecorded) {
    const Array<int, Cuda> flags = to_space<Cuda>(std::vector<int>{0, 1});
    const Array<int, Cuda> from = to_space<Cuda>(std::vector<int>{3, 1, 4});
    Array<int, Cuda> to(from.size());
    enum class Failure { none, thrown, something_thrown, waits };
    Failure failure = Failure::none;
    int failures = 0;
    const auto step = [&] {
        if_any_marked(Cuda{}, flags, [&] {
            copy(from, to);
            if (failures == 0) return;
            --failures;
            if (failure == Failure::thrown) throw Error("it failed");
            if (failure == Failure::something_thrown) throw 1;
            synchronize(Cuda{});
        });
    };
    Replay<Cuda> replay;
    long key = 0;
    const auto expect_steps = [&](int failing) {
        replay.run(1, step, ++key);
        fill_zero(to);
        failures = failing;
        replay.run(3, step, key);
        EXPECT_EQ(failures, 0);
        EXPECT_EQ(to_host(to), to_host(from));
    };
    const bool wanted = conditional_nodes_wanted();
    expect_steps(0);
    const bool captured = replay.captured(), conditional = replay.conditional();
    EXPECT_TRUE(captured || std::getenv("MGSTIFF_NO_GRAPHS")) << replay.obstacle();
    for (const Failure kind : {Failure::thrown, Failure::something_thrown, Failure::waits}) {
        if (!captured || !conditional) break;  // nothing is recorded
        SCOPED_TRACE(static_cast<int>(kind));
        failure = kind;
        expect_steps(1);  // the second try is without conditional nodes
        EXPECT_TRUE(replay.captured());
        EXPECT_FALSE(replay.conditional());
        EXPECT_FALSE(replay.obstacle().empty());
        conditional_nodes_wanted() = true;
        expect_steps(2);  // no graph, but the steps as they are
        EXPECT_FALSE(replay.captured());
        EXPECT_FALSE(replay.obstacle().empty());
        expect_steps(0);
        EXPECT_TRUE(replay.captured()) << replay.obstacle();
        EXPECT_TRUE(replay.conditional()) << replay.obstacle();
    }
    conditional_nodes_wanted() = wanted;
}

/// Ghastly structures are reported by the tuned kernels too, with the pair that is to blame.
TEST_F(KernelsOnGpu, PairsBelowTheTableAreNamed) {
    std::vector<Structure> s = structures(1);
    s[0].position[17] = s[0].position[5] + Vec3{1e-3, 0, 0};
    Batch<Cuda> b = batch_of<Cuda>(s);
    const Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin);
    for (const char* lanes : {"1", "4"})
        for (Precision precision : {Precision::full, Precision::mixed}) {
            const Setting setting("MGSTIFF_LANES", lanes);
            ForceWork<Cuda> work;
            fill_zero(b.incident);
            compute_forces(b, n, tables<Cuda>(), work, precision, Sums::none);
            const Incident incident = to_host(b.incident)[0];
            EXPECT_EQ(incident.kind, static_cast<int>(IncidentKind::pair_below_table));
            EXPECT_EQ(incident.atom_a + incident.atom_b, 22);
            EXPECT_NEAR(incident.value, 1e-3, 1e-6);
        }
}

}  // namespace
