#pragma once
/// \file HDF5 of the minimum that searches begin at, and of their events: in checkpoints and in barriers.h5.

#include <string>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "io/hdf5.hpp"

namespace mg::study {

/// Events in a group, the fields of for_each_event_field: `center` and all others that name atoms hold ids.
void put_events(io::H5File& file, const std::string& group, const std::vector<CenterEvents>& centers,
                const std::vector<long>& id);
/// What put_events was given. Throws InputError for an atom that is not among the ids, which are ascending.
std::vector<CenterEvents> get_events(const io::H5File& file, const std::string& group, const std::vector<long>& id);

void put_minimum(io::H5File& file, const Minimum& minimum);
/// The minimum of a structure whose elements and masses are given.
Minimum get_minimum(const io::H5File& file, const std::vector<std::string>& elements,
                    const std::vector<double>& masses);

}  // namespace mg::study
