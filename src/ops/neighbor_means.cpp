#include "ops/for_each_host.hpp"

#include "ops/neighbor_means.inl"

MG_NEIGHBOR_MEANS_OPS(Host)
