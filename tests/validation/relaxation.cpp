/// \file What a relaxation costs: force evaluations of L-BFGS and of FIRE on the reference glass, as it is and at 300
/// K.

#include <gtest/gtest.h>

#include <cstdio>

#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

TEST(Relaxation, EvaluationsBesideThoseOfFire) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (minutes)";
    const EamPotential potential = cu_zr();
    const Structure cold = reference_glass();
    const auto dynamics = [&](const Structure& s) {
        return Dynamics<Host>(cases::batch_of({s}, potential), potential, Precision::full, 1.0);
    };
    Dynamics<Host> warm = dynamics(cold);
    warm.draw_velocities({600}, 7, {0});
    warm.set_ensembles({cases::ensemble(EnsembleKind::npt, 300)});
    warm.run(cases::steps(1500));
    const Structure hot = to_structure(warm.batch(), 0);
    const char* const names[] = {"fixed", "iso", "aniso", "tri"};
    for (const bool is_hot : {false, true})
        for (const double force : {1e-4, 1e-6})
            for (const CellMode cell : {CellMode::fixed, CellMode::iso, CellMode::aniso, CellMode::tri}) {
                const Structure& start = is_hot ? hot : cold;
                Dynamics<Host> a = dynamics(start), b = dynamics(start);
                FireOptions fire;
                fire.cell = cell;
                fire.force_max = force;
                fire.stress = 1e-6;
                LbfgsOptions lbfgs;
                lbfgs.cell = cell;
                lbfgs.force_max = force;
                lbfgs.stress = 1e-6;
                const FireState slow = a.minimize(fire, 50000).at(0);
                const LbfgsState fast = b.relax(lbfgs).at(0);
                std::printf("%s, %s, %.0e eV/A: FIRE %ld, L-BFGS %ld; %.4f, %.4f eV\n", is_hot ? "300 K" : "50 K",
                            names[static_cast<int>(cell)], force, slow.steps + 1, fast.steps + 1,
                            a.batch().potential_energy[0], b.batch().potential_energy[0]);
                EXPECT_TRUE(slow.converged && fast.converged);
                EXPECT_LT(1.2 * static_cast<double>(fast.steps), static_cast<double>(slow.steps));
            }
}

}  // namespace
}  // namespace mg
