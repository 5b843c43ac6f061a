#include "ops/for_each_host.hpp"

#include <algorithm>

#include "ops/artn.inl"

MG_ARTN_OPS(Host)
