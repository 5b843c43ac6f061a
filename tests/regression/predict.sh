#!/usr/bin/env bash
# The command `predict`: a model of a tiny study on structures in many files, each of which must give the study's own
# values; species that it does not know; atoms unlike all that it was trained on. And the study's figures of learning:
# predict.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"

small_study 'quench.test_rates_K_per_s=[3e15]' quench.samples_per_test_rate=2 'descriptors.kind="radial"' \
    train.seeds=3 train.folds=2 'train.activations=["tanh"]' 'train.reach_A=[4.0, 8.2]' train.rotate=true \
    train.transfer=true
"$program" run jobs/study.toml --stage quench --stage stiffness --stage descriptors --stage train > log 2>&1 ||
    fail "the study did not run"

echo "== the study's own metrics"
/usr/bin/python3 - << 'PY'
import json
import h5py, numpy as np
from regression import finish, hold
m = json.load(open("study/metrics.json"))
read = lambda k, name, what: h5py.File(f"study/samples/{k:04}/{name}.h5")[what][...]
hold([(c["activation"], c["reach_A"]) for c in m["cross_validation"]] ==
     [("relu", 10), ("tanh", 10), ("relu", 4), ("relu", 8.2)], "cross-validation of two activations and three lengths")
hold(all(c["trainings"] == 2 and c["rmse_error"] >= 0 for c in m["cross_validation"]), "two folds each")
# Two samples: in turn each is the test, and the mean is that of both.
turns = m["rotation"]["by_sample"]
hold(sorted(t["sample"] for t in turns) == [0, 1], "each sample once")
hold(abs(m["rotation"]["R"] - np.mean([t["R"] for t in turns])) < 1e-12, "mean R")
hold(abs(m["rotation"]["R_error"] - np.std([t["R"] for t in turns], ddof=1) / 2 ** 0.5) < 1e-12, "error of R")
# Two rates and both: every pair of training and test, with means over two turns.
table = m["transfer"]["table"]
hold(len(table) == 6, f"{len(table)} rows of the transfer")
for row in table:
    hold(row["trainings"] >= 2, "turns")
    own = [t for t in m["transfer"]["trainings"] if t["train_rates_K_per_s"] == row["train_rates_K_per_s"]
           and t["rate_K_per_s"] == row["test_rate_K_per_s"]]
    hold(abs(row["bias"] - np.mean([t["mean_predicted"] - t["mean_real"] for t in own])) < 1e-12, "bias")
for k in range(4):
    p, e, h = (read(k, "prediction", w) for w in ("stiffness", "ensemble_deviation", "interval_90"))
    real = read(k, "stiffness", "stiffness")
    inside = np.mean(np.abs(p - real) <= h)
    of = [s for s in m["by_sample"] if s["sample"] == k][0]
    hold(abs(of["coverage_90"] - inside) < 1e-12, f"coverage of sample {k}: {inside}")
    hold(np.all(read(k, "prediction", "standard_deviation") > e), "a deviation below that of the networks")
    novelty = read(k, "prediction", "novelty")
    hold(of["novel_atoms"] == np.sum(novelty > 1), "atoms out of distribution")
# The held-out atoms of the calibration are the training sample's: there the interval holds its 90 %.
hold(m["by_sample"][0]["novel_atoms"] <= 2, "training atoms that resemble no training atom")
names = h5py.File("study/samples/0000/descriptors.h5")["features"].attrs["names"]
hold(len(names) == 82 and read(0, "descriptors", "features").shape == (500, 82), "82 radial features")
finish()
PY

echo "== foreign structures under the paper's descriptor, which is blind to species and to what is closer than 2 A"
"$program" run jobs/study.toml --out blind --set 'descriptors.kind="rdf"' --set train.folds=0 --set train.rotate=false \
    --set train.transfer=false --set 'train.activations=[]' --set 'train.reach_A=[]' --stage quench --stage stiffness \
    --stage descriptors --stage train > log 2>&1 || fail "the blind study did not run"
/usr/bin/python3 - << 'PY'
import numpy as np
from regression import read_xyz
glass = read_xyz("blind/samples/0001/glass.xyz")
names, x, cell = glass.columns["species"], glass.columns["pos"], glass.cell
def write(path, names, x, cell):
    with open(path, "w") as file:
        lattice = " ".join(f"{v:.10f}" for v in cell.flatten())
        file.write(f'{len(x)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3\n')
        file.writelines(f"{n} {p[0]:.9f} {p[1]:.9f} {p[2]:.9f}\n" for n, p in zip(names, x))
