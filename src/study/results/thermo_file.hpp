#pragma once
/// \file thermo.h5: melt and quench of a sample, a row per report; and the same columns for other runs.

#include <string_view>

#include "core/units.hpp"
#include "md/dynamics.hpp"
#include "study/results/result_file.hpp"

namespace mg::study {

/// Rows of one run, or of several, one run after the other.
struct ThermoColumns {
    std::vector<double> time;                ///< [ps] (rows) since the start of the run
    std::vector<double> temperature;         ///< [K] (rows)
    std::vector<double> target_temperature;  ///< [K] (rows) of the thermostat
    std::vector<double> potential_energy;    ///< [eV] (rows)
    std::vector<double> kinetic_energy;      ///< [eV] (rows)
    std::vector<double> pressure;            ///< [GPa] (rows)
    std::vector<double> volume;              ///< [A^3] (rows)
    std::vector<double> conserved;           ///< [eV] (rows) the extended energy, which begins anew with each ensemble

    ThermoColumns() = default;
    explicit ThermoColumns(const std::vector<Thermo>& rows) {
        for (const Thermo& t : rows) {
            time.push_back(t.time);
            temperature.push_back(t.temperature);
            target_temperature.push_back(t.target);
            potential_energy.push_back(t.potential);
            kinetic_energy.push_back(t.kinetic);
            pressure.push_back(t.mean_pressure() * units::gigapascal_per_pressure);
            volume.push_back(t.volume);
            conserved.push_back(t.conserved);
        }
    }

    void append(const ThermoColumns& rows) {
        each(*this, [&](const char* name, std::vector<double>& mine, const char*) {
            each(rows, [&](const char* its_name, const std::vector<double>& its, const char*) {
                if (std::string_view(name) == its_name) mine.insert(mine.end(), its.begin(), its.end());
            });
        });
    }
    /// Calls show(name, values, unit) for each column.
    template <class Self, class Show>
    static void each(Self& f, const Show& show) {
        show("time", f.time, "ps");
        show("temperature", f.temperature, "K");
        show("target_temperature", f.target_temperature, "K");
        show("potential_energy", f.potential_energy, "eV");
        show("kinetic_energy", f.kinetic_energy, "eV");
        show("pressure", f.pressure, "GPa");
        show("volume", f.volume, "A^3");
        show("conserved", f.conserved, "eV");
    }
};

struct ThermoFile : ThermoColumns {
    long n_atoms = 0;

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        each(f,
             [&](const char* name, auto& values, const char* unit) { v.data(std::string("/") + name, values, unit); });
        v.attribute("/", "n_atoms", f.n_atoms);
    }
};

}  // namespace mg::study
