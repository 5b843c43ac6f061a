#pragma once
/// \file The Hessian of a structure by its bonds: products with many vectors, and blocks of it.

#include <vector>

#include "core/batch.hpp"
#include "ops/forces.hpp"
#include "sweeps/hessian.hpp"

namespace mg {

/// Of the one structure of a batch. Rows are in the order of *slots*, which are near each other in space where their
/// numbers are; atom_of_slot leads back. Some 64 bytes for each bond, 105 bonds per atom in Cu50Zr50.
template <class Space>
struct Hessian {
    int slots = 0;
    Array<int, Space> first;         ///< (slots + 1)
    Array<HessianBond, Space> bond;  ///< every bond twice
    Array<double, Space> curvature;  ///< F'' [eV] (slots)
    Array<Vec3, Space> force;        ///< [eV/A] (slots) of the same functions, zero at a minimum
    double on_site = 0;              ///< [eV/A^2] of a spring that holds each atom where it is; 0 in a solid
    std::vector<int> atom_of_slot, slot_of_atom;

    HessianView view() const { return {slots, first.data(), bond.data(), curvature.data(), on_site}; }
};

/// From the batch's positions and the tables' exact functions, which should be twice differentiable
/// (ops/smooth_potential.hpp). Every periodic image counts, so cells of any size will do. The batch has one replica.
template <class Space>
Hessian<Space> make_hessian(const Batch<Space>& batch, const EamTables<Space>& tables);

/// Vectors side by side: `panels` times panel_width of them.
template <class Space>
struct Panels {
    int slots = 0, panels = 0;
    Array<double, Space> value;  ///< (panels, 3 slots, panel_width)

    Panels() = default;
    Panels(int n, int count) : slots(n), panels(count), value(static_cast<std::size_t>(count) * 3 * n * panel_width) {}
    long size() const { return static_cast<long>(value.size()); }
};

/// result = H v [eV/A^2 times v]; `work` is the op's own.
template <class Space>
void multiply(const Hessian<Space>& hessian, const Panels<Space>& v, Panels<Space>& result, Array<double, Space>& work);

/// Inverses of the diagonal blocks H_ii (slots): a preconditioner. (Where a cell is so small that an atom sees several
/// images of a neighbour, not exactly those.)
template <class Space>
Array<Mat3, Space> inverse_diagonal_blocks(const Hessian<Space>& hessian);

/// The lower half of H's block of the chosen slots, in their order, plus `translation` where two rows are of the same
/// direction: column-major (3 n, 3 n), columns `stride` apart. `place` (slots) is where each slot stands among the
/// chosen, -1 for others.
template <class Space>
void assemble_block(const Hessian<Space>& hessian, const int* chosen, int n, const int* place, double translation,
                    double* matrix, long stride);

}  // namespace mg
