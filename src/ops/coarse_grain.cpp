#include "ops/coarse_grain.hpp"

#include <algorithm>
#include <cmath>

#include "core/batch.hpp"
#include "core/error.hpp"
#include "ops/neighbor_scan.hpp"
#include "physics/pair_geometry.hpp"

namespace mg {

std::vector<double> coarse_grain(const Structure& s, const std::vector<double>& values, double radius) {
    if (radius > 0.5 * smallest_width(s.box))
        throw InputError("cannot average over " + shown(radius) + " A",
                         "half the smallest width of the cell is " + shown(0.5 * smallest_width(s.box)) + " A",
                         "use a smaller report.coarse_grain_A or more atoms");
    Structure at_rest = s;
    at_rest.velocity.clear();
    const Batch<Host> batch = make_batch<Host>({at_rest}, s.elements, s.masses);
    // A little more than the radius, at which an atom still counts; and no cells smaller than atoms.
    const double spacing = std::cbrt(s.box.volume / s.size());
    const ScannedCells<Host> cells(batch, std::max(radius * (1 + 1e-9), 2 * spacing));
    const NeighborScan& scan = cells.scan;
    std::vector<double> mean(s.size());
#pragma omp parallel for schedule(static)
    for (int slot = 0; slot < s.size(); ++slot) {
        const NeighborScan::Center center = scan.center(slot);
        const int own = scan.atom_of_slot[slot];
        double sum = values[own];
        long count = 1;
        for (int which = 0; which < center.cells(); ++which)
            scan.images(center, which, [&](int k, Vec3 difference) {
                if (norm2(center.h * difference) > radius * radius) return;
                // Where the radius is half of the width, two images of an atom may be at it: one counts.
                const Vec3 nearest = nearest_difference(center.s, scan.fraction[k]);
                if (difference.x != nearest.x || difference.y != nearest.y || difference.z != nearest.z) return;
                sum += values[scan.atom_of_slot[k]];
                ++count;
            });
        mean[own] = sum / static_cast<double>(count);
    }
    return mean;
}

}  // namespace mg
