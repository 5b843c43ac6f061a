#include "ops/network.inl"
#include "ops/for_each_host.hpp"

namespace mg {
MG_NETWORK_OPS(Host)
}  // namespace mg
