/// \file The kind `bond_order`: bond-orientational order of the first shell of neighbours, all within r_max
/// (physics/bond_order.hpp), and the atom's own species. Of the parameters it reads r_max alone.

#include <fmt/format.h>

#include <memory>

#include "core/macros.hpp"
#include "descriptors/kind.hpp"
#include "ops/bond_order.hpp"

namespace mg {
namespace {

template <class Space>
class BondOrderKind final : public DescriptorKind<Space> {
public:
    std::string name() const override { return "bond_order"; }

    /// The r_max that other kinds like would count four shells of neighbours as one.
    std::optional<DescriptorFault> fault(const Descriptor& d) const override {
        constexpr double farthest = 6;  // [A] no first shell of a metal reaches as far
        if (d.r_max <= farthest) return {};
        return DescriptorFault{fmt::format("r_max_A = {} is too far for kind = \"bond_order\"", d.r_max),
                               fmt::format("its bonds go to the first shell of neighbours, within {} A", farthest),
                               "give the first minimum of g(r): for Cu-Zr r_max_A = 3.9 with bin_A = 0.1"};
    }

    std::vector<std::string> feature_names(const Descriptor& /*d*/,
                                           const std::vector<std::string>& elements) const override {
        std::vector<std::string> names{"q4", "q6", "w6", "averaged_q4", "averaged_q6", "averaged_w6"};
        append_species_names(names, elements);
        return names;
    }

    /// An averaged one sees the neighbours of neighbours.
    std::vector<int> features_within(const Descriptor& d, int species, double r_max) const override {
        std::vector<int> within;
        for (int k = 0; k < 6 + species; ++k)
            if (k >= 6 || (k < 3 ? 1 : 2) * d.r_max < r_max + 1e-6) within.push_back(k);
        return within;
    }

    std::vector<double> compute(const Surroundings<Space>& s, const Descriptor& d) const override {
        Array<BondOrder, Space> values;
        compute_bond_order(s.batch, d.r_max, values);
        const std::vector<BondOrder> order = to_host(values);
        std::vector<double> features;
        for (std::size_t i = 0; i < s.structure.species.size(); ++i) {
            for (const BondOrder& o : {order[2 * i], order[2 * i + 1]})
                features.insert(features.end(), {o.q4, o.q6, o.w6});
            append_species(features, s.structure.species[i], s.species);
        }
        return features;
    }
};

}  // namespace

template <class Space>
std::unique_ptr<DescriptorKind<Space>> make_bond_order_kind() {
    return std::make_unique<BondOrderKind<Space>>();
}

#define MG_BOND_ORDER(Space) template std::unique_ptr<DescriptorKind<Space>> make_bond_order_kind();
MG_INSTANTIATE(MG_BOND_ORDER)

}  // namespace mg
