#include "study/coarse_grain.hpp"

#include <string>

#include "core/error.hpp"
#include "physics/pair_geometry.hpp"

namespace mg {

std::vector<double> coarse_grain(const Structure& s, const std::vector<double>& values, double radius) {
    if (radius > 0.5 * smallest_width(s.box))
        throw InputError("cannot average over " + shown(radius) + " A",
                         "half the smallest width of the cell is " + shown(0.5 * smallest_width(s.box)) + " A",
                         "use a smaller report.coarse_grain_A or more atoms");
    const int n = s.size();
    std::vector<Vec3> fraction(n);
    for (int i = 0; i < n; ++i) {
        const Vec3 f = s.box.inverse * s.position[i];
        fraction[i] = {wrap_fraction(f.x), wrap_fraction(f.y), wrap_fraction(f.z)};
    }
    std::vector<double> mean(n);
    // All pairs: seconds for 20,000 atoms, twice per sample.
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; ++i) {
        double sum = 0;
        long count = 0;
        for (int j = 0; j < n; ++j) {
            const Vec3 d = s.box.h * Vec3{nearest_difference(fraction[i].x, fraction[j].x),
                                          nearest_difference(fraction[i].y, fraction[j].y),
                                          nearest_difference(fraction[i].z, fraction[j].z)};
            if (norm2(d) > radius * radius) continue;
            sum += values[j];
            ++count;
        }
        mean[i] = sum / static_cast<double>(count);
    }
    return mean;
}

}  // namespace mg
