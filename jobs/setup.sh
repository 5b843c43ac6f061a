# shellcheck shell=bash
# Set-up shared by jobs/quickstart.sh, tests/run.sh and benchmarks/bundle.sh: packages, environment, configure, build.
# It is sourced, not run; the sourcing script has set -euo pipefail. Everything it says goes to standard error.

mg_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"

# The one list of Debian packages, each with what it is for. Seven sets:
#   run    needed to build the program and to draw the report
#   test   needed by the tests besides
#   bundle needed by benchmarks/bundle.sh besides
#   view   of use to the tests, which skip without
#   lint   needed by tests/run.sh --lint besides
#   races  needed by tests/run.sh --races besides
#   docs   needed by the target docs (cmake --build build --target docs)
mg_package_list() {
    cat <<'LIST'
run     g++                 the compiler (C++20, OpenMP)
run     cmake               configures
run     ninja-build         builds
run     ccache              makes the second build quick
run     pkg-config          finds nettle, Zstandard and OpenBLAS
run     git                 names the version in every output
run     libhdf5-dev         results and models
run     libcli11-dev        command line
run     libtomlplusplus-dev study files
run     nlohmann-json3-dev  summary.json and machine output
run     libfmt-dev          text
run     libhwy-dev          SIMD loops of the host
run     libeigen3-dev       eigenvalues of small matrices
run     voro++-dev          Voronoi cells of the glasses
run     librandom123-dev    Philox counter-based random numbers
run     libopenblas-dev     matrix products of the network
run     libopenmpi-dev      ranks: several processes, nodes and GPUs
run     openmpi-bin         mpirun
run     nettle-dev          sha256 of potentials and outputs
run     zlib1g-dev          structures and potentials packed by gzip
run     libzstd-dev         structures and potentials packed by Zstandard
run     python3             figures and lint
run     python3-numpy       figures
run     python3-matplotlib  figures
run     python3-h5py        figures read the results
run     python3-scipy       figures
test    libgtest-dev        GoogleTest
test    libboost-context-dev fibers: CUDA's threads on the CPU
test    python3-onnx        checks the exported network
test    clang-format        lint: the format of the sources (version 14)
test    slurm-wlm           the job scripts, on a SLURM of the test's own
test    munge               SLURM's keys
bundle  libblas-dev         small reference BLAS
bundle  patchelf            makes the bundle relocatable
view    chromium            the report in a browser (100 MB)
lint    clang-tidy          finds faults in C++
lint    libomp-dev          OpenMP's header for clang-tidy
races   clang               the thread sanitizer that knows OpenMP
races   libomp-dev          and its library, with Archer
docs    doxygen             the API page
LIST
    # Of use only for comparisons, and never installed here: lammps, lammps-data, python3-ase.
}

mg_say() { printf '%s\n' "$*" >&2; }

mg_die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

mg_loud() {
    mg_say "**********************************************************************"
    local line
    for line in "$@"; do mg_say "*** $line"; done
    mg_say "**********************************************************************"
}

