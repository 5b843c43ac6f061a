#include "ops/for_each_host.hpp"
#include "ops/network.inl"

namespace mg {
MG_NETWORK_OPS(Host)
}  // namespace mg
