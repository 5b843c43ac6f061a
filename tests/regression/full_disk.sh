#!/usr/bin/env bash
# A disk that fills up and a folder that cannot be written while checkpoints are made: message, exit status 1, the old
# checkpoint good, and the same bits once there is room again: full_disk.sh <program> <source directory>
# Exit status 77 where no small file system can be mounted (it takes root).
set -euo pipefail
program=$1
source_directory=$2
work=$(mktemp -d)
trap 'umount "$work/disk" 2> /dev/null || umount -l "$work/disk" 2> /dev/null || true; rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
mkdir "$work/jobs" "$work/disk"
cp "$source_directory/jobs/potentials/Cu-Zr_2.eam.fs" "$work/jobs"
cd "$work"
fail() { echo "FAILED: $*" >&2; [ ! -e log ] || sed 's/^/    /' log >&2; exit 1; }
mount -t tmpfs -o size=6m tmpfs disk 2> /dev/null || {
    echo "*** SKIPPED: full_disk was NOT tested (no small file system could be mounted; it takes root)" >&2
    exit 77
}
cat > jobs/study.toml << 'TOML'
[study]
name = "full"
seed = 7
output = "reference"
[system]
elements = ["Cu", "Zr"]
fractions = [0.5, 0.5]
atoms = 500
potential = "Cu-Zr_2.eam.fs"
[compute]
backend = "host"
checkpoint_minutes = 0.002
[quench]
samples = 2
rate_K_per_s = 1e15
melt_ps = 3.0
final_K = 300.0
TOML
quench=("$program" run jobs/study.toml --stage quench)
same() {
    /usr/bin/python3 - "$1" << 'PY' || fail "$1 has other bits"
import sys
import h5py
import numpy as np
for sample in range(2):
    for name in ("glass", "thermo"):
        with h5py.File(f"reference/samples/{sample:04}/{name}.h5") as a, \
                h5py.File(f"{sys.argv[1]}/samples/{sample:04}/{name}.h5") as b:
            a.visititems(lambda path, item: None if not isinstance(item, h5py.Dataset) or
                         np.array_equal(item[()], b[path][()]) else sys.exit(f"{name} {path}"))
PY
}
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
! grep -q warning log || fail "the old checkpoint was not good"
same disk/out

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
same blocked
echo "full_disk: passed"
