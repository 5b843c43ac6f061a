#include "ops/for_each_host.hpp"

#include "ops/shells.inl"

MG_SHELL_OPS(Host)
