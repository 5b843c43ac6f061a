#include "elastic/features.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "elastic/prediction.hpp"
#include "physics/hessian.hpp"

namespace mg {
namespace {

/// The place of each element among those of the network, -1 for one that it does not know.
std::vector<int> places_of(const std::vector<std::string>& elements, const ElasticNetwork& n) {
    std::vector<int> places;
    for (const std::string& element : elements) {
        const auto at = std::find(n.elements.begin(), n.elements.end(), element);
        places.push_back(at == n.elements.end() ? -1 : static_cast<int>(at - n.elements.begin()));
    }
    return places;
}

}  // namespace

std::vector<std::string> elastic_feature_names(const std::vector<std::string>& elements) {
    std::vector<std::string> names{"elastic_K", "elastic_anisotropy", "elastic_gruneisen", "elastic_virial"};
    for (const char* const of : {"springs_along_", "springs_across_"})
        for (const std::string& element : elements) names.push_back(of + element);
    return names;
}

std::vector<std::string> unknown_elements(const ElasticNetwork& n, const std::vector<std::string>& elements) {
    std::vector<std::string> unknown;
    const std::vector<int> places = places_of(elements, n);
    for (std::size_t t = 0; t < elements.size(); ++t)
        if (places[t] < 0) unknown.push_back(elements[t]);
    return unknown;
}

template <class Space>
std::optional<std::vector<double>> elastic_features(const ElasticNetwork& n, const Structure& structure,
                                                    const std::vector<std::string>& elements, bool& relaxed,
                                                    const std::function<bool()>& give_up) {
    const std::vector<int> place = places_of(elements, n);
    Structure s = structure;
    s.velocity.clear();
    s.elements = n.elements;
    s.masses = n.masses;
    for (int& t : s.species) t = place.at(t);
    const ElasticModel model{n, {}};
    std::optional<ElasticPrediction> p;
    relaxed = false;
    try {
        p = predict_elastic<Space>(model, s, {}, give_up);
    } catch (const PhysicsError&) {
        relaxed = true;
        p = predict_elastic<Space>(model, relax_elastic<Space>(n, s), {}, give_up);
    }
    if (!p) return std::nullopt;
    std::vector<double> features;
    const std::size_t known = n.elements.size();
    for (std::size_t i = 0; i < s.species.size(); ++i) {
        features.insert(features.end(),
                        {p->stiffness[i], fractional_anisotropy(p->compliance[i]), p->gruneisen[i], p->virial[i]});
        for (const std::vector<double>* const springs : {&p->along, &p->across})
            for (const int t : place) features.push_back((*springs)[i * known + t]);
    }
    return features;
}

#define MG_ELASTIC_FEATURES(Space)                                                                               \
    template std::optional<std::vector<double>> elastic_features<Space>(const ElasticNetwork&, const Structure&, \
                                                                        const std::vector<std::string>&, bool&,  \
                                                                        const std::function<bool()>&);
MG_INSTANTIATE(MG_ELASTIC_FEATURES)

}  // namespace mg
