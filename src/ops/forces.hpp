#pragma once
/// \file EAM energies, forces and virials of a batch.

#include <cstddef>
#include <utility>

#include "core/batch.hpp"
#include "ops/neighbors.hpp"
#include "physics/eam_potential.hpp"
#include "physics/pair_geometry.hpp"
#include "physics/spline.hpp"

namespace mg {

/// `full`: every pair in double, LAMMPS's own interpolation. `mixed`: pairs in float from resampled tables; embedding,
/// state and the geometry of forces in double. On the host the terms that one lane adds for one atom (about 7) are
/// added in float, everything beyond in double; on the device densities are summed in float and forces in double.
enum class Precision { full, mixed };

/// What compute_forces forms besides forces: nothing, the virial (a barostat needs it at every step), or energies as
/// well (reports). Forces and virial have the same bits in each case.
enum class Sums { none, virial, energy };

/// What the tuned loops read in `mixed`: few bytes for a pair, and little that does not stay in the first cache.
/// Densities are smooth, so a piece of theirs spans many knots of the resampled grid; pair functions carry the noise of
/// the file's last digits (see make_eam_tables), so theirs is one interval. A force is made of f'/r and phi'/r: these
/// are what is tabulated. Coarse pieces are cubics in knots from their middles, piece k about knot k * coarse_knots.
/// Behind the last table stands a piece of zeros.
template <class Space>
struct CompactTables {
    int coarse_knots = 1;                ///< knots from one coarse piece to the next: a power of two
    int coarse_pieces = 0;               ///< of one table; they reach beyond the cutoff
    Array<Cubic<float>, Space> density;  ///< (tables, coarse_pieces) f
    Array<Cubic<float>, Space> slope;    ///< (tables, coarse_pieces) f'/r [1/A^2 of f]
    int intervals = 0;                   ///< of one table of forces; they reach beyond the cutoff as well
    Array<ForcePiece, Space> force;      ///< (tables, intervals) phi'/r
};

/// What the tuned loops of a space want of the tables besides.
template <class Space>
struct KnotArrays;

/// In `double` tables by knots: neighbouring knots share what a cubic piece needs of them, so a table takes half the
/// cache that one of pieces does. After the last table stand two knots of zeros.
template <>
struct KnotArrays<Host> : CompactTables<Host> {
    int full_knots = 0;                ///< of one table
    bool symmetric = false;            ///< whether f from s to t is f from t to s for all species
    Array<double, Host> full_density;  ///< (tables, knots, 2): f, its slope per interval
    Array<double, Host> full_slope;    ///< (tables, knots, 4): f and z, each followed by its slope per interval
};

/// A table in device memory as texture units read it, whose way to the cache is their own. It does not own the table.
class TableTexture {
public:
    TableTexture() = default;
    /// `bytes` of rows of four floats. Throws Error where the device refuses.
    TableTexture(const void* table, std::size_t bytes);
    TableTexture(TableTexture&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
    TableTexture& operator=(TableTexture&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~TableTexture();
    unsigned long long handle() const { return handle_; }

private:
    unsigned long long handle_ = 0;  // CUDA's cudaTextureObject_t
};

template <>
struct KnotArrays<Cuda> : CompactTables<Cuda> {
    TableTexture force_texture;  ///< `force`
};

/// An EAM potential ready for the pair loops: per ordered pair of species, what a neighbour `source` gives a `center`.
/// Equal tables are stored once (a Finnis-Sinclair file with symmetric densities costs nothing extra).
template <class Space>
struct EamTables {
    int species = 0;
    double cutoff = 0;           ///< [A]
    double density_cutoff = 0;   ///< [A] from there on all densities are zero; `lowest` to `cutoff`
    Array<int, Space> table_of;  ///< (species^2) table of source * species + center

    int pieces = 0;                         ///< exact: intervals of the file's grid
    double inverse_dr = 0;                  ///< [1/A]
    double lowest = 0;                      ///< [A] first usable distance of the file
    Array<PairPiece<double>, Space> exact;  ///< (tables * pieces): f(r) and z(r) = r phi(r)
    int embedding_pieces = 0;
    double inverse_drho = 0;
    Array<Cubic<double>, Space> embedding;  ///< (species * embedding_pieces)

    int resampled_pieces = 0;                  ///< mixed: intervals in r
    double resampled_inverse_dr = 0;           ///< [1/A]
    Array<PairPiece<float>, Space> resampled;  ///< (tables * resampled_pieces): f and phi
    double resampling_error = 0;               ///< [eV/A] rms error of a pair's force, see make_eam_tables
    double largest_resampling_error = 0;       ///< [eV/A]

    KnotArrays<Space> knots;
};

/// Coefficients from a file's tables. `mixed` takes the coarsest of 1024, 2048, 4096 intervals or the file's own whose
/// force error is below 4e-7 eV/A. That error is, for the worst pair of species, the rms over distances at which phi
/// lies less than 1.5 eV above its minimum (9 kT at 2000 K), of |d phi'| + 2 F'_max |d f'|, with F'_max the steepest
/// embedding between a twentieth and a quarter of the tabulated density. Above 1e-5, Dynamics refuses `mixed`.
///
/// A file's last digits set what coarse tables can do: in Cu-Zr_2.eam.fs the Cu-Cu function near its first peak
/// carries 5e-8 eV A of noise per knot, 1e-5 eV/A in LAMMPS's interpolated force, which only the file's own knots
/// reproduce; so it is not coarsened. (Closer pairs also meet the kink where its short-range repulsion is joined on,
/// 0.1-0.2 eV/A at 1.8-2.3 A.)
template <class Space>
EamTables<Space> make_eam_tables(const EamPotential& potential);

/// Working arrays of compute_forces, by slot.
template <class Space>
struct ForceWork {
    Array<PairPoint<double>, Space> full;  ///< pair coordinates and F' of `full`
    Array<PairPoint<float>, Space> mixed;  ///< and of `mixed`
    Array<double, Space> embedding_energy;
    std::vector<std::vector<int>> near;    ///< tuned host loops: pairs within the cutoff, by slab
    Array<int, Space> near_length;         ///< (slots)
    Array<double, Space> density_windows;  ///< what the pairs of each slab add to its window (HalfRows)
    Array<double, Space> force_windows;    ///< (windows, 4)
};

/// force, and as wanted local_virial and virial, local_energy and potential_energy of the batch, from its positions and
/// boxes; rows must hold (update_neighbors). The reference forms energies with every virial. Incidents are left in
/// batch.incident.
template <class Space>
void compute_forces(Batch<Space>& batch, const Neighbors<Space>& neighbors, const EamTables<Space>& tables,
                    ForceWork<Space>& work, Precision precision, Sums sums);

/// The same from the generic sweeps, without a tuned loop: the reference that tuned loops are tested against.
template <class Space>
void compute_forces_reference(Batch<Space>& batch, const Neighbors<Space>& neighbors, const EamTables<Space>& tables,
                              ForceWork<Space>& work, Precision precision, Sums sums);

/// Name of the instruction set that the tuned host loops use: "avx512", "avx2" or "generic"; the environment
/// variable MGSTIFF_ISA selects a lesser one.
const char* host_instruction_set();

}  // namespace mg
