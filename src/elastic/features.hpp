#pragma once
/// \file What an elastic network says of an atom, for other networks to learn from.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "elastic/network.hpp"

namespace mg {

/// In their order: "elastic_K" [eV/A^2], "elastic_anisotropy" of the compliance, "elastic_gruneisen",
/// "elastic_virial" [eV]; then for each element "springs_along_Zr" [eV/A^2], the sum of the springs along the bonds to
/// its atoms, and for each "springs_across_Zr" of those across them.
std::vector<std::string> elastic_feature_names(const std::vector<std::string>& elements);

/// (n, names) row-major, of a structure whose species are indices into `elements`, which the network knows all, in
/// whatever order; each K within 1 % of the network's own. A structure that is not stable under the network is relaxed
/// by its laws first, with `relaxed` set. Throws PhysicsError where that does not help. `give_up`, asked now and then:
/// returns nothing.
template <class Space>
std::optional<std::vector<double>> elastic_features(const ElasticNetwork& network, const Structure& structure,
                                                    const std::vector<std::string>& elements, bool& relaxed,
                                                    const std::function<bool()>& give_up = {});

/// The elements that the network does not know.
std::vector<std::string> unknown_elements(const ElasticNetwork& network, const std::vector<std::string>& elements);

}  // namespace mg
