#include "io/structures/species.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "io/elements.hpp"

namespace mg::io {
namespace {

void check_named_once(const std::vector<std::string>& elements) {
    for (auto name = elements.begin(); name != elements.end(); ++name)
        if (std::find(elements.begin(), name, *name) != name)
            throw InputError("element '" + *name + "' is named twice", "the list is " + comma_separated(elements),
                             "name each element once");
}

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
    SpeciesByName(const StructureSource& source, const std::vector<std::string>& given, Structure& structure)
        : source_(source), given_(given), structure_(structure) {
        for (std::size_t k = 0; k < given.size(); ++k) index_[given[k]] = static_cast<int>(k);
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
    const std::vector<std::string>& given_;
    Structure& structure_;
    std::map<std::string, int> index_;
};

void take_names_of_atoms(const RawStructure& raw, const std::vector<int>& order, SpeciesByName& species,
                         Structure& structure) {
    for (int k : order) structure.species.push_back(species.of(raw.name[k], raw.line[k]));
}

void take_names_of_types(const StructureSource& source, const RawStructure& raw, const std::vector<int>& order,
                         SpeciesByName& species, Structure& structure) {
    std::map<std::string, int> type_of;
    for (const auto& [type, name] : raw.type_names) {
        if (!type_of.emplace(name, type).second)
            throw InputError(source.path() + ": two types are " + name, "each type should have a name of its own",
                             "name the types (--elements)");
        species.of(name, 1);
    }
    for (int k : order) {
        const auto found = raw.type_names.find(raw.type[k]);
        if (found == raw.type_names.end())
            source.fail(raw.line[k], "type " + std::to_string(raw.type[k]) + " has no name", "other types have one",
                        "name all types");
        structure.species.push_back(species.of(found->second, raw.line[k]));
    }
}

/// The elements of types 1 to `types` by their masses.
std::vector<std::string> elements_by_mass(const StructureSource& source, const RawStructure& raw, int types) {
    if (raw.masses.empty())
        throw InputError(source.path() + ": the elements are not known", "the file has types without names or masses",
                         "name them in the order of the types (--elements Cu,Zr)");
    std::vector<std::string> elements;
    for (int type = 1; type <= types; ++type) {
        const auto mass = raw.masses.find(type);
        if (mass == raw.masses.end())
            throw InputError(source.path() + ": the element of type " + std::to_string(type) + " is not known",
                             "the file has no mass for it", "name the elements (--elements Cu,Zr)");
        elements.push_back(element_of_mass(source, "type " + std::to_string(type), mass->second));
    }
    for (std::size_t a = 0; a < elements.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
            if (elements[a] == elements[b])
                throw InputError(source.path() + ": types " + std::to_string(b + 1) + " and " + std::to_string(a + 1) +
                                     " have the mass of " + elements[a],
                                 "each type should be an element of its own", "name the elements (--elements)");
    return elements;
}

/// Type k is element k, of those given or (where none are) of those that the masses tell.
void take_types(const StructureSource& source, const RawStructure& raw, const std::vector<int>& order,
                Structure& structure) {
    if (structure.elements.empty()) {
        int types = raw.types;
        for (int k : order) types = std::max(types, raw.type[k]);
        structure.elements = elements_by_mass(source, raw, types);
    }
    for (int k : order) {
        if (raw.type[k] > static_cast<int>(structure.elements.size()))
            source.fail(raw.line[k], "type " + std::to_string(raw.type[k]) + " has no element",
                        "the elements are " + comma_separated(structure.elements),
                        "name an element for each type (--elements Cu,Zr)");
        structure.species.push_back(raw.type[k] - 1);
    }
}

/// A type that is named as one element and weighs as another is one of them by mistake. Isotopes of hydrogen and helium
/// differ by more.
void check_mass(const StructureSource& source, const ChemicalElement& element, double mass) {
    const double largest = element.mass < 5 ? 3.2 : 1.25, least = element.mass < 5 ? 0.6 : 0.8;
    if (mass >= least * element.mass && mass <= largest * element.mass) return;
    throw InputError(source.path() + ": " + std::string(element.symbol) + " has a mass of " + shown(mass) + " u",
                     "the element's is " + shown(element.mass) + " u", "correct the mass or the name of the type");
}

/// Masses of the file, and of the table for elements that no type of the file has; none where one stays unknown.
void take_masses(const StructureSource& source, const RawStructure& raw, bool named_types, Structure& structure) {
    for (std::size_t s = 0; s < structure.elements.size(); ++s) {
        double mass = 0;
        if (named_types) {
            for (const auto& [type, name] : raw.type_names)
                if (name == structure.elements[s] && raw.masses.count(type)) mass = raw.masses.at(type);
        } else if (raw.masses.count(static_cast<int>(s) + 1)) {
            mass = raw.masses.at(static_cast<int>(s) + 1);
        }
        const ChemicalElement* element = find_element(structure.elements[s]);
        if (mass != 0 && element && named_types) check_mass(source, *element, mass);
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
    check_named_once(elements);
    structure.elements = elements;
    const bool named_types = types_have_names(raw, elements);
    if (!raw.name.empty() || named_types) {
        SpeciesByName species(source, elements, structure);
        if (named_types)
            take_names_of_types(source, raw, order, species, structure);
        else
            take_names_of_atoms(raw, order, species, structure);
    } else {
        if (!elements.empty()) check_order_of_types(source, raw, elements);
        take_types(source, raw, order, structure);
    }
    if (!raw.masses.empty()) take_masses(source, raw, named_types, structure);
}

}  // namespace mg::io
