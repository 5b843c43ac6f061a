/// \file One system over the ranks against the same system on one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "support/engine_cases.hpp"
#include "support/ranks.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

Structure reference(const std::string& name) {
    return io::read_structure(source_path("tests/data/single-point/" + name + ".data"), {"Cu", "Zr"});
}

Dynamics<Host> whole(const Structure& s, Precision precision, double skin) {
    const EamPotential p = cu_zr();
    return Dynamics<Host>(make_batch<Host>({s}, p.elements, p.masses), p, precision, skin);
}

Dynamics<Host> divided(const Structure& s, Precision precision, double skin) {
    const EamPotential p = cu_zr();
    Comm& team = world();
    const Structure part = own_part(s, choose_domains(s.box, team.size()), team.rank());
    return Dynamics<Host>(make_batch<Host>({part}, p.elements, p.masses), p, precision, skin, &team, s.size());
}

struct Difference {
    double force = 0, energy = 0, virial = 0, local_energy = 0;
};

/// Of this rank's atoms, relative to the largest force, the energy and the largest component of the virial.
Difference compare(const Structure& s, Precision precision) {
    const double skin = choose_skin(smallest_width(s.box), cu_zr().cutoff);
    Dynamics<Host> one = whole(s, precision, skin), mine = divided(s, precision, skin);
    std::map<long, int> place;
    for (int i = 0; i < s.size(); ++i) place[s.id[i]] = i;
    double largest = 0;
    for (const Vec3& f : one.batch().force) largest = std::max(largest, std::sqrt(norm2(f)));
    Difference d;
    const Batch<Host>& b = mine.batch();
    for (int i = 0; i < b.atoms; ++i) {
        const int k = place.at(b.id[0][i]);
        d.force = std::max(d.force, std::sqrt(norm2(b.force[i] - one.batch().force[k])) / largest);
        d.local_energy = std::max(d.local_energy, std::abs(b.local_energy[i] - one.batch().local_energy[k]));
    }
    const double e = one.batch().potential_energy[0];
    d.energy = std::abs((b.potential_energy[0] - e) / e);
    const Sym3 v = one.batch().virial[0], w = b.virial[0];
    double scale = 0;
    for (const double x : {v.xx, v.yy, v.zz, v.yz, v.xz, v.xy}) scale = std::max(scale, std::abs(x));
    for (const double x : {v.xx - w.xx, v.yy - w.yy, v.zz - w.zz, v.yz - w.yz, v.xz - w.xz, v.xy - w.xy})
        d.virial = std::max(d.virial, std::abs(x) / scale);
    const std::vector<int> atoms = world().all_gather_value(b.atoms);
    EXPECT_EQ(std::accumulate(atoms.begin(), atoms.end(), 0), s.size());
    for (const Difference& other : world().all_gather_value(d)) {
        d.force = std::max(d.force, other.force);
        d.local_energy = std::max(d.local_energy, other.local_energy);
    }
    return d;
}

struct System {
    const char* name;
    int tile[3];
};
constexpr System systems[] = {{"cuzr_glass_4000", {1, 1, 1}},
                              {"cuzr_liquid_4000", {1, 1, 1}},
                              {"b2_triclinic", {2, 2, 3}},
                              {"fcc_cu_vacancy", {2, 2, 2}}};

TEST(Domains, ForcesEnergyAndStressOfTheReferenceSystems) {
    for (const System& system : systems) {
        const Structure s = cases::repeated(reference(system.name), system.tile[0], system.tile[1], system.tile[2]);
        const DomainGrid grid = choose_domains(s.box, world().size());
        for (const Precision precision : {Precision::full, Precision::mixed}) {
            const Difference d = compare(s, precision);
            const bool full = precision == Precision::full;
            if (world().rank() == 0)
                std::printf(
                    "%-18s %-6s %6d atoms, %d x %d x %d domains: force %.1e, energy %.1e, virial %.1e "
                    "relative; local energy %.1e eV\n",
                    system.name, full ? "double" : "mixed", s.size(), grid.n[0], grid.n[1], grid.n[2], d.force,
                    d.energy, d.virial, d.local_energy);
            // Floats that are added in another order differ by their rounding.
            EXPECT_LT(d.force, full ? 1e-10 : 2e-6) << system.name;
            EXPECT_LT(d.energy, full ? 1e-10 : 1e-8) << system.name;
            EXPECT_LT(d.virial, full ? 1e-10 : 1e-6) << system.name;
            EXPECT_LT(d.local_energy, full ? 1e-10 : 1e-5) << system.name;
        }
    }
}

