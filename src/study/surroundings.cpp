#include "study/surroundings.hpp"

#include <algorithm>

#include "core/batch.hpp"
#include "core/macros.hpp"
#include "ops/shells.hpp"

namespace mg::study {
namespace {

constexpr double reach = 5, first_shell = 4;  // [A]
constexpr int shell_count = 100;              // up to the reach
constexpr std::size_t least_atoms = 50;       // of a species, from which a covariance is told
constexpr double volume_margin = 0.03;        // heat moves it by 1 %, 3 GPa by 3 %

}  // namespace

template <class Space>
std::vector<double> surroundings(const Structure& structure, const std::vector<std::string>& elements,
                                 const std::vector<double>& masses) {
    Structure at_rest = structure;
    at_rest.velocity.clear();
    Shells shells;
    shells.r_min = 0;
    shells.r_max = reach;
    shells.count = shell_count;
    Array<int, Space> of_space;
    count_shells(make_batch<Space>({at_rest}, elements, masses), shells, of_space);
    const std::vector<int> counts = to_host(of_space);
    const std::size_t n = static_cast<std::size_t>(structure.size()), species = elements.size();
    std::vector<double> values(n * 2 * species);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t s = 0; s < species; ++s) {
            double closest = reach, neighbours = 0;
            for (int k = shell_count - 1; k >= 0; --k) {
                const int count = counts[(i * shell_count + static_cast<std::size_t>(k)) * species + s];
                const double r = (k + 0.5) * shells.width();
                if (count > 0) closest = r;
                if (r < first_shell) neighbours += count;
            }
            values[i * 2 * species + s] = 1 / (closest * closest * closest);
            values[i * 2 * species + species + s] = neighbours;
        }
    return values;
}

#define MG_SURROUNDINGS(Space)                                                                          \
    template std::vector<double> surroundings<Space>(const Structure&, const std::vector<std::string>&, \
                                                     const std::vector<double>&);
MG_INSTANTIATE(MG_SURROUNDINGS)

double KnownSurroundings::novelty(int of_species, const double* values) const {
    if (species.empty() || !species.at(of_species).calibrated()) return 0;
    return species[of_species].distance(values) / species[of_species].limit;
}

double KnownSurroundings::novelty_of_volume(double volume) const {
    if (!(largest_volume > 0 && volume > 0)) return 0;
    return std::max({0.0, (least_volume - volume) / (volume_margin * least_volume),
                     (volume - largest_volume) / (volume_margin * largest_volume)});
}

std::vector<Novelty> measure_surroundings(std::span<const double> values, std::span<const int> species,
                                          std::size_t species_count) {
    const std::size_t width = 2 * species_count;
    std::vector<std::vector<double>> rows(species_count);
    for (std::size_t i = 0; i < species.size(); ++i)
        rows.at(species[i])
            .insert(rows[species[i]].end(), values.begin() + static_cast<std::ptrdiff_t>(i * width),
                    values.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
    std::vector<Novelty> known;
    for (const std::vector<double>& of_species : rows)
        known.push_back(of_species.size() < least_atoms * width ? Novelty{} : measure_novelty(of_species, width));
    return known;
}

}  // namespace mg::study
