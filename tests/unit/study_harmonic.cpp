/// \file What the stage has of Hessians and windows: saddles are left, hops are found, beginnings are counted.

#include <gtest/gtest.h>

#include "md/modes.hpp"
#include "physics/displacement.hpp"
#include "study/protocols.hpp"
#include "study/stiffness_labels.hpp"
#include "support/hessian_cases.hpp"

namespace mg {
namespace {

using namespace hessian_cases;

const SmoothPotential& smoothed() {
    static const SmoothPotential p = smooth_potential(cu_zr());
    return p;
}

TEST(HarmonicLabels, LeaveASaddleAlongItsSoftestMode) {
    const Structure saddle = simple_cubic_copper();
    const study::HarmonicFile f =
        *study::harmonic_labels<Host>(saddle, smoothed(), 0.5, {.scheme = HarmonicScheme::dense}, 10, {});
    EXPECT_GT(f.saddles, 0);
    EXPECT_LT(f.force_max, 1e-5);
    for (const double k : f.stiffness()) EXPECT_GT(k, 0);
    ASSERT_EQ(f.mode_frequency.size(), 10U);
    EXPECT_GT(f.mode_frequency[0], 0);
    EXPECT_EQ(f.density_of_states.size(), static_cast<std::size_t>(density_bins));
    EXPECT_EQ(f.density_of_species.size(), 2U * density_bins);
}

TEST(WindowEnds, NameTheAtomsThatHopped) {
    // A vacancy of copper: before the window one neighbour goes into it, within the window it comes back.
    Structure crystal = oracle::fcc(5, 5, 5, 3.639);
    for (int& t : crystal.species) t = 0;
    const Vec3 hole = crystal.position[0];
    crystal.position.erase(crystal.position.begin());
    crystal.species.pop_back();
    crystal.id.pop_back();
    crystal.velocity.clear();
    const EamPotential& p = smoothed().potential;
    const Structure inherent = at_rest(crystal, p);
    int neighbour = -1;
    for (int i = 0; i < inherent.size(); ++i)
        if (norm2(crystal.position[i] - hole) < 9) neighbour = i;
    ASSERT_GE(neighbour, 0);
    study::RunFile run;
    run.cell = {inherent.box.h(0, 0), 0, 0, 0, inherent.box.h(1, 1), 0, 0, 0, inherent.box.h(2, 2)};
    run.first_position = run.last_position = inherent.position;
    run.first_position[neighbour] = hole + Vec3{0.1, 0, 0};
    for (Vec3& x : run.last_position) x += Vec3{3, 2, 1};  // all together: no hop
    const study::WindowEndsFile ends = *study::window_ends<Host>(inherent, run, p, 0.5, {});
    EXPECT_EQ(ends.moved[neighbour], 1);
    EXPECT_EQ(ends.hopped[neighbour], 1);
    // Neighbours of the hole make way, all others stay.
    for (int i = 0; i < inherent.size(); ++i) {
        const Vec3 d = inherent.position[i] - hole;
        if (norm2(d) > 60 && norm2(d - Vec3{18.195, 18.195, 18.195}) > 200) {
            EXPECT_EQ(ends.moved[i], 0) << i;
        }
    }
    run.first_position = run.last_position;
    const study::WindowEndsFile none = *study::window_ends<Host>(inherent, run, p, 0.5, {});
    EXPECT_EQ(std::count(none.moved.begin(), none.moved.end(), 1), 0);
    EXPECT_EQ(std::count(none.hopped.begin(), none.hopped.end(), 1), 0);
}

TEST(StiffnessProtocol, LooksAtBeginningsOfTheWindow) {
    study::StiffnessProtocol p;
    p.timestep = 0.002;
    p.sample_every = 0.02;
    p.window = 100;
    EXPECT_EQ(p.early_steps(), (std::vector<long>{3120, 6250, 12500}));
    p.window = 1.3;  // 64 frames
    EXPECT_EQ(p.early_steps(), (std::vector<long>{80, 160}));
    p.window = 0.3;
    EXPECT_TRUE(p.early_steps().empty());
}

TEST(MeasureDisplacements, EarlyPartsAreThoseOfShorterWindows) {
    Structure s = oracle::fcc(5, 5, 5, 3.639);
    for (int& t : s.species) t = 0;
    s.velocity.clear();
    study::StiffnessProtocol p;
    p.timestep = 0.002;
    p.sample_every = 0.004;
    p.equilibrate = 0.02;
    const auto measured = [&](double window) {
        p.window = window;
        Dynamics<Host> d(make_batch<Host>({s}, smooth().elements, smooth().masses), smooth(), Precision::full, 0.5);
        study::StiffnessProgress<Host> progress;
        EXPECT_TRUE(study::measure_displacements<Host>(d, p, {300}, 1, {7}, progress, [](double) {}, {}));
        return std::pair{progress.early, study::displacements_of(progress, p)};
    };
    const auto [early, whole] = measured(0.256);  // 64 frames beside the first
    ASSERT_EQ(early.size(), 2U);
    const auto [none, quarter] = measured(0.064);
    ASSERT_EQ(early[1].size(), quarter.whole.size());
    for (std::size_t i = 0; i < quarter.whole.size(); ++i) EXPECT_NEAR(early[1][i] / quarter.whole[i], 1, 1e-10);
    EXPECT_EQ(whole.first_position.size(), quarter.whole.size());
}

}  // namespace
}  // namespace mg
