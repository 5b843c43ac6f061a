#pragma once
/// \file The steps of one attempt: the saddle that a search finds in a small region is refined ("polished") in a larger
/// one and with all atoms moving, and followed down again where it may have become the saddle of another event.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "artn/region.hpp"
#include "artn/search.hpp"

namespace mg {

/// An unfinished attempt: the event so far, and the atoms that move at present.
struct Attempt {
    std::shared_ptr<const Region> region;  ///< around the centre
    Event event;
    Event confined;                          ///< while it is refined: the event of the region alone
    SearchResult before;                     ///< while it is refined: the saddle with fewer atoms moving
    double overlap = 1, shift = 0;           ///< of the last refinement, as in Event
    std::shared_ptr<const Region> released;  ///< of the refinement: a larger region, or all atoms; null before it
    bool descending = false;                 ///< from the saddle to both sides
};

/// Decides what follows when a search of an attempt has ended, from the attempt, the search's result and the earlier
/// events of the same centre alone.
class Polish {
public:
    /// `cutoff` [A] of the potential; `sample` keys the random numbers.
    Polish(const EventOptions& options, std::shared_ptr<const Minimum> minimum, std::uint32_t sample, double cutoff);

    /// Takes the result of the attempt's present search. Returns the next search, whose ticket the caller sets, or
    /// nothing where the attempt has ended and its event is complete. `earlier`: the events of its centre so far.
    std::optional<SearchStart> next(Attempt& attempt, SearchResult result, const std::vector<Event>& earlier);

private:
    std::optional<SearchStart> after_search(Attempt& a, SearchResult r, const std::vector<Event>& earlier);
    std::optional<SearchStart> after_release(Attempt& a, SearchResult r);
    SearchStatus take_saddle(Attempt& a, const SearchResult& r) const;
    SearchStatus take_sides(Attempt& a, const SearchResult& r) const;
    SearchStart release(Attempt& a, const SearchResult& from, std::shared_ptr<const Region> released, bool descend);
    std::shared_ptr<const Region> enlarged(const Region& region);
    std::shared_ptr<const Region> whole();
    std::vector<Vec3> over_all(const Region& region, const std::vector<Vec3>& of_region) const;
    void compare_with_before(Attempt& a, const SearchResult& r) const;
    bool same_saddle(const Attempt& a) const;
    bool to_be_checked(const Event& e) const;
    bool is_local(const Event& e) const;

    EventOptions options_;
    std::shared_ptr<const Minimum> minimum_;
    std::uint32_t sample_;
    double cutoff_;
    std::shared_ptr<const Region> whole_;  // made when it is first needed
    std::vector<Vec3> noise_;              // of the whole
};

}  // namespace mg
