#include "ops/for_each_host.hpp"

#include "sweeps/shells.hpp"

namespace mg {
namespace {

void count_neighbors(Host, int slots, const ShellSweep& sweep) { for_each(Host{}, slots, sweep); }

}  // namespace
}  // namespace mg

#include "ops/shells.inl"

MG_SHELL_OPS(Host)
