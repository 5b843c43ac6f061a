// Cholesky's factors by cuSOLVER and cuBLAS: the device's half of ops/cholesky.hpp. cuSOLVER is opened at its first
// use, like cuBLAS (cublas.cuh). Bound: FP64 matrix operations, some 60 Tflop/s of an H200 in large products. Predicted
// from that: 19,652 atoms dense, 1.4e14 operations and 27.8 GB, 4 to 6 s; a cluster of 2,850 rows, 8e9 operations, 1 ms
// and more, since small factors do not fill the device. Tests: tests/parity/hessian_cuda.cpp, where these functions are
// the host's under the emulation. Never ran on a GPU.

#include <cusolverDn.h>

#include <algorithm>
#include <string>

#include "core/array.hpp"
#include "core/error.hpp"
#include "cublas.cuh"
#include "for_each.cuh"
#include "ops/cholesky.hpp"
#include "stream.cuh"

namespace mg {
namespace {

/// What is used of cuSOLVER.
struct Cusolver {
    decltype(&cusolverDnCreate) create;
    decltype(&cusolverDnSetStream) set_stream;
    decltype(&cusolverDnXpotrf_bufferSize) potrf_size;
    decltype(&cusolverDnXpotrf) potrf;
};

void check(cusolverStatus_t status, const char* what) {
    if (status != CUSOLVER_STATUS_SUCCESS)
        throw Error("a matrix operation failed on the GPU",
                    std::string(what) + " of cuSOLVER returned " + std::to_string(static_cast<int>(status)),
                    "check the device with nvidia-smi, or run with --backend host");
}

const Cusolver& cusolver() {
    static const Cusolver opened = [] {
        const std::string name = "cuSOLVER " + std::to_string(CUSOLVER_VER_MAJOR);
        void* const file = open_toolkit_library("libcusolver.so." + std::to_string(CUSOLVER_VER_MAJOR), name);
        const auto find = [&](const char* function, auto& pointer) {
            pointer =
                reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(toolkit_function(file, function, name));
        };
        Cusolver l{};
        find("cusolverDnCreate", l.create);
        find("cusolverDnSetStream", l.set_stream);
        find("cusolverDnXpotrf_bufferSize", l.potrf_size);
        find("cusolverDnXpotrf", l.potrf);
        return l;
    }();
    return opened;
}

cusolverDnHandle_t cusolver_handle() {
    thread_local const cusolverDnHandle_t the_handle = [] {
        cusolverDnHandle_t created = nullptr;
        check(cusolver().create(&created), "cusolverDnCreate");
        check(cusolver().set_stream(created, stream()), "cusolverDnSetStream");
        return created;
    }();
    return the_handle;
}

/// Element by element of the first columns of the unit matrix.
struct UnitColumnsSweep {
    int n;
    double* a;
    long stride;
    __device__ void operator()(int k) const {
        const int row = k % n, column = k / n;
        a[row + column * stride] = row == column ? 1.0 : 0.0;
    }
};
struct ScaleDiagonalSweep {
    double factor;
    double* a;
    long stride;
    __device__ void operator()(int j) const { a[j + j * stride] *= factor; }
};

/// One block of threads for each atom: three columns are read once, six sums come of them.
constexpr int gram_threads = 256;
__global__ void __launch_bounds__(gram_threads) gram_kernel(int rows, const double* a, long stride, Sym3* block) {
    const int atom = static_cast<int>(blockIdx.x);
    const double* const x = a + 3 * atom * stride;
    const double* const y = x + stride;
    const double* const z = y + stride;
    Sym3 mine;
    for (int i = static_cast<int>(threadIdx.x); i < rows; i += gram_threads)
        mine = mine + Sym3{x[i] * x[i], y[i] * y[i], z[i] * z[i], y[i] * z[i], x[i] * z[i], x[i] * y[i]};
    const Sym3 sum = block_sum<gram_threads>(mine);
    if (threadIdx.x == 0) block[atom] = block[atom] + sum;
}

}  // namespace

int factor(Cuda, int n, double* a, long stride) {
    std::size_t device_bytes = 0, host_bytes = 0;
    check(cusolver().potrf_size(cusolver_handle(), nullptr, CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a, stride,
                                CUDA_R_64F, &device_bytes, &host_bytes),
          "cusolverDnXpotrf_bufferSize");
    Array<char, Cuda> device(device_bytes + 1);
    Array<char, Host> host(host_bytes + 1);
    Array<int, Cuda> info(1);
    check(cusolver().potrf(cusolver_handle(), nullptr, CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a, stride, CUDA_R_64F,
                           device.data(), device_bytes, host.data(), host_bytes, info.data()),
          "cusolverDnXpotrf");
    return to_host(info)[0];
}

void solve_lower(Cuda, int n, int columns, const double* l, long l_stride, double* b, long b_stride) {
    const double one = 1;
    check(cublas().dtrsm(cublas_handle(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT,
                         n, columns, &one, l, static_cast<int>(l_stride), b, static_cast<int>(b_stride)),
          "cublasDtrsm");
}

void subtract_gram(Cuda, int n, int rows, const double* a, long a_stride, double* c, long c_stride) {
    const double minus = -1, one = 1;
    check(cublas().dsyrk(cublas_handle(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, n, rows, &minus, a,
                         static_cast<int>(a_stride), &one, c, static_cast<int>(c_stride)),
          "cublasDsyrk");
}

void add_product(Cuda, int m, int n, int rows, double factor, const double* a, long a_stride, const double* b,
                 long b_stride, double* c, long c_stride) {
    const double one = 1;
    check(cublas().dgemm(cublas_handle(), CUBLAS_OP_T, CUBLAS_OP_N, m, n, rows, &factor, a, static_cast<int>(a_stride),
                         b, static_cast<int>(b_stride), &one, c, static_cast<int>(c_stride)),
          "cublasDgemm");
}

void set_unit_columns(Cuda, int n, int columns, double* a, long stride) {
    for_each(Cuda{}, n * columns, UnitColumnsSweep{n, a, stride});
}

void scale_diagonal(Cuda, int n, double factor, double* a, long stride) {
    for_each(Cuda{}, n, ScaleDiagonalSweep{factor, a, stride});
}

void add_gram_blocks(Cuda, int atoms, int rows, const double* a, long a_stride, Sym3* block) {
    launch(gram_kernel, {static_cast<unsigned>(atoms), gram_threads}, rows, a, a_stride, block);
}

void inverse_blocks(Cuda, int atoms, const double* l, long l_stride, Sym3* block) {
    constexpr int atoms_at_a_time = 256;
    const int n = 3 * atoms;
    Array<double, Cuda> columns(static_cast<std::size_t>(n) * 3 * std::min(atoms, atoms_at_a_time));
    zero_bytes(Cuda{}, block, static_cast<std::size_t>(atoms) * sizeof(Sym3));
    for (int first = 0; first < atoms; first += atoms_at_a_time) {
        const int count = std::min(atoms_at_a_time, atoms - first), rows = n - 3 * first;
        set_unit_columns(Cuda{}, rows, 3 * count, columns.data(), rows);
        solve_lower(Cuda{}, rows, 3 * count, l + 3 * first + 3 * first * l_stride, l_stride, columns.data(), rows);
        add_gram_blocks(Cuda{}, count, rows, columns.data(), rows, block + first);
    }
}

}  // namespace mg
