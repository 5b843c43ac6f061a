#!/usr/bin/env bash
# Prints, as a Markdown table, what ptxas says of every kernel of cuda/: registers, stack, spills, shared memory, and
# the warps per multiprocessor that the registers allow. Needs nvcc and c++filt, no GPU.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: registers.sh [--arch sm_90] [FILE.cu ...]

Compiles the given files of cuda/, or all of them, and prints the table of their kernels.
HELP
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
arch=sm_90 files=()
while (($#)); do
    case "$1" in
        --arch)
            (($# >= 2)) || { printf 'error: --arch needs a name such as sm_90\n' >&2 && exit 2; }
            arch="$2"
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            printf 'error: unknown option %s (see registers.sh --help)\n' "$1" >&2
            exit 2
            ;;
        *) files+=("$(realpath "$1")") ;;
    esac
    shift
done
((${#files[@]})) || files=("$root"/cuda/*.cu)

printf '%s, %s\n\n' "$(nvcc --version | sed -n 's/.*release \([0-9.]*\), \(V[0-9.]*\)/nvcc \2/p')" "$arch"
printf '| file | kernel | registers | stack [B] | spilled [B], stores + loads | shared [B] | warps |\n'
printf '|---|---|---:|---:|---:|---:|---:|\n'
for file in "${files[@]}"; do
    nvcc -std=c++20 -arch="$arch" -O3 --expt-relaxed-constexpr -Xptxas -v -I"$root/src" -I"$root/cuda" -DMG_WITH_CUDA \
        -c "$file" -o /dev/null 2>&1 | c++filt | awk -v file="$(basename "$file")" '
        /Compiling entry function/ {
            name = $0
            sub(/.*entry function ./, "", name)
            sub(/. for .sm_.*/, "", name)
            # The arguments of the function, the namespaces and the launcher of sweeps say nothing.
            gsub(/\(anonymous namespace\)::|mg::|void /, "", name)
            gsub(/\(Sums\)0/, "none", name); gsub(/\(Sums\)1/, "virial", name); gsub(/\(Sums\)2/, "energy", name)
            sub(/\((int|.*PairSystem|int const|ShellSweep).*\)$/, "", name)
            if (name ~ /^sweep_kernel</) { sub(/^sweep_kernel</, "", name); sub(/ *> *$/, "", name) }
            sub(/cub::.*::DeviceScan/, "cub::DeviceScan", name)
            if (name ~ /^cub::/) sub(/[<(].*/, "", name)
            if (name ~ /EmptyKernel/) name = ""  # CUB asks it what code there is
            gsub(/nvcc::/, "", name)
            gsub(/> >/, ">>", name)
            gsub(/, Cuda/, "", name)
            gsub(/<Cuda>/, "", name)
        }
        /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
        /Used [0-9]+ registers/ && name != "" {
            registers = $0; sub(/.*Used /, "", registers); sub(/ .*/, "", registers)
            shared = 0
            if (match($0, /[0-9]+ bytes smem/)) shared = substr($0, RSTART, RLENGTH) + 0
            # 64 Ki registers, handed out by 8 per thread, and 64 warps at most.
            warps = int(65536 / (32 * int((registers + 7) / 8) * 8)); if (warps > 64) warps = 64
            printf "| %s | `%s` | %d | %d | %d | %d | %d |\n", file, name, registers, stack, spilled, shared, warps
        }'
done