# mg_missing_packages SET...: names of the packages of these sets that are not installed, one a line.
mg_missing_packages() {
    local set name rest wanted
    wanted=" $* "
    while read -r set name rest; do
        [[ "$wanted" == *" $set "* ]] || continue
        # shellcheck disable=SC2016  # the format is dpkg-query's, not the shell's
        [[ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" == installed ]] || printf '%s\n' "$name"
    done < <(mg_package_list)
}

# mg_install SET...: installs what is missing, and touches neither network nor package lists when nothing is.
mg_install() {
    if ! command -v dpkg-query >/dev/null; then
        mg_say "This is no Debian system (no dpkg-query): nothing is installed; CMake will name what is missing."
        return 0
    fi
    local -a missing
    mapfile -t missing < <(mg_missing_packages "$@")
    if ((${#missing[@]} == 0)); then
        mg_say "All Debian packages needed are installed."
        return 0
    fi
    local -a as_root=()
    if ((EUID != 0)); then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
            as_root=(sudo)
        else
            mg_say "error: ${#missing[@]} Debian packages are missing (and this is neither root nor sudo);" \
                "run this line as root, then start again:"
            mg_say "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
            exit 1
        fi
    fi
    local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
    local -a install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
    local no_lists="the package lists could not be fetched (see above); mend the network or apt's sources"
    local no_install="the packages could not be installed (see above); install them by hand: ${missing[*]}"
    mg_say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    # Package lists are fetched only where they do not know a package (a fresh container has none), or are out of date.
    if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then
        "${apt[@]}" update >&2 || mg_die "$no_lists"
        "${install[@]}" >&2 || mg_die "$no_install"
    elif ! "${install[@]}" >&2; then
        mg_say "The install failed; fetching the package lists and trying once more."
        "${apt[@]}" update >&2 || mg_die "$no_lists"
        "${install[@]}" >&2 || mg_die "$no_install"
    fi
}

# mg_install_optional SET...: the same where that needs no questions; a failure is said, and no error.
mg_install_optional() {
    local -a missing
    command -v dpkg-query >/dev/null || return 0
    mapfile -t missing < <(mg_missing_packages "$@")
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) && ! { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; then
        mg_say "note: not installed, and what needs it is skipped: ${missing[*]}"
    elif ! (mg_install "$@"); then
        mg_say "note: could not be installed, and what needs it is skipped: ${missing[*]}"
    fi
}

# mg_missing_note SET...: with --no-install, says what is missing and goes on.
mg_missing_note() {
    command -v dpkg-query >/dev/null || return 0
    local -a missing
    mapfile -t missing < <(mg_missing_packages "$@")
    ((${#missing[@]} == 0)) || mg_say "note: not installed (--no-install): ${missing[*]}"
}

# mg_environment: what containers and shared machines need.
mg_environment() {
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1  # containers are root
    export OMPI_MCA_rmaps_base_oversubscribe=1                        # more ranks than cores
    export OMPI_MCA_btl_vader_single_copy_mechanism=none              # CMA needs ptrace, which containers forbid
    export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"              # waiting threads leave the core to others
    if ! command -v nvcc >/dev/null; then
        local bin
        for bin in "${CUDA_HOME:+$CUDA_HOME/bin}" /usr/local/cuda/bin; do
            if [[ -n "$bin" && -x "$bin/nvcc" ]]; then
                export PATH="$PATH:$bin"
                break
            fi
        done
    fi
}

# mg_say_cuda: says loudly when the build is without CUDA.
mg_say_cuda() {
    if command -v nvcc >/dev/null; then
        mg_say "CUDA: $(command -v nvcc), $(nvcc --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')"
    else
        mg_loud "nvcc was not found (not on PATH, nor in \$CUDA_HOME or /usr/local/cuda):" \
            "building WITHOUT the CUDA backend. The host backend is complete."
    fi
}

# mg_cores: cores that this process may use. nproc alone says OMP_NUM_THREADS where that is set, which is 1 in the
# tests, where everything was compiled and run one by one for that.
mg_cores() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

# Compilers of this size want about 1.5 GiB each, so memory bounds the number of jobs as cores do.
mg_jobs() {
    local cores gib
    cores="$(mg_cores)"
    gib="$(awk '/^MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo)"
    ((gib >= 1)) || gib=1
    printf '%s\n' $((cores < gib ? cores : gib))
}

# mg_configure DIR CMAKE-ARGUMENT...: configures the source tree into DIR with ninja.
mg_configure() {
    local dir="$1" generator home
    shift
    if [[ -f "$dir/CMakeCache.txt" ]]; then
        generator="$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$dir/CMakeCache.txt")"
        home="$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt")"
        [[ "$generator" == Ninja ]] || mg_die "$dir was configured for $generator (not ninja); remove that folder"
        [[ "$home" -ef "$mg_root" ]] || mg_die "$dir belongs to another source tree ($home); remove that folder"
    fi
    command -v cmake >/dev/null || mg_die "cmake was not found (a package of the set-up); run without --no-install"
    cmake -S "$mg_root" -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >&2
}

# mg_build DIR [TARGET...]: builds; of the targets named, those that this tree has.
mg_build() {
    local dir="$1" target all
    shift
    local -a targets=()
    if (($#)); then
        all="$(ninja -C "$dir" -t targets all)"
        for target in "$@"; do
            if grep -q "^$target: " <<<"$all"; then targets+=("$target"); fi
        done
        ((${#targets[@]})) || mg_die "none of the targets $* is in $dir; the source tree is incomplete"
    fi
    ninja -C "$dir" -j "$(mg_jobs)" "${targets[@]}" >&2
}
