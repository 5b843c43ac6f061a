/// \file Forces, energies and virials of the host loops: against the brute-force oracle, against finite differences,
/// against the symmetries of space, and against LAMMPS. Both sets of loops: the tuned ones of the instruction set in
/// use (MGSTIFF_ISA) and the generic sweeps.

#include <gtest/gtest.h>

#include <cstdlib>

#include "io/eam_reader.hpp"
#include "support/engine_cases.hpp"
#include "support/oracle_io.hpp"
#include "support/paths.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

using cases::evaluate;
using cases::Evaluated;
using cases::Loops;

const EamPotential& potential_of_cu_zr() {
    static const EamPotential p = cu_zr();
    return p;
}

/// ctest runs these tests once per instruction set; this one tells whether it was the one that was meant.
TEST(EngineForces, InstructionSetIsTheOneAskedFor) {
    const char* wish = std::getenv("MGSTIFF_ISA");
    if (!wish) GTEST_SKIP() << "MGSTIFF_ISA is not set";
    const std::string have = host_instruction_set();
#if MG_X86_64
    if (std::string(wish) == "avx512" && !__builtin_cpu_supports("avx512f"))
        GTEST_SKIP() << "this machine has no AVX-512: loops for " << have << " ran";
    if (std::string(wish) == "avx2" && !__builtin_cpu_supports("avx2"))
        GTEST_SKIP() << "this machine has no AVX2: loops for " << have << " ran";
#endif
    EXPECT_EQ(have, wish);
}

// ---- Against the oracle ------------------------------------------------------------------------------------------

/// Errors of forces, energies [eV/atom], virials [eV/atom] against the oracle, each at most `force`.
void expect_oracle(const EamPotential& p, const std::vector<Structure>& s, Precision precision, Loops loops,
                   double force) {
    const Evaluated e = evaluate(p, s, precision, loops);
    std::size_t first = 0;
    for (std::size_t r = 0; r < s.size(); ++r) {
        SCOPED_TRACE("replica " + std::to_string(r));
        const std::size_t n = s[r].position.size();
        const oracle::Result o = oracle::eam(p, s[r]);
        const std::vector<Vec3> mine(e.force.begin() + first, e.force.begin() + first + n);
        const double scale = precision == Precision::mixed ? cases::rms(o.force) : 1.0;
        EXPECT_LT(cases::largest_difference(mine, o.force), force * scale);
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_NEAR(e.local_energy[first + i], o.local_energy[i], force * scale * 10) << "atom " << i;
        EXPECT_NEAR(e.energy[r], o.energy, force * scale * n);
        EXPECT_LT(cases::largest_difference(e.virial[r], cases::voigt(o.virial)), 10 * force * scale * n);
        first += n;
    }
}

void expect_oracle_everywhere(const EamPotential& p, const std::vector<Structure>& s) {
    for (const Loops loops : {Loops::tuned, Loops::plain}) {
        SCOPED_TRACE(loops == Loops::tuned ? host_instruction_set() : "sweeps");
        expect_oracle(p, s, Precision::full, loops, 1e-10);
        expect_oracle(p, s, Precision::mixed, loops, 1e-4);
    }
}

/// An alloy in a cell whose second and third vectors lean over by 2/5 of a cell: whole steps of the five fcc cells,
/// so that planes meet planes again.
Structure strongly_tilted(int species, std::uint64_t seed) {
    Structure s = oracle::triclinic_alloy(5, species, seed, 3.9, 0.25, 0.0);
    s.box = make_box(s.box.h * Mat3{{1, 0.4, -0.2, 0, 1, 0.4, 0, 0, 1}});
    return s;
}

TEST(EngineForces, FinnisSinclairOfOneTwoAndThreeSpecies) {
    for (const int species : {1, 2, 3}) {
        SCOPED_TRACE(species);
        const EamPotential p = oracle::analytic_potential(species, true);
        expect_oracle_everywhere(p, {oracle::triclinic_alloy(4, species, 11 * species)});
    }
}

TEST(EngineForces, AlloyOfTwoAndThreeSpecies) {
    for (const int species : {2, 3}) {
        SCOPED_TRACE(species);
        const EamPotential p = oracle::analytic_potential(species, false);
        expect_oracle_everywhere(p, {oracle::triclinic_alloy(4, species, 3 * species)});
    }
}

