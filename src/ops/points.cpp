#include "ops/for_each_host.hpp"

#include "ops/points.inl"

MG_POINT_OPS(Host)
