#pragma once
/// \file An embedded-atom potential as its file tabulates it.

#include <string>
#include <vector>

namespace mg {

/// Tables of an EAM potential on the host, one common grid: r_k = k dr (k = 0..nr-1), rho_k = k drho.
/// E = sum_i F_{s_i}(rho_i) + 1/2 sum_{i != j} phi_{s_i s_j}(r_ij), rho_i = sum_j f_{s_j -> s_i}(r_ij).
struct EamPotential {
    std::string format;  ///< "eam", "eam/alloy" or "eam/fs"
    std::string path;
    std::string sha256;                     ///< of the file, hexadecimal
    std::string comment;                    ///< first line(s) of the file
    std::vector<std::string> elements;      ///< (n)
    std::vector<double> masses;             ///< [u] (n)
    std::vector<double> lattice_constants;  ///< [A] (n)
    std::vector<std::string> lattices;      ///< (n) e.g. "fcc"
    int nrho = 0, nr = 0;
    double drho = 0, dr = 0;  ///< [1], [A]
    double cutoff = 0;        ///< [A]
    /// embedding[s] (nrho): F_s [eV].
    std::vector<std::vector<double>> embedding;
    /// density[source * n + center] (nr): f of a neighbour of species `source` at an atom of species `center`.
    std::vector<std::vector<double>> density;
    /// pair[a * n + b] (nr): z = r phi_ab [eV A], symmetric in a, b.
    std::vector<std::vector<double>> pair;

    int species() const { return static_cast<int>(elements.size()); }
};

}  // namespace mg
