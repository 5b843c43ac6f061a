/// \file Our own quench, and the stiffness of the reference glass, against LAMMPS and published figures.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <numeric>

#include "core/units.hpp"
#include "nn/metrics.hpp"
#include "ops/shells.hpp"
#include "study/protocols.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

/// Position of the highest bin of g_ab(r) below 4 A, refined by a parabola through it and its neighbours [A].
double first_peak(const Batch<Host>& batch, int replica, int a, int b) {
    Shells shells;
    shells.r_min = 1.5;
    shells.r_max = 4.5;
    shells.count = 60;
    Array<int, Host> counts;
    count_shells(batch, shells, counts);
    std::vector<double> g(shells.count);
    for (int i = batch.first_atom_host[replica]; i < batch.first_atom_host[replica + 1]; ++i)
        if (batch.species_of[i] == a)
            for (int k = 0; k < shells.count; ++k) {
                const double r = shells.r_min + (k + 0.5) * shells.width();
                g[k] += counts[(static_cast<std::size_t>(i) * shells.count + k) * batch.species + b] / (r * r);
            }
    const int top = static_cast<int>(std::max_element(g.begin(), g.end()) - g.begin());
    const double curvature = g[top - 1] - 2 * g[top] + g[top + 1];
    return shells.r_min + (top + 0.5 + 0.5 * (g[top - 1] - g[top + 1]) / curvature) * shells.width();
}

TEST(Quench, VolumesEnergyAndPeaksOfOurOwnGlass) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (ten minutes and more)";
    const EamPotential potential = cu_zr();
    std::vector<Structure> starts;
    for (std::uint32_t s = 0; s < 2; ++s)
        starts.push_back(study::start_lattice(potential, {2034, 1966}, 10, 10, 10, 7, s));
    Dynamics<Host> d(make_batch<Host>(starts, potential.elements, potential.masses), potential, Precision::mixed, 1.0);
    study::QuenchProtocol p;
    p.melt_time = 20;
    p.rate = 15.0;  // 1.5e13 K/s
    const study::ThermoHistory history = study::melt_and_quench(d, p, 7, {0, 1}, 1000, [](double) {});
    // Mean volume of the second half of the melt, and where the target passes 300 K.
    for (int r = 0; r < 2; ++r) {
        double liquid = 0, glass = 0;
        int n_liquid = 0, n_glass = 0;
        for (const Thermo& t : history.rows[r]) {
            if (t.time > 10 && t.time <= 20) liquid += t.volume / 4000, ++n_liquid;
            if (std::abs(t.target - 300) < 25) glass += t.volume / 4000, ++n_glass;
        }
        std::printf("sample %d: volume %.3f A^3/atom at 2000 K, %.3f at 300 K\n", r, liquid / n_liquid,
                    glass / n_glass);
        EXPECT_NEAR(liquid / n_liquid, 18.95, 0.005 * 18.95);
        EXPECT_NEAR(glass / n_glass, 17.48, 0.005 * 17.48);
    }
    FireOptions fire;
    const std::vector<FireState> state = d.minimize(fire);
    for (int r = 0; r < 2; ++r) {
        EXPECT_TRUE(state[r].converged);
        const double energy = d.batch().potential_energy[r] / 4000;
        const double cc = first_peak(d.batch(), r, 0, 0), cz = first_peak(d.batch(), r, 0, 1),
                     zz = first_peak(d.batch(), r, 1, 1);
        std::printf("sample %d: inherent energy %.4f eV/atom; first peaks Cu-Cu %.3f, Cu-Zr %.3f, Zr-Zr %.3f A\n", r,
                    energy, cc, cz, zz);
        EXPECT_NEAR(energy, -4.877, 0.006);
        EXPECT_NEAR(cc, 2.59, 0.05);
        EXPECT_NEAR(cz, 2.79, 0.05);
        EXPECT_NEAR(zz, 3.17, 0.05);
    }
}

/// K of LAMMPS's run, in the order of ids [eV/A^2].
std::vector<double> lammps_stiffness(int temperature, int seed) {
    const std::string path =
        source_path("tests/data/stiffness/msd_" + std::to_string(temperature) + "K_" + std::to_string(seed) + ".txt");
    std::ifstream file(path);
    std::vector<double> k(4000);
    std::string line;
    int read = 0;
    while (std::getline(file, line)) {
        long id;
        int type;
        double msd;
        if (std::sscanf(line.c_str(), "%ld %d %lf", &id, &type, &msd) != 3) continue;
        k.at(id - 1) = units::boltzmann * temperature / msd;
        ++read;
    }
    EXPECT_EQ(read, 4000) << path;
    return k;
}

double mean(const std::vector<double>& v) {
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

TEST(Stiffness, OfTheReferenceGlassAgreesWithLammps) {
    if (!full_validation()) GTEST_SKIP() << "runs with tests/run.sh --validation (twenty minutes and more)";
    const EamPotential potential = cu_zr();
    const std::vector<Structure> glasses(4, reference_glass());
    Dynamics<Host> d(make_batch<Host>(glasses, potential.elements, potential.masses), potential, Precision::mixed, 1.0);
    const std::vector<double> temperature{100, 100, 300, 300};
    // The glass is warm already, and LAMMPS gave it velocities of its own temperature.
    study::StiffnessProtocol protocol;
    protocol.velocity_temperature = protocol.start_temperature;
    const study::Displacements m =
        study::measure_displacements(d, protocol, temperature, 5, {0, 1, 2, 3}, [](double) {});
    std::vector<std::vector<double>> k(4);
    for (int i = 0; i < d.batch().atoms; ++i)
        k[i / 4000].push_back(units::boltzmann * temperature[i / 4000] / m.whole[i]);
    for (int r = 0; r < 4; ++r) {
        const int t = static_cast<int>(temperature[r]);
        std::printf("%d K, run %d: mean K %.4f eV/A^2", t, r % 2, mean(k[r]));
        EXPECT_NEAR(mean(k[r]), t == 100 ? 0.659 : 0.492, t == 100 ? 0.03 * 0.659 : 0.05 * 0.492);
        for (const int seed : {11, 22}) {
            const std::vector<double> theirs = lammps_stiffness(t, seed);
            const double r_value = pearson(k[r], theirs), rho = spearman(k[r], theirs);
            std::printf("; LAMMPS seed %d: Pearson %.3f, Spearman %.3f", seed, r_value, rho);
            EXPECT_GE(t == 100 ? r_value : 1.0, 0.92);
            EXPECT_GE(t == 300 ? rho : 1.0, 0.47);
        }
        std::printf("\n");
    }
    std::printf("between our runs: Pearson %.3f at 100 K, %.3f at 300 K\n", pearson(k[0], k[1]), pearson(k[2], k[3]));
}

}  // namespace
}  // namespace mg
