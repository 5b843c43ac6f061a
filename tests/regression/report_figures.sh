#!/usr/bin/env bash
# The report's figures and tables against an independent computation: report_figures.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
find_python
make_report() { "$python" "$source_directory/src/report/figures/make_report.py" "$@"; }
# draw_only NAMES OUTDIR: the same with only these pictures drawn, which are most of the time; the full study has all.
draw_only() {
    "$python" "$source_directory/tests/support/blank_figures.py" "$1" \
        "$source_directory/src/report/figures/make_report.py" "$2"
}
make_study() { "$python" "$source_directory/tests/support/make_synthetic_study.py" "$@"; }
check_report() { "$python" "$source_directory/tests/support/check_report.py" "$@"; }

echo "== a full study"
make_study full --atoms 600 --samples 3 --elastic
make_report full > stdout
[ ! -s stdout ] || fail "make_report.py writes to standard output"
check_report full

echo "== other verdicts where the labels are not rough; metrics of summary.json that the data do not bear out"
cp -r full firm
"$python" - firm/summary.json firm/samples/*/stiffness.h5 <<'PY'
import json, sys
import h5py
summary = json.load(open(sys.argv[1]))
summary["study"]["rough_labels"] = False
summary["metrics"]["test"] = {"R": 0.999}
summary["elastic"] = {"by_sample": [{"sample": 2, "pearson": 0.25, "trained_on": False}]}
json.dump(summary, open(sys.argv[1], "w"))
for path in sys.argv[2:]:  # the elastic network's labels are then those of dynamics
    with h5py.File(path, "r+") as file:
        del file["harmonic/stiffness"]
PY
draw_only "" firm
check_report firm --not-rough --blank
grep -q 'test R: 0.999 there' firm/report.html
grep -q 'elastic network, sample 0002 pearson: 0.25 there' firm/report.html

echo "== networks that learn a property of the user's own, from structures that came with it"
make_study own --atoms 400 --samples 2 --own eb eV
mkdir own/figures own/tables
touch own/figures/stiffness_map.png own/tables/statements.csv
draw_only "" own 2> stderr
check_report own --own --blank

echo "== the same beside a stiffness, which the elastic network alone learns: what figures say"
make_study both --atoms 200 --samples 2 --own eb eV --elastic
PYTHONPATH="$PYTHONPATH:$source_directory/src/report/figures" "$python" - <<'PY'
import types
from matplotlib.text import Text
import draw_elastic, make_report, style
from regression import finish, hold
from study import Study
said = {}
def save(directory, name, figure, title, caption, alt, header, rows):
    said[name] = " ".join([title, caption, alt, *header] + [text.get_text() for text in figure.findobj(Text)])
    style.plt.close(figure)
style.save = save
study = Study("both")
for _, _, draw in make_report.FIGURES:
    draw(study, types.SimpleNamespace(bin_atoms=100, coarse_grain=6.0, slice=4.0))
learned = {"prediction", "map", "zones", "cooling_rates", "rdf_tenths", "coarse_graining_length", "network", "transfer",
           "viscosity_prediction", "activation_functions", "depth_and_width", "descriptor_reach", "calibration",
           "training_loss"}
hold(learned <= set(said), f"not drawn: {learned - set(said)}")
for name, text in said.items():
    words = [word for word in ("stiff", "soft", "eV/Å", "per_A2", r"K_\mathrm", "K<", "$K") if word in text]
    hold(("eb" in text) == (name in learned), f"{name} is about another property")
    hold(name not in learned or not words, f"{name} says {words}")
hold(draw_elastic.headline(study)["network"] is None, "what predicts eb is compared with the stiffness")
finish()
PY

echo "== clusters whose spanning is known"
PYTHONPATH="$PYTHONPATH:$source_directory/src/report/figures" "$python" - <<'PY'
import numpy as np
from zones import Network
from regression import finish, hold
def spans(positions, cell, expected, text, cutoff=2.6, chosen=None):
    chosen = np.arange(len(positions)) if chosen is None else np.array(chosen)
    found = Network(np.array(positions, float), np.array(cell, float), cutoff).summary(chosen)
    hold(list(found[2]) == expected[1] and found[0] == expected[0], f"{text}: {found}, not {expected}")
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
finish()
PY

echo "== a partial study (only glass.h5)"
make_study glass --atoms 300 --samples 1 --only-glass
make_report glass --bin-atoms 100 --coarse-grain 6.0 --slice 4.0
check_report glass --only-glass

echo "== what is gone is not shown any more"
cp -r full gone
rm gone/samples/*/{thermo,stiffness,prediction,elastic,barriers}.h5 \
   gone/{model.h5,elastic_model.h5,summary.json,metrics.json,config.resolved.toml}
