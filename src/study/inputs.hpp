#pragma once
/// \file What the networks of a study read of an atom: its descriptor and, where there is one, what an elastic network
/// says of it. Computed the same way in a study and in a prediction.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "descriptors/kinds.hpp"
#include "elastic/network.hpp"

namespace mg::study {

/// What each input is, in order: the features of the descriptor, and with `elastic` those of elastic/features.hpp.
std::vector<std::string> input_names(const Descriptor& descriptor, const std::vector<std::string>& elements,
                                     bool elastic);

struct Inputs {
    std::vector<double> values;  ///< (n, names)
    std::vector<int> counts;     ///< (n, shells, species) neighbours per shell of the descriptor
    bool relaxed = false;        ///< the structure was not stable under the elastic network, which relaxed it
};
/// As compute_features(), of a structure whose elements the elastic network (null: none) knows all. `give_up`, asked
/// now and then: returns nothing.
template <class Space>
std::optional<Inputs> compute_inputs(const Structure& structure, const Descriptor& descriptor,
                                     const ElasticNetwork* elastic, const std::vector<std::string>& elements,
                                     const std::vector<double>& masses, const std::function<bool()>& give_up = {});

}  // namespace mg::study