/// The analytic tables themselves are asymmetric, or the test above could not tell a transposed density.
TEST(EngineForces, TransposedDensityWouldShow) {
    EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = oracle::triclinic_alloy(4, 2, 5);
    const Evaluated right = evaluate(p, {s}, Precision::full);
    std::swap(p.density[1], p.density[2]);
    EXPECT_GT(cases::largest_difference(evaluate(p, {s}, Precision::full).force, right.force), 0.1);
}

TEST(EngineForces, ReplicasOfDifferentCellsSizesAndTilts) {
    const EamPotential p = oracle::analytic_potential(2, true);
    std::vector<Structure> s = {oracle::triclinic_alloy(4, 2, 21), strongly_tilted(2, 22),
                                oracle::gas(40, orthorhombic(14, 17, 31), 2.2, 2, 23),
                                oracle::triclinic_alloy(5, 2, 24)};
    oracle::unwrap_randomly(s[0], 5, 25);
    oracle::unwrap_randomly(s[1], 300, 26);
    expect_oracle(p, s, Precision::full, Loops::tuned, 2e-10);
    expect_oracle(p, s, Precision::full, Loops::plain, 2e-10);
    expect_oracle(p, s, Precision::mixed, Loops::tuned, 1e-4);
}

TEST(EngineForces, StronglyTiltedCell) {
    const EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = strongly_tilted(2, 41);
    ASSERT_GT(std::abs(s.box.h(0, 1)), 0.35 * s.box.h(0, 0));
    expect_oracle_everywhere(p, {s});
}

TEST(EngineForces, RotatedCellWithNegativeElements) {
    const EamPotential p = oracle::analytic_potential(2, true);
    Structure s = oracle::triclinic_alloy(4, 2, 51);
    oracle::deform(s, cases::rotation(2.5));
    ASSERT_LT(s.box.h(0, 0), 0);
    expect_oracle_everywhere(p, {s});
}

TEST(EngineForces, CuZrGlassyAlloy) {
    const EamPotential& p = potential_of_cu_zr();
    Structure s = oracle::triclinic_alloy(5, 2, 61, 4.1, 0.3, 0.03);
    ASSERT_GE(smallest_width(s.box), 2 * (p.cutoff + 0.4));
    for (const Loops loops : {Loops::tuned, Loops::plain}) {
        expect_oracle(p, {s}, Precision::full, loops, 1e-10);
        expect_oracle(p, {s}, Precision::mixed, loops, 1e-4);
    }
}

/// A funcfl file of one element, read by our reader and by hand: z = 27.2 0.529 Z^2.
TEST(EngineForces, FuncflFile) {
    const TemporaryDirectory folder;
    const oracle::Analytic form{1, false};
    const int nr = 2000, nrho = 2000;
    const double dr = form.cutoff / nr, drho = 0.05;
    std::string text = "analytic funcfl\n29 63.546 3.615 FCC\n2000 0.05 2000 0.003 6.0\n";
    EamPotential by_hand;
    by_hand.path = "by hand";
    by_hand.elements = {"Cu"};
    by_hand.masses = {63.546};
    by_hand.nr = nr;
    by_hand.nrho = nrho;
    by_hand.dr = dr;
    by_hand.drho = drho;
    by_hand.cutoff = form.cutoff;
    by_hand.embedding.resize(1);
    by_hand.density.resize(1);
    by_hand.pair.resize(1);
    char number[40];
    const auto add = [&](double v) {
        std::snprintf(number, sizeof number, "%.17g\n", v);
        text += number;
    };
    for (int k = 0; k < nrho; ++k) {
        by_hand.embedding[0].push_back(static_cast<double>(form.embedding(0, k * drho).value));
        add(by_hand.embedding[0].back());
    }
    for (int k = 0; k < nr; ++k) {
        const double charge = static_cast<double>(2 * std::exp(-1.2 * k * dr) * form.window(k * dr));
        by_hand.pair[0].push_back(27.2 * 0.529 * charge * charge);
        add(charge);
    }
    for (int k = 0; k < nr; ++k) {
        by_hand.density[0].push_back(static_cast<double>(form.density(0, 0, k * dr).value));
        add(by_hand.density[0].back());
    }
    const EamPotential read = io::read_potential(folder.write("Cu.eam", text));
    const Structure s = oracle::triclinic_alloy(4, 1, 71);
    expect_oracle(by_hand, {s}, Precision::full, Loops::tuned, 1e-10);
    const Evaluated a = evaluate(read, {s}, Precision::full), b = evaluate(by_hand, {s}, Precision::full);
    EXPECT_LT(cases::largest_difference(a.force, b.force), 1e-11);
    EXPECT_NEAR(a.energy[0], b.energy[0], 1e-9);
}

