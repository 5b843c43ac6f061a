#!/usr/bin/env bash
# Networks that learn a property of the user's own, a column of the structures that are given: from files to a model in
# one command, without dynamics and without a stiffness; atoms without a label; what is refused: own_label.sh <program>
# <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"

mkdir jobs
cp "$source_directory/jobs/potentials/Cu-Zr_2.eam.fs" jobs
# B2 crystals with one atom of eight exchanged: what is learned is the share of copper among the eight nearest
# neighbours, which a shell count of each species knows.
/usr/bin/python3 - << 'PY'
import numpy as np
random = np.random.default_rng(3)
n, a = 7, 3.25
cell = np.array([[i, j, k] for i in range(n) for j in range(n) for k in range(n)], float)
lattice = np.concatenate([cell, cell + 0.5])
for sample in range(4):
    species = np.repeat([0, 1], n ** 3)
    for swapped in (random.permutation(n ** 3)[:n ** 3 // 8], n ** 3 + random.permutation(n ** 3)[:n ** 3 // 8]):
        species[swapped] = 1 - species[swapped]
    d = lattice[:, None] - lattice[None]
    near = np.abs((d - n * np.round(d / n)) ** 2 @ np.ones(3) - 0.75) < 1e-9
    share = (near & (species == 0)).sum(1) / 8
    position = lattice * a + random.normal(0, 0.02, lattice.shape)
    order = random.permutation(len(lattice))  # ids are not those of rows
    with open(f"jobs/alloy_{sample}.xyz", "w") as file:
        print(len(lattice), file=file)
        print(f'Lattice="{n * a} 0 0 0 {n * a} 0 0 0 {n * a}" '
              'Properties=species:S:1:pos:R:3:noise:R:2:copper:R:1:id:I:1 pbc="T T T"', file=file)
        for i in order:
            label = "nan" if i % 3 == 0 else share[i]
            print(["Cu", "Zr"][species[i]], *position[i], 1, 2, label, i + 1, file=file)
    np.save(f"jobs/share_{sample}.npy", share)
PY
cat > jobs/study.toml << 'TOML'
[study]
name = "own"
output = "study"
[system]
elements = ["Cu", "Zr"]
structures = ["alloy_0.xyz", "alloy_1.xyz", "alloy_2.xyz", "alloy_3.xyz"]
potential = "Cu-Zr_2.eam.fs"
[descriptors]
kind = "rdf_species"
[train]
label = "copper"
label_unit = "1"
max_crystalline = 1.0
hidden = [20]
folds = 2
epochs = 200
batch = 64
learning_rate = 0.01
TOML

echo "== from structures to a model in one command"
"$program" check jobs/study.toml > /dev/null 2> log || fail "check"
grep -q "^train " log || fail "check plans no training"
! grep -q "^stiffness " log || fail "check plans a stiffness that nobody reads"
printf '#!/bin/sh\nexec /usr/bin/python3 "%s" %s "$@"\n' "$source_directory/tests/support/blank_figures.py" \
    prediction > drawing
chmod +x drawing
MGSTIFF_PYTHON=$work/drawing "$program" run jobs/study.toml > log 2>&1 || fail "the study did not run"
grep -q "test: R .*rmse .* 1, bins" log || fail "what is said of the test names no unit"
[ ! -e study/samples/0000/stiffness.h5 ] || fail "a stiffness was measured"
cp study/samples/0003/glass.xyz new.xyz
"$program" predict study/model.h5 new.xyz > said.json 2> log || fail "predict"
/usr/bin/python3 - << 'PY'
import json
import h5py, numpy as np
from regression import finish, hold
metrics = json.load(open("study/metrics.json"))
rows = [[word for word in line.split()] for line in open("new.copper.xyz").read().splitlines()]
head, rows = " ".join(rows[1]), rows[2:]
for k in range(4):
    with h5py.File(f"study/samples/{k:04}/prediction.h5") as f:
        hold((f.attrs["property"], f.attrs["unit"], f["copper"].attrs["unit"]) == ("copper", "1", "1"), "property")
        hold("stiffness" not in f, "it says stiffness")
        label, predicted, interval = (f[name][...] for name in ("label", "copper", "interval_90"))
    share = np.load(f"jobs/share_{k}.npy")
    known = np.arange(len(share)) % 3 != 0
    hold(np.array_equal(np.isfinite(label), known) and np.array_equal(label[known], share[known]), "labels by id")
    of = [s for s in metrics["by_sample"] if s["sample"] == k][0]
    hold(of["atoms"] == known.sum() and of["reliability"] is None, "metrics are of labelled atoms")
    hold(abs(of["R"] - np.corrcoef(label[known], predicted[known])[0, 1]) < 1e-12, "R")
    hold(abs(of["coverage_90"] - np.mean(np.abs(label - predicted)[known] <= interval[known])) < 1e-12, "coverage")
    # Those that nobody labelled are predicted as well as the others.
    hold(np.corrcoef(share[~known], predicted[~known])[0, 1] > 0.9, f"unlabelled atoms of sample {k}")
    inside = np.mean(np.abs(share - predicted)[~known] <= interval[~known])
    hold(0.8 < inside < 1, f"{inside} of sample {k} inside the interval")
hold("copper:R:1:standard_deviation:R:1:copper_low:R:1:copper_high:R:1" in head and 'copper_unit="1"' in head, head)
by_id = {int(r[-1]): float(r[4]) for r in rows}  # of the inherent structure, which has nothing to minimise
hold(np.allclose([by_id[i + 1] for i in range(len(share))], predicted, atol=1e-6), "predict gives the study's own")
said = json.load(open("said.json"))["structures"][0]
hold(abs(said["mean_copper_1"] - predicted.mean()) < 1e-6 and "mean_stiffness_eV_per_A2" not in said, "summary")
with h5py.File("study/model.h5") as f:
    hold(f.attrs["prediction"] == "copper [1]", "the model's own name")
hold(b"copper" in open("study/model.onnx", "rb").read() and
     b"stiffness" not in open("study/model.onnx", "rb").read(), "the output's name in ONNX")
columns = open("study/samples/0000/glass.xyz").read().splitlines()[1]
hold(":copper:R:1:predicted_copper:R:1" in columns, columns)
finish()
PY

echo "== of one species alone"
"$program" run jobs/study.toml --set 'train.species=["Cu"]' --stage quench --stage descriptors --stage train \
    --out some > log 2>&1 || fail "the study of copper alone"
"$program" predict some/model.h5 new.xyz --out some.xyz > some.json 2> log || fail "predict copper alone"
[ ! -s log ] || fail "predict has messages"
/usr/bin/python3 - << 'PY'
import json
import h5py, numpy as np
from regression import finish, hold, read_xyz
said = json.load(open("some.json"))
with h5py.File("some/samples/0003/prediction.h5") as f, h5py.File("some/samples/0003/glass.h5") as glass:
    copper = glass["species"][...] == 0
    label, predicted, novelty = (f[name][...] for name in ("label", "copper", "novelty"))
share = np.load("jobs/share_3.npy")
known = copper & (np.arange(len(share)) % 3 != 0)
hold(np.array_equal(np.isfinite(label), known), "labels are of copper")
hold(np.array_equal(np.isfinite(predicted), copper) and np.array_equal(np.isfinite(novelty), copper), "predictions")
hold(np.corrcoef(predicted[copper], share[copper])[0, 1] > 0.9, "copper is learned")
of = json.load(open("some/metrics.json"))["test"]
hold(of["atoms"] == known.sum() and list(of["R_species"]) == ["Cu"], f"{of['atoms']} atoms, {of['R_species']}")
hold(said["predicted_species"] == ["Cu"], "predict says whom it predicts")
mean = said["structures"][0]["mean_copper_1"], said["structures"][0]["mean_copper_of"]
hold(abs(mean[0] - predicted[copper].mean()) < 1e-6 and mean[1]["Zr"] is None, f"means {mean}")
column = read_xyz("some.xyz").columns["copper"]
hold(np.isnan(column).sum() == (~copper).sum(), "zirconium is nan in the file")
finish()
PY
refused 2 "train.species names Al" -- "$program" check jobs/study.toml --set 'train.species=["Al"]'

echo "== refusals"
refused 2 "has nothing to do" -- "$program" run jobs/study.toml --stage stiffness
refused 2 "no property 'zinc' with a number for each atom" "there are copper, id" -- \
    "$program" run jobs/study.toml --set 'train.label="zinc"' --out other
[ ! -e other ] || fail "a refused study has an output directory"
sed 's/ [0-9.]* \([0-9]*\)$/ nan \1/; s/ nan \([0-9]*0\)$/ 0.5 \1/' jobs/alloy_0.xyz > jobs/flat.xyz
refused 2 "flat.xyz: copper is 0.5 for all atoms" -- "$program" run jobs/study.toml --out other \
    --set 'system.structures=["alloy_1.xyz", "flat.xyz"]'
refused 2 "is no name of a property" -- "$program" check jobs/study.toml --set 'train.label="a b"'
refused 2 "means something else in files" -- "$program" check jobs/study.toml --set 'train.label="novelty"'
refused 2 "is no unit" -- "$program" check jobs/study.toml --set 'train.label_unit="a unit"'
sed '/label_unit/d' jobs/study.toml > jobs/none.toml
refused 2 "train.label_unit is missing" -- "$program" check jobs/none.toml
small_study train.label='"copper"' train.label_unit='"1"'
refused 2 'nothing says what "copper" is' -- "$program" check jobs/study.toml
