/// \file Voronoi cells: crystals whose cells are known, cells of any shape, and a glass.

#include <gtest/gtest.h>

#include <numeric>

#include "ops/voronoi.hpp"
#include "support/engine_cases.hpp"
#include "support/reference_glass.hpp"

namespace mg {
namespace {

std::vector<int> index_of(const VoronoiCells& c, std::size_t i) {
    return {c.index.begin() + static_cast<std::ptrdiff_t>(4 * i),
            c.index.begin() + static_cast<std::ptrdiff_t>(4 * i + 4)};
}

TEST(Voronoi, CrystalsHaveTheirCells) {
    // Rhombic dodecahedra; four edges meet at six of their corners, which rounding may open to faces without an area.
    const Structure fcc = oracle::fcc(4, 4, 4, 3.6);
    const VoronoiCells dodecahedra = voronoi_cells(fcc);
    for (const double v : dodecahedra.volume) EXPECT_NEAR(v, 3.6 * 3.6 * 3.6 / 4, 1e-9);
    // Truncated octahedra, whose corners are stable: six squares and eight hexagons.
    Structure bcc = fcc;
    bcc.position.clear();
    bcc.id.clear();
    bcc.species.clear();
    for (int x = 0; x < 4; ++x)
        for (int y = 0; y < 4; ++y)
            for (int z = 0; z < 4; ++z)
                for (const double b : {0.25, 0.75}) {
                    bcc.position.push_back({3 * (x + b), 3 * (y + b), 3 * (z + b)});
                    bcc.id.push_back(static_cast<long>(bcc.id.size()) + 1);
                    bcc.species.push_back(0);
                }
    bcc.box = orthorhombic(12, 12, 12);
    const VoronoiCells octahedra = voronoi_cells(bcc);
    for (std::size_t i = 0; i < octahedra.volume.size(); ++i) {
        EXPECT_NEAR(octahedra.volume[i], 13.5, 1e-9);
        EXPECT_EQ(octahedra.faces[i], 14);
        EXPECT_EQ(index_of(octahedra, i), (std::vector<int>{0, 6, 0, 8}));
    }
    EXPECT_EQ(octahedra.icosahedral_fraction(), 0);
}

TEST(Voronoi, AGlassFillsItsCellHoweverThatIsCutOut) {
    const Structure glass = reference_glass();
    const VoronoiCells cells = voronoi_cells(glass);
    const double sum = std::accumulate(cells.volume.begin(), cells.volume.end(), 0.0);
    EXPECT_NEAR(sum, glass.box.volume, 1e-9 * sum);
    // Euler: a polyhedron with three faces at each corner has faces of six edges less twelve over its faces, on
    // average.
    long faces = 0, edges = 0, counted = 0;
    for (std::size_t i = 0; i < cells.volume.size(); ++i) {
        const std::vector<int> index = index_of(cells, i);
        const int of_these = std::accumulate(index.begin(), index.end(), 0);
        if (of_these != cells.faces[i]) continue;  // a face of seven edges or more
        ++counted;
        faces += cells.faces[i];
        edges += 3 * index[0] + 4 * index[1] + 5 * index[2] + 6 * index[3];
    }
    EXPECT_GT(counted, glass.size() / 2);
    EXPECT_EQ(edges, 6 * faces - 12 * counted);
    EXPECT_GT(cells.icosahedral_fraction(), 0.005);
    EXPECT_LT(cells.icosahedral_fraction(), 0.5);
    // Another cell of the same lattice of images, turned as well: the atoms' cells are the same.
    Structure tilted = glass;
    const Mat3 turn = {{0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6}}, shear = {{1, 1, 0, 0, 1, -1, 0, 0, 1}};
    tilted.box = make_box(turn * glass.box.h * shear);
    for (Vec3& x : tilted.position) x = turn * x;
    const VoronoiCells same = voronoi_cells(tilted);
    for (std::size_t i = 0; i < cells.volume.size(); ++i) EXPECT_NEAR(same.volume[i], cells.volume[i], 1e-8);
    EXPECT_EQ(same.faces, cells.faces);
    EXPECT_EQ(same.index, cells.index);
}

}  // namespace
}  // namespace mg