EnsembleOptions at(EnsembleKind kind, CellMode cell, double temperature) {
    EnsembleOptions o;
    o.kind = kind;
    o.cell = cell;
    o.temperature_begin = o.temperature_end = temperature;
    return o;
}

/// 400 steps (a thousand in a validation) on one rank and on all: the first hundred agree, no atom is lost, and what is
/// conserved stays.
void follow(const char* name, const Structure& s, const EnsembleOptions& ensemble, double temperature) {
    const double skin = choose_skin(0.97 * smallest_width(s.box), cu_zr().cutoff);
    Dynamics<Host> one = whole(s, Precision::full, skin), mine = divided(s, Precision::full, skin);
    std::vector<double> time[2], conserved[2];
    Dynamics<Host>* const both[2] = {&one, &mine};
    double largest = 0;
    for (int k = 0; k < 2; ++k) {
        both[k]->draw_velocities({temperature}, 5, {0});
        both[k]->set_ensembles({ensemble});
    }
    RunSchedule run;
    run.steps = 100;
    for (Dynamics<Host>* d : both) d->run(run);
    std::map<long, int> place;
    for (int i = 0; i < s.size(); ++i) place[s.id[i]] = i;
    for (int i = 0; i < mine.batch().atoms; ++i) {
        const Vec3 d = mine.batch().position[i] - one.batch().position[place.at(mine.batch().id[0][i])];
        largest = std::max(largest, std::sqrt(norm2(d)));
    }
    for (const double other : world().all_gather_value(largest)) largest = std::max(largest, other);
    EXPECT_LT(largest, 1e-8) << name;

    run.steps = full_validation() ? 900 : 300;
    run.report_every = 20;
    for (int k = 0; k < 2; ++k) {
        run.report = [&, k](long) {
            const Thermo t = both[k]->thermo()[0];
            time[k].push_back(t.time);
            conserved[k].push_back(t.conserved);
        };
        both[k]->run(run);
    }
    const Line lines[2] = {fit_line(time[0], conserved[0]), fit_line(time[1], conserved[1])};
    const std::vector<Structure> gathered = mine.structures();
    const int builds = to_host(mine.neighbors().builds)[0];
    const std::vector<int> moved = world().all_gather_value(mine.batch().atoms);
    if (world().rank() == 0) {
        std::printf(
            "%s: after 100 steps %.1e A apart at most; conserved quantity, slope %.2e and %.2e eV/ps, rms %.1e "
            "and %.1e eV (one rank, %d ranks); %d builds, atoms of ranks",
            name, largest, lines[0].slope, lines[1].slope, lines[0].rms, lines[1].rms, world().size(), builds);
        for (const int n : moved) std::printf(" %d", n);
        std::printf("\n");
        EXPECT_TRUE(gathered[0].id == s.id) << "atoms were lost or doubled";
        EXPECT_TRUE(gathered[0].species == s.species);
    }
    // The trajectories part after some picoseconds of chaos; the fluctuation and its trend are of the same size.
    EXPECT_LT(lines[1].rms, 2 * lines[0].rms) << name;
    EXPECT_LT(std::abs(lines[1].slope - lines[0].slope), 4 * lines[0].rms) << name;
    EXPECT_GT(builds, 1) << name;
}

TEST(Domains, GlassInNve) {
    follow("glass, NVE", reference("cuzr_glass_4000"), at(EnsembleKind::nve, CellMode::fixed, 600), 600);
}
TEST(Domains, LiquidInNve) {
    follow("liquid, NVE", reference("cuzr_liquid_4000"), at(EnsembleKind::nve, CellMode::fixed, 2000), 2000);
}
TEST(Domains, LiquidInNptIso) {
    follow("liquid, NPT iso", reference("cuzr_liquid_4000"), at(EnsembleKind::npt, CellMode::iso, 2000), 2000);
}
TEST(Domains, GlassInNptTri) {
    follow("glass, NPT tri", reference("cuzr_glass_4000"), at(EnsembleKind::npt, CellMode::tri, 600), 600);
}

