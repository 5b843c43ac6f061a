/// \file Generic bodies of the ops on panels; compiled for Host by panels.cpp and for Cuda by cuda/panels.cu, each of
/// which has for_each_row before.

#include "ops/panels.hpp"
#include "sweeps/panels.hpp"

namespace mg {

template <class Space>
void dot(const Panels<Space>& x, const Panels<Space>& y, ColumnNumbers<Space>& sum, Array<double, Space>& work) {
    const int rows = 3 * x.slots, chunks = (rows + dot_rows - 1) / dot_rows;
    work.resize(static_cast<std::size_t>(x.panels) * chunks * panel_width);
    sum.resize(static_cast<std::size_t>(x.panels) * panel_width);
    for_each_row(Space{}, x.panels * chunks,
                 DotSweep<columns_at_a_time(Space{})>{rows, chunks, x.value.data(), y.value.data(), work.data()});
    for_each(Space{}, x.panels * panel_width, DotFinishSweep{chunks, work.data(), sum.data()});
}

template <class Space>
void combine(const ColumnNumbers<Space>* a, const Panels<Space>& x, const ColumnNumbers<Space>* b, Panels<Space>& y) {
    for_each_row(Space{}, 3 * x.slots * x.panels,
                 CombineSweep<columns_at_a_time(Space{})>{3 * x.slots, a ? a->data() : nullptr, b ? b->data() : nullptr,
                                                          x.value.data(), y.value.data()});
}

template <class Space>
void precondition(const Array<Mat3, Space>& inverse_blocks, const Panels<Space>& r, Panels<Space>& z) {
    for_each_row(
        Space{}, r.slots * r.panels,
        PreconditionSweep<columns_at_a_time(Space{})>{r.slots, inverse_blocks.data(), r.value.data(), z.value.data()});
}

template <class Space>
void gather_rows(const Panels<Space>& v, int columns, const int* chosen, int n, const double* added, double* out,
                 long row_stride, long column_stride) {
    for_each(Space{}, n,
             GatherRowsSweep{v.slots, columns, chosen, v.value.data(), added, out, row_stride, column_stride});
}

}  // namespace mg

#define MG_PANELS_OPS(Space)                                                                                     \
    template void mg::dot(const Panels<mg::Space>&, const Panels<mg::Space>&, ColumnNumbers<mg::Space>&,         \
                          Array<double, mg::Space>&);                                                            \
    template void mg::combine(const ColumnNumbers<mg::Space>*, const Panels<mg::Space>&,                         \
                              const ColumnNumbers<mg::Space>*, Panels<mg::Space>&);                              \
    template void mg::precondition(const Array<Mat3, mg::Space>&, const Panels<mg::Space>&, Panels<mg::Space>&); \
    template void mg::gather_rows(const Panels<mg::Space>&, int, const int*, int, const double*, double*, long, long);
