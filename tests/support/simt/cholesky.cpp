// Cholesky's factors of the device under the emulation, where cuSOLVER and cuBLAS have no stand-in: the host's, since
// device memory is the host's there.

#include "ops/cholesky.hpp"

namespace mg {

int factor(Cuda, int n, double* a, long stride) { return factor(Host{}, n, a, stride); }
void solve_lower(Cuda, int n, int columns, const double* l, long l_stride, double* b, long b_stride) {
    solve_lower(Host{}, n, columns, l, l_stride, b, b_stride);
}
void subtract_gram(Cuda, int n, int rows, const double* a, long a_stride, double* c, long c_stride) {
    subtract_gram(Host{}, n, rows, a, a_stride, c, c_stride);
}
void add_product(Cuda, int m, int n, int rows, double factor, const double* a, long a_stride, const double* b,
                 long b_stride, double* c, long c_stride) {
    add_product(Host{}, m, n, rows, factor, a, a_stride, b, b_stride, c, c_stride);
}
void set_unit_columns(Cuda, int n, int columns, double* a, long stride) {
    set_unit_columns(Host{}, n, columns, a, stride);
}
void scale_diagonal(Cuda, int n, double factor, double* a, long stride) {
    scale_diagonal(Host{}, n, factor, a, stride);
}
void add_gram_blocks(Cuda, int atoms, int rows, const double* a, long a_stride, Sym3* block) {
    add_gram_blocks(Host{}, atoms, rows, a, a_stride, block);
}
void inverse_blocks(Cuda, int atoms, const double* l, long l_stride, Sym3* block) {
    inverse_blocks(Host{}, atoms, l, l_stride, block);
}

}  // namespace mg
