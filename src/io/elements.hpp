#pragma once
/// \file Symbols and masses of the elements, hydrogen to uranium.

#include <span>
#include <string_view>

namespace mg::io {

struct ChemicalElement {
    const char* symbol;
    double
        mass;  ///< [u] conventional standard atomic weight (IUPAC 2021); the longest-lived isotope where there is none
};

/// In the order of the atomic number, from 1.
std::span<const ChemicalElement> chemical_elements();

/// Null where no element has the symbol.
const ChemicalElement* find_element(std::string_view symbol);

/// Of an entry of chemical_elements().
int atomic_number(const ChemicalElement& element);

}  // namespace mg::io
