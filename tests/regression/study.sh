#!/usr/bin/env bash
# A tiny study through the command `run`, and what 5-interface of the design promises about it: the files with their
# datasets and units, sane numbers, the same bits in every way of running it, stages that are not run again, and a run
# that goes on after kill -9; and that the report and its tests know the fields by the files' names: study.sh <program>
# <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
child=
clean_up() { [ -z "$child" ] || kill -9 "$child" 2> /dev/null; }
# run LOG ARGUMENTS...: the command run; its messages are shown where it fails. Standard output goes to LOG.stdout.
run() {
    local log=$1
    shift
    "$program" run "$@" > "$log.stdout" 2> "$log.stderr" < /dev/null ||
        { sed 's/^/    /' "$log.stderr" >&2; fail "run $* ended with a non-zero status"; }
}
says() { grep -qE -- "$2" "$1.stderr" || { sed 's/^/    /' "$1.stderr" >&2; fail "$1 does not say '$2'"; }; }

# All stages but the report, which takes as long as the rest.
no_report=(--stage quench --stage stiffness --stage descriptors --stage train)

small_study study.output='"first"' quench.samples=3 'stiffness.method="both"'

echo "== the whole study"
# A Python that notes what the report reads of result files.
printf '#!/bin/sh\nexec /usr/bin/python3 "%s" "$@"\n' "$source_directory/tests/support/record_hdf5.py" > recording
chmod +x recording
export HDF5_RECORD="$work/asked"
MGSTIFF_PYTHON=$work/recording run first jobs/study.toml
[ "$(cat first.stdout)" = "$work/first/report.html" ] || fail "standard output is '$(cat first.stdout)'"
for stage in quench stiffness descriptors train; do says first "^$stage: done in "; done
says first '^mixed precision: tables of .* per pair$'
/usr/bin/python3 - first <<'PY'
import json
import os
import sys
import tomllib
import h5py
import numpy as np
from regression import failures, finish, hold

directory = sys.argv[1]
n, shells, temperatures, samples = 500, 40, 2, 3
any_length = -1
wanted = {  # file: {dataset: (shape, unit, kind of number)}
    "glass.h5": {"id": ((n,), None, "i"), "species": ((n,), None, "i"), "position": ((n, 3), "A", "f"),
                 "velocity": ((n, 3), "A/ps", "f"), "cell": ((3, 3), "A", "f"), "energy": ((n,), "eV", "f"),
                 "inherent/position": ((n, 3), "A", "f"), "inherent/cell": ((3, 3), "A", "f"),
                 "inherent/energy": ((n,), "eV", "f"), "inherent/local_structure": ((n,), None, "i"),
                 "inherent/voronoi/volume": ((n,), "A^3", "f"), "inherent/voronoi/faces": ((n,), None, "i"),
                 "inherent/voronoi/index": ((n, 4), None, "i"), "inherent/stress": ((3, 3), "GPa", "f")},
    "thermo.h5": {name: ((any_length,), unit, "f") for name, unit in
                  {"time": "ps", "temperature": "K", "potential_energy": "eV", "pressure": "GPa", "volume": "A^3",
                   "conserved": "eV"}.items()},
    "stiffness.h5": {"temperature": ((temperatures,), "K", "f"), "msd": ((temperatures, n), "A^2", "f"),
                     "stiffness_at": ((temperatures, n), "eV/A^2", "f"), "stiffness": ((n,), "eV/A^2", "f"),
                     "reliability": ((temperatures + 1,), None, "f"),
                     "mean_position": ((temperatures, n, 3), "A", "f"),
                     **{f"thermo/{name}": ((temperatures, 1, any_length), unit, "f") for name, unit in
                        {"time": "ps", "temperature": "K", "target_temperature": "K", "volume": "A^3",
                         "conserved": "eV"}.items()}},
    "descriptors.h5": {"shell_counts": ((n, shells, 2), None, "i"), "features": ((n, shells), None, "f"),
                       "shell_edges": ((shells + 1,), "A", "f")},
    "prediction.h5": {"stiffness": ((n,), "eV/A^2", "f"), "standard_deviation": ((n,), "eV/A^2", "f"),
                      "split": ((n,), None, "i")},
}
data, hopped = [], []
for sample in range(samples):
    values = {}
    for name, datasets in wanted.items():
        path = f"{directory}/samples/{sample:04}/{name}"
        with h5py.File(path) as file:
            for attribute in ("version", "seed", "study_hash", "potential_sha256"):
                hold(attribute in file.attrs, f"{path} does not say its {attribute}")
            for dataset, (shape, unit, kind) in datasets.items():
                where = f"{path}:/{dataset}"
                if dataset not in file:
                    failures.append(f"{where} is missing")
                    continue
                found = file[dataset]
                fits = len(found.shape) == len(shape) and all(a in (b, any_length) for a, b in zip(shape, found.shape))
                hold(fits, f"{where} has the shape {found.shape}, not {shape}")
                hold(found.attrs.get("unit") == unit, f"{where} has the unit {found.attrs.get('unit')}, not {unit}")
                hold(found.dtype.kind == kind, f"{where} holds {found.dtype}")
                hold(found.size > 0 and np.isfinite(found[...]).all(), f"{where} is empty or not finite")
                values[name, dataset] = found[...]
            if name == "glass.h5":
                hold(list(file["species"].attrs["names"]) == ["Cu", "Zr"], f"{path}: the names of the species")
                basin = file["inherent"].attrs
                hold(0 < basin["largest_force_eV_A"] <= 1e-6, f"{path}: not at rest")
                hold(0 <= basin["atoms_hopped"] <= n, f"{path}: {basin['atoms_hopped']} atoms hopped")
                hopped.append(basin["atoms_hopped"])
                stress = file["inherent/stress"][...]
                hold(abs(np.trace(stress) / 3) < 2e-5, f"{path}: a pressure of {-np.trace(stress) / 3} GPa at rest")
                hold(np.array_equal(stress, stress.T), f"{path}: the stress is not symmetric")
                hold((file["inherent/cell"][...] != file["cell"][...]).any(), f"{path}: the cell has not relaxed")
    data.append(values)