/// Just inside and just outside the cutoff, the lowest and highest piece: pairs alone in a large cell.
TEST(EngineForces, DimersFromContactToCutoff) {
    const EamPotential p = oracle::analytic_potential(2, true);
    std::vector<Structure> s;
    for (const double r : {0.7, 1.5, 2.5, 5.9, 5.9984999, 5.9985001, 5.9999999, 6.0000001, 6.3}) {
        Structure d = oracle::detail::empty_structure(2, orthorhombic(14, 14, 14));
        oracle::detail::add_atom(d, 0, {13.5, 0.2, 7});
        oracle::detail::add_atom(d, 1, Vec3{13.5, 0.2, 7} + r / 3.0 * Vec3{1, -2, 2});
        s.push_back(d);
    }
    expect_oracle(p, s, Precision::full, Loops::tuned, 1e-10);
    expect_oracle(p, s, Precision::full, Loops::plain, 1e-10);
    const Evaluated e = evaluate(p, s, Precision::mixed), f = evaluate(p, s, Precision::full);
    for (std::size_t i = 2; i < e.force.size(); ++i)
        EXPECT_LT(std::sqrt(norm2(e.force[i] - f.force[i])), 1e-6 * (1 + std::sqrt(norm2(f.force[i])))) << "atom " << i;
    EXPECT_EQ(norm2(f.force[14]) + norm2(f.force[16]), 0.0);  // beyond the cutoff: nothing at all
}

// ---- Calculus ----------------------------------------------------------------------------------------------------

TEST(EngineForces, ForceIsMinusTheGradient) {
    const EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = oracle::triclinic_alloy(4, 2, 81);
    const Evaluated e = evaluate(p, {s}, Precision::full);
    // Fourth-order central differences over many displaced replicas at once.
    const double h = 2e-3;
    std::vector<Structure> displaced;
    for (const int atom : {0, 17, 101, 255})
        for (int axis = 0; axis < 3; ++axis)
            for (const double step : {-2 * h, -h, h, 2 * h}) {
                displaced.push_back(s);
                Vec3& x = displaced.back().position[atom];
                (axis == 0 ? x.x : axis == 1 ? x.y : x.z) += step;
            }
    const Evaluated d = evaluate(p, displaced, Precision::full);
    std::size_t k = 0;
    for (const int atom : {0, 17, 101, 255})
        for (int axis = 0; axis < 3; ++axis, k += 4) {
            const double slope = (8 * (d.energy[k + 2] - d.energy[k + 1]) - (d.energy[k + 3] - d.energy[k])) / (12 * h);
            const Vec3 f = e.force[atom];
            EXPECT_NEAR(axis == 0 ? f.x : axis == 1 ? f.y : f.z, -slope, 1e-8) << atom << ' ' << axis;
        }
}

TEST(EngineForces, VirialIsMinusTheStrainDerivative) {
    const EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = oracle::triclinic_alloy(4, 2, 91);
    const Sym3 v = evaluate(p, {s}, Precision::full).virial[0];
    const Mat3 w = to_matrix(v);
    const double h = 1e-4;
    std::vector<Structure> strained;
    for (int a = 0; a < 3; ++a)
        for (int b = a; b < 3; ++b)
            for (const double step : {-2 * h, -h, h, 2 * h}) {
                Mat3 f = identity();
                f(a, b) += 0.5 * step;
                f(b, a) += 0.5 * step;
                strained.push_back(s);
                oracle::deform(strained.back(), f);
            }
    const Evaluated e = evaluate(p, strained, Precision::full);
    std::size_t k = 0;
    for (int a = 0; a < 3; ++a)
        for (int b = a; b < 3; ++b, k += 4) {
            const double slope = (8 * (e.energy[k + 2] - e.energy[k + 1]) - (e.energy[k + 3] - e.energy[k])) / (12 * h);
            EXPECT_NEAR(w(a, b), -slope, 1e-6 * cases::largest(v)) << a << b;
        }
}

// ---- Symmetries --------------------------------------------------------------------------------------------------

TEST(EngineForces, DoubledCell) {
    const EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = oracle::triclinic_alloy(4, 2, 101);
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        const double bound = precision == Precision::full ? 1e-10 : 1e-4;
        const Evaluated one = evaluate(p, {s}, precision);
        for (int axis = 0; axis < 3; ++axis) {
            const Structure two = cases::repeated(s, axis == 0 ? 2 : 1, axis == 1 ? 2 : 1, axis == 2 ? 2 : 1);
            const Evaluated e = evaluate(p, {two}, precision);
            std::vector<Vec3> twice = one.force;
            twice.insert(twice.end(), one.force.begin(), one.force.end());
            EXPECT_LT(cases::largest_difference(e.force, twice), bound);
            EXPECT_NEAR(e.energy[0], 2 * one.energy[0], 256 * bound);
            EXPECT_LT(cases::largest_difference(e.virial[0], 2.0 * one.virial[0]), 256 * bound);
        }
    }
}

