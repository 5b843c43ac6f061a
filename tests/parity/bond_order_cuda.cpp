// Bond-orientational order in either space: closed values of crystals, an oracle that knows neither spherical harmonics
// nor 3j symbols, and values of freud. Built where there is CUDA or its emulation, as all that is compared with the
// device; the tests of the host are here too, so that all of the formula is in one place.
#include <omp.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "ops/bond_order.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/oracle_io.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

class BondOrderOnGpu : public GpuTest {};

/// (atoms, 2)
template <class Space>
std::vector<BondOrder> order_of(const std::vector<Structure>& s, double reach) {
    Array<BondOrder, Space> values;
    compute_bond_order(batch_of<Space>(s), reach, values);
    return to_host(values);
}

// ---- The oracle: bonds as points with weights on the unit sphere ------------------------------------------------

struct Bond {
    double weight;
    Vec3 along;
};

double legendre_4(double x) { return ((35 * x * x - 30) * x * x + 3) / 8; }
double legendre_6(double x) { return (((231 * x * x - 315) * x * x + 105) * x * x - 5) / 16; }

/// By the addition theorem q_l^2 is the mean of P_l over pairs of bonds, and the field F(Omega) = mean of P_6 over
/// bonds has w6 = <F^3> / (q6^3 (6 6 6; 0 0 0)), by the integral of three harmonics (Edmonds, section 4.6). The mean
/// over the sphere is by Fejer's rule in z and even steps round it, exact for polynomials of degree 18.
BondOrder order_of_bonds(const std::vector<Bond>& bonds) {
    double s4 = 0, s6 = 0, third = 0;
    for (const Bond& a : bonds)
        for (const Bond& b : bonds) {
            const double x = dot(a.along, b.along);
            s4 += a.weight * b.weight * legendre_4(x);
            s6 += a.weight * b.weight * legendre_6(x);
        }
    constexpr int n = 19;
    constexpr double pi = std::numbers::pi;
    for (int k = 0; k < n; ++k) {
        const double theta = (k + 0.5) * pi / n;
        double weight = 1.0 / n;  // of a mean over z
        for (int j = 1; j <= n / 2; ++j) weight -= 2.0 / n * std::cos(2 * j * theta) / (4 * j * j - 1);
        for (int m = 0; m < n; ++m) {
            const double phi = 2 * pi * m / n;
            const Vec3 u{std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
            double f = 0;
            for (const Bond& b : bonds) f += b.weight * legendre_6(dot(b.along, u));
            third += weight / n * f * f * f;
        }
    }
    const double zero_3j = -20 / std::sqrt(46189.0);
    return {std::sqrt(std::max(s4, 0.0)), std::sqrt(s6), third / (std::pow(s6, 1.5) * zero_3j)};
}

/// (atoms, 2) of one structure.
std::vector<BondOrder> oracle_order(const Structure& s, double reach) {
    std::vector<std::vector<Bond>> own(s.position.size());
    std::vector<std::vector<int>> shell(s.position.size());
    for (const oracle::Neighbor& p : oracle::neighbors(s.position, s.box, reach + 0.01)) {
        EXPECT_GT(std::abs(p.r - reach), 1e-9) << "the shell is ambiguous";
        if (p.r >= reach) continue;
        own[p.i].push_back({1,
                            {static_cast<double>(p.d[0] / p.r), static_cast<double>(p.d[1] / p.r),
                             static_cast<double>(p.d[2] / p.r)}});
        shell[p.i].push_back(p.j);
    }
    for (auto& bonds : own)
        for (Bond& b : bonds) b.weight = 1.0 / static_cast<double>(bonds.size());
    std::vector<BondOrder> out;
    for (std::size_t i = 0; i < own.size(); ++i) {
        out.push_back(order_of_bonds(own[i]));
        std::vector<int> members = shell[i];
        members.push_back(static_cast<int>(i));
        std::vector<Bond> all;
        for (const int j : members)
            for (const Bond& b : own[j]) all.push_back({b.weight / static_cast<double>(members.size()), b.along});
        out.push_back(order_of_bonds(all));
    }
    return out;
}

/// Two alloys, and one of four atoms whose neighbours are images of themselves.
template <class Space>
void expect_order_of_the_oracle() {
    std::vector<Structure> s = structures(2);
    s.push_back(oracle::triclinic_alloy(1, 2, 31));
    const double reach = 3.5;
    for (Structure& one : s) one.velocity.clear();
    std::vector<BondOrder> expected;
    for (const Structure& one : s)
        for (const BondOrder& o : oracle_order(one, reach)) expected.push_back(o);
    EXPECT_DEVIATION(largest_difference(order_of<Space>(s, reach), expected), 1e-11);
}

TEST(BondOrder, IsThatOfTheOracle) { expect_order_of_the_oracle<Host>(); }
TEST_F(BondOrderOnGpu, IsThatOfTheOracle) { expect_order_of_the_oracle<Cuda>(); }

// ---- The formula ------------------------------------------------------------------------------------------------

TEST(BondOrder, SymbolsOfWigner) {
    const ThreeJ6 w = wigner_3j_of_6();
    EXPECT_NEAR(w.of[6][6], -20 / std::sqrt(46189.0), 1e-15);
    for (int c = -6; c <= 6; ++c) {
        double norm = 0;  // of the symbols with m3 = -c
        for (int a = -6; a <= 6; ++a) {
            const int b = c - a;
            if (b < -6 || b > 6) continue;
            norm += w.of[6 + a][6 + b] * w.of[6 + a][6 + b];
            EXPECT_NEAR(w.of[6 + a][6 + b], w.of[6 + b][6 + a], 1e-14);
            EXPECT_NEAR(w.of[6 + a][6 + b], w.of[6 - a][6 - b], 1e-14);
            EXPECT_NEAR(w.of[6 + a][6 + b], w.of[6 + a][6 - c], 1e-14);
        }
        EXPECT_NEAR(norm, 1.0 / 13, 1e-14);
    }
    EXPECT_EQ(w.of[0][5], 0);
}

Structure crystal(Vec3 edges, const std::vector<Vec3>& places) {
    Structure s = oracle::detail::empty_structure(2, orthorhombic(3 * edges.x, 3 * edges.y, 3 * edges.z));
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 3; ++k)
                for (const Vec3& p : places)
                    oracle::detail::add_atom(s, 0, {(i + p.x) * edges.x, (j + p.y) * edges.y, (k + p.z) * edges.z});
    return s;
}

