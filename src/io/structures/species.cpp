#include "io/structures/species.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "io/elements.hpp"

namespace mg::io {
namespace {

/// `elements` in order name the types of a file that has masses or names of its own: they must not say otherwise, or
/// every species would silently be another.
void check_order_of_types(const StructureSource& source, const RawStructure& raw,
                          const std::vector<std::string>& elements) {
    const auto contradicted = [&](std::size_t k, const std::string& name, const std::string& by) {
        throw InputError(
            source.path() + ": type " + std::to_string(k + 1) + " is named " + elements[k] + " and seems to be " + name,
            by,
            "name the elements in the order of the file's types (--elements; they are given as " +
                comma_separated(elements) + ")");
    };
    for (std::size_t k = 0; k < elements.size(); ++k) {
        const int type = static_cast<int>(k) + 1;
        const auto named = raw.type_names.find(type);
        if (named != raw.type_names.end()) {
            if (named->second != elements[k] && contains(elements, named->second))
                contradicted(k, named->second, "the file names it so");
            continue;
        }
        const auto mass = raw.masses.find(type);
        const auto has_the_mass = [&](const std::string& name) {
            const ChemicalElement* element = find_element(name);
            return element && std::abs(element->mass - mass->second) <= mass_tolerance;
        };
        if (mass == raw.masses.end() || has_the_mass(elements[k])) continue;
        for (const std::string& name : elements)
            if (has_the_mass(name)) contradicted(k, name, "its mass is " + shown(mass->second) + " u");
    }
}

/// Whether the types' own names are their species: wherever the names stand, where no elements are listed; else only
/// labels that are all among them.
bool types_have_names(const RawStructure& raw, const std::vector<std::string>& elements) {
    if (!raw.name.empty() || raw.type_names.empty()) return false;
    if (elements.empty()) return true;
    return raw.labels && std::all_of(raw.type_names.begin(), raw.type_names.end(),
                                     [&](const auto& type) { return contains(elements, type.second); });
}

/// The number of a species by its name. Where the elements are not given, every new name becomes one more of
/// structure.elements.
class SpeciesByName {
public:
    SpeciesByName(const StructureSource& source, Structure& structure)
        : source_(source), given_(structure.elements), structure_(structure) {
        for (std::size_t k = 0; k < given_.size(); ++k) index_[given_[k]] = static_cast<int>(k);
    }

