#!/usr/bin/env bash
# The report's figures and tables against an independent computation: report_figures.sh <program> <source directory>
set -euo pipefail
program=$1
source_directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR="$work/matplotlib"

python=
for candidate in "${MGSTIFF_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import matplotlib, h5py, numpy, scipy' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "FAILED: no Python imports matplotlib, h5py, numpy and scipy;" \
         "apt-get install python3-matplotlib python3-h5py python3-scipy" >&2
    exit 1
fi
make_report() { "$python" "$source_directory/src/report/figures/make_report.py" "$@"; }
make_study() { "$python" "$source_directory/tests/support/make_synthetic_study.py" "$@"; }
check_report() { "$python" "$source_directory/tests/support/check_report.py" "$@"; }

echo "== a full study"
make_study "$work/full" --atoms 600 --samples 3
make_report "$work/full" > "$work/stdout"
[ ! -s "$work/stdout" ] || { echo "FAILED: make_report.py writes to standard output" >&2; exit 1; }
check_report "$work/full"

echo "== verdicts of a study whose labels are not rough"
mkdir "$work/firm"
cp -r "$work/full/." "$work/firm"
sed -i 's/"rough_labels": true/"rough_labels": false/' "$work/firm/summary.json"
make_report "$work/firm"
check_report "$work/firm" --not-rough

echo "== clusters whose spanning is known"
PYTHONPATH="$source_directory/src/report/figures" "$python" - <<'PY'
import sys
import numpy as np
from zones import Network
bad = []
def spans(positions, cell, expected, text, cutoff=2.6, chosen=None):
    chosen = np.arange(len(positions)) if chosen is None else np.array(chosen)
    found = Network(np.array(positions, float), np.array(cell, float), cutoff).summary(chosen)
    if list(found[2]) != expected[1] or found[0] != expected[0]:
        bad.append(f"{text}: {found}, not {expected}")
chain = [[2.5 * k, 1, 1] for k in range(4)]
spans(chain, np.diag([10, 30, 30]), (1, [True, False, False]), "a chain through the cell")
spans(chain, np.diag([10, 30, 30]), (1, [False, False, False]), "a chain with a gap", chosen=[0, 1, 3])
spans(chain, np.diag([10, 30, 30]), (2, [False, False, False]), "two atoms apart", chosen=[0, 2])
spans(chain, [[10, 0, 0], [10, 30, 0], [0, 0, 30]], (1, [True, False, False]), "the same in a tilted cell")
spans([[k, k, 1] for k in range(10)], np.diag([10, 10, 30]), (1, [True, True, False]), "a diagonal chain", cutoff=1.5)
spans([[1, 1, 1]], np.diag([2.5, 2.5, 30]), (1, [True, True, False]), "an atom that meets its own images")
# A helix that closes after two turns: each of its rings goes twice round the cell.
helix = [[k % 10, 10 + 4 * np.cos(np.pi * k / 10), 10 + 4 * np.sin(np.pi * k / 10)] for k in range(20)]
spans(helix, np.diag([10, 30, 30]), (1, [True, False, False]), "a helix of two turns", cutoff=1.7)
for text in bad:
    print("    " + text, file=sys.stderr)
sys.exit(bool(bad))
PY

echo "== a partial study (only glass.h5)"
make_study "$work/glass" --atoms 300 --samples 1 --only-glass
make_report "$work/glass" --bin-atoms 100 --coarse-grain 6.0 --slice 4.0
check_report "$work/glass" --only-glass

echo "== what is gone is not shown any more"
mkdir "$work/gone"
cp -r "$work/full/." "$work/gone"
rm "$work"/gone/samples/*/{thermo,stiffness,prediction,barriers}.h5 \
   "$work"/gone/{model.h5,summary.json,metrics.json,config.resolved.toml}
make_report "$work/gone"
check_report "$work/gone" --only-glass

echo "== a damaged file is named, the rest is drawn, and the exit status says so"
cp -r "$work/full/." "$work/damaged"
truncate -s 300 "$work/damaged/samples/0001/stiffness.h5"
if make_report "$work/damaged" 2> "$work/stderr"; then
    echo "FAILED: a truncated stiffness.h5 went unnoticed" >&2
    exit 1
fi
grep -q 'samples/0001/stiffness.h5' "$work/stderr"
grep -q 'samples/0001/stiffness.h5' "$work/damaged/report.html"
[ -s "$work/damaged/figures/stiffness_map.png" ]

echo "== a metric of summary.json that the data do not bear out is pointed at"
"$python" - "$work/full/summary.json" <<'PY'
import json, sys
summary = json.load(open(sys.argv[1]))
summary["metrics"]["test"] = {"R": 0.999}
json.dump(summary, open(sys.argv[1], "w"))
PY
make_report "$work/full"
grep -q 'test R: 0.999 there' "$work/full/report.html"

echo "== no study"
mkdir "$work/empty"
status=0
make_report "$work/empty" 2> "$work/stderr" || status=$?
[ "$status" -eq 2 ] && grep -q 'holds no study' "$work/stderr"

echo "== the program's own command gives the same numbers"
cp -r "$work/glass/." "$work/again"
rm -r "$work/again/figures" "$work/again/tables" "$work/again/report.html"
MGSTIFF_PYTHON=$python "$program" report "$work/again" > "$work/stdout"
check_report "$work/again" --only-glass
cmp "$work/glass/figures/rdf.csv" "$work/again/figures/rdf.csv"
if find "$source_directory/src/report" -name __pycache__ | grep -q .; then
    echo "FAILED: byte code was written beside the scripts" >&2
    exit 1
fi
echo "report_figures: passed"
