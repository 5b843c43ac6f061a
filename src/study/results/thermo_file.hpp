#pragma once
/// \file thermo.h5: melt and quench of a sample, a row per report.

#include "study/results/result_file.hpp"

namespace mg::study {

struct ThermoFile {
    std::vector<double> time;                ///< [ps] (reports) since the start of the melt
    std::vector<double> temperature;         ///< [K] (reports)
    std::vector<double> target_temperature;  ///< [K] (reports) of the thermostat
    std::vector<double> potential_energy;    ///< [eV] (reports)
    std::vector<double> kinetic_energy;      ///< [eV] (reports)
    std::vector<double> pressure;            ///< [GPa] (reports)
    std::vector<double> volume;              ///< [A^3] (reports)
    std::vector<double> conserved;           ///< [eV] (reports) the extended energy
    long n_atoms = 0;

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/time", f.time, "ps");
        v.data("/temperature", f.temperature, "K");
        v.data("/target_temperature", f.target_temperature, "K");
        v.data("/potential_energy", f.potential_energy, "eV");
        v.data("/kinetic_energy", f.kinetic_energy, "eV");
        v.data("/pressure", f.pressure, "GPa");
        v.data("/volume", f.volume, "A^3");
        v.data("/conserved", f.conserved, "eV");
        v.attribute("/", "n_atoms", f.n_atoms);
    }
};

}  // namespace mg::study