/// In a crystal each atom sees what its neighbours see: both kinds of order are the same.
void expect_everywhere(const Structure& s, double reach, BondOrder expected, double tolerance) {
    for (const BondOrder& o : order_of<Host>({s}, reach)) {
        EXPECT_NEAR(o.q4, expected.q4, tolerance);
        EXPECT_NEAR(o.q6, expected.q6, tolerance);
        EXPECT_NEAR(o.w6, expected.w6, 1e-5);
    }
}

/// Values of Steinhardt and others, and of Mickel and others, J. Chem. Phys. 138 (2013) 044501; the roots are exact.
TEST(BondOrder, OfCrystals) {
    const double a = 3.0;
    const std::vector<Vec3> body{{0, 0, 0}, {0.5, 0.5, 0.5}};
    expect_everywhere(oracle::fcc(3, 3, 3, a), 0.85 * a, {std::sqrt(7.0 / 192), 13 / std::sqrt(512.0), -0.01316},
                      1e-13);
    expect_everywhere(crystal({a, a, a}, body), 0.95 * a, {std::sqrt(7.0 / 27), std::sqrt(32.0 / 81), 0.01316}, 1e-13);
    expect_everywhere(crystal({a, a, a}, body), 1.2 * a, {0.03637, 0.51069, 0.01316}, 1e-5);
    const std::vector<Vec3> close_packed{{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 5.0 / 6, 0.5}, {0, 1.0 / 3, 0.5}};
    expect_everywhere(crystal({a, std::sqrt(3.0) * a, std::sqrt(8.0 / 3) * a}, close_packed), 1.2 * a,
                      {7.0 / 72, 0.48476, -0.01244}, 1e-5);
}

