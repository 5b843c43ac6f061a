#pragma once
/// \file The reference glass of tests/data and the statistics that validation needs.

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "support/paths.hpp"

namespace mg {

inline EamPotential cu_zr() { return io::read_potential(source_path("jobs/potentials/Cu-Zr_2.eam.fs"), {"Cu", "Zr"}); }

/// 4,000 atoms (50.85 % Cu) at 50 K, quenched by LAMMPS at 1.5e13 K/s.
inline Structure reference_glass() {
    return io::read_structure(source_path("tests/data/single-point/cuzr_glass_4000.data"), {"Cu", "Zr"});
}

/// True where the long tables are asked for (tests/run.sh --validation).
inline bool full_validation() {
    const char* wish = std::getenv("MG_VALIDATION");
    return wish && std::string(wish) == "full";
}

struct Line {
    double slope, intercept, rms;  ///< rms of the residual
};
inline Line fit_line(const std::vector<double>& x, const std::vector<double>& y) {
    const double n = static_cast<double>(x.size());
    double mx = 0, my = 0, sxx = 0, sxy = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        mx += x[k] / n;
        my += y[k] / n;
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
        sxx += (x[k] - mx) * (x[k] - mx);
        sxy += (x[k] - mx) * (y[k] - my);
    }
    const double slope = sxy / sxx;
    double squares = 0;
    for (std::size_t k = 0; k < x.size(); ++k) squares += std::pow(y[k] - my - slope * (x[k] - mx), 2);
    return {slope, my - slope * mx, std::sqrt(squares / n)};
}

}  // namespace mg
