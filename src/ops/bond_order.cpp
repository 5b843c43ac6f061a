#include "ops/for_each_host.hpp"

#include "ops/bond_order.inl"

MG_BOND_ORDER_OPS(Host)