hold(max(hopped, default=0) > 0, "no atom of any sample hopped on its way to rest, though they were quenched in 2 ps")
if failures:
    finish()

glasses = []
for sample, v in enumerate(data):
    name = f"sample {sample}"
    volume = np.linalg.det(v["glass.h5", "cell"]) / n
    temperature, thermo_volume = v["thermo.h5", "temperature"], v["thermo.h5", "volume"]
    time = v["thermo.h5", "time"]
    k, msd = v["stiffness.h5", "stiffness"], v["stiffness.h5", "msd"]
    print(f"{name}: {temperature[-1]:.1f} K at the end, {volume:.3f} A^3 per atom, inherent energy "
          f"{v['glass.h5', 'inherent/energy'].mean():.4f} eV per atom, mean K {k.mean():.3f} eV/A^2")
    hold(np.array_equal(v["glass.h5", "id"], np.arange(1, n + 1)), f"{name}: ids are not 1..{n}")
    hold(np.bincount(v["glass.h5", "species"]).tolist() == [250, 250], f"{name}: the composition")
    hold(16 < volume < 20, f"{name}: {volume} A^3 per atom")
    # A chain with a time of 0.1 ps follows the ramp of 1000 K/ps, which feeds on the heat of kinetic and potential
    # energy, with a delay of about 0.2 ps (measured: 185 K); one standard deviation of the temperature is 4 %.
    hold(250 < temperature[-1] < 600, f"{name}: {temperature[-1]} K at the end, not 300 K and 0.3 ps of delay at most")
    hold(1500 < temperature[time < 0.4][-20:].mean() < 2500, f"{name}: the melt is not near 2000 K")
    hold((np.diff(time) > 0).all() and abs(time[-1] - 2.1) < 0.01, f"{name}: the times end at {time[-1]} ps")
    hold(abs(thermo_volume[-1] / n / volume - 1) < 1e-9, f"{name}: thermo and glass have different volumes")
    hold(v["glass.h5", "inherent/energy"].sum() < v["glass.h5", "energy"].sum(), f"{name}: the minimiser went up")
    hold(-5.1 < v["glass.h5", "inherent/energy"].mean() < -4.7, f"{name}: the inherent energy")
    hold(0.05 < k.mean() < 2 and (k > 0).all(), f"{name}: a mean stiffness of {k.mean()} eV/A^2")
    # Of each run a ramp, a hold and the window, whose cell is fixed and whose ensemble conserves anew.
    target, time, volume, conserved = (v["stiffness.h5", f"thermo/{column}"][:, 0] for column in
                                       ("target_temperature", "time", "volume", "conserved"))
    hold((np.diff(time) > 0).all(), f"{name}: times of reports")
    window = time > 0.4 + 1e-9  # after two times equilibrate_ps
    hold(np.allclose(time.max(1), 1.1, atol=0.05), f"{name}: runs end after {time.max(1)} ps")
    for t, temperature in enumerate(v["stiffness.h5", "temperature"]):
        hold(np.allclose(target[t][window[t]], temperature), f"{name}: targets of the window at {temperature} K")
        hold(np.ptp(volume[t][window[t]]) < 1e-9 * volume[t, 0] < np.ptp(volume[t]), f"{name}: volumes")
        moved = abs(conserved[t][window[t]][[0, -1]] @ [-1, 1]) / n / 0.7
        hold(moved < 0.05 * 8.617333262e-5 * temperature, f"{name}: conserved quantity moved by {moved} eV/ps")
    kT = 8.617333262e-5 * v["stiffness.h5", "temperature"]
    hold(np.allclose(v["stiffness.h5", "stiffness_at"], kT[:, None] / msd, rtol=1e-4), f"{name}: K is not kT / msd")
    hold(np.allclose(k, v["stiffness.h5", "stiffness_at"].mean(0), rtol=1e-12), f"{name}: K is not the mean")
    hold(msd[1].mean() > 1.5 * msd[0].mean(), f"{name}: 300 K moves atoms no more than 100 K")
    edges = v["descriptors.h5", "shell_edges"]
    hold(np.allclose(edges, 2 + 0.2 * np.arange(shells + 1)), f"{name}: the edges of the shells")
    # Neighbours within 10 A, counted again from the inherent structure.
    cell, x = v["glass.h5", "inherent/cell"], v["glass.h5", "inherent/position"]
    s = (x[0] - x) @ np.linalg.inv(cell)
    s -= np.round(s)
    r = np.linalg.norm(s @ cell, axis=1)
    hold(r.size == n and cell[0, 0] > 20, f"{name}: the count of neighbours needs a cell above 20 A")
    for species in (0, 1):
        counted = np.histogram(r[(v["glass.h5", "species"] == species) & (r > 0)], edges)[0]
        hold(np.array_equal(counted, v["descriptors.h5", "shell_counts"][0, :, species]),
             f"{name}: the shells of atom 1 count {counted.sum()} and {v['descriptors.h5', 'shell_counts'][0].sum()}")
    volume = v["glass.h5", "inherent/voronoi/volume"].sum()
    hold(abs(volume / abs(np.linalg.det(cell)) - 1) < 1e-9, f"{name}: Voronoi cells fill {volume} A^3")
    faces = v["glass.h5", "inherent/voronoi/faces"]
    hold(10 < faces.mean() < 16 and (v["glass.h5", "inherent/voronoi/index"].sum(axis=1) <= faces).all(),
         f"{name}: faces of Voronoi cells")
    hold((v["prediction.h5", "split"] == (1 if sample == samples - 1 else 0)).all(), f"{name}: the split")
    with open(f"{directory}/samples/{sample:04}/glass.xyz") as file:
        hold(int(file.readline()) == n, f"{name}: the atoms of glass.xyz")
        comment = file.readline()
        for column in ("Lattice=", "species:S:1", "pos:R:3", "stiffness:R:1", "predicted_stiffness:R:1", "id:I:1",
                       "voronoi_volume:R:1", "coordination:I:1", "voronoi_index:I:4"):
            hold(column in comment, f"{name}: glass.xyz has no {column}")
    glasses.append(v["glass.h5", "position"])
