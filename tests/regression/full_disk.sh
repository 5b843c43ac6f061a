#!/usr/bin/env bash
# A disk that fills up and a folder that cannot be written while checkpoints are made: message, exit status 1, the old
# checkpoint good, and the same bits once there is room again: full_disk.sh <program> <source directory>
# Exit status 77 where no small file system can be mounted (it takes root).
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
clean_up() { umount "$work/disk" 2> /dev/null || umount -l "$work/disk" 2> /dev/null; }
mkdir disk
mount -t tmpfs -o size=6m tmpfs disk 2> /dev/null || {
    echo "*** SKIPPED: full_disk was NOT tested (no small file system could be mounted; it takes root)" >&2
    exit 77
}
small_study study.output='"reference"' compute.checkpoint_minutes=0.002 quench.melt_ps=1.5
quench=("$program" run jobs/study.toml --stage quench)
"${quench[@]}" > log 2>&1 || fail "the study did not run"

echo "== a disk that fills up"
"${quench[@]}" --out disk/out > log 2>&1 &
run=$!
for _ in $(seq 200); do [ ! -e disk/out/checkpoints/quench-unit-00000.h5.before ] || break; sleep 0.02; done
head -c 6m /dev/zero > disk/ballast 2> /dev/null || true
status=0
wait "$run" || status=$?
[ "$status" -eq 1 ] || fail "a full disk ended with status $status"
grep -q "cannot write.*No space left on device.*check free space" log || fail "a full disk has no such message"
[ -s disk/out/checkpoints/quench-unit-00000.h5 ] || fail "the old checkpoint is gone"
rm disk/ballast
"${quench[@]}" --out disk/out > log 2>&1 || fail "it did not go on when there was room"
grep -q "quench: goes on" log || fail "it began anew"
! grep -q 'warning:.*checkpoint' log || fail "the old checkpoint was not good"
same reference disk/out || fail "disk/out has other bits"

echo "== a folder that cannot be written"
"${quench[@]}" --out blocked > log 2>&1 &
run=$!
for _ in $(seq 200); do [ ! -e blocked/checkpoints/quench-unit-00000.h5.before ] || break; sleep 0.02; done
mv blocked/checkpoints kept
touch blocked/checkpoints
status=0
wait "$run" || status=$?
[ "$status" -eq 1 ] || fail "a folder that cannot be written ended with status $status"
grep -q "checkpoints/quench-unit-00000.h5" log || fail "the message does not name the checkpoint"
rm blocked/checkpoints
mv kept blocked/checkpoints
"${quench[@]}" --out blocked > log 2>&1 || fail "it did not go on in the folder"
same reference blocked || fail "blocked has other bits"
