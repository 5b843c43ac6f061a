#include "md/harmonic.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/macros.hpp"
#include "core/random.hpp"
#include "ops/cholesky.hpp"
#include "ops/smooth_potential.hpp"

namespace mg {
namespace {

constexpr int checked_atoms = 60;  // of clusters, done by conjugate gradients as well
constexpr double widening = 1.25;  // of the clusters' reach, where they miss the tolerance
constexpr double widest = 20;      // [A]

// Operations per atom of N.
double dense_cost(double n) { return 18 * n * n; }
constexpr double cluster_cost = 6e8;
/// Counted four times, for they run at a quarter of the rate of matrix products.
double cg_cost(double n, double tolerance) { return 4 * 2.5e5 * n * std::max(1.0, -std::log10(tolerance)); }

/// Distinct atoms, drawn at random.
std::vector<int> some_slots(int slots) {
    std::vector<int> all(slots);
    std::iota(all.begin(), all.end(), 0);
    shuffle(all, RandomStream(1, RandomUse::probe, 1));
    all.resize(std::min(slots, checked_atoms));
    return all;
}

/// Stiffness from clusters against that of the checked atoms.
struct Check {
    double scale, error;
};
Check check(const std::vector<Sym3>& clusters, const std::vector<int>& slots, const std::vector<Sym3>& exact) {
    std::vector<double> ratio;  // exact over approximate
    for (std::size_t k = 0; k < slots.size(); ++k)
        ratio.push_back(harmonic_stiffness(exact[k]) / harmonic_stiffness(clusters[slots[k]]));
    double sum = 0, squares = 0;
    for (const double x : ratio) sum += x;
    const double scale = sum / static_cast<double>(ratio.size());
    for (const double x : ratio) squares += (scale / x - 1) * (scale / x - 1);
    return {scale, std::sqrt(squares / static_cast<double>(ratio.size()))};
}

}  // namespace

Sym3 without_translations(const Sym3& c, int slots) {
    const double translation = 1 / (lifted_translations * slots);
    return c + Sym3{-translation, -translation, -translation, 0, 0, 0};
}

PhysicsError not_a_minimum(const std::string& where) {
    return PhysicsError("no harmonic stiffness: " + where + " is not at a minimum",
                        "there is a displacement that lowers the energy",
                        "minimise it further (it may stand on a saddle), or anneal it");
}

std::vector<double> HarmonicStiffness::stiffness() const {
    std::vector<double> k;
    k.reserve(compliance.size());
    for (const Sym3& c : compliance) k.push_back(harmonic_stiffness(c));
    return k;
}

std::vector<double> voigt_rows(const std::vector<Sym3>& tensors) {
    std::vector<double> rows;
    rows.reserve(6 * tensors.size());
    for (const Sym3& c : tensors) rows.insert(rows.end(), {c.xx, c.yy, c.zz, c.yz, c.xz, c.xy});
    return rows;
}

double harmonic_seconds(int atoms, const HarmonicOptions& options) {
    constexpr double rate = 2e10;  // [operations/s]
    const double n = atoms;
    switch (choose_scheme(atoms, options)) {
        case HarmonicScheme::dense:
            return dense_cost(n) * n / rate;
        case HarmonicScheme::clusters:
            return cluster_cost * n / rate;
        default:
            return cg_cost(n, options.tolerance) * n / rate;
    }
}

HarmonicScheme choose_scheme(int atoms, const HarmonicOptions& options) {
    if (options.scheme != HarmonicScheme::automatic) return options.scheme;
    const double n = atoms, cg = cg_cost(n, options.tolerance);
    const bool clusters_will_do = options.tolerance >= 0.005;
    if (72 * n * n < options.memory && dense_cost(n) < (clusters_will_do ? std::min(cluster_cost, cg) : cg))
        return HarmonicScheme::dense;
    return clusters_will_do && cluster_cost < cg ? HarmonicScheme::clusters : HarmonicScheme::cg;
}

template <class Space>
std::vector<Sym3> dense_compliance(const Hessian<Space>& h) {
    const int n = 3 * h.slots;
    std::vector<int> all(h.slots);
    std::iota(all.begin(), all.end(), 0);
    const Array<int, Space> slots = to_space<Space>(all);
    Array<double, Space> matrix(static_cast<std::size_t>(n) * n);
    assemble_block(h, slots.data(), h.slots, slots.data(), lifted_translations / h.slots, matrix.data(), n);
    if (factor(Space{}, n, matrix.data(), n) != 0) throw not_a_minimum("the structure");
    Array<Sym3, Space> blocks(static_cast<std::size_t>(h.slots));
    inverse_blocks(Space{}, h.slots, matrix.data(), n, blocks.data());
    std::vector<Sym3> compliance = to_host(blocks);
    for (Sym3& c : compliance) c = without_translations(c, h.slots);
    return compliance;
}

template <class Space>
std::optional<HarmonicStiffness> harmonic_stiffness(const Structure& at_rest, const EamPotential& potential,
                                                    const HarmonicOptions& options,
                                                    const std::function<bool()>& give_up) {
    const Batch<Space> batch = make_batch<Space>({at_rest}, potential.elements, potential.masses);
    return harmonic_stiffness(make_hessian(batch, make_eam_tables<Space>(potential)), at_rest, options, give_up);
}

template <class Space>
std::optional<HarmonicStiffness> harmonic_stiffness(const Hessian<Space>& h, const Structure& at_rest,
                                                    const HarmonicOptions& options,
                                                    const std::function<bool()>& give_up) {
    HarmonicStiffness result;
    for (const Vec3& f : to_host(h.force)) result.force_max = std::max(result.force_max, std::sqrt(norm2(f)));
    result.scheme = choose_scheme(at_rest.size(), options);
    std::vector<Sym3> by_slot;
    if (result.scheme == HarmonicScheme::dense) {
        by_slot = dense_compliance(h);
        result.error = 0;
    } else if (result.scheme == HarmonicScheme::cg) {
        std::vector<int> all(h.slots);
        std::iota(all.begin(), all.end(), 0);
        std::optional<CgResult> cg = cg_compliance(h, all, options.tolerance, give_up);
        if (!cg) return std::nullopt;
        by_slot = std::move(cg->compliance);
        result.error = cg->largest_error;
    } else if (options.reach) {
        ClusterOptions cut;
        cut.reach = *options.reach;
        const auto medium = make_medium(h, at_rest, cut, give_up);
        if (!medium) return std::nullopt;
        auto approximate = cluster_compliance(h, at_rest, *medium, cut, give_up);
        if (!approximate) return std::nullopt;
        by_slot = std::move(*approximate);
        result.reach = cut.reach;
    } else {
        const std::vector<int> checked = some_slots(h.slots);
        const std::optional<CgResult> exact = cg_compliance(h, checked, 0.05 * options.tolerance, give_up);
        if (!exact) return std::nullopt;
        ClusterOptions cut;
        const auto medium = make_medium(h, at_rest, cut, give_up);
        if (!medium) return std::nullopt;
        for (;; cut.reach = std::min(widest, widening * cut.reach)) {
            const auto approximate = cluster_compliance(h, at_rest, *medium, cut, give_up);
            if (!approximate) return std::nullopt;
            const Check c = check(*approximate, checked, exact->compliance);
            result.scale = c.scale;
            result.error = c.error;
            result.checked = static_cast<int>(checked.size());
            result.reach = cut.reach;
            by_slot = *approximate;
            // Sixty atoms know their root mean square to a tenth.
            if (c.error <= 0.85 * options.tolerance || cut.reach >= widest) break;
        }
        for (Sym3& c : by_slot) c = (1 / result.scale) * c;
    }
    result.compliance.resize(by_slot.size());
    for (int slot = 0; slot < h.slots; ++slot) result.compliance[h.atom_of_slot[slot]] = by_slot[slot];
    return result;
}

#define MG_HARMONIC(Space)                                                                            \
    template std::vector<Sym3> dense_compliance(const Hessian<Space>&);                               \
    template std::optional<HarmonicStiffness> harmonic_stiffness<Space>(                              \
        const Structure&, const EamPotential&, const HarmonicOptions&, const std::function<bool()>&); \
    template std::optional<HarmonicStiffness> harmonic_stiffness(                                     \
        const Hessian<Space>&, const Structure&, const HarmonicOptions&, const std::function<bool()>&);
MG_INSTANTIATE(MG_HARMONIC)

}  // namespace mg
