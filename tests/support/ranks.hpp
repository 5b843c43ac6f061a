#pragma once
/// \file The ranks of the MPI tests.

#include "mpi/comm.hpp"

namespace mg {

/// All ranks; from tests/mpi/main.cpp.
Comm& world();

}  // namespace mg