    int of(const std::string& name, long line) {
        const auto found = index_.find(name);
        if (found != index_.end()) return found->second;
        if (!given_.empty())
            source_.fail(line, "unknown species " + quoted(name), "the elements are " + comma_separated(given_),
                         "name all elements of the structure, and give a potential that has them");
        const int k = static_cast<int>(structure_.elements.size());
        structure_.elements.push_back(name);
        return index_[name] = k;
    }

private:
    const StructureSource& source_;
    const std::vector<std::string> given_;
    Structure& structure_;
    std::map<std::string, int> index_;
};

void take_names_of_atoms(const StructureSource& source, const RawStructure& raw, const std::vector<int>& order,
                         Structure& structure) {
    SpeciesByName species(source, structure);
    for (int k : order) structure.species.push_back(species.of(raw.name[k], raw.line[k]));
}

/// The element of each type that has one.
using ElementsOfTypes = std::map<int, std::string>;

/// The largest type of the file.
int last_type(const RawStructure& raw) {
    return raw.type.empty() ? raw.types : std::max(raw.types, *std::max_element(raw.type.begin(), raw.type.end()));
}

/// The elements of all types by their masses.
ElementsOfTypes elements_by_mass(const StructureSource& source, const RawStructure& raw,
                                 const std::vector<std::string>& among) {
    if (raw.masses.empty())
        throw InputError(source.path() + ": the elements are not known", "the file has types without names or masses",
                         "name them in the order of the types (--elements Cu,Zr)");
    ElementsOfTypes elements;
    for (int type = 1; type <= last_type(raw); ++type) {
        const auto mass = raw.masses.find(type);
        if (mass == raw.masses.end())
            throw InputError(source.path() + ": the element of type " + std::to_string(type) + " is not known",
                             "the file has no mass for it", "name the elements (--elements Cu,Zr)");
        elements[type] = element_of_mass(source, "type " + std::to_string(type), mass->second, among);
    }
    return elements;
}

/// Type k is element k of a list, which may name an element for several types. A shorter one names the elements alone,
/// where masses say which type is which.
ElementsOfTypes elements_in_order(const StructureSource& source, const RawStructure& raw,
                                  const std::vector<std::string>& elements) {
    if (static_cast<int>(elements.size()) < last_type(raw) && !raw.masses.empty()) {
        try {
            return elements_by_mass(source, raw, elements);
        } catch (const InputError&) {
            // Then it is a list of types, some of which may have no atoms.
        }
    }
    check_order_of_types(source, raw, elements);
    ElementsOfTypes result;
    for (const std::string& element : elements) result[static_cast<int>(result.size()) + 1] = element;
    return result;
}

void take_types(const StructureSource& source, const RawStructure& raw, const std::vector<int>& order,
                const ElementsOfTypes& elements, Structure& structure) {
    SpeciesByName species(source, structure);
    for (const auto& [type, name] : elements) species.of(name, 1);
    for (int k : order) {
        const auto found = elements.find(raw.type[k]);
        if (found == elements.end())
            source.fail(raw.line[k], "type " + std::to_string(raw.type[k]) + " has no element",
                        "the elements are " + comma_separated(structure.elements),
                        "name an element for each type, in their order (--elements Cu,Zr,Cu)");
        structure.species.push_back(species.of(found->second, raw.line[k]));
    }
}

/// By what factors the mass of an atom may differ from its element's: isotopes of hydrogen and helium differ by more.
struct MassRange {
    double least, largest;
};
MassRange mass_range(const ChemicalElement* element) {
    return element && element->mass < 5 ? MassRange{0.6, 3.2} : MassRange{0.8, 1.25};
}

/// A type that is named as one element and weighs as another is one of them by mistake.
void check_mass(const StructureSource& source, const ChemicalElement& element, double mass) {
    const auto [least, largest] = mass_range(&element);
    if (mass >= least * element.mass && mass <= largest * element.mass) return;
    throw InputError(source.path() + ": " + std::string(element.symbol) + " has a mass of " + shown(mass) + " u",
                     "the element's is " + shown(element.mass) + " u", "correct the mass or the name of the type");
}

/// Masses of the file, those of an element's first type, and of the table for elements that no type of the file has;
/// none where one stays unknown. Types of one element have masses alike. `named` by the file: they are an element's.
void take_masses(const StructureSource& source, const RawStructure& raw, const ElementsOfTypes& elements, bool named,
                 Structure& structure) {
    for (const std::string& name : structure.elements) {
        const ChemicalElement* element = find_element(name);
        double mass = 0;
        int first = 0;
        for (const auto& [type, own_name] : elements) {
            const auto own = raw.masses.find(type);
            if (own_name != name || own == raw.masses.end()) continue;
            if (named && element) check_mass(source, *element, own->second);
            if (first == 0) {
                first = type;
                mass = own->second;
            } else if (const double ratio = std::max(own->second / mass, mass / own->second);
                       ratio > mass_range(element).largest) {
                throw InputError(source.path() + ": types " + std::to_string(first) + " and " + std::to_string(type) +
                                     " are both named " + name,
                                 "their masses are " + shown(mass) + " and " + shown(own->second) + " u",
                                 "name the elements in the order of the file's types (--elements)");
            }
        }
        if (mass == 0 && element) mass = element->mass;
        if (mass == 0) {
            structure.masses.clear();
            return;
        }
        structure.masses.push_back(mass);
    }
}

}  // namespace

std::string element_of_mass(const StructureSource& source, const std::string& what, double mass,
                            const std::vector<std::string>& among) {
    std::vector<std::string> candidates;
    for (const ChemicalElement& element : chemical_elements())
        if (std::abs(element.mass - mass) <= mass_tolerance && (among.empty() || contains(among, element.symbol)))
            candidates.emplace_back(element.symbol);
    if (candidates.size() == 1) return candidates[0];
    throw InputError(source.path() + ": the element of " + what + " is not known",
                     "its mass " + shown(mass) + " u is " +
                         (!candidates.empty() ? "that of " + comma_separated(candidates)
                          : among.empty()     ? "no element's"
                                              : "that of none of " + comma_separated(among)),
                     "name the elements (--elements Cu,Zr)");
}

void resolve_species(const StructureSource& source, const RawStructure& raw, const std::vector<int>& order,
                     const std::vector<std::string>& elements, Structure& structure) {
    structure.elements = distinct(elements);
    if (!raw.name.empty()) return take_names_of_atoms(source, raw, order, structure);
    const bool named = types_have_names(raw, elements);
    const ElementsOfTypes of_types = named              ? raw.type_names
                                     : elements.empty() ? elements_by_mass(source, raw, {})
                                                        : elements_in_order(source, raw, elements);
    take_types(source, raw, order, of_types, structure);
    if (!raw.masses.empty()) take_masses(source, raw, of_types, named, structure);
}

}  // namespace mg::io
