#pragma once
/// \file A kind of descriptor: the features of an atom's surroundings that are a network's input. Each kind is a file
/// of this folder and a line in kinds.cpp.

#include <optional>
#include <string>
#include <vector>

#include "core/batch.hpp"
#include "core/structure.hpp"

namespace mg {

/// A kind and its parameters. Not every kind uses all of them.
struct Descriptor {
    std::string kind = "rdf";
    double r_min = 2, r_max = 10;  ///< [A]
    int count = 40;                ///< shells or Gaussians
    double width = 0.2;            ///< [A] of a Gaussian

    /// Thickness of a shell, or distance of the centres of two Gaussians [A].
    double step() const { return (r_max - r_min) / count; }
    /// Shows the parameters to show(name, value): what a model file and its ONNX form store.
    template <class Self, class Show>
    static void visit(Self& d, const Show& show) {
        show("r_min_A", d.r_min);
        show("r_max_A", d.r_max);
        show("count", d.count);
        show("width_A", d.width);
    }
};

/// Why a kind cannot do with the parameters that it was given: the three parts of an error's text (core/error.hpp).
struct DescriptorFault {
    std::string problem, why, remedy;
};

/// What a kind computes from.
template <class Space>
struct Surroundings {
    const Structure& structure;      ///< n atoms
    const Batch<Space>& batch;       ///< of that structure alone
    const std::vector<int>& counts;  ///< (n, shells, species) neighbours in the shells of the descriptor
    int species;
};

template <class Space>
class DescriptorKind {
public:
    virtual ~DescriptorKind() = default;

    /// The name in study files and model files.
    virtual std::string name() const = 0;
    /// What is wrong with parameters that are sound for other kinds, if anything.
    virtual std::optional<DescriptorFault> fault(const Descriptor& /*descriptor*/) const { return {}; }
    /// What each feature is, in order. Their number is the number of names.
    virtual std::vector<std::string> feature_names(const Descriptor& descriptor,
                                                   const std::vector<std::string>& elements) const = 0;
    /// Indices of the features that depend on neighbours within `r_max` [A] alone, or on the atom alone, ascending.
    virtual std::vector<int> features_within(const Descriptor& descriptor, int species, double r_max) const = 0;
    /// (n, features)
    virtual std::vector<double> compute(const Surroundings<Space>& surroundings,
                                        const Descriptor& descriptor) const = 0;
};

/// "is_Cu", "is_Zr": the atom's own species as 0 and 1, which stand last in a row of features.
void append_species_names(std::vector<std::string>& names, const std::vector<std::string>& elements);
void append_species(std::vector<double>& features, int of_atom, int species);

}  // namespace mg
