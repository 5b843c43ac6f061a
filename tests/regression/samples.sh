#!/usr/bin/env bash
# More samples for a finished study, and fewer again: what there is stays, what is added has the bits of a study that
# had it from the start, and nothing is computed twice: samples.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"

small_study system.atoms=256 quench.melt_ps=0.2 quench.anneal_ps=0.2 quench.test_rates_K_per_s='[3e15]' \
    stiffness.equilibrate_ps=0.1 stiffness.window_ps=0.3 train.max_crystalline=1.0 barriers.samples='"all"' \
    barriers.atoms='[3]' barriers.events_per_atom=1 barriers.max_attempts_per_atom=1 barriers.max_evaluations=100 \
    barriers.settle_ps=0.05 barriers.region_A=6.0 moduli.max_steps=2000
one_by_one=(quench stiffness descriptors barriers moduli)
all=()
for stage in "${one_by_one[@]}" train; do all+=(--stage "$stage"); done
# some --stage NAME... OPTION...; study OPTION...: all stages.
some() { "$program" run jobs/study.toml "$@" > log 2>&1 || { cat log >&2 && fail "run $*"; }; }
study() { some "${all[@]}" "$@"; }
# stamp FILE: whose file it is and when it was made.
stamp() { stat -c '%i %Y' "$1"; }

study
study --out more --set quench.samples=4
cp -r study two
for k in 0000 0001; do
    for name in glass stiffness descriptors barriers moduli; do stamp "study/samples/$k/$name.h5"; done
done > before

echo "== two samples more: the one at the other rate makes room, and nothing else moves"
refused 2 "holds another study" "its quench.samples is 2, not 4" "--on-change keep" -- \
    "$program" run jobs/study.toml --set quench.samples=4
"$program" check jobs/study.toml --set quench.samples_per_test_rate=2 > /dev/null 2> log || fail "check"
grep -q '^quench  *quench.samples_per_test_rate is 2 and was 1; 3 of 4 samples are there' log ||
    fail "check does not say what stays"
study --set quench.samples=4 --on-change keep
for k in 0000 0001; do
    for name in glass stiffness descriptors barriers moduli; do stamp "study/samples/$k/$name.h5"; done
done | cmp -s - before || fail "results that were there were made again"
for stage in "${one_by_one[@]}"; do grep -q "^$stage: goes on" log || fail "$stage does not go on"; done
same more study --at-least 60 > differences || { cat differences >&2 && fail "added samples have other bits"; }
cmp -s more/metrics.json study/metrics.json || fail "the network has learned from other samples"
for k in 0 1 2 3 4; do
    cmp -s "more/samples/000$k/glass.xyz" "study/samples/000$k/glass.xyz" || fail "glass.xyz of sample $k"
done
study --set quench.samples=4
[ "$(grep -c 'finished already' log)" -eq 6 ] || fail "a finished study is not finished"

echo "== and back, and there again: all of it comes from where it was"
study --on-change keep
grep -q '^taken back: results of train, which were set aside' log || fail "the network does not come back"
! grep -q 'atom-steps/s)\|events/s)\|Hessians/s)' log || fail "something was computed again"
same two study --at-least 40 > differences || { cat differences >&2 && fail "the first study is not back"; }
[ ! -e study/samples/0003/glass.h5 ] || fail "a sample that is no more stays"
study --set quench.samples=4 --on-change keep
same more study --at-least 60 > differences || { cat differences >&2 && fail "the larger study is not back"; }
! grep -q 'atom-steps/s)\|events/s)\|Hessians/s)' log || fail "something was computed again"

echo "== through a third one, whose glasses are part of both, and after another change and back"
study --set quench.samples=3 --on-change keep
some --set quench.samples=3 --set quench.melt_ps=0.3 --on-change keep --stage quench
study --set quench.samples=4 --on-change keep
! grep -q 'atom-steps/s)\|events/s)\|Hessians/s)' log || fail "something was computed again"
same more study --at-least 60 > differences || { cat differences >&2 && fail "other bits after all this"; }

echo "== another main rate: the sample at the rate of the tests stays"
some --set quench.rate_K_per_s=2e15 --set quench.samples=4 --on-change keep --stage quench
stamp study/samples/0004/glass.h5 > now
study --set quench.samples=4 --on-change keep
stamp study/samples/0004/glass.h5 | cmp -s - now || fail "the sample at another rate was moved"
same more study --at-least 60 > differences || { cat differences >&2 && fail "other bits after another rate"; }

echo "== killed while samples are added"
for pause in 0.3 1.0; do
    study --on-change keep
    rm -rf study/set-aside
    { timeout -s KILL "$pause" "$program" run jobs/study.toml "${all[@]}" --set quench.samples=4 --on-change keep \
        > log 2>&1 || true; } 2> /dev/null
    study --set quench.samples=4 --on-change keep
    same more study --at-least 60 > differences || { cat differences >&2 && fail "other bits after a kill"; }
done
