#pragma once
/// \file summary.json: the study in short, for people's scripts.

#include "study/context.hpp"
#include "study/ledger.hpp"

namespace mg::study {

/// Where it ran.
struct Hardware {
    std::string host, backend, device;
};

/// Writes the study, the machine, the times of the stages, and what finished stages add (Stage::summarise).
void write_summary(const Context& context, const Ledger& ledger, const Hardware& hardware);

}  // namespace mg::study