hold(not np.allclose(glasses[0], glasses[1]), "two samples are the same")

with open(f"{directory}/config.resolved.toml", "rb") as file:
    resolved = tomllib.load(file)
hold(resolved["quench"]["rate_K_per_s"] == 1e15 and resolved["train"]["epochs"] == 10, "config.resolved.toml")
status = json.load(open(f"{directory}/status.json"))
hold(status["state"] == "done", f"status.json says {status}")
summary = json.load(open(f"{directory}/summary.json"))
for split, atoms in (("train", 1000), ("test", 500)):
    metrics = summary["metrics"][split]
    real = np.concatenate([v["stiffness.h5", "stiffness"] for v in (data[:2] if split == "train" else data[2:])])
    predicted = np.concatenate([v["prediction.h5", "stiffness"] for v in (data[:2] if split == "train" else data[2:])])
    hold(metrics["atoms"] == atoms, f"summary.json: {metrics['atoms']} atoms in {split}")
    hold(abs(metrics["R"] - np.corrcoef(real, predicted)[0, 1]) < 1e-9, f"summary.json: R of {split}")
    hold(abs(metrics["rmse"] - np.sqrt(((real - predicted) ** 2).mean())) < 1e-9, f"summary.json: rmse of {split}")
hold(summary["study"]["seed"] == 7 and summary["study"]["rough_labels"], "summary.json: the study")
hold(len(summary["potential"]["sha256"]) == 64, "summary.json: the potential's hash")
hold([t["stage"] for t in summary["timings"]] == ["quench", "stiffness", "descriptors", "train"], "the timings")
hold(len(summary["glass"]) == samples, "summary.json: the glasses")
log = open(f"{directory}/log.txt", "rb").read()
hold(b"\r" not in log and b"\x1b" not in log and b"train: done" in log, "log.txt is not plain")
hold(b"\r" not in open("first.stderr", "rb").read(), "standard error has carriage returns without a terminal")
with h5py.File(f"{directory}/model.h5") as file:
    hold("networks/0/layers/0/weight" in file, "model.h5 has no weights")
    hold(file["networks/0/layers/0/weight"].shape == (8, shells), "model.h5: the shape of the first layer")
