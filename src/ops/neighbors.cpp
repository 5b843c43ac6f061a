#include "ops/for_each_host.hpp"

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Host)
