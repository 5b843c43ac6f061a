#pragma once
/// \file Descriptors of atoms: what a network reads, the same in a study and in a prediction.

#include <string>
#include <vector>

#include "config/study_file.hpp"
#include "core/structure.hpp"

namespace mg {

/// Every kind, in the order of the documentation.
///   rdf          g_i(r) per shell (physics/shells.hpp)
///   rdf_species  the same per shell and species of the neighbours, and the atom's own species as 0 and 1
///   radial       Gaussian radial functions by species (physics/radial.hpp), and the atom's own species as 0 and 1
const std::vector<std::string>& descriptor_kinds();

struct Descriptor {
    std::string kind = "rdf";
    double r_min = 2, r_max = 10;  ///< [A]
    int count = 40;                ///< shells or Gaussians
    double width = 0.2;            ///< [A] of a Gaussian; no other kind uses it
};

/// That of a study.
Descriptor descriptor_of(const StudyFile& study);

/// "g(2.0-2.2)", "g_Zr(2.0-2.2)", "G_Zr(2.1)", "is_Cu": what each feature is, in order.
std::vector<std::string> feature_names(const Descriptor& descriptor, const std::vector<std::string>& elements);

/// Indices of the features of shells that end within `reach` [A], or of Gaussians of which 98 % lie within it, and of
/// those that are of the atom alone, ascending. For "rdf" and "rdf_species" they are those of a descriptor with that
/// r_max.
std::vector<int> features_within(const Descriptor& descriptor, int species, double reach);

/// Descriptors of all atoms of one structure, in its order.
struct Features {
    std::vector<double> values;  ///< (n, feature_names().size())
    std::vector<int> counts;     ///< (n, shells, species) neighbours per shell, whatever the kind
};
/// The structure's species are indices into `elements`; `masses` [u] go with them.
template <class Space>
Features compute_features(const Structure& structure, const Descriptor& descriptor,
                          const std::vector<std::string>& elements, const std::vector<double>& masses);

}  // namespace mg