write("alike.xyz", names, x, cell)
write("stretched.xyz", names, 1.05 * x, 1.05 * cell)
write("exchanged.xyz", np.where(names == "Cu", "Zr", "Cu"), x, cell)
write("copper.xyz", np.full(len(x), "Cu"), x, cell)
length = cell[0, 0]
to = (x - x[0] + length / 2) % length - length / 2
near = np.argsort((to ** 2).sum(1))[1]
for shift in (1.3, 0.3):
    moved = x.copy()
    moved[0] = x[near] - shift * to[near] / np.linalg.norm(to[near])
    write(f"overlap_{shift}.xyz", names, moved, cell)
np.savetxt("pair", [0, near], "%d")
PY
for name in alike stretched exchanged copper overlap_1.3 overlap_0.3; do
    "$program" predict blind/model.h5 "$name.xyz" --elements Cu,Zr --no-minimise --out "$name.p.xyz" > log \
        2> "$name.log" || fail "predict $name"
done
grep -q 'A^3 per atom, where the model was trained on .*: stretched or compressed' stretched.log ||
    fail "a volume of no training sample is not told"
grep -q 'was trained on no such alloy' copper.log || fail "no alloy told"
grep -q 'of 500 atoms resemble none' exchanged.log || fail "exchanged species are not told"
"$program" predict blind/model.h5 exchanged.xyz --elements Cu,Zr --out minimised.xyz > log 2> said || fail "minimised"
grep -q 'its minimisation releases 0\.[0-9]* eV per atom, .*: are the elements in their order (Cu, Zr)' said ||
    fail "energy that no heat explains is not told"
/usr/bin/python3 - << 'PY'
import numpy as np
from regression import finish, hold, read_xyz
flags = lambda name: read_xyz(f"{name}.p.xyz").columns["out_of_distribution"]
hold(flags("alike").mean() <= 0.02, f"{flags('alike').sum()} atoms of a glass like those of the training")
hold(flags("stretched").all() and flags("copper").all(), "stretched, or another alloy")
hold(flags("exchanged").mean() > 0.4, f"exchanged species: {flags('exchanged').mean()}")
for name in ("overlap_1.3", "overlap_0.3"):
    hold(flags(name)[np.loadtxt("pair", dtype=int)].all(), f"{name}: the two atoms")
    hold(flags(name).mean() < 0.04, f"{name}: others")
finish()
PY

echo "== its figures"
# Only the pictures that study.sh has not, or not with these settings, are drawn: they are most of the time.
figures=network,stiffness_convergence,cooling_rates,calibration,activation_functions,descriptor_reach,transfer
printf '#!/bin/sh\nexec /usr/bin/python3 "%s" %s "$@"\n' "$source_directory/tests/support/blank_figures.py" "$figures" \
    > drawing
chmod +x drawing
[ "$(MGSTIFF_PYTHON=$work/drawing "$program" report study 2> log)" = "$work/study/report.html" ] || fail "report"
/usr/bin/python3 - << 'PY'
import csv, json
import h5py, numpy as np
from regression import finish, hold
def near(a, b, text):
    hold(abs(float(a) - float(b)) <= 1e-9 * max(1, abs(float(b))), f"{text}: {a} drawn, {b} computed")
table = lambda name: list(csv.DictReader(open(f"study/{name}.csv")))
read = lambda k, name, what: h5py.File(f"study/samples/{k:04}/{name}.h5")[what][...]
m = json.load(open("study/metrics.json"))
for row, own in zip(table("tables/activations"), m["cross_validation"][:2], strict=True):
    near(row["R"], own["R"], "activations.csv")
for row, k in zip(table("figures/descriptor_reach"), (2, 3, 0), strict=True):
    own = m["cross_validation"][k]
    near(row["r_max_A"], own["reach_A"], "descriptor_reach.csv")
    near(row["R"], np.mean(own["R_by_fold"]), "descriptor_reach.csv")
assert [r["activation"] for r in table("figures/activation_functions")] == ["relu", "tanh"]
for row, own in zip(table("tables/transfer"), m["transfer"]["table"], strict=True):
    near(row["bias_eV_per_A2_error"], own["bias_error"], "transfer.csv")
