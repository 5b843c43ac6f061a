#include "ops/for_each_row.hpp"

#include "ops/panels.inl"

MG_PANELS_OPS(Host)
