// The engine's ops on the device: against the oracle, as on the host (engine.cpp), and against the host.
#include "core/error.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

class EngineOnGpu : public GpuTest {};

TEST_F(EngineOnGpu, MemoryIsCopiedAndCleared) {
    std::vector<double> values(100003);
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = std::sqrt(static_cast<double>(k));
    Array<double, Cuda> a = to_space<Cuda>(values), b;
    copy(a, b);
    fill_zero(a);
    EXPECT_EQ(to_host(b), values);
    EXPECT_EQ(to_host(a), std::vector<double>(values.size(), 0.0));
    EXPECT_TRUE(to_host(to_space<Cuda>(std::vector<double>{})).empty());
    synchronize(Cuda{});
}

TEST_F(EngineOnGpu, TooMuchMemoryIsAnError) {
    EXPECT_THROW((Array<double, Cuda>(std::size_t{1} << 45)), Error);
    EXPECT_EQ(to_host(to_space<Cuda>(std::vector<int>{7})), std::vector<int>{7});  // and nothing is broken by it
}

TEST_F(EngineOnGpu, StructuresComeBack) {
    const std::vector<Structure> s = structures(3);
    const std::vector<Structure> back = to_structures(batch_of<Cuda>(s));
    for (std::size_t r = 0; r < s.size(); ++r) {
        EXPECT_TRUE(same_bits(back[r].position, s[r].position));
        EXPECT_TRUE(same_bits(back[r].velocity, s[r].velocity));
        EXPECT_EQ(back[r].species, s[r].species);
        EXPECT_EQ(back[r].id, s[r].id);
    }
}

TEST_F(EngineOnGpu, RowsAreThoseOfTheOracle) {
    expect_rows_of_the_oracle<Cuda>(1);
    expect_rows_of_the_oracle<Cuda>(3);
}

TEST_F(EngineOnGpu, RowsStandInTheOrderOfTheHost) {
    const std::vector<Structure> s = structures(3);
    Batch<Host> host = batch_of<Host>(s);
    Batch<Cuda> device = batch_of<Cuda>(s);
    EXPECT_EQ(rows_of(make_neighbors(host, potential().cutoff, skin), host),
              rows_of(make_neighbors(device, potential().cutoff, skin), device));
}

TEST_F(EngineOnGpu, ForcesAreThoseOfTheOracle) {
    for (int replicas : {1, 3})
        for (Precision precision : {Precision::full, Precision::mixed})
            expect_forces_of_the_oracle<Cuda>(replicas, precision);
}

TEST_F(EngineOnGpu, ForcesAreThoseOfTheHost) {
    for (int replicas : {1, 3}) {
        const std::vector<Structure> s = structures(replicas);
        for (bool reference : {false, true}) {
            expect_close(forces_of<Cuda>(s, Precision::full, reference), forces_of<Host>(s, Precision::full, true),
                         1e-11);
            // The same resampled tables, evaluated in float: rounding alone.
            const Forces host = forces_of<Host>(s, Precision::mixed, true);
            expect_close(forces_of<Cuda>(s, Precision::mixed, reference), host, 1e-5 * root_mean_square(host.force));
        }
    }
}

TEST_F(EngineOnGpu, AStepIsThatOfTheOracle) { expect_verlet_step_of_the_oracle<Cuda>(); }

TEST_F(EngineOnGpu, StepsAreThoseOfTheHost) {
    const std::vector<Structure> s = structures(3);
    for (EnsembleKind kind : {EnsembleKind::nve, EnsembleKind::nvt, EnsembleKind::npt}) {
        const Motion host = run<Host>(s, kind, CellMode::tri, 20), device = run<Cuda>(s, kind, CellMode::tri, 20);
        EXPECT_DEVIATION(largest_difference(device.position, host.position), 1e-9);
        EXPECT_DEVIATION(largest_difference(device.velocity, host.velocity), 1e-8);
        EXPECT_DEVIATION(largest_difference(device.box, host.box), 1e-7);
        EXPECT_DEVIATION(largest_difference(device.conserved, host.conserved), 1e-8);
    }
}

TEST_F(EngineOnGpu, EnsemblesConserve) {
    expect_conserved<Cuda>(EnsembleKind::nve, CellMode::fixed);
    expect_conserved<Cuda>(EnsembleKind::nvt, CellMode::fixed);
    expect_conserved<Cuda>(EnsembleKind::npt, CellMode::tri);
}

TEST_F(EngineOnGpu, ReplicasAreIndependentAndRepeatThemselves) { expect_replicas_independent<Cuda>(); }

TEST_F(EngineOnGpu, ANanStaysInItsReplica) {
    expect_nan_to_stay_in_its_replica<Cuda>(EnsembleKind::nve, CellMode::fixed, Precision::full);
    expect_nan_to_stay_in_its_replica<Cuda>(EnsembleKind::npt, CellMode::tri, Precision::mixed);
}

