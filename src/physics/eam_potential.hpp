#pragma once
/// \file An embedded-atom potential as its file tabulates it.

#include <algorithm>
#include <cmath>
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
    std::vector<std::string> warnings;      ///< what a user should know of the file, "problem (why); what to do"
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
    /// Slopes at the knots, per knot spacing, of the same shapes; empty: LAMMPS's, from differences of neighbours.
    std::vector<std::vector<double>> embedding_slope, density_slope, pair_slope;

    int species() const { return static_cast<int>(elements.size()); }
};

/// Tables may start with sentinels (1e12 below 0.50 A in Cu-Zr_2.eam.fs): the first knot of r whose values and slopes
/// mean something in all of them; a slope looks two knots ahead.
inline int first_usable_knot(const EamPotential& e) {
    constexpr double sentinel = 1e9;
    int first = 1;
    for (const auto* tables : {&e.density, &e.pair})
        for (const std::vector<double>& values : *tables)
            for (int k = 0; k < e.nr; ++k)
                if (!(std::abs(values[k]) < sentinel)) first = std::max(first, k + 3);
    return first;
}

}  // namespace mg
