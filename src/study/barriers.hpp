#pragma once
/// \file The stage `barriers`: which atoms it searches, and the statistics of the events that it finds.

#include <string>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "config/study_file.hpp"
#include "study/results/event_fields.hpp"
#include "study/results/events_file.hpp"

namespace mg::study {

EventOptions event_options(const StudyFile& study);
SettleOptions settle_options(const StudyFile& study);

/// Indices of the atoms that are searched, ascending. Where barriers.atoms is a fraction, that share of the atoms is
/// drawn at random, keyed by (seed, sample). Throws InputError for an id that the sample does not have.
std::vector<int> searched_atoms(const StudyFile& study, const std::vector<long>& id, std::uint32_t sample);

/// Statistics of one atom's events; means and errors are 0 where there are too few of them.
struct AtomBarriers {
    int attempts = 0, accepted = 0, distinct = 0;
    double mean = 0;            ///< [eV] over accepted events, duplicates included
    double standard_error = 0;  ///< [eV] of the mean; 0 for fewer than two
    double mean_distinct = 0;   ///< [eV] over distinct events
};
AtomBarriers atom_barriers(const CenterEvents& center);

/// Sums over a sample, for summaries.
struct BarrierSummary {
    long attempts = 0, accepted = 0, checked = 0, check_failed = 0;
    std::vector<long> by_status;                 ///< as search_status_names
    double mean = 0, median = 0, deviation = 0;  ///< [eV] of accepted events
    double evaluations = 0;                      ///< per attempt, in the region
    double larger_evaluations = 0;               ///< per attempt, of refinements in a larger region
    double whole_evaluations = 0;                ///< per attempt, with all atoms moving
};
BarrierSummary summarise(const std::vector<CenterEvents>& centers);

/// /events, /atoms and /minimum of barriers.h5.
void write_barriers(io::H5File& file, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                    const StudyFile& study);

}  // namespace mg::study
