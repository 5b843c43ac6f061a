#pragma once
/// \file The ranks that the program was started on. ranks_mpi.cpp or ranks_serial.cpp, as the build has MPI or not.

#include <memory>
#include <string>

#include "core/comm.hpp"

namespace mg {

/// The ranks of this job, from the start of main to its end.
class Ranks {
public:
    /// Where a launcher has started this process, MPI; one rank on its own else.
    Ranks(int& argc, char**& argv);
    ~Ranks();
    Ranks(const Ranks&) = delete;
    Ranks& operator=(const Ranks&) = delete;

    Comm& world() { return *world_; }

private:
    struct Session;
    std::unique_ptr<Session> session_;
    Comm* world_;
};

/// What the program knows of MPI, for people.
std::string mpi_description();

}  // namespace mg
