#include "artn/search.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "artn/event.hpp"
#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/random.hpp"

namespace mg {

namespace {

void normalise(std::vector<Vec3>& v) {
    double sum = 0;
    for (const Vec3& x : v) sum += norm2(x);
    for (Vec3& x : v) x = (1.0 / std::sqrt(sum)) * x;
}

/// Where everything moves, nothing is to move as a whole.
void remove_translation(std::vector<Vec3>& v) {
    Vec3 mean;
    for (const Vec3& x : v) mean += (1.0 / static_cast<double>(v.size())) * x;
    for (Vec3& x : v) x -= mean;
}

}  // namespace

SearchStart random_start(std::shared_ptr<const Region> region, double radius, double length, std::uint64_t seed,
                         std::uint32_t sample, int attempt) {
    const Structure& parent = region->parent->structure;
    const auto refuse = [](const std::string& what, long most, const std::string& remedy) {
        throw InputError(what, "the random numbers of searches are distinct only up to " + std::to_string(most),
                         remedy);
    };
    if (attempt < 0 || attempt >= most_attempts)
        refuse("attempt " + std::to_string(attempt) + " at an atom", most_attempts - 1,
               "use fewer barriers.max_attempts_per_atom");
    if (region->movable > most_movable)
        refuse(std::to_string(region->movable) + " atoms move in a search", most_movable, "search a smaller system");
    if (const long id = parent.id[region->center]; id < 0 || id > largest_search_id)
        refuse("atom " + std::to_string(id) + " is to be searched", largest_search_id, "number the atoms from 1 on");
    const RandomStream stream(seed, RandomUse::kick, sample);
    const std::uint64_t base =
        static_cast<std::uint64_t>(parent.id[region->center]) << 36 | static_cast<std::uint64_t>(attempt) << 22;
    std::uint64_t drawn = 0;
    const auto vector = [&] {
        const double x = stream.normal(base + drawn), y = stream.normal(base + drawn + 1),
                     z = stream.normal(base + drawn + 2);
        drawn += 3;
        return Vec3{x, y, z};
    };
    SearchStart s;
    const Vec3 center = parent.position[region->center];
    for (int m = 0; m < region->movable; ++m) {
        const Vec3 d = nearest_image(parent.box, center, parent.position[region->atom[m]]);
        s.kick.push_back(norm2(d) < radius * radius ? vector() : Vec3{});
    }
    for (int m = 0; m < region->movable; ++m) s.noise.push_back(vector());
    if (region->whole) {
        remove_translation(s.kick);
        remove_translation(s.noise);
    }
    normalise(s.kick);
    normalise(s.noise);
    for (const Vec3& k : s.kick) s.displacement.push_back(length * k);
    s.region = std::move(region);
    return s;
}

template <class Space>
SearchBatch<Space>::SearchBatch(const EamTables<Space>& tables, double skin, const SearchOptions& options)
    : tables_(&tables), skin_(skin), options_(options) {
    if (options.lanczos_basin_vectors >= most_lanczos_vectors || options.lanczos_climb_vectors >= most_lanczos_vectors)
        throw InputError("too many Lanczos vectors",
                         "at most " + std::to_string(most_lanczos_vectors - 1) + " are kept", "use fewer");
}

template <class Space>
void SearchBatch<Space>::forces(Batch<Space>& batch, Neighbors<Space>& neighbors, ForceWork<Space>& work) {
    update_neighbors(batch, neighbors);
    compute_forces(batch, neighbors, *tables_, work, Precision::full, Sums::energy);
}

/// Of incidents the host asks for short rows alone (the device's; those of the host's tuned loops never are), for which
/// all searches have waited since (DecideSweep). What else goes wrong in one search ends that search alone, and its
/// state says so: decide() sees its energy and its positions at the very step.
template <class Space>
void SearchBatch<Space>::lengthen_rows() {
    while (const int needed = to_host(batch_.incident)[0].short_row) {
        fill_zero(batch_.incident);
        grow_rows(batch_, neighbors_, needed);
    }
}

namespace {

template <class Space>
Batch<Space> batch_of(const std::vector<const Region*>& regions) {
    std::vector<Structure> structures;
    std::vector<int> movable_end;
    int first = 0;
    bool any_frozen = false;
    for (const Region* r : regions) {
        structures.push_back(r->structure());
        movable_end.push_back(first + r->movable);
        first += r->size();
        any_frozen = any_frozen || !r->whole;
    }
    Batch<Space> b = make_batch<Space>(structures, structures.at(0).elements, structures.at(0).masses);
    if (any_frozen) b.movable_end = to_space<Space>(movable_end);
    return b;
}

}  // namespace

/// Backgrounds and energies of the minimum, as the batch's own arithmetic has them.
template <class Space>
void SearchBatch<Space>::measure(std::vector<Entry>& entries) {
    std::vector<const Region*> regions;
    for (const Entry& e : entries) regions.push_back(e.start.region.get());
    Batch<Space> b = batch_of<Space>(regions);
    b.density.resize(b.atoms);
    Neighbors<Space> n = make_neighbors(b, tables_->cutoff, skin_);
    ForceWork<Space> w;
    if (!b.movable_end.empty()) {
        forces(b, n, w);
        const std::vector<double> seen = to_host(b.density);
        std::vector<double> background(b.atoms, 0.0);
        int k = 0;
        for (Entry& e : entries) {
            const Region& r = *e.start.region;
            e.background.assign(r.size(), 0.0);
            for (int i = 0; i < r.size(); ++i, ++k)
                if (i >= r.movable) background[k] = e.background[i] = r.parent->density[r.atom[i]] - seen[k];
        }
        b.background = to_space<Space>(background);
    }
    forces(b, n, w);
    const std::vector<double> energy = to_host(b.potential_energy);
    for (std::size_t r = 0; r < entries.size(); ++r) entries[r].start_energy = energy[r];
}

/// Where each element of the new batch comes from.
template <class Space>
typename SearchBatch<Space>::Sources SearchBatch<Space>::sources_of(const std::vector<Entry>& entries,
                                                                    const std::vector<int>& kept) const {
    Sources f;
    for (std::size_t k = 0; k < entries.size(); ++k) {
        const SearchStart& from = entries[k].start;
        const Region& r = *from.region;
        if (k < kept.size()) {
            f.replicas.push_back(kept[k]);
            for (int i = 0; i < r.size(); ++i) f.atoms.push_back(batch_.first_atom_host[kept[k]] + i);
            for (int m = 0; m < r.movable; ++m) f.movables.push_back(searches_.first[kept[k]] + m);
            continue;
        }
        f.replicas.push_back(-1 - static_cast<int>(f.states.size()));
        for (int i = 0; i < r.size(); ++i) {
            f.atoms.push_back(-1 - static_cast<int>(f.position.size()));
            f.reference.push_back(r.parent->structure.position[r.atom[i]]);
            f.position.push_back(i < r.movable ? f.reference.back() + from.displacement[i] : f.reference.back());
        }
        for (int m = 0; m < r.movable; ++m) {
            f.movables.push_back(-1 - static_cast<int>(f.start.size()));
            f.start.push_back(r.parent->structure.position[r.atom[m]]);
            f.kick.push_back(from.kick[m]);
            f.noise.push_back(from.noise[m]);
            f.second.push_back(from.second.empty() ? from.noise[m] : from.second[m]);
        }
        SearchState state;
        state.start_energy = entries[k].start_energy;
        state.polish = from.polish;
        state.descend = from.descend;
        state.climbing = from.polish;
        begin_relaxation(state, SearchPhase::relax, true, options_);
        f.states.push_back(state);
    }
    return f;
}

/// The batch of the given entries, of which the first are those that were kept (their numbers in the present batch).
template <class Space>
void SearchBatch<Space>::assemble(std::vector<Entry> entries, const std::vector<int>& kept) {
    std::vector<const Region*> regions;
    std::vector<int> first{0};
    std::vector<double> background;
    for (const Entry& e : entries) {
        const Region& r = *e.start.region;
        regions.push_back(&r);
        first.push_back(first.back() + r.movable);
        if (e.background.empty())
            background.insert(background.end(), r.size(), 0.0);
        else
            background.insert(background.end(), e.background.begin(), e.background.end());
    }
    Batch<Space> b = batch_of<Space>(regions);
    if (!b.movable_end.empty()) b.background = to_space<Space>(background);
    Searches<Space> s;
    s.options = options_;
    make_searches(b, first, s);

    const Sources f = sources_of(entries, kept);
    const std::vector<Vec3> zero(f.start.size());
    const Array<int, Space> atom_source = to_space<Space>(f.atoms), movable_source = to_space<Space>(f.movables),
                            replica_source = to_space<Space>(f.replicas);
    const auto bring = [&](const Array<int, Space>& source, const auto& from, const auto& fresh_values, auto& to) {
        const auto fresh = to_space<Space>(fresh_values);
        gather_elements(Space{}, static_cast<int>(source.size()), source, from.data(), fresh.data(), to.data());
    };
    // Rows hold from the same reference on as if the batch had never been taken apart.
    bring(atom_source, neighbors_.reference_position, f.reference, b.position);
    Neighbors<Space> n = make_neighbors(b, tables_->cutoff, skin_);
    bring(atom_source, batch_.position, f.position, b.position);
    bring(replica_source, searches_.state, f.states, s.state);
    for (std::size_t k = 0; k < s.arrays().size(); ++k) {
        const Array<Vec3, Space>* const from = searches_.arrays()[k];
        Array<Vec3, Space>* const to = s.arrays()[k];
        // The kick is the first guess of the eigenvector, and the direction of the first push.
        const bool is_kick = to == &s.kick || to == &s.mode || to == &s.direction;
        bring(movable_source, *from,
              to == &s.start    ? f.start
              : to == &s.noise  ? f.noise
              : to == &s.second ? f.second
              : is_kick         ? f.kick
                                : zero,
              *to);
    }
    const Array<Vec3, Space> none = to_space<Space>(zero);
    for (int k = 0; k < most_lanczos_vectors; ++k)
        gather_elements(Space{}, s.count, movable_source,
                        searches_.vectors.data() + static_cast<long>(k) * searches_.count, none.data(),
                        s.vectors.data() + static_cast<long>(k) * s.count);
    batch_ = std::move(b);
    neighbors_ = std::move(n);
    searches_ = std::move(s);
    entries_ = std::move(entries);
}

template <class Space>
void SearchBatch<Space>::add(std::vector<SearchStart> starts) {
    std::vector<Entry> fresh;
    for (SearchStart& s : starts) {
        // What comes from a region, or from elsewhere, may hold a translation of the whole: a mode of no curvature,
        // which the second mode's recursion would take for the lowest.
        if (s.polish && s.region->whole)
            for (std::vector<Vec3>* v : {&s.kick, &s.second}) {
                if (v->empty()) continue;
                remove_translation(*v);
                normalise(*v);
            }
        fresh.push_back({std::move(s), {}, 0, false});
    }
    if (fresh.empty()) return;
    measure(fresh);
    std::vector<int> kept;
    std::vector<Entry> entries;
    for (int r = 0; r < size(); ++r)
        if (!entries_[r].collected) {
            kept.push_back(r);
            entries.push_back(std::move(entries_[r]));
        }
    for (Entry& e : fresh) entries.push_back(std::move(e));
    assemble(std::move(entries), kept);
}

template <class Space>
void SearchBatch<Space>::drop() {
    entries_.clear();
}

template <class Space>
void SearchBatch<Space>::step() {
    forces(batch_, neighbors_, work_);
    search_step(batch_, searches_);
    for (const Entry& e : entries_) evaluations_ += e.collected ? 0 : 1;
}

template <class Space>
std::vector<SearchResult> SearchBatch<Space>::collect() {
    lengthen_rows();
    std::vector<SearchResult> results;
    const std::vector<SearchState> state = to_host(searches_.state);
    std::vector<Vec3> saddle, mode, second, end[2];
    for (int r = 0; r < size(); ++r) {
        const SearchState& s = state[r];
        if (entries_[r].collected || s.phase != SearchPhase::finished) continue;
        if (saddle.empty()) {
            saddle = to_host(searches_.saddle);
            mode = to_host(searches_.mode);
            second = to_host(searches_.second);
            end[0] = to_host(searches_.end_a);
            end[1] = to_host(searches_.end_b);
        }
        entries_[r].collected = true;
        const SearchStart& start = entries_[r].start;
        const Region& region = *start.region;
        SearchResult result;
        result.ticket = start.ticket;
        result.region = start.region;
        result.status = s.status;
        result.eigenvalue = s.eigenvalue;
        result.second_eigenvalue = s.second_eigenvalue;
        result.force = s.center_force;
        result.saddle_energy = s.saddle_energy;
        result.evaluations = s.evaluations;
        for (int k = 0; k < 2; ++k) {
            result.side_energy[k] = s.side_energy[k];
            result.side_farthest[k] = s.side_farthest[k];
        }
        std::copy(std::begin(s.cost), std::end(s.cost), std::begin(result.cost));
        result.at_saddle = s.status == SearchStatus::connected || s.status == SearchStatus::disconnected ||
                           s.status == SearchStatus::not_split || s.status == SearchStatus::back_at_start ||
                           s.status == SearchStatus::negative_barrier || s.status == SearchStatus::out_of_range;
        const auto displacement = [&](const std::vector<Vec3>& x) {
            std::vector<Vec3> d;
            for (int m = 0; m < region.movable; ++m)
                d.push_back(x[searches_.first[r] + m] - region.parent->structure.position[region.atom[m]]);
            return d;
        };
        if (result.at_saddle) {
            result.saddle = displacement(saddle);
            result.mode.assign(mode.begin() + searches_.first[r], mode.begin() + searches_.first[r + 1]);
            result.second.assign(second.begin() + searches_.first[r], second.begin() + searches_.first[r + 1]);
        }
        if (s.final_side >= 0) {
            result.final_state = displacement(end[s.final_side]);
            result.final_energy = s.side_energy[s.final_side];
        }
        results.push_back(std::move(result));
    }
    return results;
}

#define MG_SEARCH_BATCH(Space) template class SearchBatch<Space>;
MG_INSTANTIATE(MG_SEARCH_BATCH)

}  // namespace mg
