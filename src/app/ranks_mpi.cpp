#include <cstdlib>

#include "app/ranks.hpp"
#include "mpi/comm.hpp"

namespace mg {

struct Ranks::Session {
    std::unique_ptr<MpiSession> mpi;
    SerialComm alone;
};

Ranks::Ranks(int& argc, char**& argv) : session_(std::make_unique<Session>()), world_(&session_->alone) {
    // Without a launcher MPI is left alone: it would take a second to start, and fail where its daemons are forbidden.
    bool launched = false;
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"}) launched = launched || std::getenv(name);
    if (!launched) return;
    session_->mpi = std::make_unique<MpiSession>(argc, argv);
    world_ = &session_->mpi->world();
}

Ranks::~Ranks() = default;

std::string mpi_description() { return mpi_version(); }

}  // namespace mg
