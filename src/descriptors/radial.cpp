/// \file The kind `radial`: Gaussian radial functions by species (physics/radial.hpp), and the atom's own species.

#include <fmt/format.h>

#include <memory>

#include "core/macros.hpp"
#include "descriptors/kind.hpp"
#include "ops/radial.hpp"

namespace mg {
namespace {

template <class Space>
class Radial final : public DescriptorKind<Space> {
public:
    std::string name() const override { return "radial"; }

    /// "G_Zr(2.1)"
    std::vector<std::string> feature_names(const Descriptor& d,
                                           const std::vector<std::string>& elements) const override {
        std::vector<std::string> names;
        for (const std::string& element : elements)
            for (int k = 0; k < d.count; ++k)
                names.push_back(fmt::format("G_{}({:.6g})", element, d.r_min + k * d.step() + 0.5 * d.step()));
        append_species_names(names, elements);
        return names;
    }

    /// Gaussians of which 98 % lie within it: they do two widths beyond their centre.
    std::vector<int> features_within(const Descriptor& d, int species, double r_max) const override {
        const double beyond = 2 * d.width - 0.5 * d.step();
        std::vector<int> within;
        for (int t = 0; t < species; ++t)
            for (int k = 0; k < d.count; ++k)
                if (d.r_min + (k + 1) * d.step() + beyond < r_max + 1e-6 * d.step()) within.push_back(t * d.count + k);
        for (int t = 0; t < species; ++t) within.push_back(species * d.count + t);
        return within;
    }

    std::vector<double> compute(const Surroundings<Space>& s, const Descriptor& d) const override {
        Array<double, Space> sums;
        sum_radial_functions(s.batch, {d.r_min, d.r_max, d.count, d.width}, sums);
        const std::vector<double> radial = to_host(sums);
        const std::size_t length = static_cast<std::size_t>(d.count) * s.species;
        std::vector<double> features;
        for (int i = 0; i < s.structure.size(); ++i) {
            const auto row = radial.begin() + static_cast<std::ptrdiff_t>(i * length);
            features.insert(features.end(), row, row + static_cast<std::ptrdiff_t>(length));
            append_species(features, s.structure.species[i], s.species);
        }
        return features;
    }
};

}  // namespace

template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_radial_kind() {
    return std::make_unique<Radial<Space>>();
}

#define MG_RADIAL(Space) template std::unique_ptr<DescriptorKind<Space>> make_radial_kind();
MG_INSTANTIATE(MG_RADIAL)

}  // namespace mg
