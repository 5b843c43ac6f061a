#pragma once
/// \file glass.h5: a quenched glass, its inherent structure, and the g(r) of the inherent structure.

#include <map>

#include "core/structure.hpp"
#include "study/results/result_file.hpp"

namespace mg::study {

/// n atoms in the order of ids.
struct GlassFile {
    std::vector<long> id;                 ///< (n)
    std::vector<int> species;             ///< (n) indices into `elements`
    std::vector<std::string> elements;    ///< (species)
    std::vector<Vec3> position;           ///< [A] (n)
    std::vector<Vec3> velocity;           ///< [A/ps] (n)
    std::vector<double> cell;             ///< [A] (3, 3) its vectors as rows
    std::vector<double> energy;           ///< [eV] (n)
    std::vector<Vec3> inherent_position;  ///< [A] (n)
    std::vector<double> inherent_cell;    ///< [A] (3, 3)
    std::vector<double> inherent_energy;  ///< [eV] (n)
    std::vector<double> inherent_stress;  ///< [GPa] (3, 3) positive in tension; empty in files of before it was kept
    double conserved_drift = 0;           ///< [eV/ps] per atom, the largest over its runs of dynamics; 0: none
    double inherent_force = 0;            ///< [eV/A] the largest on an atom
    long hops = -1;                       ///< atoms that the annealing moved by more than 0.1 A; -1: none was done
    std::vector<int> local_structure;     ///< (n) LocalStructure; empty in files of before version 0.1
    double crystalline_fraction = 0;      ///< of local_structure
    std::vector<double> voronoi_volume;   ///< [A^3] (n) of the atom's Voronoi cell, as the next two
    std::vector<int> voronoi_faces;       ///< (n) all of them
    std::vector<int> voronoi_index;       ///< (n, 4) of faces with 3, 4, 5 and 6 edges
    double icosahedral_fraction = 0;      ///< share of <0, 0, 12, 0>
    std::vector<double> rdf_r;            ///< [A] (bins) their middles
    std::vector<double> rdf_total;        ///< (bins) g(r) of all atoms
    std::map<std::string, std::vector<double>> rdf_partial;  ///< (bins) by "Cu-Zr"; written, not read
    double rate_K_per_s = 0;                                 ///< 0 for a structure that was given
    long test_rate = 0;                                      ///< 1 for a sample at one of test_rates_K_per_s

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/id", f.id);
        v.data("/species", f.species);
        v.attribute("/species", "names", f.elements);
        v.data("/position", f.position, "A");
        v.data("/velocity", f.velocity, "A/ps");
        v.data("/cell", f.cell, "A", {3, 3});
        v.data("/energy", f.energy, "eV");
        v.data("/inherent/position", f.inherent_position, "A");
        v.data("/inherent/cell", f.inherent_cell, "A", {3, 3});
        v.data("/inherent/energy", f.inherent_energy, "eV");
        v.optional_data("/inherent/stress", f.inherent_stress, "GPa", std::vector<std::size_t>{3, 3});
        v.attribute("/inherent", "largest_force_eV_A", f.inherent_force);
        v.attribute("/inherent", "atoms_hopped", f.hops);
        v.note("/inherent", "what", "at rest: what is described and labelled; atoms_hopped in the annealing, or -1");
        v.optional_data("/inherent/local_structure", f.local_structure);
        static const std::vector<std::string> names{"other", "fcc", "hcp", "bcc", "icosahedral"};
        v.note("/inherent/local_structure", "names", names);
        v.attribute("/inherent/local_structure", "crystalline_fraction", f.crystalline_fraction);
        v.data("/inherent/voronoi/volume", f.voronoi_volume, "A^3");
        v.data("/inherent/voronoi/faces", f.voronoi_faces);
        v.note("/inherent/voronoi/faces", "what", "of the atom's Voronoi cell: its coordination number");
        v.data("/inherent/voronoi/index", f.voronoi_index, "", {f.voronoi_volume.size(), 4});
        v.note("/inherent/voronoi/index", "what", "faces with 3, 4, 5 and 6 edges");
        v.attribute("/inherent/voronoi/index", "icosahedral_fraction", f.icosahedral_fraction);
        v.data("/rdf/r", f.rdf_r, "A");
        v.data("/rdf/total", f.rdf_total);
        for (auto& [pair, g] : f.rdf_partial) v.data("/rdf/" + pair, g);
        v.attribute("/", "rate_K_per_s", f.rate_K_per_s);
        v.attribute("/", "conserved_drift_eV_per_atom_ps", f.conserved_drift);
        v.attribute("/", "test_rate", f.test_rate);
    }
};

/// Cell vectors as rows, as files have them, and the cell of such rows.
std::vector<double> cell_rows(const Box& box);
Box box_of_rows(const double* rows);

}  // namespace mg::study
