#pragma once
/// \file Saddle searches around many atoms of one minimum, on the threads of the host or on a device.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "ops/forces.hpp"

namespace mg {

/// Makes the attempts that are left at each centre, those of one centre one after the other: attempt k is the same
/// search, to the bit, whatever else runs. On the host every thread has centres of its own. `found` is called when an
/// event is complete, and `stop` now and then; calls come one at a time, and `centers` does not change during them.
/// Where `stop` returns true, running searches are given up, and the function returns false.
template <class Space>
bool search_events(const EamTables<Space>& tables, double skin, const std::shared_ptr<const Minimum>& minimum,
                   std::uint32_t sample, std::vector<CenterEvents>& centers, const EventOptions& options,
                   const std::function<void(const CenterEvents&)>& found, const std::function<bool()>& stop);

}  // namespace mg
