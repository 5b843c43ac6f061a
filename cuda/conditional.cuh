#pragma once
/// \file Whether graphs may have conditional nodes: some drivers refuse them.

namespace mg {

/// Off where the environment variable MGSTIFF_NO_CONDITIONAL is set to anything but "" or "0", and once a graph with
/// such nodes has been refused. Without them the work is recorded as it is, and each of its kernels looks at the flags.
bool& conditional_nodes_wanted();

}  // namespace mg
