#include "ops/for_each_host.hpp"

#include "ops/displacement.inl"

MG_DISPLACEMENT_OPS(Host)
