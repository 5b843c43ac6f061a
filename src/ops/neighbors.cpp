#include "ops/for_each_host.hpp"

#include <algorithm>

#include "ops/neighbors.hpp"
#include "ops/row_loops.hpp"
#include "physics/pair_geometry.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {
namespace {

/// True where the tuned loops run, which read half rows; then their slabs are cut.
bool reserve_half_rows(const Batch<Host>& b, int ghosts, HalfRows<Host>& h) {
    const long slots = static_cast<long>(b.atoms) + ghosts;
    h.used = host_row_loop() && b.species <= HalfRows<Host>::most_species && slots < HalfRows<Host>::most_slots;
    if (!h.used) return false;
    h.length.resize(slots);
    fill_zero(h.length);
    h.slabs.clear();
    h.first_slab = {0};
    for (int r = 0; r < b.replicas; ++r) {
        const int first = b.first_atom_host[r], last = b.first_atom_host[r + 1];
        const int working = (b.movable_end.empty() ? last : b.movable_end[r]) - first;
        const int slabs = std::clamp(working / HalfRows<Host>::slab_length, 1, HalfRows<Host>::most_slabs);
        const auto cut = [&](int k) { return first + static_cast<int>(static_cast<long>(last - first) * k / slabs); };
        // Until it is built a row is empty, and its slab's window is the slab.
        for (int k = 0; k < slabs; ++k)
            h.slabs.push_back({first, last, cut(k), cut(k + 1), cut(k), cut(k + 1) - cut(k)});
        h.first_slab.push_back(static_cast<int>(h.slabs.size()));
    }
    h.own_slabs = static_cast<int>(h.slabs.size());
    const int slabs = std::clamp(ghosts / HalfRows<Host>::slab_length, ghosts > 0 ? 1 : 0, HalfRows<Host>::most_slabs);
    const auto cut = [&](int k) { return b.atoms + static_cast<int>(static_cast<long>(ghosts) * k / slabs); };
    for (int k = 0; k < slabs; ++k) h.slabs.push_back({0, b.atoms, cut(k), cut(k + 1)});
    h.entries.resize(h.slabs.size());
    return true;
}

/// The window that holds a slab and all its neighbours (of ghosts, the neighbours alone): slots are sorted in space, so
/// that they lie close by, counted round the replica's slots.
void fit_window(const HalfRows<Host>& h, const std::vector<int>& entries, Slab& s) {
    const int slots = s.replica_end - s.replica_begin;
    int low = s.begin, high = s.end - 1;
    bool empty = s.of_ghosts();
    const int* row = entries.data();
    s.longest = 0;
    for (int slot = s.begin; slot < s.end; row += h.length[slot++]) {
        s.longest = std::max(s.longest, h.length[slot]);
        for (int k = 0; k < h.length[slot]; ++k) {
            int j = h.slot_of(row[k]);
            if (empty) low = high = j;
            empty = false;
            const int near = s.of_ghosts() ? low : slot;
            if (j - near > slots / 2) j -= slots;
            if (near - j > slots / 2) j += slots;
            low = std::min(low, j);
            high = std::max(high, j);
        }
    }
    if (empty) low = s.replica_begin, high = low - 1;
    s.window = std::min(high - low + 1, slots);
    s.window_begin = s.window == slots ? s.replica_begin : low < s.replica_begin ? low + slots : low;
}

/// The rows of all slots: tuned loops where there are some.
void build_rows(const Batch<Host>& b, Neighbors<Host>& n, const RowSweep<Host>& sweep) {
    HalfRows<Host>& h = n.half;
    if (!h.used) return for_each(Host{}, b.atoms, sweep);
    const RowLoop write_rows = host_row_loop();
    const int slots = static_cast<int>(sweep.fraction.slots);
    h.coordinate.resize(3 * sweep.fraction.slots + HalfRows<Host>::padding);
#pragma omp parallel for schedule(static)
    for (int k = 0; k < 3 * slots; ++k) h.coordinate[k] = to_pair_coordinate<float>(sweep.fraction.component[k]);
    const int slabs = static_cast<int>(h.slabs.size());
#pragma omp parallel for schedule(dynamic)
    for (int k = 0; k < slabs; ++k) {
        Slab& s = h.slabs[k];
        if (s.begin == s.end || !n.stale[b.replica_of[s.begin]]) continue;
        write_rows(sweep, h, s, h.entries[k], h.length.data());
        fit_window(h, h.entries[k], s);
    }
    h.windows = 0;
    for (Slab& s : h.slabs) {
        s.offset = h.windows;
        h.windows += s.window + HalfRows<Host>::padding;
    }
}

}  // namespace

PhysicsError crowded_cell_error(const Incident& incident, const std::string& when) {
    return {std::to_string(static_cast<long>(incident.value)) + " atoms of replica " + std::to_string(incident.atom_b) +
                " lie in one cell of the neighbour search, more than at ten times "
                "the density of diamond",
            when, "check the structure for overlapping atoms, or use a smaller timestep"};
}

}  // namespace mg

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Host)