for path in ("report.html", "figures/thermo.png", "figures/rdf.pdf", "figures/stiffness_prediction.csv",
             "tables/metrics.csv"):
    hold(os.path.getsize(f"{directory}/{path}") > 0, f"{path} is empty")
finish()
PY

# snapshot DIRECTORY: names and times of all results that a finished study keeps.
snapshot() {
    find "$1" -path "$1/figures" -prune -o -path "$1/tables" -prune -o -type f \
        ! -name report.html ! -name log.txt ! -name status.json ! -name summary.json -printf '%p %T@ %s\n' | sort
}
echo "== a second run finds every stage finished and leaves the results alone"
snapshot first > before
run again jobs/study.toml "${no_report[@]}"
for stage in quench stiffness descriptors train; do says again "^$stage: finished already$"; done
! grep -q 'done in' again.stderr || fail "a stage was run again"
snapshot first > after
diff before after || fail "files were touched"

echo "== the report by its own command, of a study that has nothing to draw yet (predict.sh has one that has)"
mkdir begun
cp first/config.resolved.toml begun
[ "$("$program" report begun 2> report.stderr)" = "$work/begun/report.html" ] || fail "report does not print its path"
[ -s begun/report.html ] || fail "report leaves no report.html"

echo "== one sample per batch (of windows: resume.sh), and two threads, give the same bits"
run single jobs/study.toml --out single --stage quench --set compute.replicas_per_batch=1
OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive run threads jobs/study.toml --out threads --stage quench --stage stiffness
[ ! -s single.stdout ] || fail "a run without a report prints '$(cat single.stdout)'"

echo "== the resolved study, elsewhere, ended by kill -9 in the middle of the stiffness, goes on"
mkdir elsewhere
cp first/config.resolved.toml elsewhere/resolved.toml
cd elsewhere
"$program" run resolved.toml "${no_report[@]}" > killed.stdout 2> killed.stderr < /dev/null &
child=$!
stage_now() {
    /usr/bin/python3 -c 'import json; print(json.load(open("first/status.json"))["stage"])' 2> /dev/null || true
}
for _ in $(seq 1200); do
    [ "$(stage_now)" != stiffness ] || break
    kill -0 "$child" 2> /dev/null || fail "the run ended before its stiffness: $(tail -n 3 killed.stderr)"
    sleep 0.1
done
[ "$(stage_now)" = stiffness ] || fail "the stage stiffness was not reached"
sleep 0.3
kill -9 "$child"
status=0
wait "$child" 2> /dev/null || status=$?
child=
[ "$status" -eq 137 ] || fail "the run had ended with status $status before it was killed"
[ ! -e first/samples/0000/stiffness.h5 ] || fail "the stiffness was finished before the run was killed"
find first/samples -name glass.h5 -printf '%p %T@\n' | sort > before
run continued resolved.toml "${no_report[@]}"
says continued '^quench: finished already$'
says continued '^stiffness: done in '
says continued '^train: done in '
find first/samples -name glass.h5 -printf '%p %T@\n' | sort > after
diff before after || fail "the quench was run again"
cmp first/config.resolved.toml resolved.toml || fail "the resolved study does not resolve to itself"
results() { (cd "$1" && find . -type f ! -path './figures/*' ! -path './tables/*' ! -name report.html | sort); }
results first > files
results ../first | diff - files || fail "the study that was killed has other files"
cd ..

