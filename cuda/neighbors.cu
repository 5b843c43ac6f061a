// The tuned neighbour build: one warp per slot. It replaces RowSweep, with the same rows.
//
// Mapping: the lanes take the candidates of a run of cells side by side; votes tell each hit its place, so that hits
// stand in the order of the stencil in shared memory. A second pass over the hits deals them out by species. Only
// slots of stale replicas are dealt out to the warps: with a warp for every slot, 64 glasses of 20,000 atoms took
// 207 us on an H200 to find that there was nothing to do.
//
// Bound: 571 candidates per slot in runs of about 23 (Cu50Zr50, skin 1 A) are some 27 rounds of one warp with 25
// double operations each: predicted 50 us for a glass of 20,000 atoms, once every 20 to 40 steps. Measured on an H200,
// with all that goes before: 200 us for one glass, 7.9 ms for 64, so 6 ns per atom. One thread per slot needs a third
// of the instructions, but a single glass would give it 5 warps per multiprocessor.
// Tests: tests/parity/kernels_cuda.cpp. Measured: benchmarks/README.md.

#include "for_each.cuh"

#include "ops/neighbors.hpp"
#include "sweeps/neighbors.hpp"

namespace mg {
namespace {

constexpr int row_warps = 4;          ///< slots per block
constexpr int longest_staged = 1024;  ///< entries of a row in shared memory

/// A lane's place among the lanes that vote for something.
__device__ int rank_of(unsigned votes, int lane) { return __popc(votes & ((1u << lane) - 1)); }

/// The row of a slot by one warp; `hits` is its piece of shared memory.
__device__ void build_row(const RowSweep<Cuda>& sweep, int slot, int* hits) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const int r = sweep.replica_of[slot];
    const CellGrid g = sweep.grid[r];
    const Mat3 h = sweep.reference_box[r].h;
    const Vec3 s = sweep.fraction[slot];
    const int* const cell_start = sweep.cell_start + sweep.first_cell[r];
    const bool frozen = sweep.frozen(slot, r);
    int length = 0;
    // slot_at(k) is the candidate at place k of a run.
    const auto collect = [&](int first, int end, const auto& slot_at) {
        for (int begin = first; begin < end; begin += 32) {
            const int k = begin + lane < end ? slot_at(begin + lane) : slot;
            const bool hit = k != slot && sweep.reaches(s, h, k) && !(frozen && sweep.frozen(k, r));
            const unsigned votes = __ballot_sync(~0u, hit);
            const int place = length + rank_of(votes, lane);
            if (hit && place < sweep.layout.capacity) hits[place] = k;
            length += __popc(votes);
        }
    };
    const int cell = cell_index(g, s);
    for_each_run(g, cell,
                 [&](int first, int last) { collect(cell_start[first], cell_start[last], [](int k) { return k; }); });
    const GhostCells ghosts = sweep.ghosts;
    if (ghosts.start)
        for_each_run(g, cell, [&](int first, int last) {
            collect(ghosts.start[first], ghosts.start[last], [&](int k) { return ghosts.slot[k]; });
        });
    __syncwarp();
    const int kept = length < sweep.layout.capacity ? length : sweep.layout.capacity;
    int written = 0;
    for (int t = 0; t < sweep.species; ++t) {
        for (int begin = 0; begin < kept; begin += 32) {
            const int k = begin + lane < kept ? hits[begin + lane] : -1;
            const bool mine = k >= 0 && sweep.species_of_slot[k] == t;
            const unsigned votes = __ballot_sync(~0u, mine);
            if (mine) sweep.row[sweep.layout(slot, written + rank_of(votes, lane))] = k;
            written += __popc(votes);
        }
        if (lane == 0) sweep.row_end[slot * sweep.species + t] = written;
    }
    if (lane == 0 && length > kept)
        report_incident(sweep.incident, IncidentKind::row_overflow, sweep.atom_of_slot[slot], -1, length);
    __syncwarp();  // the next slot's hits take the place of these
}

__global__ void __launch_bounds__(32 * row_warps)
    row_kernel(int replicas, const int* first_slot, const __grid_constant__ RowSweep<Cuda> sweep) {
    __shared__ int staged[row_warps][longest_staged];
    const int warp = static_cast<int>(threadIdx.x / 32);
    for_each_marked(replicas, first_slot, sweep.stale, static_cast<int>(blockIdx.x) * row_warps + warp,
                    static_cast<int>(gridDim.x) * row_warps, [&](int slot) { build_row(sweep, slot, staged[warp]); });
}

bool reserve_half_rows(const Batch<Cuda>&, int, HalfRows<Cuda>&) { return false; }

void build_rows(const Batch<Cuda>& b, Neighbors<Cuda>&, const RowSweep<Cuda>& sweep) {
    if (sweep.layout.capacity > longest_staged) return for_each(Cuda{}, b.atoms, sweep);
    const unsigned blocks = (static_cast<unsigned>(b.atoms) + row_warps - 1) / row_warps;
    constexpr unsigned resident = 7;  // with 72 registers
    launch(row_kernel, {resident_blocks(blocks, resident), 32 * row_warps}, b.replicas, b.chunks.first_atom, sweep);
}

}  // namespace
}  // namespace mg

#include "ops/neighbors.inl"

MG_NEIGHBOR_OPS(Cuda)
