#!/usr/bin/env bash
# One command several times at once on one output directory, and file systems that refuse locks:
# double_start.sh <program> <source directory>
#
# MG_STARTS: double starts (default 6).
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
starts=${MG_STARTS:-6}

small_study system.atoms=256 quench.melt_ps=0.3 quench.anneal_ps=0.3 stiffness.window_ps=0.3 train.max_crystalline=1.0
stages=(--stage quench --stage stiffness --stage descriptors --stage train)
"$program" run jobs/study.toml "${stages[@]}" --out reference > log 2>&1 || fail "the study did not run"

echo "== $starts double starts of two and four copies: one works, the others are refused and touch nothing"
for ((k = 0; k < starts; ++k)); do
    copies=$((2 + k % 2 * 2))
    rm -rf study codes
    for ((c = 0; c < copies; ++c)); do
        { status=0; "$program" run jobs/study.toml "${stages[@]}" > "log.$c" 2>&1 || status=$?
          echo "$status" >> codes; [ "$status" -ne 2 ] || cp "log.$c" refusal; } &
    done
    wait
    [ "$(sort codes | tr '\n' ' ')" = "0 $(printf '2 %.0s' $(seq $((copies - 1))))" ] ||
        fail "start $k: exit codes $(tr '\n' ' ' < codes)"
    grep -q 'another run works in study (process [0-9]* on .*, since 20' refusal ||
        { cat refusal >&2 && fail "the refusal does not say who works there"; }
    [ ! -e study/running.1.json ] || fail "the lock stays"
    same reference study --at-least 20 > differences || { cat differences >&2 && fail "start $k: other bits"; }
done

echo "== beside a run: refused at once, and the run is not disturbed; killed, it is no obstacle"
rm -rf study
"$program" run jobs/study.toml "${stages[@]}" > log 2>&1 &
for ((k = 0; k < 100; ++k)); do [ ! -s study/running.1.json ] || break; sleep 0.05; done
refused 2 "another run works in study" "process $!" "--out" -- "$program" run jobs/study.toml "${stages[@]}"
"$program" check jobs/study.toml > /dev/null 2>&1 || fail "check beside a run"
{ kill -KILL $! && wait $!; } 2> /dev/null || true
"$program" run jobs/study.toml "${stages[@]}" > log 2>&1 || fail "a killed run is an obstacle"
same reference study --at-least 20 > differences || { cat differences >&2 && fail "other bits after a kill"; }

echo "== tasks of SLURM that do not know of each other"
for task in 0 1 3; do
    status=0
    SLURM_JOB_ID=1 SLURM_STEP_NUM_TASKS=4 SLURM_NTASKS=4 SLURM_PROCID=$task "$program" run jobs/study.toml \
        --out apart > log 2>&1 || status=$?
    [ "$status" -eq 2 ] && grep -q 'SLURM runs 4 tasks, but MPI knows of one: .*srun --mpi=pmix' log ||
        fail "task $task is not refused"
    [ ! -e apart ] || fail "task $task wrote something"
done

echo "== file systems without locks"
cat > no_locks.c << 'C'
#include <errno.h>
#include <stdlib.h>
int flock(int file, int operation) {
    (void)file, (void)operation;
    errno = atoi(getenv("FLOCK_ERRNO"));
    return -1;
}
C
cc -shared -fPIC -o no_locks.so no_locks.c
find_python
for code in 11 37 95 524; do
    rm -rf study
    FLOCK_ERRNO=$code LD_PRELOAD=$PWD/no_locks.so "$program" run jobs/study.toml "${stages[@]}" > log 2>&1 ||
        { cat log >&2 && fail "errno $code"; }
    same reference study --at-least 20 > differences || { cat differences >&2 && fail "errno $code: other bits"; }
    FLOCK_ERRNO=$code LD_PRELOAD=$PWD/no_locks.so "$program" predict study/model.h5 study/samples/0001/glass.xyz \
        --out predicted.xyz > log 2>&1 || { cat log >&2 && fail "predict, errno $code"; }
done
FLOCK_ERRNO=37 LD_PRELOAD=$PWD/no_locks.so MGSTIFF_PYTHON=$python "$program" report study > log 2>&1 ||
    { cat log >&2 && fail "report without locks"; }
! grep -qi 'lock\|unable' log || { cat log >&2 && fail "the report speaks of locks"; }
