#!/usr/bin/env bash
# Dynamics whose physics is lost stops within 100 steps with its cause and its state, or ends with a conserved quantity
# that has hardly moved; never a number that is not finite in a file: bad_physics.sh <program> <source directory>
#
# MG_ALL=1: time steps of 8 to 50 fs, melts of 2,000 to 20,000 K, pressures of -10 to 500 GPa, five seeds each (two
# minutes); else one seed of a few of them.
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
small_study quench.samples=1 quench.melt_ps=2.0 quench.anneal_ps=2.0 train.max_crystalline=1.0

seeds=(7)
[ -z "${MG_ALL:-}" ] || seeds=(7 8 9 10 11)
ended=0 stopped=0

# outcome NAME TEXT -- COMMAND...: the run ends well, or with one of the messages and the state. TEXT: a pattern that
# the message must have where there is one; "ends": there must be none.
outcome() {
    local name=$1 text=$2 status=0
    shift 3
    rm -rf study
    timeout 300 "$@" > log 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        [ "$text" = ends ] || [ "$text" = any ] || fail "$name: it ended well, and should have said '$text'"
        ended=$((ended + 1))
    else
        [ "$status" -eq 1 ] || fail "$name: exit status $status"
        [ "$text" != ends ] || fail "$name: it should have ended well"
        [ "$text" = any ] || grep -qE "$text" log || fail "$name: not '$text'"
        stopped=$((stopped + 1))
    fi
    /usr/bin/python3 - "$name" "$status" << 'PY' || fail "$name"
import glob, re, sys
import h5py
import numpy as np
from regression import finish, hold, read_xyz
name, status = sys.argv[1], int(sys.argv[2])
log = open("log", encoding="utf-8").read()
for path in glob.glob("study/**/*.h5", recursive=True):
    with h5py.File(path) as file:
        def look(what, node):
            if isinstance(node, h5py.Dataset) and node.dtype.kind == "f":
                hold(np.all(np.isfinite(node[...])), f"{path}: {what} is not finite")
        file.visititems(look)
for path in glob.glob("study/**/*.xyz", recursive=True):
    hold(not re.search(r"\b(nan|inf)\b", open(path).read()), f"{path} has numbers that are not finite")
if status == 0:
    with h5py.File("study/samples/0000/glass.h5") as file:
        drift = abs(file.attrs["conserved_drift_eV_per_atom_ps"])
    target = float(re.search(r"melt_K = (\S+)", open("study/config.resolved.toml").read())[1])
    rate = drift / (8.617333e-5 * target)
    hold(rate < 0.05, f"drift of {rate:.3g} kT per atom and ps")
    print(f"    {name}: ended, {rate:.2g} kT per atom and ps")
else:
    message = [line for line in log.splitlines() if line.startswith("mgstiff-gpu: ")][-1]
    print(f"    {name}: {message[13:]}")
    hold(re.search(r"of sample 0|sample 0 |in sample 0", message), "the replica is not named")
    found = re.search(r"within (\d+) steps? before step (\d+)", message)
    hold(found and int(found[1]) <= 100, "not within 100 steps")
    state = re.search(r"the state some steps before is in (\S+)$", message)
    hold(state is not None, "no state is written")
    if state:
        s = read_xyz(state[1])
        hold(np.all(np.isfinite(s.columns["pos"])) and np.all(np.isfinite(s.columns["velo"])), "state is not finite")
    hold(not glob.glob("study/samples/*/glass.h5"), "a glass was written")
finish()
PY
}
run=("$program" run jobs/study.toml --stage quench)

lost='energy is not conserved in sample 0|are [0-9.e-]+ A apart, closer|sample 0 has torn or boiled'
lost+='|the temperature of sample 0|is beyond reason|the cell of sample 0'
for seed in "${seeds[@]}"; do
    outcome "2 fs, seed $seed" ends -- "${run[@]}" --set study.seed="$seed"
    outcome "10 fs and 5000 K, seed $seed" "$lost" -- "${run[@]}" --set study.seed="$seed" --set quench.timestep_fs=10 \
        --set quench.melt_K=5000
    outcome "-10 GPa, seed $seed" 'torn or boiled: its cell has grown to .* times its volume at [0-9]+ K and -10 GPa' \
        -- "${run[@]}" --set study.seed="$seed" --set quench.pressure_GPa=-10
    [ -n "${MG_ALL:-}" ] || continue
    for step in 8 10; do
        outcome "$step fs, seed $seed" any -- "${run[@]}" --set study.seed="$seed" --set quench.timestep_fs=$step
    done
    for kelvin in 3000 5000; do
        outcome "$kelvin K, seed $seed" ends -- "${run[@]}" --set study.seed="$seed" --set quench.melt_K=$kelvin
    done
    for kelvin in 8000 12000 20000; do
        outcome "$kelvin K, seed $seed" any -- "${run[@]}" --set study.seed="$seed" --set quench.melt_K=$kelvin
    done
    for pressure in 20 100; do
        outcome "$pressure GPa, seed $seed" any -- "${run[@]}" --set study.seed="$seed" \
            --set quench.pressure_GPa=$pressure
    done
    outcome "500 GPa, seed $seed" "$lost" -- "${run[@]}" --set study.seed="$seed" --set quench.pressure_GPa=500
done

for step in 20 25 30 50; do  # are no settings
    refused 2 "quench.timestep_fs = $step.0 is out of range" -- "${run[@]}" --set quench.timestep_fs=$step
done
refused 2 "quench.pressure_GPa = -20.0 is out of range" -- "${run[@]}" --set quench.pressure_GPa=-20

echo "== atoms on top of each other, in a structure that is given"
outcome "a glass" ends -- "${run[@]}"
cp study/samples/0000/glass.xyz good.xyz
for distance in 0.3 1.0 1.5; do
    /usr/bin/python3 - "$distance" << 'PY'
import sys
lines = open("good.xyz").read().splitlines()
names = dict(zip(["species", "x", "y", "z"], range(4)))
one, two = lines[2].split(), lines[3].split()
two[1:4] = [str(float(one[1]) + float(sys.argv[1])), one[2], one[3]]
lines[3] = " ".join(two)
open("overlap.xyz", "w").write("\n".join(lines) + "\n")
PY
    sed -E '/^(fractions|atoms|samples|melt_ps|rate_K_per_s) /d' jobs/study.toml > jobs/given.toml
    sed -i 's/^elements/structures = ["..\/overlap.xyz"]\nelements/' jobs/given.toml
    rm -rf given
    status=0
    "$program" run jobs/given.toml --stage quench --out given > log 2>&1 || status=$?
    tail -n 1 log | sed "s/^/    $distance A apart: /"
    case $status in
        0) ;;  # the relaxation has moved them apart
        1 | 2) grep -qE 'apart|beyond reason|density at|not conserved' log || fail "$distance A apart: another cause" ;;
        *) fail "$distance A apart: exit status $status" ;;
    esac
done
echo "$ended ended well, $stopped stopped"
