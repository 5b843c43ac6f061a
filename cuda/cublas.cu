// The libraries of the CUDA toolkit that hold matrix operations, opened at their first use.

#include "cublas.cuh"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "stream.cuh"

namespace mg {
namespace {

/// What NVIDIA advises for compute capability 9.0.
constexpr std::size_t workspace_bytes = 32 << 20;

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw Error(name + " cannot be used", why,
                "install it in the version of the toolkit of this program, put its folder on LD_LIBRARY_PATH, or run "
                "with --backend host");
}

}  // namespace

void* open_toolkit_library(const std::string& file, const std::string& name) {
    std::vector<std::string> places{file};
    for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
        if (const char* folder = std::getenv(variable)) places.push_back(std::string(folder) + "/lib64/" + file);
    for (const char* folder : {"/usr/local/cuda/lib64/", "/opt/cuda/lib64/"}) places.push_back(folder + file);
    std::string first_failure;
    for (const std::string& place : places) {
        if (void* opened = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return opened;
        const char* failure = dlerror();
        if (first_failure.empty() && failure) first_failure = failure;
    }
    refuse(name, first_failure);
}

void* toolkit_function(void* opened, const char* function, const std::string& name) {
    void* const found = dlsym(opened, function);
    if (!found) refuse(name, std::string("the library has no function ") + function);
    return found;
}

const Cublas& cublas() {
    static const Cublas opened = [] {
        const std::string name = "cuBLAS " + std::to_string(CUBLAS_VER_MAJOR);
        void* const file = open_toolkit_library("libcublas.so." + std::to_string(CUBLAS_VER_MAJOR), name);
        const auto find = [&](const char* function, auto& pointer) {
            pointer =
                reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(toolkit_function(file, function, name));
        };
        Cublas l{};
        find("cublasCreate_v2", l.create);
        find("cublasSetStream_v2", l.set_stream);
        find("cublasSetPointerMode_v2", l.set_pointer_mode);
        find("cublasSetWorkspace_v2", l.set_workspace);
        find("cublasGetStatusString", l.status_string);
        find("cublasDgemm_v2", l.dgemm);
        find("cublasDsyrk_v2", l.dsyrk);
        find("cublasDtrsm_v2", l.dtrsm);
        return l;
    }();
    return opened;
}

void check(cublasStatus_t status, const char* what) {
    if (status != CUBLAS_STATUS_SUCCESS)
        throw Error("a matrix operation failed on the GPU", std::string(what) + ": " + cublas().status_string(status),
                    "check the device with nvidia-smi, or run with --backend host");
}

cublasHandle_t cublas_handle() {
    thread_local const cublasHandle_t the_handle = [] {
        cublasHandle_t created = nullptr;
        check(cublas().create(&created), "cublasCreate");
        check(cublas().set_stream(created, stream()), "cublasSetStream");
        // Memory of its own, so that a product allocates nothing while it is recorded into a graph.
        check(cublas().set_workspace(created, allocate(Cuda{}, workspace_bytes), workspace_bytes),
              "cublasSetWorkspace");
        check(cublas().set_pointer_mode(created, CUBLAS_POINTER_MODE_HOST), "cublasSetPointerMode");
        return created;
    }();
    return the_handle;
}

}  // namespace mg
