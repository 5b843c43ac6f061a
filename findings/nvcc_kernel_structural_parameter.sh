#!/usr/bin/env bash
# nvcc 13.0 and kernels with a structure as a template argument (C++20).
#
# One would guess: what compiles for a __device__ function compiles for a __global__ one too, and what compiles outside
# of namespaces compiles in one.
# What happens (nvcc 13.0.88, g++): a kernel template whose argument is a value of a structural class type that stands
# in a namespace does not compile: the host code that nvcc writes for launches spells the type by its mangled name
# (_ZN4shop5ShapeE), which no C++ compiler knows. The same type as an argument of a __device__ function template, or of
# a kernel where type and kernel stand in no namespace, is fine. nvcc 13.5.37 compiles all three.
# What to do before: a type of its own for each shape (template <int threads, bool staged> struct Shape) as argument.
#
# Needs g++, python3 with pip, unzip and the network; no GPU. Some 250 MB, in a temporary folder.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

# compiler NAME VERSION RUNTIME: nvcc of a version, from PyPI, in the folder NAME.
compiler() {
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$1.wheels" "nvidia-cuda-nvcc==$2" \
        "nvidia-cuda-crt==$2" "nvidia-nvvm==$2" "nvidia-cuda-runtime==$3"
    for wheel in "$1.wheels"/*.whl; do unzip -qo "$wheel" -d "$1"; done
    chmod -R u+x "$1/nvidia/cu13/bin" "$1/nvidia/cu13/nvvm/bin"
    "$1/nvidia/cu13/bin/nvcc" --version | grep release
}

kernel='struct Shape {
    int threads;
    bool staged;
};
template <class T, Shape shape>
__global__ void fill(T* out) {
    if (shape.staged) out[threadIdx.x] = T(shape.threads);
}
void run(float* out) { fill<float, Shape{64, true}><<<1, 64>>>(out); }'
printf '%s\n' "$kernel" >global.cu
printf 'namespace shop {\n%s\n}\n' "$kernel" >namespace.cu
cat >device.cu <<'CU'
namespace shop {
struct Shape {
    int threads;
    bool staged;
};
template <class T, Shape shape>
__device__ T size_of() {
    return shape.staged ? T(shape.threads) : T(0);
}
__global__ void fill(float* out) { out[threadIdx.x] = size_of<float, Shape{64, true}>(); }
void run(float* out) { fill<<<1, 64>>>(out); }
}
CU

failures=0
# expect COMPILER FILE STATUS: whether the file compiles.
expect() {
    local status=0
    "$1/nvidia/cu13/bin/nvcc" -std=c++20 -arch=sm_90 -c "$2.cu" -o "$2.o" >"$1.$2.log" 2>&1 || status=1
    printf '%s, %s.cu: %s\n' "$1" "$2" "$( ((status)) && grep -m1 -o 'error: .*' "$1.$2.log" || echo compiles)"
    [[ "$status" == "$3" ]] || failures=$((failures + 1))
}

compiler nvcc-13.0 13.0.88 13.0.96
expect nvcc-13.0 global 0
expect nvcc-13.0 device 0
expect nvcc-13.0 namespace 1
grep -q "_ZN4shop5ShapeE" nvcc-13.0.namespace.log || failures=$((failures + 1))
compiler nvcc-13.5 13.5.37 13.5.37
expect nvcc-13.5 global 0
expect nvcc-13.5 device 0
expect nvcc-13.5 namespace 0
((failures == 0)) || { echo "this has changed: $failures expectation(s) no longer hold" >&2 && exit 1; }
