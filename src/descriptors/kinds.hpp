#pragma once
/// \file Descriptors of atoms, the inputs of a network: computed the same way in a study and in a prediction.

#include "descriptors/kind.hpp"

namespace mg {

/// The names of all kinds.
const std::vector<std::string>& descriptor_kinds();

/// "g(2-2.2)", "g_Zr(2-2.2)", "G_Zr(2.1)", "is_Cu": what each feature is, in order. Throws InputError for an unknown
/// kind, as all that follow.
std::vector<std::string> feature_names(const Descriptor& descriptor, const std::vector<std::string>& elements);

/// What is wrong with the parameters for their kind, if anything.
std::optional<DescriptorFault> descriptor_fault(const Descriptor& descriptor);

/// Indices of the features that depend on neighbours within `r_max` [A] alone (shells that end within it, Gaussians of
/// which 98 % lie within it), and of those of the atom alone (its species), ascending.
std::vector<int> features_within(const Descriptor& descriptor, int species, double r_max);

/// Descriptors of all atoms of one structure, in its order.
struct Features {
    std::vector<double> values;  ///< (n, feature_names().size())
    std::vector<int> counts;     ///< (n, shells, species) neighbours per shell, whatever the kind
};
/// The structure's species are indices into `elements`; `masses` [u] go with them. Throws InputError for a descriptor
/// with a fault.
template <class Space>
Features compute_features(const Structure& structure, const Descriptor& descriptor,
                          const std::vector<std::string>& elements, const std::vector<double>& masses);

}  // namespace mg