same first single --only glass.h5 thermo.h5 || fail "single: other bits"
same first threads --only glass.h5 thermo.h5 stiffness.h5 || fail "threads: other bits"
same first elsewhere/first || fail "the study that was killed has other bits"

echo "== only what stands on a changed setting is run again"
find first/samples \( -name glass.h5 -o -name thermo.h5 -o -name stiffness.h5 \) -printf '%p %T@\n' | sort > before
run kind jobs/study.toml --stage descriptors --set descriptors.kind=rdf_species
says kind '^descriptors: done in '
! grep -qE '^(quench|stiffness|train):' kind.stderr || fail "--stage descriptors ran another stage"
find first/samples \( -name glass.h5 -o -name thermo.h5 -o -name stiffness.h5 \) -printf '%p %T@\n' | sort > after
diff before after || fail "--stage descriptors touched the results of stages before it"
[ ! -e first/model.h5 ] || fail "a model of the former descriptors is still there"
run kind jobs/study.toml "${no_report[@]}" --set descriptors.kind=rdf_species
for stage in quench stiffness descriptors; do says kind "^$stage: finished already$"; done
says kind '^train: done in '
/usr/bin/python3 - <<'PY'
import h5py
with h5py.File("first/samples/0000/descriptors.h5") as file:
    shape = file["features"].shape
    assert shape == (500, 82), f"FAILED: features by species have the shape {shape}, not (500, 2 x 40 + 2)"
with h5py.File("first/model.h5") as file:
    shape = file["networks/0/layers/0/weight"].shape
    assert shape == (8, 82), f"FAILED: the network was not trained anew: {shape}"
PY
refused 2 "the stage train needs the stage stiffness" -- \
    "$program" run jobs/study.toml --stage train --set stiffness.window_ps=1.0

echo "== barriers, which stand on the glasses alone"
refused 2 "the study has no table [barriers]" -- "$program" run jobs/study.toml --stage barriers
search=(--set barriers.region_A=4.5 --set barriers.settle_ps=0.1 --set barriers.events_per_atom=2
        --set barriers.max_attempts_per_atom=4 --set 'barriers.atoms=[5, 77, 301]')
refused 2 -- "$program" run jobs/study.toml --stage barriers "${search[@]}" --set 'barriers.atoms=[5, 501]'
find first/samples \( -name stiffness.h5 -o -name prediction.h5 \) -printf '%p %T@\n' | sort > before
run barriers jobs/study.toml --stage barriers "${search[@]}" --set report.viscosity_K=700
says barriers '^sample 2: [0-9]+ events from [0-9]+ attempts \('
find first/samples \( -name stiffness.h5 -o -name prediction.h5 \) -printf '%p %T@\n' | sort > after
diff before after || fail "--stage barriers touched results that do not stand on it"
run barriers jobs/study.toml --stage barriers "${search[@]}" --set report.viscosity_K=700
says barriers '^barriers: finished already$'
/usr/bin/python3 - <<'PY'
import h5py
import numpy as np
from regression import finish, hold

with h5py.File("first/samples/0002/barriers.h5") as file:
    event = {k: file["events/" + k][...] for k in file["events"]}
    atom = {k: file["atoms/" + k][...] for k in file["atoms"]}
    names = [n.decode() if isinstance(n, bytes) else n for n in file["events/status"].attrs["names"]]
    temperature = file["atoms"].attrs["viscosity_K"]
    identity, start, cell = (file["minimum/" + k][...] for k in ("id", "position", "cell"))
    hold(file["events/barrier"].attrs["unit"] in (b"eV", "eV"), "the barriers' unit")
