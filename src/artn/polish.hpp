#pragma once
/// \file An attempt from search to search: the saddle of a small region is polished in a larger one and in the whole
/// system, and followed down where it may have become another's.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "artn/region.hpp"
#include "artn/search.hpp"

namespace mg {

/// An attempt on its way: the event so far, and what moves at present.
struct Attempt {
    std::shared_ptr<const Region> region;  ///< around the centre
    Event event;
    Event confined;                          ///< while it is being polished: what the region alone has
    SearchResult before;                     ///< while it is being polished: the saddle with fewer atoms moving
    double overlap = 1, shift = 0;           ///< [A] of the last release, as in Event
    std::shared_ptr<const Region> released;  ///< a larger region, or the whole; null: the region itself is searched
    bool descending = false;                 ///< followed down to both sides
};

/// What follows a search of an attempt at one of a sample's atoms. It depends on the attempt, the search's result and
/// the earlier events of the same centre alone.
class Polish {
public:
    /// `cutoff` [A] of the potential; `sample` keys the random numbers.
    Polish(const EventOptions& options, std::shared_ptr<const Minimum> minimum, std::uint32_t sample, double cutoff);

    /// Takes the result of the attempt's present search: the search that is next, of which the caller names the ticket,
    /// or nothing where the attempt has ended and its event is complete. `earlier`: the events of its centre so far.
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
