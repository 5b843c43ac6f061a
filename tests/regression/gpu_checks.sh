#!/usr/bin/env bash
# The script that a GPU node runs once, with a stub for every program: what it does with phases that pass, fail, hang,
# print much or are refused, what it writes and when: gpu_checks.sh <program> <source directory>
set -euo pipefail
source_directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
expect() {
    local what=$1
    shift
    "$@" || { failures=$((failures + 1)); echo "FAILED: $what" >&2; }
}

# A bundle whose programs are stubs. STUB has a word NAME:HOW for each phase that does not pass; a phase is known by its
# arguments. What has ended is written to $STUB_ENDED.
bundle=$work/bundle
mkdir -p "$bundle/bin" "$work/tools"
cp "$source_directory/benchmarks/run-gpu-checks.sh" "$bundle/"
echo "a stub" > "$bundle/VERSION"
cat > "$bundle/bin/stub" <<'STUB'
#!/usr/bin/env bash
line="$(basename "$0") $*"
printf 'NC=%s NG=%s LANES=%s %s\n' "${MGSTIFF_NO_CONDITIONAL:-}" "${MGSTIFF_NO_GRAPHS:-}" "${MGSTIFF_LANES:-}" "$line" \
    >> "$STUB_CALLS"
for word in ${STUB:-}; do
    [[ "$line" == *"${word%%:*}"* ]] || continue
    case "${word#*:}" in
        fail) echo "something broke"; exit 3 ;;
        hang) trap '' TERM; while :; do sleep 0.1; done ;;
        much) head -c 30000000 /dev/zero | tr '\0' x; echo; echo "the last line"; exit 0 ;;
        graphs) [[ -n "${MGSTIFF_NO_GRAPHS:-}" ]] || { echo "no graphs"; exit 1; } ;;
        conditional) [[ -n "${MGSTIFF_NO_CONDITIONAL:-}" ]] || { echo "no conditional nodes"; exit 1; } ;;
        empty) echo "[  SKIPPED ] 1 test"; exit 0 ;;
    esac
done
sleep "${STUB_SECONDS:-0}"
case "$line" in
    mg_parity_tests*)
        echo "[deviation ] 2.00e-12 of 1.0e-11 in one"
        echo "[deviation ] 9.00e-12 of 1.0e-11 in another"
        echo "[  PASSED  ] 3 tests."
        ;;
    *"bench md"*)
        file="${line#*--append }"
        echo '{"benchmark": "md"}' >> "${file%% *}"
        echo "1 x 19652 atoms, nve, mixed, GPU 0 of 1: 4e+08 atom-steps/s (1 to 2)" >&2
        ;;
    *) echo "done: $line" ;;
esac
echo "$line" >> "$STUB_ENDED"
STUB
chmod +x "$bundle/bin/stub"
ln -s stub "$bundle/bin/mgstiff-gpu"
ln -s stub "$bundle/bin/mg_parity_tests"
for tool in nvidia-smi ncu compute-sanitizer; do cp "$bundle/bin/stub" "$work/tools/$tool"; done
touch "$work/libcublas.so.13"
export PATH="$work/tools:$PATH" MG_CUDA_LIBRARIES=$work CUDA_HOME=$work

# checks OUT ARGUMENT...: the script; its exit status is in $status.
checks() {
    export STUB_CALLS=$work/$1.calls STUB_ENDED=$work/$1.ended
    : > "$STUB_CALLS"
    : > "$STUB_ENDED"
    status=0
    "$bundle/run-gpu-checks.sh" --out "$work/$1" "${@:2}" > "$work/$1.stdout" 2>&1 || status=$?
}
# result OUT PHASE: its result in the summary.
result() {
    awk -v phase="$2" '$1 == phase { print $2 == "time" || $2 == "no" ? $2 " " $3 : $2 }' "$work/$1/summary.txt"
}
is() { [[ "$(result "$1" "$2")" == "$3" ]] || { echo "$2 is '$(result "$1" "$2")', not '$3'" >&2; return 1; }; }
json_lines() {
    /usr/bin/python3 -c '
import json, sys
print(sum(json.loads(line).get(sys.argv[2]) is not None for line in open(sys.argv[1])))' "$@"
}

