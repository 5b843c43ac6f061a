// The learned elastic network on the host, and the preparation of structures, which happens once, for both spaces.

#include "ops/for_each_host.hpp"

#include "ops/elastic.inl"

#include <algorithm>

#include "ops/neighbor_scan.hpp"

namespace mg {
namespace {

/// The walk through a structure's neighbours within the cutoff. Species are kept, whatever the masses.
struct Walk {
    Batch<Host> batch;
    ScannedCells<Host> cells;

    Walk(const Structure& s, double cutoff)
        : batch(make_batch<Host>({s}, s.elements, std::vector<double>(s.elements.size(), 1.0))), cells(batch, cutoff) {}

    /// visit(slot of the neighbour, its vector [A]) for each neighbour of a slot.
    template <class Visit>
    void neighbors(int slot, const Visit& visit) const {
        const NeighborScan& scan = cells.scan;
        const NeighborScan::Center c = scan.center(slot);
        for (int which = 0; which < c.cells(); ++which)
            scan.images(c, which, [&](int k, Vec3 difference) {
                const Vec3 d = c.h * difference;
                if (norm2(d) < scan.reach * scan.reach) visit(k, d);
            });
    }
};

/// (slots, species, density basis)
std::vector<double> integrals_by_slot(const ElasticShape& shape, const Walk& walk) {
    const int basis = shape.density.size(), row = shape.species * basis, slots = walk.batch.atoms;
    std::vector<double> sums(static_cast<std::size_t>(slots) * row, 0.0);
#pragma omp parallel for schedule(static)
    for (int slot = 0; slot < slots; ++slot)
        walk.neighbors(slot, [&](int k, Vec3 d) {
            const std::vector<double> g = shape.density.integrals_from(std::sqrt(norm2(d)));
            double* const at = sums.data() + static_cast<std::size_t>(slot) * row +
                               static_cast<std::size_t>(walk.cells.scan.species_of_slot[k]) * basis;
            for (int b = 0; b < basis; ++b) at[b] += g[b];
        });
    return sums;
}

ElasticBond bond_of(const ElasticShape& shape, double r, int mine, int other) {
    const CubicBasis::At v = shape.pair.at(r), g = shape.density.at(r);
    ElasticBond b{1 / r, {}, {}, {}, {}, 0, 0, 0};
    // Those that are not in the basis have zeros, and their place must be one that is there.
    const int v_first = std::min(v.first, shape.pair.size() - 4), g_first = std::min(g.first, shape.density.size() - 4);
    for (int j = 0; j < 4; ++j) {
        if (const int k = v.first - v_first + j; k < 4) {
            b.pair_value[k] = v.value[j];
            b.pair_slope[k] = v.slope[j];
        }
        if (const int k = g.first - g_first + j; k < 4) {
            b.value[k] = g.value[j];
            b.slope[k] = g.slope[j];
        }
    }
    b.pair = shape.pair_parameters(mine, other) + v_first;
    b.here = shape.density_parameters(mine, other) + g_first;
    b.there = shape.density_parameters(other, mine) + g_first;
    return b;
}

}  // namespace

int ElasticShape::pair_of(int a, int b) const {
    const int low = std::min(a, b), high = std::max(a, b);
    return low * species - low * (low - 1) / 2 + high - low;
}

std::vector<double> density_integrals(const ElasticShape& shape, const Structure& s) {
    const Walk walk(s, shape.cutoff());
    const std::vector<double> by_slot = integrals_by_slot(shape, walk);
    const std::size_t row = static_cast<std::size_t>(shape.species) * shape.density.size();
    std::vector<double> result(by_slot.size());
    for (int slot = 0; slot < s.size(); ++slot)
        std::copy_n(by_slot.begin() + static_cast<std::ptrdiff_t>(slot * row), row,
                    result.begin() + static_cast<std::ptrdiff_t>(walk.cells.cells.atom_of_slot[slot] * row));
    return result;
}

template <class Space>
ElasticGlass<Space> prepare_elastic(const ElasticShape& shape, const Structure& s, const std::vector<double>& mean) {
    const Walk walk(s, shape.cutoff());
    const int slots = s.size(), row = shape.species * shape.density.size();
    const int* const species = walk.cells.scan.species_of_slot;
    ElasticGlass<Space> g;
    g.species = shape.species;
    g.density_basis = shape.density.size();
    g.parameters = shape.parameters();
    g.first_density = shape.density_parameters(0, 0);
    g.first_cubic = shape.first_cubic();
    std::vector<double> integral = integrals_by_slot(shape, walk);
    for (int slot = 0; slot < slots; ++slot)
        for (int k = 0; k < row; ++k)
            integral[static_cast<std::size_t>(slot) * row + k] -=
                mean.at(static_cast<std::size_t>(species[slot]) * row + k);
    std::vector<int> first{0};
    std::vector<ElasticBond> bond;
    std::vector<HessianBond> spring;
    for (int slot = 0; slot < slots; ++slot) {
        walk.neighbors(slot, [&](int k, Vec3 d) {
            const double r = std::sqrt(norm2(d));
            bond.push_back(bond_of(shape, r, species[slot], species[k]));
            spring.push_back({d.x / r, d.y / r, d.z / r, 0, 0, 0, 0, k});
        });
        first.push_back(static_cast<int>(bond.size()));
    }
    g.kind = to_space<Space>(std::vector<int>(species, species + slots));
    g.bond = to_space<Space>(bond);
    g.integral = to_space<Space>(integral);
    g.parameter.resize(static_cast<std::size_t>(g.parameters));
    g.s.resize(static_cast<std::size_t>(slots));
    g.virial.resize(static_cast<std::size_t>(slots));
    Hessian<Space>& h = g.hessian;
    h.slots = slots;
    h.first = to_space<Space>(first);
    h.bond = to_space<Space>(spring);
    h.curvature = to_space<Space>(std::vector<double>(static_cast<std::size_t>(slots), 1.0));
    h.force.resize(static_cast<std::size_t>(slots));
    h.atom_of_slot.assign(walk.cells.cells.atom_of_slot.data(), walk.cells.cells.atom_of_slot.data() + slots);
    h.slot_of_atom.resize(static_cast<std::size_t>(slots));
    for (int slot = 0; slot < slots; ++slot) h.slot_of_atom[h.atom_of_slot[slot]] = slot;
    return g;
}

#define MG_PREPARE_ELASTIC(Space)                                                              \
    template ElasticGlass<Space> prepare_elastic<Space>(const ElasticShape&, const Structure&, \
                                                        const std::vector<double>&);
MG_INSTANTIATE(MG_PREPARE_ELASTIC)

}  // namespace mg

MG_ELASTIC_OPS(Host)
