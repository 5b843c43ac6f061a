#include "descriptors/kinds.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "ops/shells.hpp"

namespace mg {

// Each is made in a file of this folder.
template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_bond_order_kind();
template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_rdf_kind();
template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_rdf_species_kind();
template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_radial_kind();

namespace {

template <class Space>
const std::vector<std::unique_ptr<DescriptorKind<Space>>>& all_kinds() {
    static const auto kinds = [] {
        std::vector<std::unique_ptr<DescriptorKind<Space>>> list;
        list.push_back(make_bond_order_kind<Space>());
        list.push_back(make_rdf_kind<Space>());
        list.push_back(make_rdf_species_kind<Space>());
        list.push_back(make_radial_kind<Space>());
        return list;
    }();
    return kinds;
}

template <class Space>
const DescriptorKind<Space>& kind_of(const Descriptor& d) {
    for (const auto& kind : all_kinds<Space>())
        if (kind->name() == d.kind) return *kind;
    throw InputError("unknown descriptor \"" + d.kind + "\"",
                     fmt::format("this program knows {}", fmt::join(descriptor_kinds(), ", ")), "choose one of them");
}

}  // namespace

void append_species_names(std::vector<std::string>& names, const std::vector<std::string>& elements) {
    for (const std::string& element : elements) names.push_back("is_" + element);
}

void append_species(std::vector<double>& features, int of_atom, int species) {
    for (int t = 0; t < species; ++t) features.push_back(of_atom == t ? 1.0 : 0.0);
}

const std::vector<std::string>& descriptor_kinds() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const auto& kind : all_kinds<Host>()) list.push_back(kind->name());
        return list;
    }();
    return names;
}

std::vector<std::string> feature_names(const Descriptor& d, const std::vector<std::string>& elements) {
    return kind_of<Host>(d).feature_names(d, elements);
}

std::optional<DescriptorFault> descriptor_fault(const Descriptor& d) { return kind_of<Host>(d).fault(d); }

std::vector<int> features_within(const Descriptor& d, int species, double r_max) {
    return kind_of<Host>(d).features_within(d, species, r_max);
}

template <class Space>
Features compute_features(const Structure& s, const Descriptor& d, const std::vector<std::string>& elements,
                          const std::vector<double>& masses) {
    const DescriptorKind<Space>& kind = kind_of<Space>(d);
    if (const auto fault = kind.fault(d)) throw InputError(fault->problem, fault->why, fault->remedy);
    const Batch<Space> batch = make_batch<Space>({s}, elements, masses);
    Array<int, Space> counts;
    count_shells(batch, Shells{d.r_min, d.r_max, d.count}, counts);
    Features features;
    features.counts = to_host(counts);
    features.values = kind.compute({s, batch, features.counts, static_cast<int>(elements.size())}, d);
    return features;
}

#define MG_FEATURES(Space)                                                                                          \
    template Features compute_features<Space>(const Structure&, const Descriptor&, const std::vector<std::string>&, \
                                              const std::vector<double>&);
MG_INSTANTIATE(MG_FEATURES)

}  // namespace mg
