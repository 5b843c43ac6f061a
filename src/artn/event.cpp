#include "artn/event.hpp"

#include <algorithm>

namespace mg {

int CenterEvents::accepted() const {
    return static_cast<int>(std::count_if(events.begin(), events.end(), [](const Event& e) { return e.accepted(); }));
}

bool CenterEvents::done(const EventOptions& o) const {
    return static_cast<int>(events.size()) >= o.max_attempts || accepted() >= o.events_per_atom;
}

}  // namespace mg