TEST_F(EngineOnGpu, CrowdsAreNamed) { expect_crowds_to_be_named<Cuda>(); }

TEST_F(EngineOnGpu, EnergiesFallToThoseOfTheOracle) {
    for (CellMode cell : {CellMode::fixed, CellMode::tri}) {
        expect_descent_of_the_oracle<Cuda>(relax<Cuda>, cell);
        expect_descent_of_the_oracle<Cuda>(descend<Cuda>, cell);
    }
}

TEST_F(EngineOnGpu, MinimiserStepsAreThoseOfTheHost) {
    const std::vector<Structure> s = structures(3);
    for (CellMode cell : {CellMode::fixed, CellMode::tri}) {
        const Relaxed host = relax<Host>(s, cell, 15), device = relax<Cuda>(s, cell, 15);
        EXPECT_DEVIATION(largest_difference(device.position, host.position), 1e-9);
        EXPECT_DEVIATION(largest_difference(device.energy, host.energy), 1e-8);
    }
}

TEST_F(EngineOnGpu, RelaxationStepsAreThoseOfTheHost) {
    const std::vector<Structure> s = structures(3);
    for (CellMode cell : {CellMode::fixed, CellMode::iso, CellMode::aniso, CellMode::tri}) {
        const Relaxed host = descend<Host>(s, cell, 15), device = descend<Cuda>(s, cell, 15);
        EXPECT_DEVIATION(largest_difference(device.position, host.position), 1e-8);
        EXPECT_DEVIATION(largest_difference(device.box, host.box), 1e-6);
        EXPECT_DEVIATION(largest_difference(device.energy, host.energy), 1e-7);
    }
}

TEST_F(EngineOnGpu, ShellsAreThoseOfTheOracleAndTheHost) {
    expect_shells_of_the_oracle<Cuda>(1);
    expect_shells_of_the_oracle<Cuda>(3);
    const Shells shells{2.0, 7.0, 20};
    EXPECT_EQ(shells_of<Cuda>(structures(2), shells), shells_of<Host>(structures(2), shells));
}

TEST_F(EngineOnGpu, RadialFunctionsAreThoseOfTheOracle) { expect_radial_functions_of_the_oracle<Cuda>(2); }

TEST_F(EngineOnGpu, DisplacementsArePlainSums) {
    expect_displacements_of_plain_sums<Cuda>(1);
    expect_displacements_of_plain_sums<Cuda>(3);
    const std::vector<Structure> s = structures(3);
    const auto frames = random_frames(s, 4);
    EXPECT_DEVIATION(largest_difference(displacements_of<Cuda>(s, frames), displacements_of<Host>(s, frames)), 1e-13);
}

/// A graph of the step gives the bits of plain launches, and takes up again under another key.
TEST_F(EngineOnGpu, ReplayedStepsAreThePlainOnes) {
    const std::vector<Structure> s = structures(3);
    const Motion plain = run<Cuda>(s, EnsembleKind::npt, CellMode::tri, 30);
    Engine<Cuda> e(s, EnsembleKind::npt, CellMode::tri, 0.002);
    Replay<Cuda> replay;
    replay.run(
        10, [&] { e.step(); }, 1);
    EXPECT_TRUE(replay.captured()) << replay.obstacle();
    replay.run(
        10, [&] { e.step(); }, 2);
    replay.invalidate();
    replay.run(
        1, [&] { e.step(); }, 2);
    EXPECT_FALSE(replay.captured());
    replay.run(
        9, [&] { e.step(); }, 2);
    EXPECT_TRUE(replay.captured()) << replay.obstacle();
    const Motion replayed = state_of(e);
    EXPECT_TRUE(same_bits(replayed.position, plain.position));
    EXPECT_TRUE(same_bits(replayed.velocity, plain.velocity));
    EXPECT_TRUE(same_bits(replayed.conserved, plain.conserved));
}

/// A step that waits cannot be captured: it is called instead.
TEST_F(EngineOnGpu, AStepThatWaitsIsNotCaptured) {
    const std::vector<Structure> s = structures(1);
    const Motion plain = run<Cuda>(s, EnsembleKind::nvt, CellMode::fixed, 6);
    Engine<Cuda> e(s, EnsembleKind::nvt, CellMode::fixed, 0.002);
    Replay<Cuda> replay;
    replay.run(
        6,
        [&] {
            e.step();
            synchronize(Cuda{});
        },
        1);
    EXPECT_FALSE(replay.captured());
    EXPECT_FALSE(replay.obstacle().empty());
    EXPECT_TRUE(same_bits(state_of(e).position, plain.position));
}

}  // namespace