TEST(EngineForces, PermutationRotationTranslation) {
    const EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = oracle::triclinic_alloy(4, 2, 111);
    const Evaluated e = evaluate(p, {s}, Precision::full);

    Structure permuted = s;
    const int n = s.size();
    for (int i = 0; i < n; ++i) {
        permuted.species[(i * 101 + 7) % n] = s.species[i];
        permuted.position[(i * 101 + 7) % n] = s.position[i];
    }
    const Evaluated a = evaluate(p, {permuted}, Precision::full);
    std::vector<Vec3> back(n);
    for (int i = 0; i < n; ++i) back[i] = a.force[(i * 101 + 7) % n];
    EXPECT_LT(cases::largest_difference(back, e.force), 1e-10);
    EXPECT_NEAR(a.energy[0], e.energy[0], 1e-10 * n);

    const Mat3 q = cases::rotation(0.7);
    Structure rotated = s;
    oracle::deform(rotated, q);
    const Evaluated b = evaluate(p, {rotated}, Precision::full);
    for (int i = 0; i < n; ++i) back[i] = transpose(q) * b.force[i];
    EXPECT_LT(cases::largest_difference(back, e.force), 1e-10);
    EXPECT_NEAR(b.energy[0], e.energy[0], 1e-10 * n);
    const Mat3 turned = transpose(q) * to_matrix(b.virial[0]) * q;
    EXPECT_LT(cases::largest_difference(cases::voigt(turned), e.virial[0]), 1e-10 * n);

    Structure moved = s;
    for (Vec3& x : moved.position) x += Vec3{13.7, -221.3, 5.55};
    const Evaluated c = evaluate(p, {moved}, Precision::full);
    EXPECT_LT(cases::largest_difference(c.force, e.force), 1e-10);
    EXPECT_NEAR(c.energy[0], e.energy[0], 1e-10 * n);
    const Evaluated m0 = evaluate(p, {s}, Precision::mixed), m1 = evaluate(p, {moved}, Precision::mixed);
    EXPECT_LT(cases::largest_difference(m0.force, m1.force), 2e-5);
}

TEST(EngineForces, ForcesSumToZero) {
    const EamPotential p = oracle::analytic_potential(3, true);
    const Structure s = oracle::triclinic_alloy(4, 3, 121);
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        Vec3 sum;
        for (const Vec3& f : evaluate(p, {s}, precision).force) sum += f;
        EXPECT_LT(cases::largest(sum), precision == Precision::full ? 1e-11 : 2e-5);
    }
}

/// A run reports now and then: what it asks of the force op must not change what the atoms feel by a single bit.
/// Floats err to both sides alike: an error common to all atoms would show in the energy, and in NPT differ from step
/// to step with the cell.
TEST(EngineForces, DensitiesOfMixedAreNotBiased) {
    const EamPotential& p = potential_of_cu_zr();
    const EamTables<Host> t = make_eam_tables<Host>(p);
    EXPECT_LT(t.density_cutoff, p.cutoff - 1);  // this potential's densities end at 6.2 A
    const Structure glass = reference_glass();
    for (const double scale : {0.97, 1.0, 1.013, 1.027}) {
        Structure s = glass;
        oracle::deform(s, {{scale, 0, 0, 0, 1.01 * scale, 0, 0, 0, 0.99 * scale}});
        std::vector<double> density[2];
        double energy[2];
        for (const Precision precision : {Precision::full, Precision::mixed}) {
            Batch<Host> b = cases::batch_of({s}, p);
            b.density.resize(b.atoms);
            const Neighbors<Host> n = make_neighbors(b, p.cutoff, 0.4);
            ForceWork<Host> work;
            compute_forces(b, n, t, work, precision, Sums::energy);
            const int k = precision == Precision::mixed;
            density[k] = to_host(b.density);
            energy[k] = b.potential_energy[0];
        }
        const std::size_t atoms = density[0].size();
        double bias = 0;
        for (std::size_t i = 0; i < atoms; ++i) bias += (density[1][i] / density[0][i] - 1) / atoms;
        EXPECT_LT(std::abs(bias), 5e-9) << scale;
        EXPECT_LT(std::abs(energy[1] - energy[0]) / atoms, 5e-8) << scale;
    }
}