make_report gone
check_report gone --only-glass

echo "== a file that was changed since it was sealed is named and not drawn"
cp -r full sealed
rm -r sealed/figures
"$python" - sealed/samples/0001/stiffness.h5 sealed/samples/0000/stiffness.h5 <<'PY'
import hashlib, os, sys
import h5py
for path, change in zip(sys.argv[1:], (True, False)):
    with h5py.File(path) as file, h5py.File(path + ".new", "w", userblock_size=512) as new:
        for name in file:
            file.copy(name, new)
        new.attrs.update(file.attrs)
    os.replace(path + ".new", path)
    with open(path, "r+b") as file:
        file.seek(512)
        rest = file.read()
        seal = f"mgstiff-gpu sealed HDF5\nlength {len(rest)}\nsha256 {hashlib.sha256(rest).hexdigest()}\n"
        file.seek(0)
        file.write(seal.encode())
    if change:
        with h5py.File(path, "r+") as file:
            file["stiffness"][0] *= 2
PY
if draw_only stiffness_map sealed 2> stderr; then fail "a changed stiffness.h5 went unnoticed"; fi
grep -q 'samples/0001/stiffness.h5: changed since it was written' sealed/report.html || fail "a change is not named"
! grep -q 'samples/0000/stiffness.h5' sealed/report.html || fail "a file with a good seal is refused"
[ -s sealed/figures/stiffness_map.png ] || fail "nothing is drawn of the others"

echo "== a damaged file is named, the rest is drawn, and the exit status says so; what was not asked for is missing"
cp -r full damaged
rm -r damaged/figures
truncate -s 300 damaged/samples/0001/stiffness.h5
"$python" - damaged/samples/*/stiffness.h5 <<'PY'
import sys
import h5py
for path in sys.argv[1:]:
    if "/0001/" not in path:
        with h5py.File(path, "r+") as file:
            for name in ("modes", "density_of_states", "hops", "convergence/pearson_with_visited"):
                del file[name]
PY
if draw_only stiffness_map,stiffness_convergence,vibrations damaged 2> stderr; then
    echo "FAILED: a truncated stiffness.h5 went unnoticed" >&2
    exit 1
fi
! grep '^failed:' stderr || fail "a figure could not be drawn"
grep -q 'samples/0001/stiffness.h5' stderr
grep -q 'samples/0001/stiffness.h5' damaged/report.html
[ -s damaged/figures/stiffness_map.png ]
[ -s damaged/figures/stiffness_convergence.png ]
grep -q '^anisotropy,' damaged/figures/vibrations.csv
if grep -qE '^(mode|density_of_states),' damaged/figures/vibrations.csv; then
    fail "vibrations.csv has modes that stiffness.h5 has not"
fi

echo "== no study"
mkdir empty
status=0
make_report empty 2> stderr || status=$?
[ "$status" -eq 2 ] && grep -q 'holds no study' stderr

echo "== the program's own command gives the same numbers"
cp -r glass again
rm -r again/figures again/tables again/report.html
MGSTIFF_PYTHON=$python "$program" report again > stdout
check_report again --only-glass
cmp glass/figures/rdf.csv again/figures/rdf.csv
if find "$source_directory/src/report" -name __pycache__ | grep -q .; then
    echo "FAILED: byte code was written beside the scripts" >&2
    exit 1
fi
