#pragma once
/// \file Saddle searches around many atoms of one minimum, dealt out to the threads of the host or to a device.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "ops/forces.hpp"

namespace mg {

/// Makes the attempts that are left at each centre, those of one centre one after the other: attempt k is the same
/// search, to the bit, whatever else runs. On the host every thread has centres of its own. Each event is given to
/// `found` when it is there, one at a time, and the centres do not change meanwhile; nor while `stop` is asked now and
/// then, by one thread: where it says so, searches on their way are given up, and the function returns false.
template <class Space>
bool search_events(const EamTables<Space>& tables, double skin, const std::shared_ptr<const Minimum>& minimum,
                   std::uint32_t sample, std::vector<CenterEvents>& centers, const EventOptions& options,
                   const std::function<void(const CenterEvents&)>& found, const std::function<bool()>& stop);

}  // namespace mg
