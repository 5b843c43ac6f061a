/// \file Generic bodies of the saddle search's ops; compiled for Host by artn.cpp and for Cuda by cuda/artn.cu.

#include "ops/artn.hpp"
#include "sweeps/artn.hpp"

namespace mg {

namespace {

template <class Space>
SearchAtoms search_atoms(Batch<Space>& b, Searches<Space>& s) {
    SearchAtoms a;
    a.count = s.count;
    a.replica_of = s.replica_of.data();
    a.atom_of = s.atom_of.data();
    a.position = b.position.data();
    a.force = b.force.data();
    a.state = s.state.data();
    a.start = s.start.data();
    a.kick = s.kick.data();
    a.noise = s.noise.data();
    a.mode = s.mode.data();
    a.second = s.second.data();
    a.direction = s.direction.data();
    a.velocity = s.velocity.data();
    a.center = s.center.data();
    a.center_force = s.center_force.data();
    a.residual = s.residual.data();
    a.saddle = s.saddle.data();
    a.end_a = s.end_a.data();
    a.end_b = s.end_b.data();
    a.vectors = s.vectors.data();
    return a;
}

}  // namespace

template <class Space>
void make_searches(const Batch<Space>& b, const std::vector<int>& first, Searches<Space>& s) {
    s.first = first;
    s.count = first.back();
    s.chunks = Chunks<Space>(first);
    std::vector<int> replica_of, atom_of;
    for (int r = 0; r + 1 < static_cast<int>(first.size()); ++r)
        for (int m = first[r]; m < first[r + 1]; ++m) {
            replica_of.push_back(r);
            atom_of.push_back(b.first_atom_host[r] + m - first[r]);
        }
    s.replica_of = to_space<Space>(replica_of);
    s.atom_of = to_space<Space>(atom_of);
    s.state.resize(b.replicas);
    for (Array<Vec3, Space>* array : s.arrays()) array->resize(s.count);
    s.vectors.resize(static_cast<std::size_t>(s.count) * most_lanczos_vectors);
    s.scratch.resize(static_cast<std::size_t>(s.chunks.count) * 128);
}

template <class Space>
void search_step(Batch<Space>& b, Searches<Space>& s) {
    const SearchAtoms a = search_atoms(b, s);
    const int groups =
        (std::max({s.options.lanczos_basin_vectors, s.options.lanczos_climb_vectors}) + lanczos_group) / lanczos_group;
    auto* const dots = reinterpret_cast<LanczosDots*>(s.scratch.data());
    for_each(Space{}, s.count, HessianSweep{a, 1.0 / s.options.lanczos_step});
    for (const bool second_pass : {false, true}) {
        for (int group = 0; group < groups; ++group) {
            const int first = group * lanczos_group;
            reduce_by_replica(s.chunks, LanczosTerm{a, first}, dots, LanczosFinish{a.state, first, second_pass});
        }
        if (!second_pass) for_each(Space{}, s.count, OrthogonaliseSweep{a});
    }
    reduce_by_replica(s.chunks, SearchTerm{a}, reinterpret_cast<SearchSums*>(s.scratch.data()),
                      DecideSweep{s.options, a.state, b.potential_energy.data(), b.incident.data()});
    for_each(Space{}, s.count, SearchMoveSweep{a, s.options});
}

template <class Space, class T>
void gather_elements(Space, int n, const Array<int, Space>& source, const T* from, const T* fresh, T* to) {
    for_each(Space{}, n, GatherSweep<T>{source.data(), from, fresh, to});
}

}  // namespace mg

#define MG_ARTN_OPS(S)                                                                                              \
    template void mg::make_searches(const Batch<mg::S>&, const std::vector<int>&, Searches<mg::S>&);                \
    template void mg::search_step(Batch<mg::S>&, Searches<mg::S>&);                                                 \
    template void mg::gather_elements(mg::S, int, const Array<int, mg::S>&, const Vec3*, const Vec3*, Vec3*);       \
    template void mg::gather_elements(mg::S, int, const Array<int, mg::S>&, const double*, const double*, double*); \
    template void mg::gather_elements(mg::S, int, const Array<int, mg::S>&, const SearchState*, const SearchState*, \
                                      SearchState*);
