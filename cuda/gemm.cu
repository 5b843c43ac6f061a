// Matrix products by cuBLAS: the device's half of ops/gemm.hpp. cuBLAS knows column-major matrices only; a row-major
// matrix is its own transpose there, so every product is written as the product of the transposes in reverse order.
// Reproducible: one stream per handle, and cuBLAS gives the same bits for the same shapes on the same device then.
//
// The library is opened at the first product, not linked: a program with the CUDA backend starts where it is absent,
// and a run that trains no network never needs its several hundred MiB.

#include <cublas_v2.h>
#include <dlfcn.h>

#include <cassert>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "ops/gemm.hpp"
#include "stream.cuh"

namespace mg {
namespace {

/// What is used of cuBLAS, with the names of its binary interface.
struct Library {
    decltype(&cublasCreate_v2) create;
    decltype(&cublasSetStream_v2) set_stream;
    decltype(&cublasSetPointerMode_v2) set_pointer_mode;
    decltype(&cublasSetWorkspace_v2) set_workspace;
    decltype(&cublasGetStatusString) status_string;
    decltype(&cublasDgemm_v2) dgemm;
};

/// What NVIDIA advises for compute capability 9.0.
constexpr std::size_t workspace_bytes = 32 << 20;

const std::string major_version = std::to_string(CUBLAS_VER_MAJOR);

[[noreturn]] void refuse(const std::string& why) {
    throw Error("cuBLAS cannot be used", why,
                "install cuBLAS " + major_version + ", put its folder on LD_LIBRARY_PATH, or run with --backend host");
}

/// Opens libcublas.so where the loader finds it, else in the usual folders of a toolkit. Stays open for ever.
void* open_library() {
    const std::string name = "libcublas.so." + major_version;
    std::vector<std::string> places{name};
    for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
        if (const char* folder = std::getenv(variable)) places.push_back(std::string(folder) + "/lib64/" + name);
    for (const char* folder : {"/usr/local/cuda/lib64/", "/opt/cuda/lib64/"}) places.push_back(folder + name);
    std::string first_failure;
    for (const std::string& place : places) {
        if (void* opened = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return opened;
        const char* failure = dlerror();
        if (first_failure.empty() && failure) first_failure = failure;
    }
    refuse(first_failure);
}

template <class Function>
void find(void* opened, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(opened, name));
    if (!function) refuse(std::string("the library has no function ") + name);
}

const Library& library() {
    static const Library opened = [] {
        void* const file = open_library();
        Library l{};
        find(file, "cublasCreate_v2", l.create);
        find(file, "cublasSetStream_v2", l.set_stream);
        find(file, "cublasSetPointerMode_v2", l.set_pointer_mode);
        find(file, "cublasSetWorkspace_v2", l.set_workspace);
        find(file, "cublasGetStatusString", l.status_string);
        find(file, "cublasDgemm_v2", l.dgemm);
        return l;
    }();
    return opened;
}

void check(cublasStatus_t status, const char* what) {
    if (status != CUBLAS_STATUS_SUCCESS)
        throw Error("a matrix product failed on the GPU", std::string(what) + ": " + library().status_string(status),
                    "check the device with nvidia-smi, or run with --backend host");
}

/// One handle per host thread, on the stream on which all work of the device is ordered. Never destroyed: the driver
/// may have gone by then.
cublasHandle_t handle() {
    thread_local const cublasHandle_t the_handle = [] {
        cublasHandle_t created = nullptr;
        check(library().create(&created), "cublasCreate");
        check(library().set_stream(created, stream()), "cublasSetStream");
        // Memory of its own, so that a product allocates nothing while it is recorded into a graph.
        check(library().set_workspace(created, allocate(Cuda{}, workspace_bytes), workspace_bytes),
              "cublasSetWorkspace");
        check(library().set_pointer_mode(created, CUBLAS_POINTER_MODE_HOST), "cublasSetPointerMode");
        return created;
    }();
    return the_handle;
}

void gemm(cublasOperation_t operation_a, cublasOperation_t operation_b, int m, int n, int k, const double* a, int lda,
          const double* b, int ldb, double* c, int ldc) {
    const double one = 1.0, zero = 0.0;
    check(library().dgemm(handle(), operation_a, operation_b, m, n, k, &one, a, lda, b, ldb, &zero, c, ldc),
          "cublasDgemm");
}

}  // namespace

void multiply_transposed(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y) {
    assert(x.rows == y.rows && x.columns == w.columns && w.rows == y.columns);
    gemm(CUBLAS_OP_T, CUBLAS_OP_N, w.rows, x.rows, x.columns, w.data, w.stride, x.data, x.stride, y.data, y.stride);
}

void multiply(Matrix<const double, Cuda> x, Matrix<const double, Cuda> w, Matrix<double, Cuda> y) {
    assert(x.rows == y.rows && x.columns == w.rows && w.columns == y.columns);
    gemm(CUBLAS_OP_N, CUBLAS_OP_N, w.columns, x.rows, x.columns, w.data, w.stride, x.data, x.stride, y.data, y.stride);
}

void multiply_blocks(Matrix<const double, Cuda> x, Matrix<const double, Cuda> y, double* partials, long) {
    assert(x.rows == y.rows);
    gemm(CUBLAS_OP_N, CUBLAS_OP_T, y.columns, x.columns, x.rows, y.data, y.stride, x.data, x.stride, partials,
         y.columns);
}

}  // namespace mg
