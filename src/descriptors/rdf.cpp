/// \file The kinds `rdf`, g_i(r) per shell (physics/shells.hpp), and `rdf_species`, the same by species of the
/// neighbours, and the atom's own species.

#include <fmt/format.h>

#include <memory>
#include <numeric>

#include "core/macros.hpp"
#include "descriptors/kind.hpp"
#include "physics/shells.hpp"

namespace mg {
namespace {

template <class Space>
class Rdf final : public DescriptorKind<Space> {
public:
    explicit Rdf(bool by_species) : by_species_(by_species) {}

    std::string name() const override { return by_species_ ? "rdf_species" : "rdf"; }

    /// "g(2-2.2)", "g_Zr(2-2.2)"
    std::vector<std::string> feature_names(const Descriptor& d,
                                           const std::vector<std::string>& elements) const override {
        std::vector<std::string> names;
        for (std::size_t t = 0; t < (by_species_ ? elements.size() : 1); ++t)
            for (int k = 0; k < d.count; ++k) {
                const double from = d.r_min + k * d.step();
                names.push_back(
                    fmt::format("g{}({:.6g}-{:.6g})", by_species_ ? "_" + elements[t] : "", from, from + d.step()));
            }
        if (by_species_) append_species_names(names, elements);
        return names;
    }

    /// They are those of a descriptor with that r_max.
    std::vector<int> features_within(const Descriptor& d, int species, double r_max) const override {
        std::vector<int> within;
        const int sets = by_species_ ? species : 1;
        for (int t = 0; t < sets; ++t)
            for (int k = 0; k < d.count; ++k)
                if (d.r_min + (k + 1) * d.step() < r_max + 1e-6 * d.step()) within.push_back(t * d.count + k);
        for (int t = 0; by_species_ && t < species; ++t) within.push_back(species * d.count + t);
        return within;
    }

    std::vector<double> compute(const Surroundings<Space>& s, const Descriptor& d) const override {
        const Shells shells{d.r_min, d.r_max, d.count};
        const double density = s.structure.size() / s.structure.box.volume;
        const auto g = [&](int shell, int number) {
            return radial_distribution(number, shells.r_min + (shell + 0.5) * shells.width(), shells.width(), density);
        };
        std::vector<double> features;
        for (int i = 0; i < s.structure.size(); ++i) {
            const int* const row = &s.counts[static_cast<std::size_t>(i) * d.count * s.species];
            if (!by_species_) {
                for (int k = 0; k < d.count; ++k)
                    features.push_back(g(k, std::accumulate(row + k * s.species, row + (k + 1) * s.species, 0)));
                continue;
            }
            for (int t = 0; t < s.species; ++t)
                for (int k = 0; k < d.count; ++k) features.push_back(g(k, row[k * s.species + t]));
            append_species(features, s.structure.species[i], s.species);
        }
        return features;
    }

private:
    bool by_species_;
};

}  // namespace

template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_rdf_kind() {
    return std::make_unique<Rdf<Space>>(false);
}
template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_rdf_species_kind() {
    return std::make_unique<Rdf<Space>>(true);
}

#define MG_RDF(Space)                                                \
    template std::unique_ptr<DescriptorKind<Space>> make_rdf_kind(); \
    template std::unique_ptr<DescriptorKind<Space>> make_rdf_species_kind();
MG_INSTANTIATE(MG_RDF)

}  // namespace mg
