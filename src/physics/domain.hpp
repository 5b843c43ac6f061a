#pragma once
/// \file Domains: equal parts of a cell in fractional space, one per rank, and what lies within reach of them.

#include "core/box.hpp"
#include "physics/pair_geometry.hpp"

namespace mg {

/// n[0] x n[1] x n[2] domains along a, b, c; domain k is the one at ((k % n0), (k / n0 % n1), (k / n0 / n1)).
struct DomainGrid {
    int n[3] = {1, 1, 1};
};

/// The atoms at fractions s with |s - center| <= half, nearest images, along every direction that is divided.
struct DomainRegion {
    double center[3] = {0.5, 0.5, 0.5};
    double half[3] = {0.5, 0.5, 0.5};  ///< half the edge; 0.5 where all of it belongs to the region
};

inline namespace MG_TARGET {

MG_HD int domain_count(const DomainGrid& g) { return g.n[0] * g.n[1] * g.n[2]; }

/// The domain that owns fraction s, in [0, 1) each.
MG_HD int domain_of(const DomainGrid& g, Vec3 s) {
    const double component[3] = {s.x, s.y, s.z};
    int k[3];
    for (int d = 0; d < 3; ++d) {
        k[d] = static_cast<int>(component[d] * g.n[d]);
        k[d] = k[d] < g.n[d] ? k[d] : g.n[d] - 1;
    }
    return (k[2] * g.n[1] + k[1]) * g.n[0] + k[0];
}

/// The domain itself, and all within `halo` of it (a fraction along each direction).
MG_HD DomainRegion region_of(const DomainGrid& g, int domain, Vec3 halo) {
    const int at[3] = {domain % g.n[0], domain / g.n[0] % g.n[1], domain / (g.n[0] * g.n[1])};
    const double h[3] = {halo.x, halo.y, halo.z};
    DomainRegion r;
    for (int d = 0; d < 3; ++d) {
        if (g.n[d] == 1) continue;
        r.center[d] = (at[d] + 0.5) / g.n[d];
        r.half[d] = 0.5 / g.n[d] + h[d];
        if (r.half[d] > 0.5) r.half[d] = 0.5;
    }
    return r;
}

MG_HD bool contains(const DomainRegion& r, Vec3 s) {
    const double component[3] = {s.x, s.y, s.z};
    for (int d = 0; d < 3; ++d) {
        const double away = nearest_difference(r.center[d], component[d]);
        if (!(__builtin_fabs(away) <= r.half[d])) return false;
    }
    return true;
}

/// The halo of a search of `reach` [A] as fractions of the cell: reach over the perpendicular widths, and a little more
/// than rounding can take away.
MG_HD Vec3 halo_fractions(const Box& box, double reach) {
    const Vec3 w = perpendicular_widths(box);
    const double r = reach * (1.0 + 1e-9);
    return {r / w.x, r / w.y, r / w.z};
}

}  // namespace MG_TARGET

/// The grid of `domains` domains with the smallest surface in this box; of equal ones that which divides c, then b,
/// first: slots run along a fastest, so that what lies at a face across c stands together.
inline DomainGrid choose_domains(const Box& box, int domains) {
    const Vec3 w = perpendicular_widths(box);
    DomainGrid best;
    double smallest = -1;
    for (int a = 1; a <= domains; ++a) {
        if (domains % a != 0) continue;
        for (int b = 1; b <= domains / a; ++b) {
            if (domains / a % b != 0) continue;
            const int c = domains / a / b;
            // Halo per volume: 1 / edge for each direction that is divided.
            const double surface = (a > 1 ? a / w.x : 0) + (b > 1 ? b / w.y : 0) + (c > 1 ? c / w.z : 0);
            if (smallest < 0 || surface < smallest * (1 - 1e-9)) {
                smallest = surface;
                best = {{a, b, c}};
            }
        }
    }
    return best;
}

}  // namespace mg