# Sample 1 tests, 2 and 3 are of another rate: bins of 100 by the prediction, and means.
for rate, samples in ((1e15, [1]), (3e15, [2, 3])):
    real = np.concatenate([read(k, "stiffness", "stiffness") for k in samples])
    pre = np.concatenate([read(k, "prediction", "stiffness") for k in samples])
    order = np.argsort(pre, kind="stable")
    rows = [r for r in table("figures/cooling_rates") if float(r["rate_K_per_s"]) == rate]
    bins = [r for r in rows if r["item"] == "bins_sorted_by_k_pre"]
    assert len(bins) == len(pre) // 100
    for k, row in enumerate(bins):
        near(row["k_real_eV_per_A2"], real[order[100 * k:100 * k + 100]].mean(), "cooling_rates.csv")
    near(rows[-1]["k_pre_eV_per_A2"], np.mean([read(k, "prediction", "stiffness").mean() for k in samples]), "mean")
    off = np.abs(real - pre) / np.concatenate([read(k, "prediction", "standard_deviation") for k in samples])
    label = "test sample" if rate == 1e15 else "3 × 10^15 K/s"
    half = {r["stated_percent"]: r for r in table("figures/calibration") if r["set"] == label}
    near(half["95"]["share_inside"], np.mean(off <= 1.959963984540054), "calibration.csv")
# The RDF about the softest tenth, from positions.
f = h5py.File("study/samples/0001/glass.h5")
x, cell = f["inherent/position"][...], f["inherent/cell"][...]
soft = np.argsort(read(1, "prediction", "stiffness"), kind="stable")[:50]
rows = table("figures/rdf_tenths")
assert abs(float(rows[-1]["r_A"]) - 9.95) < 1e-9, "less than 10 A, though the cell has room"
count = np.zeros(100)
shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3) @ cell
for i in soft:
    r = np.linalg.norm((x - x[i])[:, None, :] + shifts[None], axis=2).ravel()
    count += np.histogram(r[r > 1e-9], bins=100, range=(0, 10))[0]
edge = 0.1 * np.arange(101)
g = count / 50 / (4 / 3 * np.pi * np.diff(edge**3) * 500 / np.linalg.det(cell))
for k, row in enumerate(rows):
    near(row["g_softest_by_k_pre"], g[k], f"rdf_tenths.csv at {row['r_A']} A")
assert len(rows) == 100
finish()
PY

echo "== a crystal among the samples"
crystal=$source_directory/tests/data/single-point/b2_triclinic.data
small_study 'study.output="crystal"' system.fractions= system.atoms= \
    "system.structures=['../study/samples/0000/glass.xyz', '$crystal', '../study/samples/0001/glass.xyz']" \
    'stiffness.temperatures_K=[100]' train.epochs=3 train.folds=0
sed -i '/^\[quench\]/,/^$/d' jobs/study.toml  # nothing is quenched
stages=(--stage quench --stage stiffness --stage descriptors --stage train)
"$program" run jobs/study.toml "${stages[@]}" > log 2>&1 || fail "the study with a crystal"
grep -q 'warning: 100.0 % of the atoms of sample 1 are in crystalline surroundings: no network sees it' log ||
    fail "it does not say that a sample is left out"
/usr/bin/python3 - << 'PY' || fail "the crystal"
import json, sys
import h5py
m = json.load(open("crystal/metrics.json"))
good = [s["split"] for s in m["by_sample"]] == ["train", "excluded", "test"] and m["train"]["atoms"] == 500
good = good and set(h5py.File("crystal/samples/0001/prediction.h5")["split"][...]) == {3}
summary = json.load(open("crystal/summary.json"))
sys.exit(not (good and [s["crystalline_fraction"] > 0.9 for s in summary["glass"]] == [False, True, False]))
PY
refused 1 "the test sample has crystallised" -- \
    "$program" run jobs/study.toml "${stages[@]}" --set train.test_sample=1
"$program" run jobs/study.toml "${stages[@]}" --set train.max_crystalline=1.0 > log 2>&1 || fail "a crystal allowed"

