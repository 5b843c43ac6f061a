#include "app/ranks.hpp"

namespace mg {

struct Ranks::Session {
    SerialComm alone;
};

Ranks::Ranks(int&, char**&) : session_(std::make_unique<Session>()), world_(&session_->alone) {}

Ranks::~Ranks() = default;

std::string mpi_description() { return "built without MPI: one rank"; }

}  // namespace mg
