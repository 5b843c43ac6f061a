// The tuned histograms of shells: one thread per slot, vectors along rows of cells. They replace the sweep of
// ShellSweep, with the same counts: slots of cells that follow one another along x lie side by side, so a row of cells
// is one run of candidates. Shells are found in float, eight at a time and without a branch; what is out of reach is
// counted into bins that nobody reads, and the few candidates so close to an edge that float cannot tell are asked
// again in double. Bound: about 900 candidates per slot (Cu50Zr50, r_max 10 A). Measured in benchmarks/README.md.

#include "ops/for_each_host.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sweeps/shells.hpp"

namespace mg {
namespace {

constexpr int run_vector = 16;  // slots that a vector of any machine holds
constexpr int waste_bins = 8;   // several, so that an increment seldom waits for the one before

/// What all runs share, in float.
struct FloatShells {
    int below;      ///< shells that the scale begins below r_min, so that no distance is below its start
    float first;    ///< [A] where it begins
    float inverse;  ///< [1/A]
    float unsure;   ///< share of a shell about an edge within which float cannot tell
    int shells, species, bins;
};

/// Slots of one image of a row of cells, fractional positions in float.
struct Run {
    const float *x, *y, *z;
    const int* species;
    int slots;
};

/// Bins of a run's slots as seen from the fractional position `s`, which has the image taken off; `h` is row-major.
/// Returns whether some are unsure; those have the bin -1.
MG_CLONED bool bins_of_run(const Run& run, const float* h, const float* s, const FloatShells& f, int* bin) {
    const float h0 = h[0], h1 = h[1], h2 = h[2], h3 = h[3], h4 = h[4], h5 = h[5], h6 = h[6], h7 = h[7], h8 = h[8];
    const float sx = s[0], sy = s[1], sz = s[2], unsure = f.unsure, first = f.first, inverse = f.inverse;
    const int shells = f.shells, species = f.species, bins = f.bins, below = f.below;
    const float *const px = run.x, *const py = run.y, *const pz = run.z;
    const int* const kinds = run.species;
    // Whole vectors: what lies behind the run is computed and not used.
    const int slots = (run.slots + run_vector / 2 - 1) / (run_vector / 2) * (run_vector / 2);
    int any = 0;
    for (int k = 0; k < slots; ++k) {
        const float a = px[k] - sx, b = py[k] - sy, c = pz[k] - sz;
        const float x = h0 * a + h1 * b + h2 * c, y = h3 * a + h4 * b + h5 * c, z = h6 * a + h7 * b + h8 * c;
        const float r = __builtin_sqrtf(x * x + y * y + z * z);
        const float u = (r - first) * inverse;
        const int above = static_cast<int>(u), kind = kinds[k], waste = bins + k % waste_bins;
        const float within = u - static_cast<float>(above), beyond = 1.0f - within;
        const float edge = within < beyond ? within : beyond;
        // Masks of all ones or none: the compiler makes no branch of them.
        const int inside = -static_cast<int>(static_cast<unsigned>(above - below) < static_cast<unsigned>(shells));
        const int ask = -static_cast<int>(edge < unsure);
        any |= ask;
        bin[k] = (waste + (((above - below) * species + kind - waste) & inside)) | ask;
    }
    return any != 0;
}

void count_neighbors(Host, int slots, const ShellSweep& sweep) {
    const NeighborScan& all = sweep.neighbors;
    const Fractions& fraction = all.fraction;
    // In float, and so that a run may be read up to a whole vector.
    const long padded = fraction.slots + run_vector;
    std::vector<float> position(3 * static_cast<std::size_t>(padded));
    for (int k = 0; k < 3; ++k)
        std::copy_n(fraction.component + k * fraction.slots, fraction.slots, position.begin() + k * padded);
    const float* const component[3] = {position.data(), position.data() + padded, position.data() + 2 * padded};
    std::vector<int> species(all.species_of_slot, all.species_of_slot + fraction.slots);
    species.resize(padded);
#pragma omp parallel
    {
        std::vector<int> counts(sweep.bins() + waste_bins);
        std::vector<int> bin;
#pragma omp for schedule(static)
        for (int slot = 0; slot < slots; ++slot) {
            std::fill(counts.begin(), counts.end(), 0);
            const NeighborScan::Center c = all.center(slot);
            float h[9];
            double largest = 0;
            for (int k = 0; k < 9; ++k) {
                h[k] = static_cast<float>(c.h.m[k]);
                largest += std::abs(c.h.m[k]);
            }
            // Fractions, less images of a few cells, are off by some 2^-22, and the rest follows the cell's edges.
            const double error = 2e-6 * largest * (1.0 / 3.0) + 1e-6 * all.reach;
            const double width = 1.0 / sweep.inverse_width;
            const int below = static_cast<int>(std::ceil(sweep.r_min * sweep.inverse_width)) + 1;
            const FloatShells f{below,
                                static_cast<float>(sweep.r_min - below * width),
                                static_cast<float>(sweep.inverse_width),
                                static_cast<float>(std::min(0.6, error / width)),
                                sweep.shells,
                                sweep.species,
                                sweep.bins()};
            const auto line = [&](int image_x, int image_y, int image_z, int begin, int end) {
                const float s[3] = {static_cast<float>(c.s.x - image_x), static_cast<float>(c.s.y - image_y),
                                    static_cast<float>(c.s.z - image_z)};
                if (static_cast<int>(bin.size()) < end - begin + run_vector) bin.resize(end - begin + run_vector);
                const bool ask = bins_of_run({component[0] + begin, component[1] + begin, component[2] + begin,
                                              species.data() + begin, end - begin},
                                             h, s, f, bin.data());
                if (ask)
                    for (int k = 0; k < end - begin; ++k) {
                        if (bin[k] >= 0) continue;
                        const Vec3 there = fraction[begin + k];
                        const double d2 = norm2(c.h * Vec3{there.x - c.s.x + image_x, there.y - c.s.y + image_y,
                                                           there.z - c.s.z + image_z});
                        const int shell = d2 < all.reach * all.reach
                                              ? shell_of(std::sqrt(d2), sweep.r_min, sweep.inverse_width, sweep.shells)
                                              : -1;
                        bin[k] = shell < 0 ? sweep.bins() : shell * sweep.species + species[begin + k];
                    }
                if (image_x == 0 && image_y == 0 && image_z == 0 && slot >= begin && slot < end)
                    bin[slot - begin] = sweep.bins();
                for (int k = 0; k < end - begin; ++k) ++counts[bin[k]];
            };
            const int* const n = c.grid.n;
            for (int z = c.home[2] - c.grid.stencil[2]; z <= c.home[2] + c.grid.stencil[2]; ++z) {
                const int image_z = NeighborScan::floor_divide(z, n[2]);
                for (int y = c.home[1] - c.grid.stencil[1]; y <= c.home[1] + c.grid.stencil[1]; ++y) {
                    const int image_y = NeighborScan::floor_divide(y, n[1]);
                    const int row = c.first_cell + ((z - image_z * n[2]) * n[1] + y - image_y * n[1]) * n[0];
                    const int last = c.home[0] + c.grid.stencil[0];
                    for (int x = c.home[0] - c.grid.stencil[0]; x <= last;) {
                        const int image_x = NeighborScan::floor_divide(x, n[0]), from = x - image_x * n[0];
                        const int cells = std::min(n[0] - from, last - x + 1);
                        line(image_x, image_y, image_z, all.cell_start[row + from], all.cell_start[row + from + cells]);
                        x += cells;
                    }
                }
            }
            std::copy_n(counts.begin(), sweep.bins(), sweep.counts_of(slot));
        }
    }
}

}  // namespace
}  // namespace mg

#include "ops/shells.inl"

MG_SHELL_OPS(Host)