echo "== the same atoms in other files"
# The inherent structure of a sample as LAMMPS data and dump (scaled, unwrapped, in another order), and extended XYZ.
/usr/bin/python3 - << 'PY'
import gzip
import h5py, numpy as np
f = h5py.File("study/samples/0001/glass.h5")
x, cell, species = f["inherent/position"][...], f["inherent/cell"][...], f["species"][...]
n, edge = len(x), np.diag(cell)
assert np.allclose(cell, np.diag(edge))
rng = np.random.default_rng(1)
order = rng.permutation(n)
box = "".join(f"0.0 {e!r}\n" for e in edge.tolist())
mass = {1: 63.546, 2: 91.224}
with open("glass.data", "w") as out:
    out.write(f"a glass\n\n{n} atoms\n2 atom types\n\n" +
              "".join(f"0.0 {e!r} {a}lo {a}hi\n" for e, a in zip(edge.tolist(), "xyz")) +
              "\nMasses\n\n" + "".join(f"{t} {m}\n" for t, m in mass.items()) + "\nAtoms # atomic\n\n" +
              "".join(f"{i + 1} {species[i] + 1} {x[i][0]!r} {x[i][1]!r} {x[i][2]!r}\n" for i in order.tolist()))
def dump(name, columns, row):
    text = (f"ITEM: TIMESTEP\n5\nITEM: NUMBER OF ATOMS\n{n}\nITEM: BOX BOUNDS pp pp pp\n{box}ITEM: ATOMS {columns}\n" +
            "".join(row(i) + "\n" for i in order.tolist()))
    open(name, "w").write(text)
words = lambda v: " ".join(repr(float(a)) for a in v)
wrapped = x - np.floor(x / edge) * edge
dump("scaled.dump", "id element xs ys zs", lambda i: f"{i + 1} {['Cu', 'Zr'][species[i]]} {words(wrapped[i] / edge)}")
dump("unwrapped.dump", "id type xu yu zu", lambda i: f"{i + 1} {species[i] + 1} {words(x[i] + (i % 3) * edge)}")
xyz = (f'{n}\nLattice="{words(cell.ravel())}" Properties=species:S:1:pos:R:3:id:I:1 pbc="T T T"\n' +
       "".join(f"{['Cu', 'Zr'][species[i]]} {words(x[i])} {i + 1}\n" for i in order.tolist()))
open("glass.xyz", "w").write(xyz)
with gzip.open("packed.xyz.gz", "wt") as out:
    out.write(xyz)
with open("squeezed.xyz", "w") as out:  # a tenth shorter in every direction
    out.write(f'{n}\nLattice="{words(1.1 * cell.ravel())}" Properties=species:S:1:pos:R:3:id:I:1 pbc="T T T"\n' +
              "".join(f"{['Cu', 'Zr'][species[i]]} {words(1.1 * x[i])} {i + 1}\n" for i in range(n)))
text = xyz.replace("\nCu ", "\nAl ", 3)
open("foreign.xyz", "w").write(text)
PY
for step in 1000 2000; do # what follows a dot is no ending of a structure file
    cp scaled.dump "steps.$step"
    "$program" predict study/model.h5 "steps.$step" --no-minimise > /dev/null 2> log || fail "steps.$step"
    [ -s "steps.$step.stiffness.xyz" ] || fail "steps.$step has no output of its own"
done
for file in glass.data scaled.dump glass.xyz; do
    "$program" predict study/model.h5 "$file" --no-minimise > "$file.json" 2> log || fail "$file"
done
"$program" predict study/model.h5 unwrapped.dump --elements Cu,Zr --no-minimise > unwrapped.dump.json 2> log ||
    fail "unwrapped.dump"
"$program" predict study/model.h5 packed.xyz.gz --no-minimise > packed.xyz.gz.json 2> log || fail "packed.xyz.gz"
# The inherent structure again: there is nothing left to minimise.
cp study/samples/0001/glass.xyz own.xyz
"$program" predict study/model.h5 own.xyz > own.xyz.json 2> log || fail "own.xyz"
"$program" predict study/model.h5 squeezed.xyz --no-minimise > squeezed.xyz.json 2> squeezed || fail "squeezed.xyz"
grep -q "A^3 per atom, where the model was trained on .*; all atoms are flagged" squeezed ||
    fail "no warning of atoms unlike all others"
