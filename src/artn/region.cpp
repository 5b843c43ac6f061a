#include "artn/region.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "physics/pair_geometry.hpp"

namespace mg {

namespace {
/// [A] by which an atom may leave the sphere and still see all its neighbours.
constexpr double leave = 3.0;
}  // namespace

Vec3 nearest_image(const Box& box, Vec3 a, Vec3 b) {
    const Vec3 f = nearest_difference(Vec3{}, box.inverse * (b - a));
    // The nearest fractions are the nearest image up to half of the smallest width; beyond, in a skewed cell, another
    // may be.
    Vec3 nearest = box.h * f;
    const double half = 0.5 * smallest_width(box);
    if (norm2(nearest) <= half * half) return nearest;
    for (int x = -1; x <= 1; ++x)
        for (int y = -1; y <= 1; ++y)
            for (int z = -1; z <= 1; ++z) {
                const Vec3 other = box.h * (f + Vec3{1.0 * x, 1.0 * y, 1.0 * z});
                if (norm2(other) < norm2(nearest)) nearest = other;
            }
    return nearest;
}

Structure Region::structure() const {
    const Structure& whole_one = parent->structure;
    Structure s;
    s.elements = whole_one.elements;
    s.masses = whole_one.masses;
    s.box = whole_one.box;
    for (const int i : atom) {
        s.id.push_back(whole_one.id[i]);
        s.species.push_back(whole_one.species[i]);
        s.position.push_back(whole_one.position[i]);
    }
    return s;
}

Region carve(std::shared_ptr<const Minimum> parent, int center, double radius, double cutoff) {
    const Structure& s = parent->structure;
    Region r;
    r.center = center;
    if (!(2 * radius + cutoff <= smallest_width(s.box))) {
        r.whole = true;
        r.movable = s.size();
        r.atom.resize(s.size());
        std::iota(r.atom.begin(), r.atom.end(), 0);
    } else {
        std::vector<int> frozen;
        const double reach = radius + cutoff + leave;
        for (int i = 0; i < s.size(); ++i) {
            const double r2 = norm2(nearest_image(s.box, s.position[center], s.position[i]));
            if (r2 < radius * radius)
                r.atom.push_back(i);
            else if (r2 < reach * reach)
                frozen.push_back(i);
        }
        r.movable = r.size();
        r.atom.insert(r.atom.end(), frozen.begin(), frozen.end());
    }
    r.parent = std::move(parent);
    return r;
}

}  // namespace mg
