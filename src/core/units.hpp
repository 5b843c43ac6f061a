#pragma once
/// \file Units inside the program: A, eV, ps, K; mass in eV ps^2/A^2; pressure in eV/A^3. Only io, config,
/// app and study convert (tests/lint/lint.py holds to it), so that no conversion factor stands in a loop.

namespace mg::units {

/// One atomic mass unit [eV ps^2/A^2] (CODATA 2018).
inline constexpr double atomic_mass = 1.0364269656e-4;
/// Boltzmann's constant [eV/K] (exact in the SI of 2019).
inline constexpr double boltzmann = 8.617333262145e-5;
/// One eV/A^3 in GPa.
inline constexpr double gigapascal_per_pressure = 160.21766208;
/// One femtosecond [ps].
inline constexpr double femtosecond = 1e-3;
/// One second [ps].
inline constexpr double second = 1e12;

// For messages, which all layers may have.
inline double in_gigapascal(double pressure) { return pressure * gigapascal_per_pressure; }
inline double in_femtoseconds(double time) { return time / femtosecond; }

}  // namespace mg::units
