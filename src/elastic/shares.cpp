#include "elastic/shares.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/box.hpp"
#include "core/macros.hpp"
#include "md/harmonic.hpp"
#include "physics/pair_geometry.hpp"

namespace mg {
namespace {

constexpr double bin = 0.2;  // [A]

/// Distances [A] of all atoms from one, by slot.
std::vector<double> distances(const Structure& s, const std::vector<int>& atom_of_slot, int atom) {
    const auto fraction = [&](int i) { return wrap_fractions(s.box.inverse * s.position[i]); };
    const Vec3 from = fraction(atom);
    std::vector<double> d;
    for (const int i : atom_of_slot) d.push_back(std::sqrt(norm2(s.box.h * nearest_difference(from, fraction(i)))));
    return d;
}

/// Host copies of what the sums go over.
struct Springs {
    std::vector<int> first, kind;
    std::vector<HessianBond> bond;
    std::vector<ElasticBond> length;
    std::vector<double> curvature;
};

/// Adds the shares of one atom. x (3 slots) of each direction stands in columns of a panel of panel_width.
void add_shares(const Springs& s, const ElasticShape& shape, const double* x, double stiffness,
                const std::vector<double>& distance, StiffnessShares& sum) {
    const int bins = static_cast<int>(sum.distance.size()), slots = static_cast<int>(s.kind.size());
    for (int a = 0; a < slots; ++a) {
        double q[3] = {};
        for (int k = s.first[a]; k < s.first[a + 1]; ++k) {
            const HessianBond& h = s.bond[k];
            double par = 0, total = 0;
            for (int w = 0; w < 3; ++w) {
                const auto at = [&](int i) {
                    return x[(3L * a + i) * panel_width + w] - x[(3L * h.neighbor + i) * panel_width + w];
                };
                const Vec3 d{at(0), at(1), at(2)};
                const double along = dot(d, Vec3{h.x, h.y, h.z});
                par += along * along;
                total += norm2(d);
                q[w] += h.here * along;
            }
            // Every bond stands twice.
            const double along = 0.5 * stiffness * (h.perpendicular + h.excess) * par,
                         across = 0.5 * stiffness * h.perpendicular * (total - par);
            const double r = 1 / s.length[k].inverse_length;
            const int of_length = std::clamp(static_cast<int>((r - shape.pair.begin()) / bin), 0, bins - 1);
            const std::size_t place =
                static_cast<std::size_t>(shape.pair_of(s.kind[a], s.kind[h.neighbor])) * bins + of_length;
            sum.along[place] += along;
            sum.across[place] += across;
            const auto ring = static_cast<std::size_t>(std::min(distance[a], distance[h.neighbor]));
            if (ring >= sum.reach.size()) sum.reach.resize(ring + 1, 0.0);
            sum.reach[ring] += along + across;
        }
        sum.density += stiffness * s.curvature[a] * (q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
    }
}

}  // namespace

template <class Space>
std::optional<StiffnessShares> stiffness_shares(const ElasticGlass<Space>& g, const ElasticShape& shape,
                                                const Structure& structure, const std::vector<int>& atoms,
                                                double tolerance, const std::function<bool()>& give_up) {
    const Hessian<Space>& h = g.hessian;
    const Springs springs{to_host(h.first), to_host(g.kind), to_host(h.bond), to_host(g.bond), to_host(h.curvature)};
    StiffnessShares sum;
    for (double r = shape.pair.begin(); r < shape.cutoff() - 1e-9; r += bin) sum.distance.push_back(r + 0.5 * bin);
    sum.along.assign(static_cast<std::size_t>(shape.pairs()) * sum.distance.size(), 0.0);
    sum.across = sum.along;
    const Array<Mat3, Space> inverse = inverse_diagonal_blocks(h);
    for (std::size_t first = 0; first < atoms.size(); first += cg_slots_at_a_time) {
        std::vector<int> slots;
        for (std::size_t k = first; k < std::min(atoms.size(), first + cg_slots_at_a_time); ++k)
            slots.push_back(h.slot_of_atom.at(atoms[k]));
        const auto solved = cg_solve(h, inverse, slots, tolerance, give_up);
        if (!solved) return std::nullopt;
        const std::vector<double> x = to_host(solved->x.value);
        for (std::size_t k = 0; k < slots.size(); ++k) {
            const std::size_t panel = k / labels_per_panel, column = 3 * (k % labels_per_panel);
            add_shares(springs, shape, x.data() + panel * 3 * h.slots * panel_width + column,
                       harmonic_stiffness(solved->compliance[k]),
                       distances(structure, h.atom_of_slot, atoms[first + k]), sum);
        }
    }
    for (std::vector<double>* v : {&sum.along, &sum.across, &sum.reach})
        for (double& share : *v) share /= static_cast<double>(atoms.size());
    sum.density /= static_cast<double>(atoms.size());
    return sum;
}

std::vector<int> of_tenth(const std::vector<double>& stiffness, bool stiffest, int most) {
    std::vector<int> order(stiffness.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return stiffness[a] < stiffness[b]; });
    if (stiffest) std::reverse(order.begin(), order.end());
    const std::size_t tenth = std::max<std::size_t>(1, order.size() / 10),
                      count = std::min(tenth, static_cast<std::size_t>(most));
    std::vector<int> chosen;
    for (std::size_t k = 0; k < count; ++k) chosen.push_back(order.at(k * tenth / count));
    return chosen;
}

#define MG_STIFFNESS_SHARES(Space)                                                                              \
    template std::optional<StiffnessShares> stiffness_shares(const ElasticGlass<Space>&, const ElasticShape&,   \
                                                             const Structure&, const std::vector<int>&, double, \
                                                             const std::function<bool()>&);
MG_INSTANTIATE(MG_STIFFNESS_SHARES)

}  // namespace mg
