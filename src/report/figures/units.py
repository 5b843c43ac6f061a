"""Constants of physics in the units of the files (A, eV, ps, K)."""

BOLTZMANN = 8.617333262145e-5  # [eV/K], as src/core/units.hpp has it
