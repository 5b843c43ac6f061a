#pragma once
/// \file The command `predict`: what its two kinds of models share.

#include <string>
#include <vector>

#include "core/comm.hpp"
#include "core/structure.hpp"

namespace mg {

struct PredictArguments {
    std::string model, output, backend = "auto";
    std::vector<std::string> structures, elements;
    bool no_minimise = false, relax = false;
};

/// A structure whose species are indices into a model's elements. Throws InputError for one that the model does not
/// know.
Structure in_species_of(const std::vector<std::string>& elements, const std::vector<double>& masses, Structure s,
                        const std::string& path);

/// The command for a learned elastic network.
void predict_with_elastic_network(Comm& world, const PredictArguments& arguments);

}  // namespace mg
