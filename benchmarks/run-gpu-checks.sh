#!/usr/bin/env bash
# Runs on a GPU node from inside the bundle that benchmarks/bundle.sh makes: what is most worth knowing first, each
# phase in processes of its own with a time limit of its own, every result written as soon as it is known. Whenever it
# is cut short, what was finished is kept. benchmarks/gpu.md says what the numbers should be.
set -uo pipefail

usage() {
    cat <<'HELP'
usage: run-gpu-checks.sh [--out DIR] [--seconds N] [--percent P] [--only NAME]... [--plan]

  --out DIR      where results go (default: gpu-checks in the current folder): summary.txt, a line for each phase;
                 results.jsonl, each measurement and each phase as JSON; clocks.csv, the GPU's clocks every second;
                 ncu.txt, hardware counters; logs.tar.gz, what each phase printed
  --seconds N    for everything (default 330); phases for which no time is left are named and count as failed
  --percent P    limits of all phases in percent of the plan's (default 100; more for a slow GPU)
  --only NAME    only the phases whose names begin with NAME (may be repeated)
  --plan         print the phases with their limits in seconds and the sum; run nothing
  --help         this text

cuBLAS 13 is looked for in MG_CUDA_LIBRARIES (a folder; `none`: it is not looked for), in the toolkit and in PyTorch's
nvidia folders; without it the network is left out. compute-sanitizer and ncu are looked for on the
PATH and in the toolkit; where they or the machine refuse, that is said and is no failure. Running out of time is one.
HELP
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
out="gpu-checks" seconds=330 percent=100 plan=0 only=()
while (($#)); do
    case "$1" in
        --out | --seconds | --percent | --only)
            (($# >= 2)) || { printf 'error: %s needs a value\n' "$1" >&2 && exit 2; }
            case "$1" in
                --out) out="$2" ;;
                --only) only+=("$2") ;;
                *)
                    [[ "$2" =~ ^[1-9][0-9]{0,4}$ ]] ||
                        { printf 'error: %s takes a number from 1 to 99999, not %s\n' "$1" "$2" >&2 && exit 2; }
                    if [[ "$1" == --seconds ]]; then seconds="$2"; else percent="$2"; fi
                    ;;
            esac
            shift
            ;;
        --plan) plan=1 ;;
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

program="$here/bin/mgstiff-gpu" parity="$here/bin/mg_parity_tests" jobs="$here/share/mgstiff-gpu/jobs"
milliseconds() { printf '%s\n' $((${EPOCHREALTIME/[.,]/} / 1000)); }
start="$(milliseconds)" planned=0 failed=0
end=$((start + 1000 * seconds))

# ---- Results --------------------------------------------------------------------------------------------------------
if ((!plan)); then
    mkdir -p "$out/.work" || exit 2
    out="$(cd "$out" && pwd -P)"
    work="$out/.work"
    trap 'rm -rf "$work"' EXIT
    : >"$out/summary.txt"
    : >"$out/results.jsonl"
fi

say() { printf '%s\n' "$*" | tee -a "$out/summary.txt"; }

# quoted TEXT: as a JSON string.
quoted() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

# note NAME RESULT MILLISECONDS DETAIL: a phase's line in the summary and in the results, at once.
note() {
    local tenths=$(($3 / 100))
    [[ "$2" == ok || "$2" == refused || "$2" == absent ]] || failed=1
    say "$(printf '%-20s %-10s %4d.%d s  %s' "$1" "$2" $((tenths / 10)) $((tenths % 10)) "$4")"
    printf '{"phase": "%s", "result": "%s", "seconds": %d.%d, "detail": %s}\n' "$1" "$2" $((tenths / 10)) \
        $((tenths % 10)) "$(quoted "$4")" >>"$out/results.jsonl"
}

keep_logs() {
    tar -C "$work" -czf "$out/.logs.tar.gz" --exclude='study' --exclude='*.status' . 2>/dev/null
    mv -f "$out/.logs.tar.gz" "$out/logs.tar.gz"
}

