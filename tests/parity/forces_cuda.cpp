// Neighbour rows and forces on the device against the host's plain sweeps, for numbers of atoms around those of warps
// and blocks. Under the SIMT emulation each runs under several schedules, whose results must have the same bits.
#include <cstdlib>
#include <optional>

#include "core/error.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/oracle_io.hpp"
#include "support/schedules.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

class ForcesOnGpu : public GpuTest {};

/// `atoms` at random in a triclinic box, no two closer than 2.2 A: as dense as a liquid where the box, whose widths
/// must be twice the reach of the rows, allows.
Structure gas_of(int atoms, std::uint64_t seed) {
    const double width = std::max(2.2 * (potential().cutoff + skin), std::cbrt(atoms / 0.045));
    Mat3 h = diagonal(width, 1.05 * width, 1.1 * width);
    h(0, 1) = 0.2 * width;
    h(0, 2) = -0.15 * width;
    h(1, 2) = 0.1 * width;
    Structure s = oracle::gas(atoms, make_box(h), 2.2, 2, seed);
    oracle::unwrap_randomly(s, 2, seed + 1);
    return s;
}

std::vector<Structure> gases_of(const std::vector<int>& sizes) {
    std::vector<Structure> out;
    for (const int atoms : sizes) out.push_back(gas_of(atoms, 300 + 10 * out.size()));
    return out;
}

/// What is computed from one set of positions, in one precision.
struct Result {
    std::vector<Vec3> force, force_alone;  ///< with energies and without
    std::vector<double> local_energy, energy;
    std::vector<Sym3> virial;
};
/// Rows and forces, and rows and forces (`mixed`) after the atoms have moved.
struct Evaluation {
    std::vector<std::vector<int>> rows, rows_then;
    Result full, mixed;
    std::vector<Vec3> force_then;
};

/// A batch with its rows, which computes forces from its positions.
template <class Space>
struct Evaluator {
    const EamTables<Space>& tables;
    Batch<Space> batch;
    Neighbors<Space> neighbors;
    ForceWork<Space> work;

    Evaluator(const std::vector<Structure>& s, const EamPotential& potential, const EamTables<Space>& t)
        : tables(t),
          batch(make_batch<Space>(s, potential.elements, potential.masses)),
          neighbors(make_neighbors(batch, potential.cutoff, skin)) {}

    void forces(Precision precision, bool with_energy) {
        const Sums sums = with_energy ? Sums::energy : Sums::none;
        // The host is the reference: its tuned loops have tests of their own.
        if constexpr (std::is_same_v<Space, Host>)
            compute_forces_reference(batch, neighbors, tables, work, precision, sums);
        else
            compute_forces(batch, neighbors, tables, work, precision, sums);
    }

    Result result(Precision precision) {
        forces(precision, false);
        Result r;
        r.force_alone = to_host(batch.force);
        fill_zero(batch.force);
        forces(precision, true);
        r.force = to_host(batch.force);
        r.local_energy = to_host(batch.local_energy);
        r.energy = to_host(batch.potential_energy);
        r.virial = to_host(batch.virial);
        return r;
    }

    Evaluation evaluate() {
        Evaluation e;
        e.rows = rows_of(neighbors, batch);
        e.full = result(Precision::full);
        e.mixed = result(Precision::mixed);
        move_atoms();
        update_neighbors(batch, neighbors);
        e.rows_then = rows_of(neighbors, batch);
        forces(Precision::mixed, false);
        e.force_then = to_host(batch.force);
        EXPECT_EQ(to_host(batch.incident)[0].count, 0);
        return e;
    }

    /// By up to 0.3 A in each direction: further than half a skin, so that rows are built.
    void move_atoms() {
        std::vector<Vec3> x = to_host(batch.position);
        oracle::Random random(17);
        for (Vec3& v : x) {
            const double a = random.between(-0.3, 0.3), b = random.between(-0.3, 0.3);
            v += Vec3{a, b, random.between(-0.3, 0.3)};
        }
        copy(to_space<Space>(x), batch.position);
    }
};

void expect_same_bits(const Result& a, const Result& b) {
    EXPECT_TRUE(same_bits(a.force, b.force));
    EXPECT_TRUE(same_bits(a.force_alone, b.force_alone));
    EXPECT_TRUE(same_bits(a.local_energy, b.local_energy));
    EXPECT_TRUE(same_bits(a.energy, b.energy));
    EXPECT_TRUE(same_bits(a.virial, b.virial));
}

void expect_same_bits(const Evaluation& a, const Evaluation& b) {
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.rows_then, b.rows_then);
    expect_same_bits(a.full, b.full);
    expect_same_bits(a.mixed, b.mixed);
    EXPECT_TRUE(same_bits(a.force_then, b.force_then));
}

/// Bounds as in support/engine.hpp: of a force [eV/A]; of energies and virials it follows by the number of neighbours.
void expect_parity(const Result& device, const Result& host, double bound) {
    EXPECT_DEVIATION(largest_difference(device.force, host.force), bound);
    EXPECT_DEVIATION(largest_difference(device.force_alone, host.force_alone), bound);
    EXPECT_DEVIATION(largest_difference(device.local_energy, host.local_energy), 10 * bound);
    EXPECT_DEVIATION(largest_difference(device.energy, host.energy), 1000 * bound);
    EXPECT_DEVIATION(largest_difference(device.virial, host.virial), 1000 * bound);
}

