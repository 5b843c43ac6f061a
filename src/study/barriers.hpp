#pragma once
/// \file What the stage `barriers` reads from the study file, keeps in checkpoints and writes.

#include <string>
#include <vector>

#include "artn/events.hpp"
#include "config/study_file.hpp"
#include "io/hdf5.hpp"

namespace mg {

/// Names of SearchStatus in the order of its numbers, as files have them.
const std::vector<std::string>& search_status_names();
/// Names of SearchCost likewise.
const std::vector<std::string>& search_cost_names();

EventOptions event_options(const StudyFile& study);
SettleOptions settle_options(const StudyFile& study);

/// Indices of the atoms that are searched, ascending; of a fraction, so many drawn by (seed, sample). Throws InputError
/// for an id that the sample does not have.
std::vector<int> searched_atoms(const StudyFile& study, const std::vector<long>& id, std::uint32_t sample);

/// Events in a group: `center` and all others that name atoms hold ids. get_events gives what put_events was given.
void put_events(H5File& file, const std::string& group, const std::vector<CenterEvents>& centers,
                const std::vector<long>& id);
std::vector<CenterEvents> get_events(const H5File& file, const std::string& group, const std::vector<long>& id);

void put_minimum(H5File& file, const Minimum& minimum);
/// The minimum of a structure whose elements and masses are given.
Minimum get_minimum(const H5File& file, const std::vector<std::string>& elements, const std::vector<double>& masses);

/// One atom's barriers; 0 where there is nothing to say.
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
    double larger_evaluations = 0;               ///< per attempt, of the polish in a larger region
    double whole_evaluations = 0;                ///< per attempt, with all atoms
};
BarrierSummary summarise(const std::vector<CenterEvents>& centers);

/// /events, /atoms and /minimum of barriers.h5.
void write_barriers(H5File& file, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                    const StudyFile& study);

/// A table of all attempts, a line each, for people.
std::string events_table(const std::vector<CenterEvents>& centers, const std::vector<long>& id);

/// Extended XYZ of up to `most` events, at equal steps through the accepted distinct ones in the order of their
/// barriers: the minimum, with the displacements of the saddle (`disp`) and of the final state as vectors.
std::string events_xyz(const std::string& path, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                       int most);

}  // namespace mg
