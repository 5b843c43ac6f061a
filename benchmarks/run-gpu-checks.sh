#!/usr/bin/env bash
# Runs on a GPU node from inside the bundle that benchmarks/bundle.sh makes: unit and parity tests, with a GPU required,
# and every stage of jobs/quick.toml but the report on the cuda backend. A short table comes last; the exit code is 0
# only if everything passed.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: run-gpu-checks.sh [--out DIR] [--skip-study]

  --out DIR      where logs and results go (default: gpu-checks in the current folder)
  --skip-study   tests only
  --help         this text

CUDA libraries (cuBLAS 13, cudart 13) are looked for in MG_CUDA_LIBRARIES (a folder), where the loader looks anyway,
in the toolkit and in PyTorch's nvidia folders.
HELP
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
out="gpu-checks" study=1
while (($#)); do
    case "$1" in
        --out)
            (($# >= 2)) || { printf 'error: --out needs a folder\n' >&2 && exit 2; }
            out="$2"
            shift
            ;;
        --skip-study) study=0 ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            printf 'error: unknown option %s (see run-gpu-checks.sh --help)\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done
mkdir -p "$out"
out="$(cd "$out" && pwd -P)"

# ---- CUDA libraries: one folder each, the first that has it ---------------------------------------------------------
[[ -z "${MG_CUDA_LIBRARIES:-}" ]] || export LD_LIBRARY_PATH="$MG_CUDA_LIBRARIES${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# The program opens cuBLAS at first use, so the loader never names it; cuBLAS brings cuBLASLt.
wanted=(libcublas.so.13 libcublasLt.so.13)
candidates=(/usr/local/cuda/lib64 /usr/local/cuda*/lib64 /usr/local/cuda*/targets/*/lib /opt/cuda*/lib64)
[[ -z "${CUDA_HOME:-}" ]] || candidates=("$CUDA_HOME/lib64" "${candidates[@]}")
[[ -z "${MG_CUDA_LIBRARIES:-}" ]] || candidates=("$MG_CUDA_LIBRARIES" "${candidates[@]}")
for python in python3 python /usr/bin/python3 /opt/conda/bin/python; do
    command -v "$python" >/dev/null || continue
    while IFS= read -r site; do
        for folder in "$site"/nvidia/*/lib "$site"/torch/lib; do candidates+=("$folder"); done
    done < <("$python" -c 'import sys; print("\n".join(p for p in sys.path if p.endswith("-packages")))' \
        2>/dev/null || true)
done
found=()
for library in "${wanted[@]}"; do
    place=""
    for folder in "${candidates[@]}"; do
        if [[ -e "$folder/$library" ]]; then
            place="$folder"
            break
        fi
    done
    if [[ -z "$place" ]]; then
        printf 'error: %s was not found (neither in the toolkit nor in nvidia/*/lib of a Python); ' "$library" >&2
        printf 'set MG_CUDA_LIBRARIES to the folder that has it\n' >&2
        exit 1
    fi
    printf 'using %s/%s\n' "$place" "$library"
    found+=("$place")
done
for place in "${found[@]}"; do
    case ":${LD_LIBRARY_PATH:-}:" in
        *":$place:"*) ;;
        *) export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$place" ;;
    esac
done

gpu="none that nvidia-smi shows"
if command -v nvidia-smi >/dev/null; then
    gpu="$(nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader || true)"
fi
printf 'GPU: %s\n' "$gpu"

# ---- Checks ---------------------------------------------------------------------------------------------------------
table=() failed=0
# check NAME COMMAND...: runs it with its output in a log and on the screen, and notes result, time and a detail.
check() {
    local name="$1" log="$out/$1.log" start=$SECONDS result=ok status=0 detail
    shift
    printf '\n==== %s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee "$log" || status=$?
    if ((status != 0)); then
        result="FAILED ($status)"
        failed=1
    fi
    # GoogleTest's own last counts, where there are some.
    detail="$(sed -n 's/^\[ *\(PASSED\|SKIPPED\|FAILED\) *\] \([0-9]* tests\?\).*/\1 \2/p' "$log" |
        sort -u | paste -sd, -)"
    table+=("$(printf '%-16s %-12s %6d s  %s' "$name" "$result" $((SECONDS - start)) "$detail")")
}

export MG_TEST_ROOT="$here" MG_REQUIRE_GPU=1
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(nproc)}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
check info "$here/bin/mgstiff-gpu" info
for tests in parity unit; do
    if [[ -x "$here/bin/mg_${tests}_tests" ]]; then
        check "$tests-tests" "$here/bin/mg_${tests}_tests"
        if ! grep -q '^\[ *PASSED *\] [1-9]' "$out/$tests-tests.log"; then
            failed=1
            table+=("$(printf '%-16s %-12s' "$tests-tests" "NONE PASSED")")
        fi
    else
        table+=("$(printf '%-16s %-12s' "$tests-tests" "not bundled")")
        [[ "$tests" != parity ]] || failed=1
    fi
done
if ((study)); then
    rm -rf "$out/quick"  # from the beginning: a stage finished earlier would count as run here
    check quick-study "$here/bin/mgstiff-gpu" run "$here/jobs/quick.toml" --backend cuda \
        --stage quench --stage stiffness --stage descriptors --stage train --out "$out/quick"
fi

printf '\n%s\n' "GPU: $gpu"
printf 'version %s, logs in %s\n' "$(cat "$here/VERSION")" "$out"
printf '%s\n' "${table[@]}"
if ((failed)); then printf 'GPU checks FAILED\n'; else printf 'GPU checks passed\n'; fi
exit "$failed"