# ---- The plan
mapfile -t plan < <("$bundle/run-gpu-checks.sh" --plan | awk '$1 != "sum" { print $1 }')
"$bundle/run-gpu-checks.sh" --plan > "$work/plan"
sum=$(awk '$1 == "sum" { print $2 }' "$work/plan")
expect "the plan has its sum" test "$(awk '$1 != "sum" { s += $2 } END { print s }' "$work/plan")" -eq "$sum"
expect "the plan fits" test "$sum" -le 330
expect "the plan writes nothing" test ! -e gpu-checks
order="runtime first-forces first-lanes first-graphs without-conditional without-graphs bench-nve bench-unconditional
    bench-no-graphs bench-2-lanes parity-engine parity-kernels parity-forces parity-artn parity-network alone-memory
    alone-waits bench-batches bench-million bench-train bench-artn ncu-probe ncu-batch ncu-step study sanitizer-probe
    memcheck racecheck initcheck"
expect "the most valuable first: ${plan[*]}" test "${plan[*]}" = "$(echo $order)"

# ---- All pass
STUB="" checks pass
expect "all phases pass: $status" test "$status" -eq 0
for phase in "${plan[@]}"; do
    case $phase in
        without-*) expect "$phase is not needed" test -z "$(result pass "$phase")" ;;
        *) expect "$phase passes" is pass "$phase" ok ;;
    esac
done
printf '%s\n' "${plan[@]}" > "$work/phases"
expect "in the order of the plan" test "$(awk '{ print $1 }' "$work/pass/summary.txt" | grep -Fx -f "$work/phases")" \
    = "$(grep -v '^without-' "$work/phases")"