TEST(BondOrder, OfAnIcosahedronAndOfALonelyAtom) {
    Structure s = oracle::detail::empty_structure(2, orthorhombic(40, 40, 40));
    oracle::detail::add_atom(s, 0, {0, 0, 0});
    const double golden = std::numbers::phi;
    for (const double one : {-1.0, 1.0})
        for (const double long_one : {-golden, golden})
            for (const Vec3 v : {Vec3{0, one, long_one}, Vec3{one, long_one, 0}, Vec3{long_one, 0, one}})
                oracle::detail::add_atom(s, 1, v);
    oracle::detail::add_atom(s, 0, {20, 20, 20});
    const std::vector<BondOrder> o = order_of<Host>({s}, 1.95);  // the centre sees all, the others no second one
    EXPECT_NEAR(o[0].q4, 0, 1e-14);
    EXPECT_NEAR(o[0].q6, std::sqrt(11.0) / 5, 1e-14);
    EXPECT_NEAR(o[0].w6, -11 / std::sqrt(4199.0), 1e-14);
    for (const std::size_t k : {o.size() - 2, o.size() - 1}) {
        EXPECT_EQ(o[k].q4, 0);
        EXPECT_EQ(o[k].q6, 0);
        EXPECT_EQ(o[k].w6, 0);
    }
}

TEST(BondOrder, IsTheSameInARotatedFrame) {
    const Structure s = oracle::triclinic_alloy(4, 2, 77);
    const double a = 0.7, b = 1.9;
    const Mat3 about_z{{std::cos(a), -std::sin(a), 0, std::sin(a), std::cos(a), 0, 0, 0, 1}};
    const Mat3 about_x{{1, 0, 0, 0, std::cos(b), -std::sin(b), 0, std::sin(b), std::cos(b)}};
    Structure turned = s;
    oracle::deform(turned, about_x * about_z);
    EXPECT_DEVIATION(largest_difference(order_of<Host>({turned}, 3.5), order_of<Host>({s}, 3.5)), 1e-12);
}

TEST(BondOrder, HasTheSameBitsForAnyNumberOfThreads) {
    const std::vector<Structure> s = structures(2);
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const std::vector<BondOrder> one = order_of<Host>(s, 3.5);
    omp_set_num_threads(3);
    EXPECT_TRUE(same_bits(order_of<Host>(s, 3.5), one));
    omp_set_num_threads(before);
}

// ---- freud ------------------------------------------------------------------------------------------------------

/// freud 3.4.0, Steinhardt(l, average=..., wl=True for w6, wl_normalize=True) with the neighbours of
/// AABBQuery.query(r_max=3.9, exclude_ii=True), of atoms 1 to 5 of the reference glass. It works in single precision:
/// of all 4,000 atoms the largest difference is 8e-6, its root mean square 5e-7.
template <class Space>
void expect_order_of_freud() {
    const BondOrder freud[5][2] = {
        {{0.0977441, 0.3842922, -0.0004800}, {0.0300003, 0.1265798, -0.0217394}},
        {{0.1155315, 0.2433087, -0.0476767}, {0.0265202, 0.1716920, 0.0380374}},
        {{0.0646121, 0.4009510, 0.0031751}, {0.0124306, 0.2125457, 0.0215085}},
        {{0.1028479, 0.5820460, -0.1491670}, {0.0189487, 0.1018968, -0.0409243}},
        {{0.0964924, 0.4960205, -0.0485929}, {0.0275128, 0.2080646, 0.0193837}},
    };
    const Structure glass =
        oracle::read_lammps_data(oracle::source_root() + "/tests/data/single-point/cuzr_glass_4000.data");
    ASSERT_EQ(glass.id.at(0), 1);
    const std::vector<BondOrder> o = order_of<Space>({glass}, 3.9);
    for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t k = 0; k < 2; ++k) {
            EXPECT_DEVIATION(std::abs(o[2 * i + k].q4 - freud[i][k].q4), 3e-6);
            EXPECT_DEVIATION(std::abs(o[2 * i + k].q6 - freud[i][k].q6), 3e-6);
            EXPECT_DEVIATION(std::abs(o[2 * i + k].w6 - freud[i][k].w6), 3e-6);
        }
}

TEST(BondOrder, IsThatOfFreud) { expect_order_of_freud<Host>(); }
TEST_F(BondOrderOnGpu, IsThatOfFreud) { expect_order_of_freud<Cuda>(); }

}  // namespace