TEST(EngineForces, EnergiesDoNotChangeForces) {
    const EamPotential p = oracle::analytic_potential(2, true);
    const Structure s = oracle::triclinic_alloy(4, 2, 131);
    for (const Precision precision : {Precision::full, Precision::mixed})
        for (const Loops loops : {Loops::tuned, Loops::plain}) {
            Batch<Host> b = cases::batch_of({s}, p);
            const Neighbors<Host> n = make_neighbors(b, p.cutoff, 0.4);
            const EamTables<Host> t = make_eam_tables<Host>(p);
            ForceWork<Host> work;
            std::vector<Vec3> force[3];
            std::vector<Sym3> virial[3];
            for (const Sums sums : {Sums::none, Sums::virial, Sums::energy}) {
                if (loops == Loops::tuned)
                    compute_forces(b, n, t, work, precision, sums);
                else
                    compute_forces_reference(b, n, t, work, precision, sums);
                force[static_cast<int>(sums)] = to_host(b.force);
                virial[static_cast<int>(sums)] = to_host(b.virial);
            }
            const std::string where = std::string(precision == Precision::full ? "full" : "mixed") + ' ' +
                                      (loops == Loops::tuned ? host_instruction_set() : "sweeps");
            for (const int k : {0, 1})
                EXPECT_TRUE(cases::same_bits(force[k], force[2]))
                    << where << ": differ by " << cases::largest_difference(force[k], force[2]);
            EXPECT_TRUE(cases::same_bits(virial[1], virial[2])) << where;
        }
}

// ---- LAMMPS ------------------------------------------------------------------------------------------------------

class AgainstLammps : public testing::TestWithParam<const char*> {};

TEST_P(AgainstLammps, SinglePoint) {
    const EamPotential& p = potential_of_cu_zr();
    const std::string stem = source_path("tests/data/single-point/") + GetParam();
    Structure s = oracle::read_lammps_data(stem + ".data");
    s.species = oracle::species_in(p, s);
    s.elements = p.elements;

    std::ifstream thermo = oracle::open_file(stem + ".thermo"), forces = oracle::open_file(stem + ".forces.txt");
    std::string header;
    std::getline(thermo, header);
    double step = 0, atoms = 0, energy = 0, volume = 0;
    Sym3 bar;
    thermo >> step >> atoms >> energy >> bar.xx >> bar.yy >> bar.zz >> bar.xy >> bar.xz >> bar.yz >> volume;
    ASSERT_EQ(atoms, s.size());
    std::vector<Vec3> expected(s.size());
    std::vector<double> local(s.size());
    for (int i = 0; i < s.size(); ++i) {
        long id = 0;
        forces >> id >> expected[i].x >> expected[i].y >> expected[i].z >> local[i];
        ASSERT_EQ(id, s.id[i]);
    }
    ASSERT_TRUE(forces && thermo);

    for (const Loops loops : {Loops::tuned, Loops::plain}) {
        SCOPED_TRACE(loops == Loops::tuned ? host_instruction_set() : "sweeps");
        const Evaluated e = evaluate(p, {s}, Precision::full, loops);
        EXPECT_NEAR(e.energy[0], energy, 1e-10 * std::abs(energy));
        double worst = 0;
        for (int i = 0; i < s.size(); ++i) {
            worst = std::max(worst, cases::largest(e.force[i] - expected[i]));
            ASSERT_NEAR(e.local_energy[i], local[i], 1e-9);
        }
        EXPECT_LT(worst, 1e-9);
        const Sym3 pressure = (oracle::lammps_bar_per_pressure / volume) * e.virial[0];
        EXPECT_LT(cases::largest_difference(pressure, bar), 1e-6 * cases::largest(bar));

        const Evaluated m = evaluate(p, {s}, Precision::mixed, loops);
        std::vector<double> error;
        for (int i = 0; i < s.size(); ++i) error.push_back(std::sqrt(norm2(m.force[i] - e.force[i])));
        std::sort(error.begin(), error.end());
        const double scale = cases::rms(e.force);
        EXPECT_LT(error[error.size() / 2], 5e-6 * scale);
        EXPECT_LT(error.back(), 1e-4 * scale);
    }
}

INSTANTIATE_TEST_SUITE_P(Systems, AgainstLammps,
                         testing::Values("b2_triclinic", "cuzr_liquid_4000", "cuzr_glass_4000", "fcc_cu_vacancy"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mg
