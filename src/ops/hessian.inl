/// \file Generic bodies of the Hessian's ops; compiled for Host by hessian.cpp and for Cuda by cuda/hessian.cu, each of
/// which has for_each_row before.

#include <numeric>

#include "ops/hessian.hpp"
#include "ops/neighbor_scan.hpp"

namespace mg {

struct InvertBlockSweep {
    Mat3* block;
    MG_HD void operator()(int slot) const { block[slot] = inverse(block[slot]); }
};

template <class Space>
Hessian<Space> make_hessian(const Batch<Space>& b, const EamTables<Space>& t) {
    const ScannedCells<Space> c(b, t.cutoff);
    const HessianTables tables{t.species,      t.pieces,          t.embedding_pieces, t.inverse_dr,
                               t.inverse_drho, t.table_of.data(), t.exact.data(),     t.embedding.data()};
    Hessian<Space> h;
    h.slots = b.atoms;
    const auto n = static_cast<std::size_t>(b.atoms);
    Array<double, Space> slope(n);
    Array<int, Space> count(n);
    h.curvature.resize(n);
    h.first.resize(n + 1);
    h.force.resize(n);
    for_each(Space{}, b.atoms, HessianDensitySweep{c.scan, tables, slope.data(), h.curvature.data(), count.data()});
    // On the host: it happens once, and a scan of the device would want memory set aside.
    const std::vector<int> counts = to_host(count);
    std::vector<int> first(n + 1);
    std::partial_sum(counts.begin(), counts.end(), first.begin() + 1);
    copy(to_space<Space>(first), h.first);
    h.bond.resize(static_cast<std::size_t>(first.back()));
    for_each(Space{}, b.atoms,
             HessianBondSweep{c.scan, tables, slope.data(), h.first.data(), h.bond.data(), h.force.data()});
    h.atom_of_slot = to_host(c.cells.atom_of_slot);
    h.atom_of_slot.resize(n);
    h.slot_of_atom.resize(n);
    for (int slot = 0; slot < b.atoms; ++slot) h.slot_of_atom[h.atom_of_slot[slot]] = slot;
    return h;
}

template <class Space>
void multiply(const Hessian<Space>& h, const Panels<Space>& v, Panels<Space>& result, Array<double, Space>& work) {
    constexpr int columns = columns_at_a_time(Space{});
    const int n = v.panels * h.slots;
    work.resize(static_cast<std::size_t>(n) * panel_width);
    for_each_row(Space{}, n, HessianPairSweep<columns>{h.view(), v.value.data(), result.value.data(), work.data()});
    for_each_row(Space{}, n, HessianDensityTermSweep<columns>{h.view(), work.data(), result.value.data()});
}

template <class Space>
Array<Mat3, Space> inverse_diagonal_blocks(const Hessian<Space>& h) {
    Array<Mat3, Space> blocks(static_cast<std::size_t>(h.slots));
    for_each(Space{}, h.slots, HessianDiagonalSweep{h.view(), blocks.data()});
    for_each(Space{}, h.slots, InvertBlockSweep{blocks.data()});
    return blocks;
}

template <class Space>
void assemble_block(const Hessian<Space>& h, const int* chosen, int n, const int* place, double translation,
                    double* matrix, long stride) {
    for_each(Space{}, n, HessianBlockSweep{h.view(), chosen, place, translation, matrix, stride});
}

}  // namespace mg

#define MG_HESSIAN_OPS(Space)                                                                               \
    template mg::Hessian<mg::Space> mg::make_hessian(const Batch<mg::Space>&, const EamTables<mg::Space>&); \
    template void mg::multiply(const Hessian<mg::Space>&, const Panels<mg::Space>&, Panels<mg::Space>&,     \
                               Array<double, mg::Space>&);                                                  \
    template mg::Array<mg::Mat3, mg::Space> mg::inverse_diagonal_blocks(const Hessian<mg::Space>&);         \
    template void mg::assemble_block(const Hessian<mg::Space>&, const int*, int, const int*, double, double*, long);
