#include "ops/voronoi.hpp"

#include <cmath>
#include <voro++/voro++.hh>

#include "core/error.hpp"

namespace mg {

double VoronoiCells::icosahedral_fraction() const {
    long found = 0;
    for (std::size_t i = 0; i < volume.size(); ++i) found += faces[i] == 12 && index[4 * i + 2] == 12 ? 1 : 0;
    return volume.empty() ? 0.0 : static_cast<double>(found) / static_cast<double>(volume.size());
}

VoronoiCells voronoi_cells(const Structure& s) {
    // voro++ wants the first vector along x and the second in the xy plane: the cell is turned, which no cell notices.
    const Mat3& h = s.box.h;
    const Vec3 a{h.m[0], h.m[3], h.m[6]}, b{h.m[1], h.m[4], h.m[7]}, c{h.m[2], h.m[5], h.m[8]};
    const double ax = std::sqrt(norm2(a)), bx = dot(a, b) / ax, by = std::sqrt(norm2(b) - bx * bx), cx = dot(a, c) / ax,
                 cy = (dot(b, c) - bx * cx) / by, cz = s.box.volume / (ax * by);
    constexpr double per_block = 5;  // atoms, as voro++ advises
    const double blocks = std::cbrt(s.size() / per_block / s.box.volume);
    const auto along = [&](double length) { return std::max(1, static_cast<int>(length * blocks + 0.5)); };
    voro::container_periodic container(ax, bx, by, cx, cy, cz, along(ax), along(by), along(cz), 8);
    for (int i = 0; i < s.size(); ++i) {
        const Vec3 f = s.box.inverse * s.position[i];
        const double u = f.x - std::floor(f.x), v = f.y - std::floor(f.y), w = f.z - std::floor(f.z);
        container.put(i, ax * u + bx * v + cx * w, by * v + cy * w, cz * w);
    }
    const auto n = static_cast<std::size_t>(s.size());
    VoronoiCells cells{std::vector<double>(n), std::vector<int>(n), std::vector<int>(4 * n)};
    voro::c_loop_all_periodic loop(container);
    voro::voronoicell cell;
    std::vector<int> edges;
    if (loop.start()) do {
            const auto i = static_cast<std::size_t>(loop.pid());
            if (!container.compute_cell(cell, loop))
                throw Error("atom " + std::to_string(s.id[i]) + " has no Voronoi cell",
                            "another atom stands at its place", "check the structure");
            cells.volume[i] = cell.volume();
            cells.faces[i] = cell.number_of_faces();
            cell.face_orders(edges);
            for (const int k : edges)
                if (k >= 3 && k <= 6) ++cells.index[4 * i + static_cast<std::size_t>(k) - 3];
        } while (loop.inc());
    return cells;
}

}  // namespace mg
