#pragma once
/// \file The MPI form of Comm.

#include <memory>

#include "core/comm.hpp"

namespace mg {

/// MPI from construction to destruction, once per process.
class MpiSession {
public:
    MpiSession(int& argc, char**& argv);
    ~MpiSession();
    MpiSession(const MpiSession&) = delete;
    MpiSession& operator=(const MpiSession&) = delete;

    Comm& world() { return *world_; }

private:
    std::unique_ptr<Comm> world_;
};

/// Library and version of MPI, for people.
std::string mpi_version();

}  // namespace mg
