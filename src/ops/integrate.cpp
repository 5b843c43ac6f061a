#include "ops/for_each_host.hpp"

#include "ops/integrate.inl"

MG_INTEGRATE_OPS(Host)