/// \param full bound of `full`, relative to the largest force.
void expect_parity(const Evaluation& device, const Evaluation& host, double full) {
    EXPECT_EQ(device.rows, host.rows);
    EXPECT_EQ(device.rows_then, host.rows_then);
    double largest = 1;  // [eV/A]; a lone atom has no force
    for (const auto* forces : {&host.full.force, &host.force_then})
        for (const Vec3& f : *forces) largest = std::max(largest, std::sqrt(norm2(f)));
    expect_parity(device.full, host.full, full * largest);
    // Floats of terms that may be as large as the largest force.
    expect_parity(device.mixed, host.mixed, 2e-6 * largest);
    EXPECT_DEVIATION(largest_difference(device.force_then, host.force_then), 2e-6 * largest);
}

void expect_host_parity(const std::vector<Structure>& s, const EamPotential& p, const EamTables<Host>& host_tables,
                        const EamTables<Cuda>& device_tables, int count, double full) {
    const Evaluation expected = Evaluator<Host>(s, p, host_tables).evaluate();
    std::optional<Evaluation> first;
    for_schedules(count, [&] {
        const Evaluation found = Evaluator<Cuda>(s, p, device_tables).evaluate();
        if (first) return expect_same_bits(found, *first);
        expect_parity(found, expected, full);
        first = found;
    });
}

void expect_host_parity(const std::vector<int>& sizes) {
    SCOPED_TRACE(testing::PrintToString(sizes) + " atoms");
    expect_host_parity(gases_of(sizes), potential(), tables<Host>(), tables<Cuda>(), schedules, 1e-12);
}

TEST_F(ForcesOnGpu, AreThoseOfTheHostForOneReplica) {
    for (const int atoms : {1, 31, 32, 33, 257}) expect_host_parity({atoms});
}

TEST_F(ForcesOnGpu, AreThoseOfTheHostForSevenReplicas) {
    for (const int atoms : {1, 31, 32, 33}) expect_host_parity(std::vector<int>(7, atoms));
    expect_host_parity({33, 1, 257, 31, 32, 2, 129});
}

/// However many threads share a row (cuda/forces.cu picks 4 for batches as small as these).
TEST_F(ForcesOnGpu, AreThoseOfTheHostForAnyNumberOfLanes) {
    for (const char* lanes : {"1", "2"}) {
        setenv("MGSTIFF_LANES", lanes, 1);
        expect_host_parity({33, 1, 31, 32});
    }
    unsetenv("MGSTIFF_LANES");
}

/// A replica without atoms has no energy, and its neighbours in the batch do not notice.
TEST_F(ForcesOnGpu, EmptyReplicasAreNoTrouble) {
    expect_host_parity({0});
    expect_host_parity({0, 33, 0, 0, 1, 32, 0});
    for_schedules(schedules, [] {
        Evaluator<Cuda> device(gases_of({0, 33, 0}), potential(), tables<Cuda>());
        const std::vector<double> energy = device.evaluate().full.energy;
        EXPECT_EQ(energy[0], 0);
        EXPECT_LT(energy[1], 0);
        EXPECT_EQ(energy[2], 0);
    });
}

/// So is a batch without replicas: nothing is launched.
TEST_F(ForcesOnGpu, AnEmptyBatchIsNoTrouble) {
    Evaluator<Cuda> device({}, potential(), tables<Cuda>());
    const Evaluation nothing = device.evaluate();
    EXPECT_TRUE(nothing.rows.empty());
    EXPECT_TRUE(nothing.full.force.empty());
    EXPECT_TRUE(nothing.mixed.energy.empty());
}

/// 4,000 atoms of a real glass and its potential, whose tables' last digits are noise that slopes magnify. Two
/// schedules: each takes a second under the emulation.
TEST_F(ForcesOnGpu, AreThoseOfTheHostForAGlass) {
    const std::string root = oracle::source_root();
    const EamPotential cu_zr = oracle::read_setfl(root + "/jobs/potentials/Cu-Zr_2.eam.fs", true);
    const Structure glass = oracle::read_lammps_data(root + "/tests/data/single-point/cuzr_glass_4000.data");
    expect_host_parity({glass}, cu_zr, make_eam_tables<Host>(cu_zr), make_eam_tables<Cuda>(cu_zr), 2, 1e-10);
}

/// Whole steps have the same bits under every schedule, and so on every run.
TEST_F(ForcesOnGpu, StepsDoNotDependOnTheSchedule) {
    const std::vector<Structure> s = gases_of({33, 257, 2});  // one atom alone has no temperature
    std::optional<Motion> first;
    std::optional<Relaxed> relaxed;
    for_schedules(schedules, [&] {
        const Motion m = run<Cuda>(s, EnsembleKind::npt, CellMode::tri, 3);
        const Relaxed r = relax<Cuda>(s, CellMode::tri, 3);
        if (first) {
            EXPECT_TRUE(same_bits(m.position, first->position));
            EXPECT_TRUE(same_bits(m.velocity, first->velocity));
            EXPECT_TRUE(same_bits(m.box, first->box));
            EXPECT_TRUE(same_bits(m.conserved, first->conserved));
            EXPECT_TRUE(same_bits(r.position, relaxed->position));
            EXPECT_TRUE(same_bits(r.energy, relaxed->energy));
        }
        first = m;
        relaxed = r;
    });
}

/// Counts and displacements likewise, against the host.
TEST_F(ForcesOnGpu, AnalysisDoesNotDependOnTheSchedule) {
    const std::vector<Structure> s = gases_of({33, 1, 257, 0, 31, 32});
    const Shells shells{2.0, 6.0, 20};
    const auto frames = random_frames(s, 3);
    const std::vector<int> counts = shells_of<Host>(s, shells);
    const std::vector<DisplacementSums> sums = displacements_of<Host>(s, frames);
    for_schedules(schedules, [&] {
        EXPECT_EQ(shells_of<Cuda>(s, shells), counts);
        EXPECT_DEVIATION(largest_difference(displacements_of<Cuda>(s, frames), sums), 1e-13);
    });
}

}  // namespace
