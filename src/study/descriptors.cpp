#include "study/descriptors.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "core/batch.hpp"
#include "core/error.hpp"
#include "core/macros.hpp"
#include "ops/radial.hpp"
#include "ops/shells.hpp"

namespace mg {

namespace {

enum class Kind { rdf, rdf_species, radial };

Kind kind_of(const Descriptor& d) {
    for (std::size_t k = 0; k < descriptor_kinds().size(); ++k)
        if (d.kind == descriptor_kinds()[k]) return static_cast<Kind>(k);
    throw InputError("unknown descriptor \"" + d.kind + "\"", "this program knows rdf, rdf_species and radial",
                     "choose one of them");
}

}  // namespace

const std::vector<std::string>& descriptor_kinds() {
    static const std::vector<std::string> kinds{"rdf", "rdf_species", "radial"};
    return kinds;
}

Descriptor descriptor_of(const StudyFile& study) {
    const StudyFile::Descriptors& d = study.descriptors;
    return {d.kind, d.r_min_A, d.r_max_A, static_cast<int>(std::lround((d.r_max_A - d.r_min_A) / d.bin_A)), d.width_A};
}

std::vector<std::string> feature_names(const Descriptor& d, const std::vector<std::string>& elements) {
    const Kind kind = kind_of(d);
    const double step = (d.r_max - d.r_min) / d.count;
    std::vector<std::string> names;
    for (std::size_t t = 0; t < (kind == Kind::rdf ? 1 : elements.size()); ++t)
        for (int k = 0; k < d.count; ++k) {
            const double from = d.r_min + k * step;
            if (kind == Kind::radial)
                names.push_back(fmt::format("G_{}({:.6g})", elements[t], from + 0.5 * step));
            else
                names.push_back(
                    fmt::format("g{}({:.6g}-{:.6g})", kind == Kind::rdf ? "" : "_" + elements[t], from, from + step));
        }
    if (kind != Kind::rdf)
        for (const std::string& element : elements) names.push_back("is_" + element);
    return names;
}

std::vector<int> features_within(const Descriptor& d, int species, double reach) {
    const bool by_species = kind_of(d) != Kind::rdf;
    const double step = (d.r_max - d.r_min) / d.count;
    // Of a Gaussian 98 % lie below two widths beyond its centre.
    const double beyond = kind_of(d) == Kind::radial ? 2 * d.width - 0.5 * step : 0.0;
    std::vector<int> within;
    for (int t = 0; t < (by_species ? species : 1); ++t)
        for (int k = 0; k < d.count; ++k)
            if (d.r_min + (k + 1) * step + beyond < reach + 1e-6 * step) within.push_back(t * d.count + k);
    for (int t = 0; by_species && t < species; ++t) within.push_back(species * d.count + t);
    return within;
}

template <class Space>
Features compute_features(const Structure& s, const Descriptor& d, const std::vector<std::string>& elements,
                          const std::vector<double>& masses) {
    const Kind kind = kind_of(d);
    const Batch<Space> batch = make_batch<Space>({s}, elements, masses);
    const std::size_t species = elements.size(), count = d.count;
    Features features;
    std::vector<double> radial;
    if (kind == Kind::radial) {
        Array<double, Space> sums;
        sum_radial_functions(batch, {d.r_min, d.r_max, d.count, d.width}, sums);
        radial = to_host(sums);
    }
    const Shells shells{d.r_min, d.r_max, d.count};
    Array<int, Space> counts;
    count_shells(batch, shells, counts);
    features.counts = to_host(counts);
    const double density = s.size() / s.box.volume;
    const auto g = [&](std::size_t shell, double number) {
        return radial_distribution(number, shells.r_min + (shell + 0.5) * shells.width(), shells.width(), density);
    };
    for (int i = 0; i < s.size(); ++i) {
        const std::size_t row = i * count * species;
        if (kind == Kind::rdf)
            for (std::size_t k = 0; k < count; ++k) {
                const int* at = &features.counts[row + k * species];
                features.values.push_back(g(k, std::accumulate(at, at + species, 0)));
            }
        if (kind == Kind::rdf_species)
            for (std::size_t t = 0; t < species; ++t)
                for (std::size_t k = 0; k < count; ++k)
                    features.values.push_back(g(k, features.counts[row + k * species + t]));
        if (kind == Kind::radial)
            features.values.insert(features.values.end(), radial.begin() + row, radial.begin() + row + count * species);
        for (std::size_t t = 0; kind != Kind::rdf && t < species; ++t)
            features.values.push_back(s.species[i] == static_cast<int>(t) ? 1.0 : 0.0);
    }
    return features;
}

#define MG_FEATURES(Space)                                                                                          \
    template Features compute_features<Space>(const Structure&, const Descriptor&, const std::vector<std::string>&, \
                                              const std::vector<double>&);
MG_INSTANTIATE(MG_FEATURES)

}  // namespace mg
