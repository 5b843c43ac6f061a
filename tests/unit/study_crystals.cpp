// Common-neighbour analysis: crystals that are known, with thermal noise, and what is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/random.hpp"
#include "ops/local_structure.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

/// n x n x n orthorhombic cells with `basis` (fractions of the cell), every atom moved by Gaussian noise [A].
Structure crystal(Vec3 cell, const std::vector<Vec3>& basis, int n, double noise) {
    Structure s;
    s.elements = {"Cu", "Zr"};
    s.masses = {63.546, 91.224};
    s.box = orthorhombic(n * cell.x, n * cell.y, n * cell.z);
    const RandomStream stream(3, RandomUse::kick, 7);
    std::uint64_t drawn = 0;
    for (int x = 0; x < n; ++x)
        for (int y = 0; y < n; ++y)
            for (int z = 0; z < n; ++z)
                for (std::size_t k = 0; k < basis.size(); ++k) {
                    s.id.push_back(static_cast<long>(s.id.size()) + 1);
                    s.species.push_back(static_cast<int>(k % 2));
                    s.position.push_back(
                        Vec3{(x + basis[k].x) * cell.x, (y + basis[k].y) * cell.y, (z + basis[k].z) * cell.z} +
                        noise * Vec3{stream.normal(drawn), stream.normal(drawn + 1), stream.normal(drawn + 2)});
                    drawn += 3;
                }
    return s;
}

double share(const Structure& s, LocalStructure which) {
    const std::vector<LocalStructure> all = local_structures(s);
    return static_cast<double>(std::count(all.begin(), all.end(), which)) / static_cast<double>(all.size());
}

const std::vector<Vec3> fcc{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
const std::vector<Vec3> bcc{{0, 0, 0}, {0.5, 0.5, 0.5}};
const std::vector<Vec3> hcp{{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 5.0 / 6, 0.5}, {0, 1.0 / 3, 0.5}};

TEST(Crystals, AreToldApart) {
    const Vec3 hexagonal{2.6, 2.6 * std::sqrt(3.0), 2.6 * std::sqrt(8.0 / 3)};
    // Of neighbours 2.6 A apart, noise of 0.1 A is melting's.
    for (const double noise : {0.0, 0.05, 0.1}) {
        const double most = noise < 0.08 ? 1.0 : 0.9;
        EXPECT_GE(share(crystal({3.6, 3.6, 3.6}, fcc, 5, noise), LocalStructure::fcc), most);
        EXPECT_GE(share(crystal(hexagonal, hcp, 5, noise), LocalStructure::hcp), most);
        EXPECT_GE(share(crystal({3.27, 3.27, 3.27}, bcc, 6, noise), LocalStructure::bcc), most);
    }
    // The smallest cells: every image counts.
    EXPECT_EQ(share(crystal({3.6, 3.6, 3.6}, fcc, 1, 0), LocalStructure::fcc), 1);
    EXPECT_EQ(share(crystal({3.27, 3.27, 3.27}, bcc, 1, 0), LocalStructure::bcc), 1);
}

TEST(Crystals, AFaultIsHcpInFcc) {
    // Close-packed layers ABCABC with one layer taken out of the stack: two hcp layers.
    const double a = 2.6, height = a * std::sqrt(2.0 / 3);
    const std::vector<int> stack{0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2};  // C is missing after 0, 1
    std::vector<Vec3> basis;
    for (std::size_t k = 0; k < stack.size(); ++k)
        for (const double half : {0.0, 0.5}) {
            const double y = half + stack[k] / 3.0;
            basis.push_back({half, y - std::floor(y), static_cast<double>(k) / static_cast<double>(stack.size())});
        }
    const Structure s = crystal({a, a * std::sqrt(3.0), height * static_cast<double>(stack.size())}, basis, 2, 0);
    EXPECT_NEAR(share(s, LocalStructure::hcp), 2.0 / 11, 1e-12);
    EXPECT_NEAR(share(s, LocalStructure::fcc), 9.0 / 11, 1e-12);
}

TEST(Crystals, AnIcosahedronIsNone) {
    const double golden = 0.5 * (1 + std::sqrt(5.0));
    std::vector<Vec3> corner;
    for (const double s : {-1.0, 1.0})
        for (const double t : {-golden, golden}) {
            corner.push_back({0, s, t});
            corner.push_back({s, t, 0});
            corner.push_back({t, 0, s});
        }
    EXPECT_EQ(local_structure(corner.data(), 12), LocalStructure::icosahedral);
    EXPECT_FALSE(is_crystalline(LocalStructure::icosahedral));
    EXPECT_EQ(local_structure(corner.data(), 11), LocalStructure::other);
}

TEST(Crystals, SignaturesOfAChainAndARing) {
    // Neighbour 0 shares 1 to 5 with the centre: a ring of five, then one bond of it cut, then two chains.
    std::array<std::uint32_t, 6> bonded{0b111110};
    const auto bond = [&](int i, int j, bool there) {
        for (const auto& [a, b] : {std::pair{i, j}, std::pair{j, i}})
            bonded[a] = there ? bonded[a] | 1u << b : bonded[a] & ~(1u << b);
    };
    for (int k = 1; k <= 5; ++k) bond(k, k % 5 + 1, true);
    EXPECT_EQ(common_neighbors(bonded.data(), 0), (CommonNeighbors{5, 5, 5}));
    bond(5, 1, false);
    EXPECT_EQ(common_neighbors(bonded.data(), 0), (CommonNeighbors{5, 4, 4}));
    bond(3, 4, false);
    EXPECT_EQ(common_neighbors(bonded.data(), 0), (CommonNeighbors{5, 3, 2}));
}

TEST(Crystals, TheReferenceGlassHasFew) { EXPECT_LT(crystalline_fraction(local_structures(reference_glass())), 0.01); }

}  // namespace
}  // namespace mg
