#pragma once
/// \file Viscosity from activation energies: Eq. 4 of Peng, Yang, Wang, Extreme Mech. Lett. 48 (2021) 101446,
///
///   eta_i = eta_0 exp(`<dQ_i>` / k_B T),   eta_0 = 1e-4 Pa s.

#include "core/macros.hpp"

namespace mg {

inline constexpr double viscosity_prefactor = 1e-4;  ///< [Pa s]

inline namespace MG_TARGET {

/// log10(eta / Pa s) of a mean barrier [eV] at kT [eV].
MG_HD double log10_viscosity(double mean_barrier, double kT) { return -4.0 + mean_barrier / (kT * 2.302585092994046); }
/// Its standard error from that of the mean barrier [eV].
MG_HD double log10_viscosity_error(double standard_error, double kT) {
    return standard_error / (kT * 2.302585092994046);
}

}  // namespace MG_TARGET
}  // namespace mg
