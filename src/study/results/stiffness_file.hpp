#pragma once
/// \file stiffness.h5: the stiffness of every atom of a sample, K = k_B T / <|dr|^2>, and what it follows from.

#include "study/results/result_file.hpp"

namespace mg {

/// n atoms in the order of ids, at each temperature the mean over seeds.
struct StiffnessFile {
    std::vector<double> temperature;   ///< [K] (temperatures)
    std::vector<double> msd;           ///< [A^2] (temperatures, n)
    std::vector<double> stiffness_at;  ///< [eV/A^2] (temperatures, n)
    std::vector<double> stiffness;     ///< [eV/A^2] (n) mean over temperatures
    std::vector<double> reliability;   ///< (temperatures + 1)
    std::vector<Vec3> mean_position;   ///< [A] (temperatures, n) over the first seed's window
    std::vector<double> cell;          ///< [A] (temperatures, 3, 3) of that window, vectors as rows
    std::string estimator;

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        const std::size_t temperatures = f.temperature.size(), n = f.stiffness.size();
        v.data("/temperature", f.temperature, "K");
        v.data("/msd", f.msd, "A^2", {temperatures, n});
        v.data("/stiffness_at", f.stiffness_at, "eV/A^2", {temperatures, n});
        v.data("/stiffness", f.stiffness, "eV/A^2");
        v.data("/reliability", f.reliability);
        v.note("/reliability", "what",
               "Spearman-Brown corrected correlation of the window's halves, per temperature and last of the mean over "
               "temperatures");
        v.data("/mean_position", f.mean_position, "A", {temperatures, n, 3});
        v.data("/cell", f.cell, "A", {temperatures, 3, 3});
        v.attribute("/", "estimator", f.estimator);
    }
};

}  // namespace mg
