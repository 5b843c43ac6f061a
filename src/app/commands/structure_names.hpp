#pragma once
/// \file What the commands that take several structures share: what is refused, who does which, and the files written.

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/comm.hpp"
#include "core/structure.hpp"
#include "nn/property.hpp"
#include "physics/eam_potential.hpp"

namespace mg {

/// Refuses, before anything runs, a cell that the minimiser cannot take. Throws InputError.
void check_width(const std::string& path, const Structure& s, const EamPotential& potential);

/// Collective: one(k) for each k in [0, count), structures dealt out to the ranks in turn. The first rank gets all
/// results in the order of the structures, the others nothing.
std::vector<nlohmann::ordered_json> deal_out_structures(Comm& world, std::size_t count,
                                                        const std::function<nlohmann::ordered_json(std::size_t)>& one);

/// Writes the `xyz` of each result to its summary's `output`, those of one file as frames. Returns the summaries.
nlohmann::ordered_json write_structures(const std::vector<nlohmann::ordered_json>& results);

/// One output for each structure: the file `out` for all, or NAME`ending` in the folder `out` ("": the working
/// directory), NAME being the structure's without folder and the endings of structure files. Throws InputError where
/// the folder is missing, where two structures would be written to one file, or one onto itself.
std::vector<std::string> output_names(const std::vector<std::string>& structures, const std::string& out,
                                      const std::string& ending);

/// Mean of values (n) over the atoms of a species, or over all where it is -1; NaN counts for nothing, and is the mean
/// of nothing.
double mean_over(const Structure& s, const std::vector<double>& values, int species = -1);
/// Adds the mean of a property (n), and that of each species that the structure has.
void add_mean(const Structure& s, const Property& property, const std::vector<double>& values,
              nlohmann::ordered_json& j);
/// "_eV_per_A2" for "eV/A^2": a unit as the end of a key.
std::string key_of_unit(const std::string& unit);

}  // namespace mg