/usr/bin/python3 - << 'PY'
import json
import h5py, numpy as np
from regression import finish, hold, read_xyz
f = h5py.File("study/samples/0001/prediction.h5")
own = {k: f[k][...] for k in ("stiffness", "standard_deviation", "interval_90", "novelty")}
for name, bound in (("glass.data", 1e-8), ("scaled.dump", 1e-8), ("unwrapped.dump", 1e-8), ("glass.xyz", 1e-8),
                    ("packed.xyz.gz", 1e-8), ("own.xyz", 2e-3)):
    out = read_xyz(json.load(open(name + ".json"))["structures"][0]["output"]).columns
    for k in ("stiffness", "standard_deviation", "novelty"):
        off = np.max(np.abs(out[k] - own[k]))
        hold(off < bound * (10 if k == "novelty" else 1), f"{name}: {k} differs by {off}")
    hold(np.max(np.abs(out["stiffness_high"] - out["stiffness"] - own["interval_90"])) < bound, f"{name}: the interval")
    hold(np.array_equal(out["out_of_distribution"], out["novelty"] > 1), f"{name}: the flag")
flagged = json.load(open("squeezed.xyz.json"))["structures"][0]["out_of_distribution_atoms"]
hold(flagged == 500, f"{flagged} atoms of a stretched glass are flagged")
finish()
PY

echo "== an alloy of another composition"
"$program" predict study/model.h5 "$source_directory/tests/data/vacancy/cu_vacancy_499.data" --elements Cu \
    --no-minimise --out copper.xyz > copper.json 2> log || fail "copper"
grep -q 'trained on no such alloy' log || fail "copper passes for a glass of copper and zirconium"
grep -q '"out_of_distribution_atoms": 499' copper.json || fail "not every atom of copper is flagged"

echo "== ranks, frames of one file"
"$program" predict study/model.h5 glass.data own.xyz scaled.dump --out all.xyz > one.json 2> log ||
    fail "three structures"
cp all.xyz one.xyz
if [ "$("$program" info | grep -c 'MPI: none')" -eq 0 ] && command -v mpirun > /dev/null; then
    mpirun -n 2 "$program" predict study/model.h5 glass.data own.xyz scaled.dump --out all.xyz > two.json 2> log ||
        fail "two ranks"
    cmp one.json two.json || fail "two ranks say something else than one"
    cmp one.xyz all.xyz || fail "two ranks write something else than one"
fi
[ "$(grep -c 'Lattice=' all.xyz)" -eq 3 ] || fail "three structures are not three frames"

echo "== bad input"
refused 2 "foreign.xyz: the model does not know Al (it was trained on Cu, Zr)" -- \
    "$program" predict study/model.h5 foreign.xyz
refused 2 "--elements" -- "$program" predict study/model.h5 unwrapped.dump
refused 2 "it is glass.h5, what the stage quench wrote for sample 1" -- \
    "$program" predict study/samples/0001/glass.h5 glass.xyz
refused 2 "absent.xyz" -- "$program" predict study/model.h5 absent.xyz
mkdir elsewhere
cp glass.xyz elsewhere
refused 2 "would be written to one file" -- "$program" predict study/model.h5 glass.xyz elsewhere/glass.xyz
mkdir folder
"$program" predict study/model.h5 glass.data --out folder > into.json 2> log || fail "predict into a folder"
cmp -s folder/glass.stiffness.xyz glass.stiffness.xyz || fail "a folder's file is another"
refused 2 "there is no folder" -- "$program" predict study/model.h5 glass.data --out missing/all.xyz
refused 2 "it would be overwritten" -- "$program" predict study/model.h5 glass.xyz --out glass.xyz
/usr/bin/python3 - << 'PY'
lines = open("glass.xyz").read().split("\n")
import re
cell = [float(v) for v in re.search(r'Lattice="([^"]*)"', lines[1])[1].split()]
half = " ".join(repr(0.5 * v) for v in cell)
lines[1] = re.sub(r'Lattice="[^"]*"', f'Lattice="{half}"', lines[1])
for k in range(2, len(lines) - 1):
    w = lines[k].split()
    lines[k] = " ".join([w[0]] + [repr(0.5 * float(v)) for v in w[1:4]] + w[4:])
open("narrow.xyz", "w").write("\n".join(lines))
PY
refused 2 "narrow.xyz: the box is too small" -- "$program" predict study/model.h5 narrow.xyz
[ ! -e narrow.stiffness.xyz ] || fail "a refused structure has an output"
