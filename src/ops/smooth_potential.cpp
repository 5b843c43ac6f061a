#include "ops/smooth_potential.hpp"

#include <limits>

#include "physics/smooth_spline.hpp"

namespace mg {
namespace {

/// The first knot that atoms at rest come near to: phi is less than 1.5 eV above its minimum from there on. Further in
/// tables often have kinks, where a short-range repulsion was joined on.
int innermost_knot(const std::vector<double>& r_phi, double dr, int usable) {
    const auto phi = [&](int k) { return r_phi[k] / (k * dr); };
    const int n = static_cast<int>(r_phi.size());
    double lowest = std::numeric_limits<double>::infinity();
    for (int k = usable; k < n; ++k) lowest = std::min(lowest, phi(k));
    int innermost = usable;
    for (int k = usable; k < n; ++k)
        if (phi(k) - lowest >= 1.5) innermost = k;
    return innermost;
}

}  // namespace

SmoothPotential smooth_potential(const EamPotential& e) {
    SmoothPotential result{e, {}};
    EamPotential& p = result.potential;
    const int n = e.species(), usable = first_usable_knot(e);
    const auto smooth = [&](std::vector<double>& values, std::vector<std::vector<double>>& slopes, int first,
                            int judged, const std::string& name) {
        SmoothedValues s = smooth_values(values, first, judged);
        values = std::move(s.value);
        slopes.push_back(std::move(s.slope));
        result.functions.push_back({name, s.stride, s.noise, s.residual});
    };
    p.embedding_slope.clear();
    p.density_slope.clear();
    p.pair_slope.clear();
    // Densities of atoms at rest lie well inside of the table; at zero F is often a root.
    for (int s = 0; s < n; ++s) smooth(p.embedding[s], p.embedding_slope, 0, e.nrho / 20, "F(" + e.elements[s] + ")");
    int closest = e.nr;
    for (int k = 0; k < n * n; ++k) closest = std::min(closest, innermost_knot(e.pair[k], e.dr, usable));
    for (int k = 0; k < n * n; ++k)
        smooth(p.density[k], p.density_slope, usable, closest,
               "f(" + e.elements[k / n] + " at " + e.elements[k % n] + ")");
    for (int k = 0; k < n * n; ++k)
        smooth(p.pair[k], p.pair_slope, usable, innermost_knot(e.pair[k], e.dr, usable),
               "r phi(" + e.elements[k / n] + "-" + e.elements[k % n] + ")");
    return result;
}

}  // namespace mg
