// The engine's ops on the host against the oracle; engine_cuda.cpp does the same on the device and compares the two.
#include "support/engine.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

TEST(Engine, RowsAreThoseOfTheOracle) {
    expect_rows_of_the_oracle<Host>(1);
    expect_rows_of_the_oracle<Host>(3);
}

TEST(Engine, ForcesAreThoseOfTheOracle) {
    for (int replicas : {1, 3})
        for (Precision precision : {Precision::full, Precision::mixed})
            expect_forces_of_the_oracle<Host>(replicas, precision);
}

TEST(Engine, AStepIsThatOfTheOracle) { expect_verlet_step_of_the_oracle<Host>(); }

TEST(Engine, EnsemblesConserve) {
    expect_conserved<Host>(EnsembleKind::nve, CellMode::fixed);
    expect_conserved<Host>(EnsembleKind::nvt, CellMode::fixed);
    for (CellMode cell : {CellMode::iso, CellMode::aniso, CellMode::tri})
        expect_conserved<Host>(EnsembleKind::npt, cell);
}

TEST(Engine, ReplicasAreIndependent) { expect_replicas_independent<Host>(); }

TEST(Engine, ANanStaysInItsReplica) {
    expect_nan_to_stay_in_its_replica<Host>(EnsembleKind::nve, CellMode::fixed, Precision::full);
    expect_nan_to_stay_in_its_replica<Host>(EnsembleKind::npt, CellMode::tri, Precision::mixed);
}

TEST(Engine, CrowdsAreNamed) { expect_crowds_to_be_named<Host>(); }

TEST(Engine, EnergiesFallToThoseOfTheOracle) {
    for (CellMode cell : {CellMode::fixed, CellMode::tri}) {
        expect_descent_of_the_oracle<Host>(relax<Host>, cell);
        expect_descent_of_the_oracle<Host>(descend<Host>, cell);
    }
}

TEST(Engine, ShellsAreThoseOfTheOracle) {
    expect_shells_of_the_oracle<Host>(1);
    expect_shells_of_the_oracle<Host>(3);
}

TEST(Engine, RadialFunctionsAreThoseOfTheOracle) {
    expect_radial_functions_of_the_oracle<Host>(1);
    expect_radial_functions_of_the_oracle<Host>(3);
}

TEST(Engine, DisplacementsArePlainSums) {
    expect_displacements_of_plain_sums<Host>(1);
    expect_displacements_of_plain_sums<Host>(3);
}

TEST(Engine, ReplayCallsTheStep) {
    Replay<Host> replay;
    int calls = 0;
    replay.run(
        5, [&] { ++calls; }, 1);
    replay.run(
        0, [&] { ++calls; }, 1);
    EXPECT_EQ(calls, 5);
    EXPECT_FALSE(replay.captured());
}

}  // namespace
