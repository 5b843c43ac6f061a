#pragma once
/// \file The few macros of the project.

/// MG_HD marks a function that runs on the host and on the device. It is always inlined: one physics
/// function is compiled for several instruction sets, and an out-of-line copy built for one of them must
/// never be served by the linker to a caller built for another.
#if defined(__CUDACC__)
#define MG_HD __host__ __device__ __forceinline__
#else
#define MG_HD inline __attribute__((always_inline))
#endif

/// MG_TARGET names the inline namespace of the physics functions; it differs per instruction set (the
/// build sets it for the SIMD objects) and for nvcc.
#if !defined(MG_TARGET)
#if defined(__CUDACC__)
#define MG_TARGET nvcc
#else
#define MG_TARGET generic
#endif
#endif

/// MG_X86_64 is 1 where loops for AVX2 and AVX-512 are built.
#if defined(__x86_64__)
#define MG_X86_64 1
#else
#define MG_X86_64 0
#endif

/// MG_CLONED compiles a function of the host for several instruction sets; the best that the machine has is taken when
/// the program starts. For loops whose results are the same in all of them.
#if MG_X86_64 && !defined(__clang__) && !defined(__CUDACC__)
#define MG_CLONED __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define MG_CLONED
#endif

/// MG_DEVICE_PASS is 1 while nvcc compiles the device's side of a function.
#if defined(__CUDA_ARCH__)
#define MG_DEVICE_PASS 1
#else
#define MG_DEVICE_PASS 0
#endif

/// MG_INSTANTIATE(X) ends every .cpp file that is generic in Space: X(Host), or X(Host) and X(Cuda).
#if defined(MG_WITH_CUDA)
#define MG_INSTANTIATE(X) \
    X(Host)               \
    X(Cuda)
#else
#define MG_INSTANTIATE(X) X(Host)
#endif
