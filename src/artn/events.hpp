#pragma once
/// \file Saddle searches as a user of them sees them.

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "artn/search.hpp"
#include "artn/search_events.hpp"
