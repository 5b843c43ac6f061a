#pragma once
/// \file Work that is done only where a flag is set.

#include <functional>

#include "core/array.hpp"

namespace mg {

/// body() where any flag is set; it must do nothing where none is. While a graph is recorded, the body goes into a
/// conditional node, so that the device skips it; otherwise, and where there are no conditional nodes, it is recorded
/// or run as it is: the host does not look at the flags, which would be a wait. Where the body throws while it is
/// recorded, its own recording is over; that of the graph around it is left to who began it.
void if_any_marked(Cuda, const Array<int, Cuda>& flags, const std::function<void()>& body);

/// Whether graphs may have conditional nodes: some drivers refuse them. Off where the environment variable
/// MGSTIFF_NO_CONDITIONAL is set to anything but "" or "0", and once a graph with such nodes has been refused. Without
/// them the work is recorded as it is, and each of its kernels looks at the flags.
bool& conditional_nodes_wanted();

}  // namespace mg