TEST(Domains, MinimiserEndsInTheSameInherentStructure) {
    const Structure s = reference("cuzr_glass_4000");
    Dynamics<Host> one = whole(s, Precision::full, 0.6), mine = divided(s, Precision::full, 0.6);
    one.minimize(FireOptions{});
    mine.minimize(FireOptions{});
    EXPECT_NEAR(mine.batch().potential_energy[0], one.batch().potential_energy[0], 1e-6);
}

TEST(Domains, MinimiserWithACellEndsInTheSameInherentStructure) {
    const Structure s = reference("cuzr_glass_4000");
    Dynamics<Host> one = whole(s, Precision::mixed, 0.6), mine = divided(s, Precision::mixed, 0.6);
    LbfgsOptions options;
    options.cell = CellMode::iso;
    EXPECT_TRUE(one.relax(options)[0].converged);
    EXPECT_TRUE(mine.relax(options)[0].converged);
    EXPECT_NEAR(mine.batch().potential_energy[0], one.batch().potential_energy[0], 1e-6);
    EXPECT_NEAR(mine.batch().box[0].volume, one.batch().box[0].volume, 0.01);
}

TEST(Domains, TheSameBitsEachTime) {
    const Structure s = reference("cuzr_liquid_4000");
    std::vector<double> first;
    for (int turn = 0; turn < 2; ++turn) {
        Dynamics<Host> d = divided(s, Precision::mixed, 0.6);
        d.draw_velocities({2000.0}, 5, {0});
        d.set_ensembles({at(EnsembleKind::npt, CellMode::iso, 2000)});
        RunSchedule run;
        run.steps = 150;
        d.run(run);
        std::vector<double> bits{d.batch().potential_energy[0], d.thermo()[0].conserved, d.thermo()[0].volume};
        for (const Vec3& x : d.batch().position) bits.insert(bits.end(), {x.x, x.y, x.z});
        if (turn == 0)
            first = bits;
        else
            EXPECT_TRUE(first == bits);
    }
}

TEST(Domains, AnErrorOfOneRankIsThatOfAll) {
    Structure s = reference("cuzr_glass_4000");
    s.position[0] = s.position[1] + Vec3{0.2, 0, 0};
    std::string text;
    try {
        divided(s, Precision::full, 0.6);
    } catch (const PhysicsError& e) {
        text = e.what();
    }
    EXPECT_NE(text.find("closer than the potential's table"), std::string::npos) << text;
    EXPECT_TRUE(text.find("atom 1 ") != std::string::npos || text.find("atom 2 ") != std::string::npos) << text;
    for (const std::string& other : world().all_gather(text)) EXPECT_EQ(other, text);
}

/// Another rank may have something to say of the ghosts that it sees.
TEST(Domains, AnErrorOfACrowdIsThatOfAll) {
    Structure s = reference("cuzr_glass_4000");
    std::fill_n(s.position.begin(), 2000, s.position[0]);
    std::string text;
    try {
        divided(s, Precision::mixed, 0.6);
    } catch (const PhysicsError& e) {
        text = e.what();
    }
    EXPECT_TRUE(text.find("atoms of replica 0 lie in one cell") != std::string::npos ||
                text.find("the electron density at atom") != std::string::npos)
        << text;
    for (const std::string& other : world().all_gather(text)) EXPECT_EQ(other, text);
}

TEST(Domains, AnErrorOfAVelocityIsThatOfAll) {
    const Structure s = reference("cuzr_glass_4000");
    Dynamics<Host> d = divided(s, Precision::mixed, 0.6);
    Batch<Host>& b = d.batch();
    for (int i = 0; i < b.atoms; ++i)
        if (b.id[0][i] == 1234) b.velocity[i].y = std::nan("");
    RunSchedule run;
    run.steps = 100;
    std::string text;
    try {
        d.run(run);
    } catch (const PhysicsError& e) {
        text = e.what();
    }
    EXPECT_NE(text.find("position of atom 1234 of replica 0 is not finite"), std::string::npos) << text;
    EXPECT_LE(d.ensembles().each[0].step, 50);
    for (const std::string& other : world().all_gather(text)) EXPECT_EQ(other, text);
}

}  // namespace
}  // namespace mg
