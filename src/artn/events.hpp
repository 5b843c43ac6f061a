#pragma once
/// \file All headers of saddle searches that other folders use.

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "artn/search.hpp"
#include "artn/search_events.hpp"
