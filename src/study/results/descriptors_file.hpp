#pragma once
/// \file descriptors.h5: the descriptors of every atom of a sample, which are the inputs of the networks.

#include "study/results/result_file.hpp"

namespace mg::study {

/// n atoms in the order of ids.
struct DescriptorsFile {
    std::vector<int> shell_counts;    ///< (n, shells, species) numbers of neighbours, for every kind
    std::vector<double> features;     ///< (n, names)
    std::vector<double> shell_edges;  ///< [A] (shells + 1)
    std::vector<double> around;       ///< (n, 2 species) study/surroundings.hpp
    double volume_per_atom = 0;       ///< [A^3]
    std::string kind, positions;
    std::vector<std::string> names;  ///< of the features
    std::size_t species = 0;         ///< not in the file: number of species, for the shape of shell_counts

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        const std::size_t shells = f.shell_edges.empty() ? 0 : f.shell_edges.size() - 1;
        const std::size_t n = f.names.empty() ? 0 : f.features.size() / f.names.size();
        v.data("/shell_counts", f.shell_counts, "", {n, shells, f.species});
        v.data("/features", f.features, "", {n, f.names.size()});
        v.data("/shell_edges", f.shell_edges, "A");
        v.data("/surroundings", f.around, "", {n, 2 * f.species});
        v.note("/surroundings", "what", "1 / d^3 [1/A^3] of the closest atom of each species; numbers within 4 A");
        v.attribute("/surroundings", "volume_per_atom_A3", f.volume_per_atom);
        v.attribute("/features", "kind", f.kind);
        v.attribute("/features", "positions", f.positions);
        v.attribute("/features", "names", f.names);
    }
};

}  // namespace mg::study
