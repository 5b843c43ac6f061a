#pragma once
/// \file A potential whose second derivatives mean something.

#include <string>
#include <vector>

#include "physics/eam_potential.hpp"

namespace mg {

/// How one function of a potential was smoothed.
struct SmoothedFunction {
    std::string name;     ///< "f(Cu at Zr)", "r phi(Cu-Zr)", "F(Cu)"
    int stride = 1;       ///< knots of the file per knot of the spline
    double noise = 0;     ///< of the file's values, in their unit (1, eV A, eV)
    double residual = 0;  ///< root mean square of the file's values less the spline's, likewise
};

/// The potential with twice differentiable splines in place of LAMMPS's interpolation (physics/smooth_spline.hpp), on
/// the same knots, and what was done to each function. Forces and energies of it are those of the file to its last
/// digits; minimise on it what its Hessian is taken of. Tables in `double` follow it exactly.
struct SmoothPotential {
    EamPotential potential;
    std::vector<SmoothedFunction> functions;
};
SmoothPotential smooth_potential(const EamPotential& potential);

}  // namespace mg
