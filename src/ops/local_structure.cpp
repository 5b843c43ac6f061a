#include "ops/local_structure.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/batch.hpp"
#include "ops/neighbor_scan.hpp"

namespace mg {

std::vector<LocalStructure> local_structures(const Structure& s) {
    // Its own two shells lie within 1.6 mean distances in each of the crystals, and a dilated spot has some room.
    const double reach = 2.2 * std::cbrt(s.box.volume / s.size());
    Structure at_rest = s;
    at_rest.velocity.clear();
    const Batch<Host> batch = make_batch<Host>({at_rest}, s.elements, s.masses);
    const ScannedCells<Host> cells(batch, reach);
    std::vector<LocalStructure> result(s.size());
#pragma omp parallel for schedule(static)
    for (int slot = 0; slot < s.size(); ++slot) {
        struct Neighbor {
            double r = 0;
            Vec3 d;
        };
        std::array<Neighbor, most_common_neighbors> nearest;
        int count = 0;
        const NeighborScan::Center center = cells.scan.center(slot);
        for (int which = 0; which < center.cells(); ++which)
            cells.scan.scan(center, which, [&](double r, int, Vec3 d) {
                if (count == most_common_neighbors && r >= nearest.back().r) return;
                int k = count < most_common_neighbors ? count++ : count - 1;
                for (; k > 0 && nearest[k - 1].r > r; --k) nearest[k] = nearest[k - 1];
                nearest[k] = {r, d};
            });
        std::array<Vec3, most_common_neighbors> vectors;
        for (int k = 0; k < count; ++k) vectors[k] = nearest[k].d;
        result[cells.scan.atom_of_slot[slot]] = local_structure(vectors.data(), count);
    }
    return result;
}

double crystalline_fraction(const std::vector<LocalStructure>& structures) {
    return static_cast<double>(std::count_if(structures.begin(), structures.end(), is_crystalline)) /
           static_cast<double>(structures.size());
}

}  // namespace mg
