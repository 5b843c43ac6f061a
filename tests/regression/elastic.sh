#!/usr/bin/env bash
# A study that learns an elastic network, and `predict` with it: elastic.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"

small_study 'stiffness.method="harmonic"' quench.samples=3 quench.rate_K_per_s=5e14 elastic.labels=60 \
    elastic.start_labels=40 harmonic.modes=0
mpi=()
command -v mpirun > /dev/null && [[ "$("$program" info)" != *"built without MPI"* ]] && mpi=(mpirun -n 2)
stages=(--stage quench --stage stiffness --stage elastic)

code=0
echo "== one rank, and two that are stopped on the way"
"$program" run jobs/study.toml "${stages[@]}" --out one > log 2>&1 || fail "the study on one rank"
"${mpi[@]}" "$program" run jobs/study.toml "${stages[@]}" --out two --max-wall 4s > log 2>&1 ||
    code=$?
((code == 0 || code == 75)) || fail "a stop on the way has the exit code $code"
"${mpi[@]}" "$program" run jobs/study.toml "${stages[@]}" --out two > log 2>&1 || fail "the study on two ranks"
same one two || fail "two ranks give other bits than one"

echo "== what it predicts"
/usr/bin/python3 - <<'PY'
import json
import h5py
import numpy as np
from regression import finish, hold

by_sample = json.load(open("one/summary.json"))["elastic"]["by_sample"]
hold([s["trained_on"] for s in by_sample] == [True, True, False], "two samples train, one tests")
for k, told in enumerate(by_sample):
    with h5py.File(f"one/samples/{k:04}/elastic.h5") as f, h5py.File(f"one/samples/{k:04}/stiffness.h5") as label:
        predicted, real = f["stiffness"][...], label["harmonic/stiffness"][...]
        hold(np.isclose(np.corrcoef(predicted, real)[0, 1], told["pearson"]), "R")
        hold(told["pearson"] > 0.998, f"R of sample {k} is {told['pearson']}")
        hold(np.count_nonzero(f["split"][...] == 0) == (30 if told["trained_on"] else 0), "atoms learned from")
        inside = np.abs(predicted - real) <= f["interval_90"][...]
        # Calibrated on glasses held out, so that atoms of those learned from may all lie inside.
        hold(np.isclose(inside.mean(), told["within_interval_90"]), "share inside the intervals")
        hold(0.7 < inside.mean() and (told["trained_on"] or inside.mean() < 1), f"{inside.mean()} inside the intervals")
        width = np.mean(f["interval_90"][...]) / np.sqrt(np.mean((predicted - real) ** 2))
        hold(0.5 < width < 15, f"intervals of {width} errors")
        hold(("shares" in f) != told["trained_on"], f"shares of springs of sample {k}")
        if "shares" in f:
            share = {name: f["shares"][name][...] for name in ("along", "across", "reach", "density")}
            bonds = share["along"].sum(axis=(1, 2)) + share["across"].sum(axis=(1, 2))
            hold(share["along"].shape == (2, 3, 28) and np.allclose(bonds + share["density"], 1, atol=5e-3), "shares")
            hold(np.allclose(share["reach"].sum(axis=1), bonds), "shares by distance from the atom")
        hold(np.mean(f["novelty"][...] > 1) < 0.05, f"{np.mean(f['novelty'][...] > 1)} of sample {k} are novel")
finish()
PY

echo "== predict: the study's own values; what is unlike them"
cp one/samples/0002/glass.xyz glass.xyz
/usr/bin/python3 - <<'PY'
import h5py
import numpy as np
from regression import read_xyz

# At rest on the smoothed potential, as the label is; stretched; with species exchanged.
glass = read_xyz("glass.xyz")
with h5py.File("one/samples/0002/stiffness.h5") as f:
    at_rest = f["harmonic/position"][...]
with h5py.File("one/samples/0002/glass.h5") as f:
    cell, species = f["inherent/cell"][...], f["species"][...]
    names = ["Cu", "Zr"]
