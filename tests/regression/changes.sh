#!/usr/bin/env bash
# Finished results are never deleted: settings of every table change, runs are killed on the way, and with the settings
# back everything is as it was, and nothing is computed again: changes.sh <program> <source directory>
#
# MG_TRIALS: kills at random moments (default 4). MG_SEED: seed of the moments (default 1). MG_EVERY_KEY=1: every key of
# every table as well, each change killed on the way (some minutes).
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
trials=${MG_TRIALS:-4}
RANDOM=${MG_SEED:-1}

small_study system.atoms=320 quench.melt_ps=0.2 quench.anneal_ps=0.2 stiffness.window_ps=0.4 \
    train.max_crystalline=1.0 barriers.atoms='[3]' barriers.events_per_atom=1 barriers.max_attempts_per_atom=1 \
    barriers.max_evaluations=300
stages=(quench stiffness descriptors barriers train)
arguments=(run jobs/study.toml)
for stage in "${stages[@]}"; do arguments+=(--stage "$stage"); done
"$program" "${arguments[@]}" > log 2>&1 || fail "the study did not run"
cp -r study reference

# With the settings back: the same bits, and no stage does anything.
back() {
    "$program" "${arguments[@]}" > log 2>&1 || fail "$1: the study does not go on"
    for stage in "${stages[@]}"; do
        grep -q "^$stage: finished already" log || fail "$1: $stage is computed again"
    done
    same reference study --at-least 50 > log || fail "$1: other bits"
    cmp -s reference/metrics.json study/metrics.json || fail "$1: other metrics"
    for sample in 0000 0001; do
        cmp -s "reference/samples/$sample/glass.xyz" "study/samples/$sample/glass.xyz" ||
            fail "$1: other columns in glass.xyz"
    done
}

echo "== a key of each table"
changes=('stiffness.window_ps=0.5' 'descriptors.kind="radial"' 'barriers.max_evaluations=310' 'train.epochs=11'
    'quench.melt_ps=0.3')
for change in "${changes[@]}"; do
    "$program" "${arguments[@]}" --on-change keep --set "$change" > log 2>&1 || fail "$change: the study did not run"
    grep -q "^set aside: results of .* in study/set-aside/.* (${change%%=*} is .* and was .*)" log ||
        fail "$change: not told"
    back "$change and back"
done
/usr/bin/python3 - << 'PY'
import json
from regression import finish, hold
aside = json.load(open("study/summary.json"))["set_aside"]
# A window is of stiffness and training, features of descriptors and training; a quench is of all five.
hold(len(aside) == 2 + 2 + 1 + 1 + 5, f"{len(aside)} results are told to be aside")
hold(sorted({a["stage"] for a in aside}) == ["barriers", "descriptors", "quench", "stiffness", "train"], "stages")
hold(all(a["seconds"] >= 0 and a["folder"].startswith("set-aside/" + a["stage"] + "-") for a in aside), "folders")
finish()
PY
# `check` says what a run would find.
"$program" check jobs/study.toml --set train.epochs=13 --set "${changes[1]}" > /dev/null 2> log || fail "check"
grep -q '^quench  *finished, took' log || fail "check does not say what has finished"
grep -q '^descriptors *was set aside and comes back, took' log || fail "check does not say what comes back"
grep -q '^train .*descriptors.kind is "radial" and was "rdf", train.epochs is 13 and was 10; .* is set aside' log ||
    fail "check does not say what is made again"
# A report that is older than the results says so, once.
printf '<html><body><main>drawn</main></body></html>\n' > study/report.html
for epochs in 14 15; do
    "$program" "${arguments[@]}" --on-change keep --set "train.epochs=$epochs" > log 2>&1 || fail "train.epochs=$epochs"
done
[ "$(grep -o 'have changed since this report was drawn' study/report.html | wc -l)" -eq 1 ] || fail "an old report"
grep -q '<main>drawn</main></body></html>$' study/report.html || fail "a report is damaged"
rm study/report.html
back "after these"
# One of the changes again: it is there already.
"$program" "${arguments[@]}" --set "${changes[1]}" > log 2>&1 || fail "a change made twice"
[ "$(grep -c 'finished already' log)" -eq 5 ] || fail "a change made twice is computed twice"

echo "== $trials kills on the way, and changes on top of changes"
for ((k = 0; k < trials; ++k)); do
    pause=$(/usr/bin/python3 -c "print(0.05 + 3 * $RANDOM / 32768)")
    change=${changes[$((RANDOM % 5))]}
    { setsid timeout -s KILL "$pause" "$program" "${arguments[@]}" --on-change keep --set "$change" \
        --set "train.batch=$((100 + k))" > log 2>&1 || true; } 2> /dev/null
    [ $((k % 2)) -eq 0 ] || back "killed after $pause s with $change"
done
back "after all kills"

if [ -n "${MG_EVERY_KEY:-}" ]; then
    echo "== every key of every table"
    "$program" check jobs/study.toml > resolved.toml 2> log || fail "check"
    /usr/bin/python3 - << 'PY' > keys
import re
table = ""
for line in open("resolved.toml"):
    if line.startswith("["):
        table = line.strip()[1:-1]
    elif match := re.match(r"(\w+) = (.*)", line):
        key, value = f"{table}.{match[1]}", match[2]
        if value in ("true", "false"):
            print(key, "false" if value == "true" else "true", sep="=")
        elif re.fullmatch(r"-?\d+", value):
            print(key, int(value) + 1, sep="=")
        elif re.fullmatch(r"-?[\d.e+-]+", value):
            print(key, float(value) * 1.25 + 1e-3, sep="=")
        elif re.fullmatch(r"\[[\d.e+-]+.*\]", value):
            print(key, value.split(",")[0].rstrip("]") + "]", sep="=")
PY
    changed=0 refused=0
    while read -r change; do
        status=0
        pause=$(/usr/bin/python3 -c "print(0.05 + 2.5 * $RANDOM / 32768)")
        { setsid timeout -s KILL "$pause" "$program" "${arguments[@]}" --on-change keep --set "$change" > log 2>&1 < \
            /dev/null || status=$?; } 2> /dev/null
        if [ "$status" -eq 2 ]; then refused=$((refused + 1)); else changed=$((changed + 1)); fi
        [ $((RANDOM % 4)) -ne 0 ] || back "$change, killed after $pause s"
    done < keys
    back "after a change of every key"
    echo "$changed keys changed, $refused changes refused"
    [ "$changed" -gt 60 ] || fail "only $changed keys were changed"
fi

echo "== refusals, and force"
refused 2 "results of other settings: train" "train.epochs is 12 and was 10" "--on-change keep" -- \
    "$program" "${arguments[@]}" --on-change refuse --set train.epochs=12
refused 2 "holds another study" "its quench.melt_ps is 0.2, not 0.4" "--on-change keep" -- \
    "$program" "${arguments[@]}" --set quench.melt_ps=0.4
# What took long is not moved without a word.
/usr/bin/python3 -c 'import json
ledger = json.load(open("study/stages.json"))
ledger["stiffness"]["seconds"] = 5000
json.dump(ledger, open("study/stages.json", "w"))'
refused 2 "stiffness (1 h 23 min)" "stiffness.window_ps is 0.6 and was 0.4" -- \
    "$program" "${arguments[@]}" --set stiffness.window_ps=0.6
back "after refusals"
"$program" "${arguments[@]}" --resume force > log 2>&1 || fail "force"
grep -q '^set aside: results of quench in study/set-aside/quench-.*\.1 (they are made again)' log ||
    fail "force is not told"
same reference study --at-least 50 > log || fail "made again, it has other bits"