# ---- Phases ---------------------------------------------------------------------------------------------------------
wanted() {
    ((${#only[@]})) || return 0
    local name
    for name in "${only[@]}"; do [[ "$1" != "$name"* ]] || return 0; done
    return 1
}

# run MILLISECONDS LOG COMMAND...: in a session of its own, the first and the last half megabyte of what it prints in
# LOG. Returns its status, or 124 where it was stopped. A process that no signal ends (a hung driver) is left behind.
run() {
    local limit="$1" log="$2" pid deadline status="$2.status"
    shift 2
    rm -f "$status"
    # shellcheck disable=SC2016  # the words are those of the new shell
    setsid bash -c 'status="$1"; shift; "$@" 2>&1 | { head -c 500000; tail -c 500000; }
        printf "%s\n" "${PIPESTATUS[0]}" >"$status"' run "$status" "$@" >"$log" </dev/null &
    pid=$!
    deadline=$(($(milliseconds) + limit))
    while kill -0 "$pid" 2>/dev/null; do
        if (($(milliseconds) >= deadline)); then
            kill -TERM -- "-$pid" 2>/dev/null
            sleep 0.5
            kill -KILL -- "-$pid" 2>/dev/null
            return 124
        fi
        sleep 0.02
    done
    wait "$pid"
    if [[ -s "$status" ]]; then return "$(<"$status")"; else return 1; fi
}

# phase NAME SECONDS COMMAND...: its line, its log; status 0 where it passed. The function detail_of_NAME, or else what
# tests and benchmarks print, gives the detail.
phase() {
    local name="$1" limit=$((10 * $2 * percent)) log left begun status=0 result=ok detail
    wanted "$name" || return 0
    planned=$((planned + $2))
    if ((plan)); then
        printf '%-20s %4d\n' "$name" "$2"
        return 0
    fi
    shift 2
    log="$work/$name.log"
    begun="$(milliseconds)"
    left=$((end - begun))
    if ((left < 10 * percent)); then
        note "$name" "no time" 0 ""
        return 1
    fi
    run $((left < limit ? left : limit)) "$log" "$@" || status=$?
    detail="$(details "$log")"
    if ((status == 124)); then
        result="time is up"
    elif ((status == refusal)); then
        result=refused
    elif ((status != 0)); then
        result="FAILED"
        detail="status $status${detail:+, $detail}"
    fi
    note "$name" "$result" $(($(milliseconds) - begun)) "$detail"
    # What a failure looks like, short: the reply of a remote machine may hold little.
    [[ "$result" == ok ]] || tail -n 12 "$log" | cut -c 1-160 | sed 's/^/    | /'
    keep_logs
    [[ "$result" == ok ]]
}
refusal=77

# GoogleTest's counts with the deviation nearest to its bound; rates of benchmarks; else the last line.
details() {
    local text
    text="$(sed -n -e 's/^\[ *\(PASSED\|SKIPPED\|FAILED\) *\] \([0-9]* tests\?\).*/\2 \1/p' "$1" | paste -sd, -)"
    if [[ -n "$text" ]]; then
        awk -v counts="$text" '/^\[deviation \]/ { if (!($3 / $5 <= worst)) { worst = $3 / $5; line = $0 } }
            END {
                sub(/^\[deviation \] /, "", line)
                print counts (line == "" ? "" : "; nearest to its bound: " line)
            }' "$1"
        return
    fi
    text="$(grep -hE 'atom-steps/s|samples/s|attempts/h' "$1" | sed -e 's/, GPU [^:]*:/:/' | paste -sd'|' |
        sed 's/|/ | /g')"
    if [[ -n "$text" ]]; then printf '%s\n' "$text"; else tail -n 1 "$1" | cut -c 1-160; fi
}

# tests NAME SECONDS FILTER: parity tests, of which some must have passed.
tests() {
    # shellcheck disable=SC2016
    phase "$1" "$2" bash -c '"$1" --gtest_filter="$2" 2>&1 | tee "$3"; status=${PIPESTATUS[0]}
        ((status == 0)) && { grep -q "^\[ *PASSED *\] [1-9]" "$3" || { echo "no test passed"; exit 1; }; }
        exit "$status"' tests "$parity" "$3" "${work:-}/$1.tests"
}

# bench NAME SECONDS ARGUMENT...: points of molecular dynamics of the prepared glass, each added to the results at once.
bench() {
    local name="$1" limit="$2"
    shift 2
    phase "$name" "$limit" "$program" bench md --backend cuda --structure "$here/glass.xyz.gz" --elements Cu,Zr \
        --potential "$jobs/potentials/Cu-Zr_2.eam.fs" --repeat 3 --append "$out/results.jsonl" "$@"
}

# measured FILE: the JSON that a benchmark wrote, as one line of the results.
measured() { ((plan)) || [[ ! -s "$1" ]] || printf '%s\n' "$(tr -d '\n' <"$1")" >>"$out/results.jsonl"; }

# ---- Libraries and tools --------------------------------------------------------------------------------------------
# The program opens cuBLAS at first use; it brings cuBLASLt.
cublas=""
find_libraries() {
    local candidates=() python site folder
    [[ "${MG_CUDA_LIBRARIES:-}" != none ]] || return
    [[ -z "${MG_CUDA_LIBRARIES:-}" ]] || candidates+=("$MG_CUDA_LIBRARIES")
    [[ -z "${CUDA_HOME:-}" ]] || candidates+=("$CUDA_HOME/lib64")
    candidates+=(/usr/local/cuda/lib64 /usr/local/cuda*/lib64 /usr/local/cuda*/targets/*/lib /opt/cuda*/lib64)
    for python in python3 python /usr/bin/python3 /opt/conda/bin/python; do
        command -v "$python" >/dev/null || continue
        while IFS= read -r site; do
            candidates+=("$site"/nvidia/*/lib "$site"/torch/lib)
        done < <("$python" -c 'import sys; print("\n".join(p for p in sys.path if p.endswith("-packages")))' \
            2>/dev/null || true)
    done
    for folder in "${candidates[@]}"; do
        [[ -e "$folder/libcublas.so.13" ]] || continue
        cublas="$folder"
        export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        return
    done
}

# tool NAME: its path, or nothing.
tool() {
    local candidate
    for candidate in "$(command -v "$1" || true)" ${CUDA_HOME:+"$CUDA_HOME/bin/$1"} /usr/local/cuda*/bin/"$1" \
        /opt/cuda*/bin/"$1" /opt/nvidia/nsight-compute/*/"$1" /usr/local/cuda*/compute-sanitizer/"$1"; do
        if [[ -n "$candidate" && -x "$candidate" ]]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

# probed NAME SECONDS TOOL COMMAND...: whether the tool is there and the machine lets it work. Where not, its line says
# so; that is no failure.
probed() {
    local name="$1" limit="$2" path="$3"
    shift 3
    if ((plan)); then
        phase "$name" "$limit" true
        return
    fi
    wanted "$name" || return 1
    if [[ -z "$path" ]]; then
        planned=$((planned + limit))
        note "$name" absent 0 "not found, neither on the PATH nor in a toolkit"
        return 1
    fi
    # shellcheck disable=SC2016
    phase "$name" "$limit" bash -c '"$@" || { echo "refused with status $?"; exit 77; }' probe "$path" "$@"
}

export MG_TEST_ROOT="$here" MG_REQUIRE_GPU=1
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(nproc)}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
if ((!plan)); then
    find_libraries
    say "mgstiff-gpu $(cat "$here/VERSION" 2>/dev/null), $(date -u '+%Y-%m-%d %H:%M UTC'), kernel $(uname -r)"
    if command -v nvidia-smi >/dev/null; then
        nvidia-smi --query-gpu=timestamp,clocks.sm,clocks.mem,power.draw,temperature.gpu,utilization.gpu,memory.used \
            --format=csv -l 1 >"$out/clocks.csv" 2>/dev/null </dev/null &
        clocks=$!
        trap 'kill "$clocks" 2>/dev/null; rm -rf "$work"' EXIT
    fi
fi

# ---- The plan, most valuable first ----------------------------------------------------------------------------------
describe() {
    nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap,clocks.max.sm,clocks.max.mem \
        --format=csv,noheader
    "$program" info
}
if ((plan)) || wanted runtime; then
    export -f describe
    export program
    phase runtime 10 bash -c describe
    # The card's name, not the last line of info.
    ((plan)) || say "GPU: $(head -n 1 "$work/runtime.log")"
fi

tests first-forces 15 'KernelsOnGpu.ForcesOfAGlassAreThoseOfLammps'
tests first-lanes 8 'KernelsOnGpu.AnyNumberOfLanesGivesTheSameBits'
graphs='KernelsOnGpu.GraphsOfManyStepsAreThePlainSteps'
if ! tests first-graphs 12 "$graphs" || ((plan)); then
    # What later phases do without.
    export MGSTIFF_NO_CONDITIONAL=1
    if ! tests without-conditional 6 "$graphs" || ((plan)); then
        export MGSTIFF_NO_GRAPHS=1
        tests without-graphs 6 "$graphs"
    fi
fi

bench bench-nve 24 --point 64,mixed,nve,200 --point 1,mixed,nve,4000
MGSTIFF_NO_CONDITIONAL=1 bench bench-unconditional 8 --point 1,mixed,nve,4000
MGSTIFF_NO_GRAPHS=1 bench bench-no-graphs 8 --point 1,mixed,nve,2000
MGSTIFF_LANES=2 bench bench-2-lanes 8 --point 1,mixed,nve,4000

tests parity-engine 18 'EngineOnGpu.*:-*TooMuchMemory*:*AStepThatWaits*'
tests parity-kernels 10 'KernelsOnGpu.*'
tests parity-forces 16 'ForcesOnGpu.*'
tests parity-artn 10 'ArtnOnGpu.*'
if [[ -n "$cublas" ]] || ((plan)); then
    tests parity-network 14 'NetworkParity.*'
elif wanted parity-network; then
    note parity-network absent 0 "libcublas.so.13 was not found; set MG_CUDA_LIBRARIES to the folder that has it"
fi
tests alone-memory 5 'EngineOnGpu.TooMuchMemoryIsAnError'
tests alone-waits 5 'EngineOnGpu.AStepThatWaitsIsNotCaptured'

bench bench-batches 24 --point 64,mixed,npt,200 --point 10,mixed,nve,1000 --point 10,double,nve,500 \
    --point 1,double,nve,2000 --point 1,mixed,npt,2000
bench bench-million 12 --tile 4,4,3 --point 1,mixed,nve,200
if [[ -n "$cublas" ]] || ((plan)); then
    phase bench-train 12 "$program" bench train --backend cuda --json "${work:-}/train.json"
    measured "${work:-}/train.json"
fi
phase bench-artn 14 "$program" bench artn --backend cuda --attempts 64 --searches 64 \
    --structure "$here/tests/data/single-point/cuzr_glass_4000.data" --elements Cu,Zr \
    --potential "$jobs/potentials/Cu-Zr_2.eam.fs" --json "${work:-}/artn.json"
measured "${work:-}/artn.json"

# Hardware counters of the kernels of a step, launched one by one.
ncu="$( ((plan)) || tool ncu)"
if probed ncu-probe 6 "$ncu" --clock-control none --launch-count 1 "$parity" \
    --gtest_filter='EngineOnGpu.RowsStandInTheOrderOfTheHost' || ((plan)); then
    counted=("$ncu" --clock-control none --target-processes all)
    for section in SpeedOfLight ComputeWorkloadAnalysis MemoryWorkloadAnalysis SchedulerStats WarpStateStats Occupancy \
        LaunchStats InstructionStats; do
        counted+=(--section "$section")
    done
    export MGSTIFF_NO_GRAPHS=1
    few=(--repeat 1 --warmup 20 --append /dev/null)
    glass=("$program" bench md --backend cuda --structure "$here/glass.xyz.gz" --elements Cu,Zr
        --potential "$jobs/potentials/Cu-Zr_2.eam.fs")
    phase ncu-batch 14 "${counted[@]}" -k 'regex:density_kernel|force_kernel' --launch-skip 20 --launch-count 2 \
        "${glass[@]}" "${few[@]}" --point 64,mixed,nve,10
    # The time of each kernel, of several steps: sections of counters would replay every one of them ten times.
    phase ncu-step 12 "$ncu" --clock-control none --metrics gpu__time_duration.sum --launch-skip 400 --launch-count 60 \
        "${glass[@]}" "${few[@]}" --point 1,mixed,nve,10
    unset MGSTIFF_NO_GRAPHS
    ((plan)) || cat "$work"/ncu-batch.log "$work"/ncu-step.log >"$out/ncu.txt" 2>/dev/null
fi

phase study 20 "$program" run "$jobs/quick.toml" --backend cuda --stage quench --stage stiffness \
    --stage descriptors --out "${work:-}/study"

sanitizer="$( ((plan)) || tool compute-sanitizer)"
if probed sanitizer-probe 6 "$sanitizer" --tool memcheck --report-api-errors no --error-exitcode 99 "$parity" \
    --gtest_filter='EngineOnGpu.RowsStandInTheOrderOfTheHost' || ((plan)); then
    for tool in memcheck racecheck initcheck; do
        sanitized=("$sanitizer" --tool "$tool" --error-exitcode 99)
        [[ "$tool" == racecheck ]] || sanitized+=(--report-api-errors no)
        phase "$tool" 9 "${sanitized[@]}" "$parity" \
            --gtest_filter='EngineOnGpu.AStepIs*:KernelsOnGpu.RowsAreThose*:EngineOnGpu.Shells*'
    done
fi

if ((plan)); then
    printf '%-20s %4d\n' sum "$planned"
    exit 0
fi
kill "${clocks:-}" 2>/dev/null
say "$( ((failed)) && echo 'GPU checks FAILED' || echo 'GPU checks passed'), $((($(milliseconds) - start) / 1000)) s"
keep_logs
printf '\n'
cat "$out/summary.txt"
exit "$failed"
