#include "ops/for_each_host.hpp"

#include "ops/radial.inl"

MG_RADIAL_OPS(Host)
