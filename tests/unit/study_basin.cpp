/// \file The reference basin: relaxed, annealed, relaxed again; hops; stops.

#include <gtest/gtest.h>

#include "study/reference_basin.hpp"
#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

const EamPotential& potential() {
    static const EamPotential p = cu_zr();
    return p;
}

study::BasinProtocol protocol(double anneal_ps) {
    StudyFile study;
    study.quench.anneal_ps = anneal_ps;
    study.quench.anneal_K = 600;
    study.quench.cell = CellMode::aniso;
    return study::BasinProtocol(study);
}

/// A very fast quench of 500 atoms.
Structure glass() {
    Structure s = oracle::fcc(5, 5, 5, 4.05);
    for (int i = 0; i < s.size(); ++i) s.species[i] = i * 7 % 2;
    Dynamics<Host> d = cases::dynamics({s}, potential(), Precision::mixed, 4000);
    for (const double temperature : {2000.0, 300.0}) {
        d.set_ensembles({cases::ensemble(EnsembleKind::npt, temperature)});
        d.run(cases::steps(700));
    }
    return to_structure(d.batch(), 0);
}

struct Basin {
    Structure structure;
    study::QuenchProgress progress;
    int stops = 0;
};

/// `pause` and `give_up` stop it; then it goes on, with dynamics of its own, from what was saved last.
Basin basin(const Structure& start, const study::BasinProtocol& p, const study::Pause& pause = {},
            const std::function<bool()>& give_up = {}) {
    Basin b;
    b.progress.place = {true, study::QuenchProgress::relax, 0};
    DynamicsState saved;
    study::QuenchProgress at;
    for (;;) {
        Dynamics<Host> d(cases::batch_of({start}, potential()), potential(), Precision::mixed, 0.5);
        if (b.stops > 0) {
            d.restore(saved);
            b.progress = at;
        }
        const auto save = [&] {
            saved = d.state();
            at = b.progress;
        };
        const auto pause_here = [&] {
            if (!pause || !pause()) return false;
            save();
            return true;
        };
        std::vector<LbfgsState> states;
        if (study::find_reference_basin(
                d, p, 3, {0}, b.progress, [](double) {}, pause_here, save, give_up, states) ==
            study::BasinOutcome::found) {
            EXPECT_TRUE(states.at(0).converged);
            b.structure = to_structure(d.batch(), 0);
            return b;
        }
        ++b.stops;
    }
}

TEST(ReferenceBasin, AnnealingLeadsToADeeperOne) {
    const Structure s = glass();
    const Basin once = basin(s, protocol(0)), annealed = basin(s, protocol(2));
    EXPECT_TRUE(once.progress.relaxed.position.empty());
    EXPECT_EQ(annealed.progress.glass.position.size(), 500u);
    EXPECT_TRUE(cases::same_bits(annealed.progress.glass.position, s.position));
    // The first relaxation is that of a basin which is not annealed.
    EXPECT_TRUE(cases::same_bits(annealed.progress.relaxed.position, once.structure.position));
    const auto energy = [](const Structure& t) {
        return cases::evaluate(potential(), {t}, Precision::full).energy.at(0);
    };
    EXPECT_LT(energy(annealed.structure), energy(once.structure));
    const long hops = study::count_hops(once.structure, annealed.structure);
    EXPECT_GT(hops, 20);
    EXPECT_LE(hops, 500);
    // Cell and positions are at rest.
    const cases::Evaluated at = cases::evaluate(potential(), {annealed.structure}, Precision::full);
    EXPECT_LT(cases::largest_difference(at.force, std::vector<Vec3>(500)), 1e-6);
    for (const double x : {at.virial[0].xx, at.virial[0].yy, at.virial[0].zz})
        EXPECT_NEAR(x / annealed.structure.box.volume, 0, 1e-7);
}

TEST(ReferenceBasin, StopsChangeNoBit) {
    const Structure s = glass();
    const Basin through = basin(s, protocol(1));
    int asked = 0, told = 0;
    // Stopped in both relaxations and, at almost every question, in the annealing.
    const Basin stopped = basin(
        s, protocol(1), [&] { return ++asked % 3 == 0; }, [&] { return ++told == 3 || told == 40; });
    EXPECT_GT(stopped.stops, 3);
    EXPECT_TRUE(cases::same_bits(stopped.structure.position, through.structure.position));
    EXPECT_TRUE(cases::same_bits(stopped.progress.glass.energy, through.progress.glass.energy));
    EXPECT_TRUE(cases::same_bits(stopped.progress.relaxed.position, through.progress.relaxed.position));
}

TEST(ReferenceBasin, StructuresThatAreGivenKeepTheirCell) {
    StudyFile study;
    EXPECT_EQ(study::BasinProtocol(study).relaxed_cell, CellMode::iso);
    EXPECT_EQ(study::BasinProtocol(study).anneal_steps(), 50000);
    EXPECT_EQ(study::BasinProtocol(study).relaxations(), 2);
    study.system.structures = {"a.xyz"};
    EXPECT_EQ(study::BasinProtocol(study).relaxed_cell, CellMode::iso);
    study.quench.anneal_ps = 0;
    EXPECT_EQ(study::BasinProtocol(study).relaxed_cell, CellMode::fixed);
    EXPECT_EQ(study::BasinProtocol(study).relaxations(), 1);
}

TEST(ReferenceBasin, HopsAreWhatStrainAndDriftAreNot) {
    const Structure before = oracle::fcc(4, 4, 4, 4.0);
    Structure after = before;
    oracle::deform(after, {{1.01, 0.02, 0, 0, 0.99, 0, 0, 0.01, 1.03}});
    for (Vec3& x : after.position) x += Vec3{5, -3, 0.7};
    EXPECT_EQ(study::count_hops(before, after), 0);
    after.position[3] += Vec3{0.3, 0, 0};
    after.position[100] += Vec3{0, 0.08, 0.08};
    after.position[200] += Vec3{0, 0.09, 0};
    EXPECT_EQ(study::count_hops(before, after), 2);
    EXPECT_EQ(study::count_hops(before, after, 0.05), 3);
    EXPECT_EQ(study::count_hops(after, before, 0.05), 3);
}

}  // namespace
}  // namespace mg
