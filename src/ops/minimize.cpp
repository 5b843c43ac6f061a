#include "ops/for_each_host.hpp"

#include "ops/minimize.inl"

MG_MINIMIZE_OPS(Host)
