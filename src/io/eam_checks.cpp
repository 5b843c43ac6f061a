#include "io/eam_checks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace mg::io {
namespace {

using Table = std::vector<double>;

/// Part of the largest slope (value) in the outer half of the range that may be left at the cutoff. Published
/// tables leave up to 8 % (the screened charges of AlO.eam.alloy), most of them far below 1 %; a shifted function,
/// or one in another's place, leaves of the order of one.
constexpr double cutoff_tolerance = 0.12;
/// A density may dip below zero by this part of its largest value without being called negative.
constexpr double dip_tolerance = 1e-2;
/// Part of the knots in the outer two thirds of the range that may be negative.
constexpr double negative_tolerance = 0.3;

std::string percent(double part) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g %%", 100 * part);
    return text;
}

/// Whether a function falls below zero by more than a dip in the outer two thirds of the range.
bool falls_below_zero(const EamPotential& potential, const Table& f) {
    const int end = std::min(potential.nr - 1, static_cast<int>(potential.cutoff / potential.dr + 1e-6));
    double largest = 0, least = 0;
    for (int k = end / 3; k <= end; ++k) {
        largest = std::max(largest, std::abs(f[k]));
        least = std::min(least, f[k]);
    }
    return least < -dip_tolerance * largest;
}

/// Densities and pair functions have the same number of knots and both end smoothly at the cutoff, so a file with the
/// one in the other's place would be read. Published pair functions attract somewhere and few published densities are
/// negative: the opposite of both at once is an exchange.
void check_exchange(const EamPotential& potential) {
    const auto below = [&](const Table& f) { return falls_below_zero(potential, f); };
    const auto negative = std::find_if(potential.density.begin(), potential.density.end(), below);
    if (negative == potential.density.end() || std::any_of(potential.pair.begin(), potential.pair.end(), below)) return;
    const auto source =
        static_cast<std::size_t>(negative - potential.density.begin()) / static_cast<std::size_t>(potential.species());
    throw InputError(potential.path + ": densities and pair functions seem to be exchanged",
                     "the density of " + potential.elements[source] +
                         " falls below zero as a pair function does, and no pair function does",
                     "the tables are in each other's place: get the potential anew from its source");
}

/// Value and slope at the cutoff against the largest ones in the outer half of the range.
void check_end(const EamPotential& potential, const Table& f, double cutoff, bool divide_by_r,
               const std::string& name) {
    const double dr = potential.dr;
    const int end = std::min(potential.nr - 1, static_cast<int>(cutoff / dr + 1e-6));
    const int first = std::max(1, end / 2);
    const auto value = [&](int k) { return divide_by_r ? f[k] / (k * dr) : f[k]; };
    double largest_value = 0, largest_slope = 0;
    for (int k = first; k <= end; ++k) {
        largest_value = std::max(largest_value, std::abs(value(k)));
        if (k > first) largest_slope = std::max(largest_slope, std::abs(value(k) - value(k - 1)));
    }
    if (largest_value == 0) return;  // no interaction there, and so nothing to end
    const double value_left = std::abs(value(end)) / largest_value;
    const double slope_left = largest_slope == 0 ? 0 : std::abs(value(end) - value(end - 1)) / largest_slope;
    if (value_left <= cutoff_tolerance && slope_left <= cutoff_tolerance) return;
    throw InputError(potential.path + ": " + name + " does not end smoothly at the cutoff",
                     percent(value_left) + " of its value and " + percent(slope_left) +
                         " of its slope in the outer half of the range are left",
                     "the table is damaged, shifted or in another function's place: get it anew from its source");
}

}  // namespace

void check_functions(EamPotential& potential) {
    const int n = potential.species();
    const auto is_zero = [](const Table& f) {
        return std::all_of(f.begin() + 1, f.end(), [](double value) { return value == 0; });
    };
    if (std::all_of(potential.pair.begin(), potential.pair.end(), is_zero))
        throw InputError(potential.path + ": no pair functions", "all of them are zero",
                         "half of a two-band potential, which is not read? Give an eam, eam/alloy or eam/fs file that "
                         "is the whole potential");
    std::string negative_densities;
    // Splines and sums over neighbours overflow long after it. (A charge of a funcfl file is squared.)
    constexpr double largest = 1e100;
    for (const auto& [tables, name] :
         {std::pair{&potential.pair, "pair function"}, std::pair{&potential.density, "density"},
          std::pair{&potential.embedding, "embedding function"}})
        for (const Table& f : *tables)
            for (const double value : f)
                if (!(std::abs(value) < largest))
                    throw InputError(potential.path + ": a " + name + " overflows", "a value of it is " + shown(value),
                                     "the table is damaged: get it anew");
    for (int source = 0; source < n; ++source)
        for (int center = 0; center < n; ++center) {
            if (potential.format != "eam/fs" && center > 0) continue;
            const Table& f = potential.density[source * n + center];
            const std::string name =
                "the density of " + potential.elements[source] +
                (potential.format == "eam/fs" ? " at " + potential.elements[center] : std::string());
            check_end(potential, f, potential.cutoff, false, name);
            const int end = std::min(potential.nr - 1, static_cast<int>(potential.cutoff / potential.dr + 1e-6));
            const int first = end / 3;
            double largest = 0;
            for (int k = first; k <= end; ++k) largest = std::max(largest, std::abs(f[k]));
            int negative = 0;
            for (int k = first; k <= end; ++k) negative += f[k] < -dip_tolerance * largest;
            if (negative > negative_tolerance * (end - first))
                negative_densities +=
                    (negative_densities.empty() ? "" : ", ") + name.substr(std::string("the density of ").size());
        }
    if (!negative_densities.empty())
        potential.warnings.push_back(potential.path + ": densities are negative over a wide range (" +
                                     negative_densities +
                                     "; published ones are so for some metalloids alone); check that the table is "
                                     "the one that its authors published");
    for (int a = 0; a < n; ++a)
        for (int b = 0; b <= a; ++b)
            check_end(potential, potential.pair[a * n + b], potential.cutoff, true,
                      "the pair function of " + potential.elements[b] + "-" + potential.elements[a]);
    check_exchange(potential);
}

}  // namespace mg::io