expect "a line of JSON for each phase" test "$(json_lines "$work/pass/results.jsonl" phase)" -eq $((${#plan[@]} - 2))
expect "and for each benchmark" test "$(json_lines "$work/pass/results.jsonl" benchmark)" -eq 6
expect "the deviation nearest to its bound" \
    grep -q 'first-forces .*9.00e-12 of 1.0e-11 in another' "$work/pass/summary.txt"
expect "few files" test "$(find "$work/pass" -type f | wc -l)" -le 8
expect "no folder stays" test "$(find "$work/pass" -mindepth 1 -type d | wc -l)" -eq 0
expect "the logs of all phases" test "$(tar -tzf "$work/pass/logs.tar.gz" | grep -c '\.log$')" -eq $((${#plan[@]} - 2))
expect "little is printed" test "$(wc -c < "$work/pass.stdout")" -lt 12000
expect "without conditional nodes once" test "$(grep -c '^NC=1 NG= ' "$STUB_CALLS")" -eq 1
expect "with two lanes once" test "$(grep -c 'LANES=2' "$STUB_CALLS")" -eq 1

# ---- Phases that fail, hang, print much, pass no test, are refused
STUB="ArtnOnGpu:fail ForcesOnGpu:hang train.json:much NetworkParity:empty ncu:fail" checks mixed --percent 10
expect "a failure is one: $status" test "$status" -eq 1
expect "failed" is mixed parity-artn FAILED
expect "hung" is mixed parity-forces "time is"
expect "no test passed" is mixed parity-network FAILED
expect "printed much" is mixed bench-train ok
expect "its last line" grep -q '^bench-train .*the last line' "$work/mixed/summary.txt"
expect "and no more than a megabyte" test "$(tar -xOzf "$work/mixed/logs.tar.gz" ./bench-train.log | wc -c)" -le 1000000
expect "refused" is mixed ncu-probe refused
expect "what was refused is not used" test -z "$(result mixed ncu-step)"
expect "what comes later is done" is mixed racecheck ok
expect "little is printed" test "$(wc -c < "$work/mixed.stdout")" -lt 12000
expect "the failure is shown" grep -q '| something broke' "$work/mixed.stdout"

# ---- Graphs refused: later phases do without
STUB="GraphsOfMany:conditional" checks conditional --only first-graphs --only without --only bench-nve
expect "goes on without conditional nodes" is conditional without-conditional ok
expect "with graphs" test "$(grep -c '^NC=1 NG= .*bench md' "$STUB_CALLS")" -eq 1
STUB="GraphsOfMany:graphs" checks graphs --only first-graphs --only without --only bench-nve
expect "goes on without graphs" is graphs without-graphs ok
expect "in all that follows" test "$(grep -c '^NC=1 NG=1 .*bench md' "$STUB_CALLS")" -eq 1

# ---- Tools and libraries that are absent; the time used up
mkdir "$work/few"
for tool in bash awk cat chmod cp cut date dirname basename env find grep gzip head kill mkdir mv nproc paste rm sed \
    setsid sleep sort tail tar tee timeout touch tr uname wc; do
    ln -s "$(command -v "$tool")" "$work/few/$tool"
done
(export MG_CUDA_LIBRARIES=none; unset CUDA_HOME; PATH="$work/few" STUB="" checks absent)
expect "no cuBLAS" is absent parity-network absent
expect "no nvidia-smi" is absent runtime ok
expect "the rest is done" is absent study ok
if ! ls /usr/local/cuda*/bin/ncu /opt/cuda* /opt/nvidia/nsight-compute > /dev/null 2>&1; then
    for phase in ncu-probe sanitizer-probe; do expect "$phase" is absent "$phase" absent; done
fi
STUB="first-forces:x KernelsOnGpu.Forces:hang" checks late --seconds 2 --percent 10
expect "time used up: $status" test "$status" -eq 1
expect "the last of them had no time" is late sanitizer-probe "no time"
expect "bounded" test "$(tail -n 1 "$work/late/summary.txt" | sed 's/.*, \([0-9]*\) s$/\1/')" -le 4

# ---- Killed at any time: what had ended is there
# kill_at RUN SECONDS: a script of its own that is killed then; says what is missing.
kill_at() {
    local out=$work/kill$1 child ended recorded
    export STUB_CALLS=$out.calls STUB_ENDED=$out.ended STUB_SECONDS=0.05
    : > "$STUB_ENDED"
    setsid "$bundle/run-gpu-checks.sh" --out "$out" > /dev/null 2>&1 &
    child=$!
    sleep "$2"
    ended=$(grep -cv -e nvidia-smi -e info "$STUB_ENDED" || true)
    kill -9 -- "-$child" 2> /dev/null || true
    wait "$child" 2> /dev/null || true
    recorded=$(grep -c ' ok ' "$out/summary.txt" || true)
    # One of them may have ended a moment ago.
    [ "$recorded" -ge $((ended - 1)) ] || echo "$recorded phases are recorded where $ended programs had ended"
    [ "$recorded" -gt 0 ] || return 0
    [ "$(json_lines "$out/results.jsonl" phase)" -ge $((recorded - 1)) ] || echo "JSON is missing"
    [ "$recorded" -lt 2 ] || tar -tzf "$out/logs.tar.gz" > /dev/null || echo "the logs are broken"
}
for run in 1 2 3 4 5 6 7 8 9 10; do
    seconds=$(awk -v seed="$RANDOM" 'BEGIN { srand(seed); print 0.5 + 2 * rand() }')
    (kill_at "$run" "$seconds" > "$work/kill$run.missing" 2>&1) &
done
wait
for run in 1 2 3 4 5 6 7 8 9 10; do
    expect "kill $run: $(cat "$work/kill$run.missing")" test ! -s "$work/kill$run.missing"
done

# ---- Bad usage
for arguments in "--percent 0" "--seconds x" "--out" "--nonsense"; do
    status=0
    # shellcheck disable=SC2086
    "$bundle/run-gpu-checks.sh" $arguments > "$work/usage" 2>&1 || status=$?
    expect "$arguments is refused" test "$status" -eq 2
done
[ "$failures" -eq 0 ] || exit 1
echo "gpu_checks: passed"
