#pragma once
/// \file What the networks of a study read of an atom: its descriptor; what an elastic network says of it; and means of
/// all that over its neighbours. Computed the same way in a study and in a prediction.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "descriptors/kinds.hpp"
#include "elastic/network.hpp"

namespace mg::study {

struct InputRecipe {
    Descriptor descriptor;
    std::optional<ElasticNetwork> elastic = {};  ///< with its features (elastic/features.hpp)
    /// Means over neighbours, means of these means, and so on, as often as this: what a graph network hands on along
    /// its bonds, with nothing learned on the way. A barrier, which is of an atom and those around it, asks for them.
    int averages = 0;
    double average_reach = 4;  ///< [A]
};

/// That of a study. Without `elastic_model` its elastic network is not read and blank: enough for names. Throws
/// InputError where it cannot be read.
InputRecipe input_recipe(const StudyFile& study, bool elastic_model);

/// What each input is, in order: the features of the descriptor, then the elastic network's, then "mean(...)" and
/// "mean2(...)" of each.
std::vector<std::string> input_names(const InputRecipe& recipe, const std::vector<std::string>& elements);

struct Inputs {
    std::vector<double> values;  ///< (n, names)
    std::vector<int> counts;     ///< (n, shells, species) neighbours per shell of the descriptor
    std::vector<double> around;  ///< (n, 2 species) as surroundings(): read by none, they tell foreign structures
    bool relaxed = false;        ///< the structure was not stable under the elastic network, which relaxed it
};
/// As compute_features(), of a structure whose elements the elastic network knows all. `give_up`, asked now and then:
/// returns nothing.
template <class Space>
std::optional<Inputs> compute_inputs(const Structure& structure, const InputRecipe& recipe,
                                     const std::vector<std::string>& elements, const std::vector<double>& masses,
                                     const std::function<bool()>& give_up = {});

}  // namespace mg::study