hold(names[0] == "CONNECTED" and len(names) == 13, f"the names of the statuses: {names}")
hold(temperature == 700, "the temperature of the viscosity")
hold(set(event["center"]) == {5, 77, 301}, "the searched atoms")
hold(np.all(event["barrier"][event["status"] != 0] == 0), "a failed attempt has a barrier")
good = event["status"] == 0
hold(np.all((event["barrier"][good] >= 0.005) & (event["barrier"][good] <= 5)), "barriers out of range")
hold(np.all(event["cost"].sum(axis=1) == event["evaluations"]), "costs by stage do not add up")
hold(np.all(event["eigenvalue"][good] < 0), "a saddle without a negative eigenvalue")
hold(np.all(event["second_eigenvalue"][good] >= 0), "a saddle of second order")
for k, name in enumerate(identity):
    mine = event["barrier"][good & (event["center"] == name)]
    hold(atom["accepted"][k] == len(mine), f"the events of {name}")
    hold(atom["attempts"][k] == (event["center"] == name).sum(), f"the attempts of {name}")
    hold(abs(atom["mean_barrier"][k] - (mine.mean() if len(mine) else 0)) < 1e-12, f"the mean barrier of {name}")
    error = mine.std(ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else 0
    hold(abs(atom["standard_error"][k] - error) < 1e-12, f"the standard error of {name}")
    eta = -4 + mine.mean() / (8.617333262145e-5 * 700 * np.log(10)) if len(mine) else 0
    hold(abs(atom["log10_viscosity"][k] - eta) < 1e-9, f"the viscosity of {name}")
for k in np.flatnonzero(good):
    first, last = event["first_displacement"][k:k + 2]
    far = np.linalg.norm(event["saddle_displacement"][first:last], axis=1)
    hold(event["displaced_atom"][first + far.argmax()] == event["most_displaced"][k], "the most displaced atom")
    moved = np.linalg.norm(event["final_displacement"][first:last], axis=1) > 0.1
    hold(abs(moved.sum() - event["moved"][k]) <= 1, "the number of moved atoms")
lines = open("first/samples/0002/events.txt").read().splitlines()
hold(len(lines) == 2 + len(event["status"]), "lines of events.txt")
xyz = open("first/samples/0002/events.xyz").read().splitlines()
distinct = (good & (event["duplicate_of"] < 0)).sum()
hold(len(xyz) == min(distinct, 12) * (len(identity) + 2), "frames of events.xyz")
hold(not xyz or "disp:R:3:final_disp:R:3" in xyz[1], "columns of events.xyz")
hold("mean_barrier" in open("first/samples/0002/glass.xyz").readlines()[1], "the barriers in glass.xyz")
finish()
PY

echo "== the names of fields: those of the files, of what the report reads and of the made-up study of its tests"
PYTHONPATH=$source_directory/src/report/figures ./recording -c 'from study import Study; Study("first")'
# What the first study does not ask for: inputs beside the descriptor, and atoms of one element alone.
cp -r first further
"$program" run jobs/study.toml --out further --on-change keep --stage descriptors --stage train \
    --set "descriptors.elastic_model=\"$source_directory/jobs/models/cuzr-elastic.h5\"" \
    --set descriptors.averages=1 --set 'train.species=["Cu"]' > log 2>&1 || fail "the study with further inputs"
/usr/bin/python3 "$source_directory/tests/support/make_synthetic_study.py" synthetic --atoms 160 --samples 1
/usr/bin/python3 "$source_directory/tests/support/check_schema.py" first further synthetic asked

echo "== check and info"
for job in paper quick; do
    "$program" check "$source_directory/jobs/$job.toml" --backend host > "$job.toml" 2> "$job.stderr" ||
        fail "check jobs/$job.toml: $(cat "$job.stderr")"
    for word in memory disk quench stiffness barriers train 'atom-steps/s on host'; do
        grep -q "$word" "$job.stderr" || fail "the estimate of jobs/$job.toml has no '$word'"
    done
    "$program" check "$job.toml" > again.toml 2> /dev/null || fail "check does not read its own output of $job.toml"
    cmp "$job.toml" again.toml || fail "what check resolved of $job.toml resolves to something else"
done
/usr/bin/python3 - <<'PY'
import tomllib
paper, quick = (tomllib.load(open(f"{name}.toml", "rb")) for name in ("paper", "quick"))
assert paper["system"]["atoms"] == 19652 and paper["quench"]["rate_K_per_s"] == 1e10, "FAILED: paper.toml"
assert quick["system"]["atoms"] == 2048 and "patience" in quick["train"], "FAILED: quick.toml has no defaults"
PY
"$program" info "$source_directory/jobs/potentials/Cu-Zr_2.eam.fs" > info.stdout
for word in '^mgstiff-gpu [0-9]' '^CUDA: built with' '^BLAS: ' '^host: 1 thread' 'elements Cu Zr, cutoff 7.6 A'; do
    grep -q "$word" info.stdout || fail "info does not print '$word'"
done
