#pragma once
/// \file Events for people: events.txt and events.xyz.

#include <string>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"

namespace mg::study {

/// A table of all attempts, a line each, for people.
std::string events_table(const std::vector<CenterEvents>& centers, const std::vector<long>& id);

/// Extended XYZ of up to `most` events, at equal steps through the accepted distinct ones in the order of their
/// barriers: the minimum, with the displacements of the saddle (`disp`) and of the final state as vectors. `path` names
/// the file in errors.
std::string events_xyz(const std::string& path, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                       int most);

}  // namespace mg::study
