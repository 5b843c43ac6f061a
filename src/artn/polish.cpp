#include "artn/polish.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "core/random.hpp"

namespace mg {

namespace {

constexpr double kept_displacement = 0.02;                            // [A]
constexpr double moved_displacement = 0.1;                            // [A]
constexpr double duplicate_barrier = 0.01, duplicate_energy = 0.005;  // [eV]
constexpr double duplicate_distance = 0.1;                            // [A]
constexpr double local_margin = 3.0;                                  // [A] beyond the kick's radius

Vec3 rounded(Vec3 v) {
    return {static_cast<double>(static_cast<float>(v.x)), static_cast<double>(static_cast<float>(v.y)),
            static_cast<double>(static_cast<float>(v.z))};
}

/// |a - b|^2 of two confined saddles.
double squared_difference(const Event& a, const Event& b) {
    std::map<int, Vec3> difference;
    for (std::size_t k = 0; k < a.atom.size(); ++k) difference[a.atom[k]] = a.confined_saddle[k];
    for (std::size_t k = 0; k < b.atom.size(); ++k) difference[b.atom[k]] -= b.confined_saddle[k];
    double sum = 0;
    for (const auto& [atom, d] : difference) sum += norm2(d);
    return sum;
}

/// The first of the earlier events that found the same saddle and final state, or null.
const Event* first_of_the_same(const std::vector<Event>& earlier, const Event& e) {
    for (const Event& before : earlier)
        if (!before.confined_saddle.empty() && before.duplicate_of < 0 &&
            std::abs(before.confined_barrier - e.confined_barrier) < duplicate_barrier &&
            std::abs(before.final_energy - e.final_energy) < duplicate_energy &&
            squared_difference(before, e) < duplicate_distance * duplicate_distance)
            return &before;
    return nullptr;
}

/// What the search of the region tells of the event, and of its saddle where it got there.
void describe_search(Event& e, const Region& region, const SearchResult& r) {
    e.status = r.status;
    e.evaluations = r.evaluations;
    std::copy(std::begin(r.cost), std::end(r.cost), std::begin(e.cost));
    if (!r.at_saddle) return;
    e.confined_barrier = r.saddle_energy;
    e.eigenvalue = r.eigenvalue;
    e.second_eigenvalue = r.second_eigenvalue;
    e.force = r.force;
    double farthest = -1;
    for (int m = 0; m < region.movable; ++m)
        if (norm2(r.saddle[m]) > farthest) {
            farthest = norm2(r.saddle[m]);
            e.most_displaced = region.atom[m];
        }
}

/// What it tells besides where it connected.
void describe_connection(Event& e, const Region& region, const SearchResult& r) {
    e.barrier = e.confined_barrier;
    e.final_energy = r.final_energy;
    for (int m = 0; m < region.movable; ++m) {
        const double end = norm2(r.final_state[m]);
        if (end > moved_displacement * moved_displacement) ++e.moved;
        if (std::max(end, norm2(r.saddle[m])) < kept_displacement * kept_displacement) continue;
        e.atom.push_back(region.atom[m]);
        e.confined_saddle.push_back(rounded(r.saddle[m]));
        e.final_state.push_back(rounded(r.final_state[m]));
    }
    e.saddle = e.confined_saddle;
}

/// The event's saddle, or its final state, is now this one, of all atoms.
void put(Event& e, std::vector<Vec3> Event::*which, const std::vector<Vec3>& displacement) {
    constexpr std::vector<Vec3> Event::*all[] = {&Event::saddle, &Event::confined_saddle, &Event::final_state};
    const std::vector<int> atom = std::exchange(e.atom, {});
    std::vector<Vec3> dense[3];
    for (int m = 0; m < 3; ++m) {
        dense[m].resize(displacement.size());
        for (std::size_t k = 0; k < atom.size(); ++k) dense[m][atom[k]] = (e.*all[m])[k];
        if (all[m] == which) dense[m] = displacement;
        (e.*all[m]).clear();
    }
    double farthest = -1;
    e.moved = 0;
    for (std::size_t i = 0; i < displacement.size(); ++i) {
        double most = 0;
        for (const std::vector<Vec3>& of : dense) most = std::max(most, norm2(of[i]));
        if (norm2(dense[0][i]) > farthest) {
            farthest = norm2(dense[0][i]);
            e.most_displaced = static_cast<int>(i);
        }
        e.moved += norm2(dense[2][i]) > moved_displacement * moved_displacement;
        if (most < kept_displacement * kept_displacement) continue;
        e.atom.push_back(static_cast<int>(i));
        for (int m = 0; m < 3; ++m) (e.*all[m]).push_back(rounded(dense[m][i]));
    }
}

/// Where the polish led is no event: all is said of the region's.
void back_to_confined(Attempt& a) {
    Event lost = std::move(a.confined);
    const Event& e = a.event;
    lost.larger_evaluations = e.larger_evaluations;
    lost.whole_evaluations = e.whole_evaluations;
    lost.overlap = e.overlap;
    lost.shift = e.shift;
    lost.checked = e.checked;
    lost.whole_final_energy = e.whole_final_energy;
    lost.barrier = 0;
    a.event = std::move(lost);
}

}  // namespace

Polish::Polish(const EventOptions& options, std::shared_ptr<const Minimum> minimum, std::uint32_t sample, double cutoff)
    : options_(options), minimum_(std::move(minimum)), sample_(sample), cutoff_(cutoff) {}

std::optional<SearchStart> Polish::next(Attempt& a, SearchResult r, const std::vector<Event>& earlier) {
    return a.released ? after_release(a, std::move(r)) : after_search(a, std::move(r), earlier);
}

std::optional<SearchStart> Polish::after_search(Attempt& a, SearchResult r, const std::vector<Event>& earlier) {
    Event& e = a.event;
    const Region& region = *a.region;
    describe_search(e, region, r);
    if (e.status != SearchStatus::connected) return {};
    describe_connection(e, region, r);
    if (!is_local(e)) {
        e.status = SearchStatus::not_local;
        return {};
    }
    const bool polished = options_.polish && !region.whole;
    if (const Event* const first = first_of_the_same(earlier, e)) {
        if (polished) {
            // What the first one became, this one would become.
            const Event own = std::exchange(e, *first);
            e.attempt = own.attempt;
            e.evaluations = own.evaluations;
            std::copy(std::begin(own.cost), std::end(own.cost), std::begin(e.cost));
            e.larger_evaluations = e.whole_evaluations = 0;
            e.checked = 0;
        }
        e.duplicate_of = first->attempt;
        return {};
    }
    if (!polished) return {};
    e.overlap = 1;
    a.confined = e;
    SearchStart start = release(a, r, enlarged(region), false);
    a.before = std::move(r);
    return start;
}

/// One step of the polish has ended: from the region to a larger one, from there to the whole, or the ways down from a
/// saddle to both sides. Where a step has changed much, the saddle may have become another's: its own two sides tell,
/// at the step where it happened, which in the larger region costs a fraction of what it costs in the whole.
std::optional<SearchStart> Polish::after_release(Attempt& a, SearchResult r) {
    Event& e = a.event;
    const bool all = r.region->whole;
    (all ? e.whole_evaluations : e.larger_evaluations) += r.evaluations;
    const SearchStatus verdict = a.descending ? take_sides(a, r) : take_saddle(a, r);
    if (verdict == SearchStatus::connected) {
        if (!a.descending && (!same_saddle(a) || (all && to_be_checked(e)))) return release(a, r, a.released, true);
        if (!all) {
            SearchStart start = release(a, r, whole(), false);
            a.before = std::move(r);
            return start;
        }
    } else {
        back_to_confined(a);
    }
    a.event.status = verdict;
    return {};
}

/// Takes the two sides of the saddle into the event; `connected` where the event stands.
SearchStatus Polish::take_sides(Attempt& a, const SearchResult& r) const {
    Event& e = a.event;
    const bool connected = r.status == SearchStatus::connected;
    if (r.region->whole) {
        if (same_saddle(a)) e.checked = connected ? 1 : 2;
        e.whole_final_energy = r.final_energy;
    }
    if (!connected) return same_saddle(a) ? SearchStatus::connected : SearchStatus::polish_lost;
    put(e, &Event::final_state, over_all(*r.region, r.final_state));
    e.final_energy = r.final_energy;
    return SearchStatus::connected;
}

/// Takes the saddle, as it is with further atoms released, into the event; `connected` where the event stands.
SearchStatus Polish::take_saddle(Attempt& a, const SearchResult& r) const {
    Event& e = a.event;
    if (!r.at_saddle) return SearchStatus::polish_lost;
    compare_with_before(a, r);
    if (!r.region->whole) return SearchStatus::connected;
    e.barrier = r.saddle_energy;
    e.eigenvalue = r.eigenvalue;
    e.second_eigenvalue = r.second_eigenvalue;
    e.force = r.force;
    put(e, &Event::saddle, r.saddle);
    if (e.barrier < 0) return SearchStatus::negative_barrier;
    if (!is_local(e)) return SearchStatus::not_local;
    if (!(e.barrier >= options_.search.min_barrier && e.barrier <= options_.search.max_barrier))
        return SearchStatus::out_of_range;
    return SearchStatus::connected;
}

/// The search of what is released, begun at a saddle.
SearchStart Polish::release(Attempt& a, const SearchResult& from, std::shared_ptr<const Region> released,
                            bool descend) {
    const Region& to = *released;
    const std::vector<Vec3> displacement = over_all(*from.region, from.saddle),
                            direction = over_all(*from.region, from.mode), second = over_all(*from.region, from.second);
    SearchStart start;
    start.region = released;
    for (int m = 0; m < to.movable; ++m) {
        start.displacement.push_back(displacement[to.atom[m]]);
        start.kick.push_back(direction[to.atom[m]]);
        start.second.push_back(second[to.atom[m]]);
    }
    start.noise = to.whole ? noise_ : random_start(released, 1e9, 0.1, options_.seed, sample_, a.event.attempt).noise;
    start.polish = true;
    start.descend = a.descending = descend;
    a.released = std::move(released);
    return start;
}

/// Half as large again where that is much less than the whole: most of the elastic relaxation is cheap there.
std::shared_ptr<const Region> Polish::enlarged(const Region& region) {
    const double largest = 0.499 * (smallest_width(minimum_->structure.box) - cutoff_);
    const double radius = std::min(1.5 * options_.region, largest);
    if (radius < 1.25 * options_.region) return whole();
    Region larger = carve(minimum_, region.center, radius, cutoff_);
    return larger.whole ? whole() : std::make_shared<const Region>(std::move(larger));
}

std::shared_ptr<const Region> Polish::whole() {
    if (!whole_) {
        whole_ = std::make_shared<const Region>(carve(minimum_, 0, std::numeric_limits<double>::infinity(), cutoff_));
        noise_ = random_start(whole_, 1e9, 0.1, options_.seed, sample_, 0).noise;
    }
    return whole_;
}

/// A vector over the movable atoms of a region, as one over all atoms.
std::vector<Vec3> Polish::over_all(const Region& region, const std::vector<Vec3>& of_region) const {
    std::vector<Vec3> all(minimum_->structure.size());
    for (int m = 0; m < region.movable; ++m) all[region.atom[m]] = of_region[m];
    return all;
}

/// How far the release of further atoms changed the saddle.
void Polish::compare_with_before(Attempt& a, const SearchResult& r) const {
    const std::vector<Vec3> saddle = over_all(*r.region, r.saddle), mode = over_all(*r.region, r.mode);
    double overlap = 0, farthest = 0;
    for (int m = 0; m < a.before.region->movable; ++m) {
        const int i = a.before.region->atom[m];
        overlap += dot(mode[i], a.before.mode[m]);
        farthest = std::max(farthest, norm2(saddle[i] - a.before.saddle[m]));
    }
    a.overlap = std::abs(overlap);
    a.shift = std::sqrt(farthest);
    a.event.overlap = std::min(a.event.overlap, a.overlap);
    a.event.shift = std::max(a.event.shift, a.shift);
}

bool Polish::same_saddle(const Attempt& a) const {
    return a.overlap > options_.polish_overlap && a.shift < options_.polish_distance;
}

/// A share of the events is followed down with all atoms in any case.
bool Polish::to_be_checked(const Event& e) const {
    const RandomStream stream(options_.seed, RandomUse::kick, sample_);
    const std::uint64_t place = static_cast<std::uint64_t>(minimum_->structure.id[e.center]) << 36 |
                                static_cast<std::uint64_t>(e.attempt) << 22 | ((1u << 22) - 1);
    return stream.uniform(place) < options_.check_fraction;
}

bool Polish::is_local(const Event& e) const {
    const Structure& s = minimum_->structure;
    const Vec3 d = nearest_image(s.box, s.position[e.center], s.position[e.most_displaced]);
    return std::sqrt(norm2(d)) <= options_.kick_radius + local_margin;
}

}  // namespace mg
