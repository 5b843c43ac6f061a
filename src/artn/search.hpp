#pragma once
/// \file Saddle searches side by side: a batch whose replicas are searches, each at a step of its own.

#include <memory>
#include <vector>

#include "artn/region.hpp"
#include "core/batch.hpp"
#include "ops/artn.hpp"
#include "ops/forces.hpp"
#include "ops/neighbors.hpp"

namespace mg {

/// Where a search begins. Vectors are over the movable atoms of the region.
struct SearchStart {
    long ticket = 0;  ///< a number by which the caller knows it
    std::shared_ptr<const Region> region;
    std::vector<Vec3> displacement;  ///< [A] from the parent's minimum, where the search begins
    std::vector<Vec3> kick;          ///< unit vector of the first pushes; of a refinement, the eigenvector
    std::vector<Vec3> noise;         ///< random unit vector that starts a Lanczos recursion
    std::vector<Vec3> second;        ///< guess of the second eigenvector; empty: the noise
    bool polish = false;             ///< a refinement: begins at a saddle
    bool descend = true;             ///< whether to go on from the saddle, down to both sides
};

/// How a search ended. Vectors are displacements [A] of the movable atoms from the parent's minimum.
struct SearchResult {
    long ticket = 0;
    std::shared_ptr<const Region> region;
    SearchStatus status = SearchStatus::running;
    double saddle_energy = 0;                           ///< [eV] above the minimum
    double eigenvalue = 0, second_eigenvalue = 0;       ///< [eV/A^2] the two lowest at the saddle
    double force = 0;                                   ///< [eV/A] norm at the saddle
    double final_energy = 0;                            ///< [eV] above the minimum
    double side_energy[2] = {}, side_farthest[2] = {};  ///< [eV] above the minimum, [A] of an atom from its start
    long evaluations = 0, cost[search_costs] = {};
    bool at_saddle = false;  ///< whether it reached a saddle; else the next three are empty
    std::vector<Vec3> saddle, mode, second;
    std::vector<Vec3> final_state;  ///< where connected
};

/// A random kick for an attempt at an atom: Gaussian components on the atoms within `radius` [A] of the centre,
/// `length` [A] in all. Numbers are keyed by (seed, sample, id of the atom, attempt). Throws InputError where attempt,
/// number of movable atoms or id exceed the limits of artn/event.hpp: the numbers would be those of another search.
SearchStart random_start(std::shared_ptr<const Region> region, double radius, double length, std::uint64_t seed,
                         std::uint32_t sample, int attempt);

/// A batch of searches. The path of a search does not depend on what else is in the batch, to the bit.
template <class Space>
class SearchBatch {
public:
    SearchBatch(const EamTables<Space>& tables, double skin, const SearchOptions& options);

    int size() const { return static_cast<int>(entries_.size()); }
    /// Adds searches to those that run.
    void add(std::vector<SearchStart> starts);
    /// One force evaluation for every search, and the move that follows from it. Does not wait for the device: where
    /// neighbour rows overflow, all searches stay where they are until the next collect() or add().
    void step();
    /// Results of the searches that have ended and were not collected yet, in the order in which they were added. Rows
    /// that have overflowed are lengthened here; steps made with them do not count.
    std::vector<SearchResult> collect();
    /// Frees the batch where all searches have ended.
    void drop();
    /// Force evaluations since construction, of searches that were not collected yet; those that waited for longer rows
    /// are counted as well.
    double evaluations() const { return evaluations_; }

private:
    struct Entry {
        SearchStart start;
        std::vector<double> background;  // (atoms of the region)
        double start_energy = 0;
        bool collected = false;
    };

    /// Elements of a batch by number in the present one or, from -1 down, among what is fresh, which follows.
    struct Sources {
        std::vector<int> atoms, movables, replicas;
        std::vector<Vec3> reference, position, start, kick, noise, second;
        std::vector<SearchState> states;
    };

    Sources sources_of(const std::vector<Entry>& entries, const std::vector<int>& kept) const;
    void measure(std::vector<Entry>& entries);
    void assemble(std::vector<Entry> entries, const std::vector<int>& kept);
    void forces(Batch<Space>& batch, Neighbors<Space>& neighbors, ForceWork<Space>& work);
    void lengthen_rows();

    const EamTables<Space>* tables_;
    double skin_;
    SearchOptions options_;
    std::vector<Entry> entries_;
    Batch<Space> batch_;
    Neighbors<Space> neighbors_;
    ForceWork<Space> work_;
    Searches<Space> searches_;
    double evaluations_ = 0;
};

}  // namespace mg
