#!/usr/bin/env bash
# Runs on a GPU node from inside the bundle that benchmarks/bundle.sh makes, within eight minutes: parity tests with a
# GPU required, some of them under compute-sanitizer, the speed of molecular dynamics, unit tests, and every stage of
# jobs/quick.toml but the report on the cuda backend. A table comes last; the exit code is 0 only if everything passed.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: run-gpu-checks.sh [--out DIR] [--skip-bench] [--skip-study]

  --out DIR      where logs and results go (default: gpu-checks in the current folder): NAME.log of each check,
                 bench-NAME.json of each point of the benchmark sweep
  --skip-bench   no benchmark sweep
  --skip-study   no quick study
  --help         this text

CUDA libraries (cuBLAS 13, cudart 13) are looked for in MG_CUDA_LIBRARIES (a folder), where the loader looks anyway,
in the toolkit and in PyTorch's nvidia folders; compute-sanitizer on the PATH and in the toolkit. Points of the sweep
and sanitizers for which there is no time are named and left out; tests and study for which there is none have failed.
HELP
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
out="gpu-checks" bench=1 study=1
while (($#)); do
    case "$1" in
        --out)
            (($# >= 2)) || { printf 'error: --out needs a folder\n' >&2 && exit 2; }
            out="$2"
            shift
            ;;
        --skip-bench) bench=0 ;;
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
end=475        # seconds for everything
bench_end=365  # what the sweep leaves to the unit tests and the study
table=() failed=0

# row NAME RESULT SECONDS DETAIL: a line of the table.
row() { table+=("$(printf '%-22s %-12s %5s s  %s' "$@")"); }

# limit SECONDS END: the time limit of a command that must be done by END; nothing where five seconds are not left.
limit() {
    local left=$(($2 - SECONDS))
    ((left >= 5)) || return 0
    printf '%s\n' $((left < $1 ? left : $1))
}

# check NAME SECONDS COMMAND...: runs it with its output in a log and on the screen, and notes result, time and a
# detail. With optional=1, running out of time is no failure.
optional=0
check() {
    local name="$1" seconds log="$out/$1.log" start=$SECONDS result=ok status=0 detail
    seconds="$(limit "$2" "$end")"
    shift 2
    if [[ -z "$seconds" ]]; then
        row "$name" "not run" 0 "time is up"
        ((optional)) || failed=1
        return 0
    fi
    printf '\n==== %s: %s\n' "$name" "$*"
    timeout -k 10 "$seconds" "$@" 2>&1 | tee "$log" || status=$?
    # GoogleTest's own last counts, and the sanitizer's, where there are some.
    detail="$(sed -n -e 's/^\[ *\(PASSED\|SKIPPED\|FAILED\) *\] \([0-9]* tests\?\).*/\1 \2/p' \
        -e 's/^=* \(ERROR SUMMARY\|RACECHECK SUMMARY\): //p' "$log" | sort -u | paste -sd, -)"
    if ((status == 124 || status == 137)); then
        result="time is up"
        ((optional)) || failed=1
    elif ((status != 0)); then
        result="FAILED ($status)"
        failed=1
    fi
    row "$name" "$result" $((SECONDS - start)) "$detail"
}

# tests KIND SECONDS: the tests of a kind, of which some must have passed.
tests() {
    if [[ ! -x "$here/bin/mg_$1_tests" ]]; then
        row "$1-tests" "not bundled" 0 ""
        [[ "$1" != parity ]] || failed=1
        return 0
    fi
    : >"$out/$1-tests.log"
    check "$1-tests" "$2" "$here/bin/mg_$1_tests"
    if ! grep -q '^\[ *PASSED *\] [1-9]' "$out/$1-tests.log"; then
        failed=1
        row "$1-tests" "NONE PASSED" 0 ""
    fi
}

# point NAME ARGUMENT...: a point of the benchmark sweep, its JSON in bench-NAME.json.
point() {
    local name="bench-$1" seconds start=$SECONDS status=0 rate steps
    shift
    seconds="$(limit 60 "$bench_end")"
    if [[ -z "$seconds" ]]; then
        row "$name" "not run" 0 "time is up"
        return 0
    fi
    printf '\n==== %s: %s\n' "$name" "$*"
    rm -f "$out/$name.json"
    timeout -k 10 "$seconds" "$here/bin/mgstiff-gpu" bench md --backend cuda --repeat 3 \
        --potential "$here/jobs/potentials/Cu-Zr_2.eam.fs" --json "$out/$name.json" "$@" 2>&1 >/dev/null |
        tee "$out/$name.log" || status=$?
    if ((status == 124 || status == 137)); then
        row "$name" "time is up" $((SECONDS - start)) ""
    elif ((status != 0)); then
        failed=1
        row "$name" "FAILED ($status)" $((SECONDS - start)) "$(tail -n 1 "$out/$name.log")"
    else
        rate="$(sed -n 's/^  "atom_steps_per_s": \([^,]*\).*/\1/p' "$out/$name.json")"
        steps="$(sed -n 's/^  "steps_per_s": \([^,]*\).*/\1/p' "$out/$name.json")"
        row "$name" ok $((SECONDS - start)) "$(printf '%.3g atom-steps/s, %.4g steps/s' "$rate" "$steps")"
    fi
}

export MG_TEST_ROOT="$here" MG_REQUIRE_GPU=1
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(nproc)}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
check info 30 "$here/bin/mgstiff-gpu" info
tests parity 150

# The sanitizer slows kernels down many times over: small tests only, each kernel in one of them.
sanitizer=""
for candidate in "$(command -v compute-sanitizer || true)" ${CUDA_HOME:+"$CUDA_HOME/bin/compute-sanitizer"} \
    /usr/local/cuda*/bin/compute-sanitizer /usr/local/cuda*/compute-sanitizer/compute-sanitizer \
    /opt/cuda*/bin/compute-sanitizer /opt/cuda*/extras/compute-sanitizer/compute-sanitizer; do
    if [[ -n "$candidate" && -x "$candidate" ]]; then
        sanitizer="$candidate"
        break
    fi
done
if [[ -z "$sanitizer" ]]; then
    row memcheck "not run" 0 "compute-sanitizer was not found (neither on the PATH nor in a toolkit)"
elif [[ -x "$here/bin/mg_parity_tests" ]]; then
    memcheck="EngineOnGpu.RowsAreThose*:EngineOnGpu.ForcesAreThose*:EngineOnGpu.AStepIs*:EngineOnGpu.Shells*"
    memcheck+=":EngineOnGpu.Displacements*:EngineOnGpu.MinimiserSteps*:EngineOnGpu.ReplayedSteps*:KernelsOnGpu.*"
    memcheck+=":NetworkParity.PassesAgree"
    racecheck="EngineOnGpu.RowsAreThose*:EngineOnGpu.ForcesAreThoseOfTheOracle:KernelsOnGpu.*"
    optional=1
    check memcheck 60 "$sanitizer" --tool memcheck --error-exitcode 99 "$here/bin/mg_parity_tests" \
        --gtest_filter="$memcheck"
    check racecheck 40 "$sanitizer" --tool racecheck --error-exitcode 99 "$here/bin/mg_parity_tests" \
        --gtest_filter="$racecheck"
    optional=0
fi

# The samples of the paper side by side, then one system; what costs most comes last.
if ((bench)); then
    for replicas in 1 10 2 4 16 32 64; do
        point "${replicas}x19652-mixed" --atoms 19652 --melt-atoms 19652 --replicas "$replicas" --precision mixed
        ((replicas != 1 && replicas != 10)) ||
            point "${replicas}x19652-double" --atoms 19652 --melt-atoms 19652 --replicas "$replicas" --precision double
    done
    for atoms in 1000 10000 100000 1000000 10000000; do
        point "$atoms-mixed" --atoms "$atoms" --precision mixed --warmup 100
    done
fi

tests unit 120
if ((study)); then
    rm -rf "$out/quick"  # from the beginning: a stage finished earlier would count as run here
    check quick-study 120 "$here/bin/mgstiff-gpu" run "$here/jobs/quick.toml" --backend cuda \
        --stage quench --stage stiffness --stage descriptors --stage train --out "$out/quick"
fi

printf '\n%s\n' "GPU: $gpu"
printf 'version %s, %d s, logs in %s\n' "$(cat "$here/VERSION")" "$SECONDS" "$out"
printf '%s\n' "${table[@]}"
if ((failed)); then printf 'GPU checks FAILED\n'; else printf 'GPU checks passed\n'; fi
exit "$failed"
