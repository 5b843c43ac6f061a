#include "study/inputs.hpp"

#include "core/macros.hpp"
#include "elastic/features.hpp"

namespace mg::study {

std::vector<std::string> input_names(const Descriptor& descriptor, const std::vector<std::string>& elements,
                                     bool elastic) {
    std::vector<std::string> names = feature_names(descriptor, elements);
    if (!elastic) return names;
    const std::vector<std::string> further = elastic_feature_names(elements);
    names.insert(names.end(), further.begin(), further.end());
    return names;
}

template <class Space>
std::optional<Inputs> compute_inputs(const Structure& structure, const Descriptor& descriptor,
                                     const ElasticNetwork* elastic, const std::vector<std::string>& elements,
                                     const std::vector<double>& masses, const std::function<bool()>& give_up) {
    Features features = compute_features<Space>(structure, descriptor, elements, masses);
    Inputs inputs{std::move(features.values), std::move(features.counts)};
    if (!elastic) return inputs;
    const auto further = elastic_features<Space>(*elastic, structure, elements, inputs.relaxed, give_up);
    if (!further) return std::nullopt;
    const auto own = static_cast<std::ptrdiff_t>(feature_names(descriptor, elements).size()),
               more = static_cast<std::ptrdiff_t>(elastic_feature_names(elements).size());
    std::vector<double> rows;
    rows.reserve(inputs.values.size() + further->size());
    for (std::ptrdiff_t i = 0; i < structure.size(); ++i) {
        rows.insert(rows.end(), inputs.values.begin() + i * own, inputs.values.begin() + (i + 1) * own);
        rows.insert(rows.end(), further->begin() + i * more, further->begin() + (i + 1) * more);
    }
    inputs.values = std::move(rows);
    return inputs;
}

#define MG_INPUTS(Space)                                                                                              \
    template std::optional<Inputs> compute_inputs<Space>(const Structure&, const Descriptor&, const ElasticNetwork*,  \
                                                         const std::vector<std::string>&, const std::vector<double>&, \
                                                         const std::function<bool()>&);
MG_INSTANTIATE(MG_INPUTS)

}  // namespace mg::study