for name, factor, kinds in (("rest", 1, species), ("stretched", 1.05, species), ("exchanged", 1, 1 - species)):
    with open(f"{name}.xyz", "w") as out:
        lattice = " ".join(f"{x:.15g}" for x in (factor * cell).ravel())
        out.write(f'{len(kinds)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for kind, x in zip(kinds, factor * at_rest):
            out.write(f"{names[kind]} {x[0]:.15g} {x[1]:.15g} {x[2]:.15g}\n")
PY
predict=("$program" predict one/elastic_model.h5)
"${predict[@]}" rest.xyz > rest.json 2> log || fail "predict"
[ ! -s log ] || fail "predict has messages: $(cat log)"
for name in stretched exchanged; do
    # Either every atom is flagged, or the network refuses the structure.
    code=0
    "${predict[@]}" $name.xyz > $name.json 2> $name.log || code=$?
    echo $code > $name.code
done
"$program" predict "$source_directory/jobs/models/cuzr-elastic.h5" rest.xyz --out shipped.xyz > shipped.json 2> log ||
    fail "predict with the model that comes with the program: $(cat log)"
"${predict[@]}" stretched.xyz --relax --out relaxed.xyz > relaxed.json 2> log || fail "predict --relax: $(cat log)"
/usr/bin/python3 - <<'PY'
import json
import h5py
import numpy as np
from regression import finish, hold, read_xyz

atoms = read_xyz("rest.stiffness.xyz").columns
with h5py.File("one/samples/0002/elastic.h5") as f:
    hold(np.allclose(atoms["stiffness"], f["stiffness"][...], rtol=1e-6), "the study's own stiffness")
    hold(np.allclose(atoms["stiffness_high"] - atoms["stiffness"], f["interval_90"][...], atol=1e-6), "intervals")
with h5py.File("one/samples/0002/stiffness.h5") as f:
    real = f["harmonic/stiffness"][...]
shipped = read_xyz("shipped.xyz").columns["stiffness"]
correlation = np.corrcoef(shipped, real)[0, 1]
hold(correlation > 0.98 and abs(shipped.mean() / real.mean() - 1) < 0.04,
     f"the model that comes with the program: R {correlation}, mean ratio {shipped.mean() / real.mean()}")
hold(np.all((atoms["anisotropy"] >= 0) & (atoms["anisotropy"] <= 1)), "anisotropy")
for name in ("stretched", "exchanged"):
    code, said = int(open(f"{name}.code").read()), open(f"{name}.log").read()
    if code == 0:
        j = json.load(open(f"{name}.json"))["structures"][0]
        hold(j["out_of_distribution_atoms"] >= 0.9 * j["atoms"], f"{name}: {j['out_of_distribution_atoms']} flagged")
        hold("unlike those" in said, f"{name}: {said}")
    else:
        hold("not stable" in said and "--relax" in said, f"{name}: {said}")
finish()
PY

echo "== networks that read what the elastic network says"
cp one/elastic_model.h5 jobs
small_study 'stiffness.method="harmonic"' quench.samples=3 quench.rate_K_per_s=5e14 harmonic.modes=0 \
    'descriptors.kind="radial"' 'descriptors.elastic_model="elastic_model.h5"' descriptors.averages=1 \
    train.epochs=300 train.learning_rate=0.01 train.weight_decay=0.1 train.folds=0
"$program" run jobs/study.toml --stage quench --stage stiffness --stage descriptors --stage train --out read \
    > log 2>&1 || fail "the study that reads them"
cp read/samples/0002/glass.xyz unseen.xyz
"$program" predict read/model.h5 unseen.xyz --no-minimise > read.json 2> log || fail "predict: $(cat log)"
/usr/bin/python3 - <<'PY'
import json
import h5py
import numpy as np
from regression import finish, hold, read_xyz

told = json.load(open("read.json"))
hold(told["elastic_features"] is True and told["averages_over_neighbours"] == 1, "predict says what it reads")
metrics = json.load(open("read/metrics.json"))
hold(metrics["test"]["R"] > 0.95, f"R {metrics['test']['R']}")  # `radial` alone: 0.68
with h5py.File("read/samples/0002/descriptors.h5") as f, h5py.File("one/samples/0002/elastic.h5") as elastic:
    names, rows = list(f["features"].attrs["names"]), f["features"][...]
    hold(rows.shape == (500, 180) and names[82] == "elastic_K" and names[172] == "mean(elastic_K)", "features")
    # The one is of the inherent structure, the other of the minimum of the smooth potential.
    hold(np.allclose(rows[:, 82], elastic["stiffness"][...], rtol=0.02), "its K is the network's")
with h5py.File("read/samples/0002/prediction.h5") as f:
    hold(np.allclose(read_xyz("unseen.stiffness.xyz").columns["stiffness"], f["stiffness"][...], rtol=1e-5),
         "predict gives the study's own stiffness")
finish()
PY
refused 2 "is no elastic network" -- "$program" check jobs/study.toml \
    --set 'descriptors.elastic_model="../read/model.h5"'
refused 2 "cannot be read" -- "$program" check jobs/study.toml --set 'descriptors.elastic_model="none.h5"'
refused 2 "does not go with elastic_model" -- "$program" check jobs/study.toml --set 'descriptors.positions="mean"' \
    --set 'stiffness.method="dynamics"'

echo "== what is refused"
refused 2 "the model does not know" -- "$program" predict one/elastic_model.h5 \
    "$source_directory/tests/data/vacancy/cu_vacancy_499.data" --elements Al
cp one/elastic_model.h5 damaged.h5
printf 'x' | dd of=damaged.h5 bs=1 seek=4000 conv=notrunc 2> /dev/null
refused 2 "damaged.h5" -- "$program" predict damaged.h5 rest.xyz
refused 2 "elastic.labels" -- "$program" check jobs/study.toml --set elastic.labels=3
