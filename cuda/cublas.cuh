#pragma once
/// \file cuBLAS, opened at its first use, not linked: a program with the CUDA backend starts where it is absent, and a
/// run that needs no matrices never loads its several hundred MiB.

#include <cublas_v2.h>

#include <string>

namespace mg {

/// What is used of cuBLAS, with the names of its binary interface.
struct Cublas {
    decltype(&cublasCreate_v2) create;
    decltype(&cublasSetStream_v2) set_stream;
    decltype(&cublasSetPointerMode_v2) set_pointer_mode;
    decltype(&cublasSetWorkspace_v2) set_workspace;
    decltype(&cublasGetStatusString) status_string;
    decltype(&cublasDgemm_v2) dgemm;
    decltype(&cublasDsyrk_v2) dsyrk;
    decltype(&cublasDtrsm_v2) dtrsm;
};

/// Throws Error where the library is not to be had.
const Cublas& cublas();
void check(cublasStatus_t status, const char* what);

/// One handle per host thread, on the stream on which all work of the device is ordered. Never destroyed: the driver
/// may have gone by then.
cublasHandle_t cublas_handle();

/// Opens a library of the toolkit, "libNAME.so.VERSION", where the loader finds it, else in the usual folders. Stays
/// open for ever. Throws Error that says "NAME cannot be used" for people's name of it.
void* open_toolkit_library(const std::string& file, const std::string& name);
/// The function of that name in an opened library; throws Error where there is none.
void* toolkit_function(void* opened, const char* function, const std::string& name);

}  // namespace mg
