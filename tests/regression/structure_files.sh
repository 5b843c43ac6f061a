#!/usr/bin/env bash
# One glass in the files of other programs: `evaluate` gives the same energy and, atom by atom, the same forces for all
# of them. Files written by LAMMPS and ASE are in tests/data/structures; where the programs are installed, new ones are
# written and read as well: structure_files.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
data=$source_directory/tests/data/structures
cp "$data"/make_structures.py .

# evaluate FOLDER RESULTS: energy and forces of every structure in FOLDER.
evaluate() {
    local file
    mkdir "$2"
    for file in "$1"/*; do
        case $file in *.md | *.py | *.txt) continue ;; esac
        [ -f "$file" ] || continue
        "$program" evaluate "$file" --potential "$potential" --elements Cu,Zr --backend host \
            --out "$2/$(basename "$file").xyz" > "$2/$(basename "$file").json" 2> log || fail "$file"
    done
}

# agree FOLDER NAME: every file in FOLDER gives what glass.data.gz does, and those in FOLDER/moved what LAMMPS has
# there.
agree() {
    evaluate "$1" "$2"
    evaluate "$1/moved" "$2-moved"
    /usr/bin/python3 - "$1" "$2" << 'PY'
import glob
import gzip
import json
import os
import sys
import numpy as np
from regression import read_xyz

folder, results = sys.argv[1:]
bad = 0


class Result:
    """What `evaluate` said of one file, by id."""

    def __init__(self, path):
        with open(path + ".json") as file:
            self.energy = json.load(file)["energy_eV"]
        frame = read_xyz(path + ".xyz")
        assert frame.properties == "species:S:1:pos:R:3:forces:R:3:local_energy:R:1:id:I:1", frame.properties
        self.cell, self.forces = frame.cell, frame.columns["forces"]
        self.ids, self.species = frame.columns["id"].tolist(), frame.columns["species"].tolist()


def compare(name, found, expected, energy_bound, force_bound):
    """Forces in the axes of the expected cell: the file's own may be turned."""
    global bad
    axes = np.linalg.solve(found.cell, expected.cell)
    turned = np.abs(axes - np.eye(3)).max() > 1e-3
    off = np.abs(found.forces @ axes - expected.forces).max()
    off_energy = abs(found.energy / expected.energy - 1)
    ok = (found.ids == expected.ids and found.species == expected.species and off < force_bound
          and off_energy < energy_bound and np.abs(axes @ axes.T - np.eye(3)).max() < 1e-9)
    bad += not ok
    print(f"{name:28s} force {off:.1e} eV/A, energy {off_energy:.1e}{' (turned)' if turned else ''}"
          f"{'' if ok else '   DIFFERS'}")


names = sorted(os.path.basename(p)[:-5] for p in glob.glob(results + "/*.json"))
glass = Result(f"{results}/glass.data.gz")
for name in names:
    # LAMMPS's default has six digits, and ASE's extended XYZ eight decimals; the others have all digits of a double.
    bounds = (1e-7, 1e-3) if name.startswith("rounded") else (1e-9, 1e-6) if ".xyz" in name else (1e-11, 1e-9)
    compare(name, Result(f"{results}/{name}"), glass, *bounds)
assert len(names) >= 13, names

# The other state, with LAMMPS's own numbers: the last frame of its dump.
with gzip.open(f"{folder}/moved/images.dump.gz", "rt") as file:
    frames = file.read().split("ITEM: ATOMS ")[1:]
assert len(frames) == 2
rows = [line.split() for line in frames[-1].split("\n")]
columns = {name: k for k, name in enumerate(rows[0])}
rows = sorted((r for r in rows[1:] if r), key=lambda r: int(r[0]))
assert [columns[k] for k in ("id", "type", "mass")] == [0, 1, 2], columns
assert sum(int(r[columns[k]]) != 0 for r in rows for k in ("ix", "iy", "iz")) > 500, "no images to speak of"
names = sorted(os.path.basename(p)[:-5] for p in glob.glob(results + "-moved/*.json"))
expected = Result(f"{results}-moved/images.dump.gz")
expected.species = [{"1": "Cu", "2": "Zr"}[r[1]] for r in rows]
expected.forces = np.array([[float(r[columns[k]]) for k in ("fx", "fy", "fz")] for r in rows])
with open(f"{folder}/moved/energy.txt") as file:
    expected.energy = float(file.read())
assert np.abs(expected.forces - glass.forces).max() > 0.1, "the state is the glass itself"
for name in names:
    compare("moved/" + name, Result(f"{results}-moved/{name}"), expected, 1e-11, 1e-9)
assert len(names) == 3, names
sys.exit(bad > 0)
PY
}

echo "== files of LAMMPS and ASE"
agree "$data" kept || fail "the files of tests/data/structures do not agree"

# Masses in the file must not say otherwise than the list of elements.
gunzip -c "$data/moved/images.dump.gz" > plain.dump
"$program" evaluate plain.dump --potential "$potential" --elements Cu,Zr --backend host > out.json 2> log ||
    fail "plain.dump"
refused 2 "type 1 is named Zr and seems to be Cu" -- \
    "$program" evaluate plain.dump --potential "$potential" --elements Zr,Cu --backend host

# Packed by others: told by content, whatever the name; potentials as well.
gzip -c "$potential" > packed.eam.fs
cp "$data/scaled.dump.gz" misnamed.xz
"$program" evaluate misnamed.xz --potential packed.eam.fs --elements Cu,Zr --backend host > out.json 2> log ||
    fail "a packed potential and a misnamed dump"
cmp out.json kept/scaled.dump.gz.json || fail "packed files give another result"
head -c 9000 "$data/scaled.dump.gz" > short.dump.gz
refused 2 "'short.dump.gz' ends early, at byte 9000" -- \
    "$program" evaluate short.dump.gz --potential "$potential" --elements Cu,Zr
if command -v xz > /dev/null; then
    xz -c plain.dump > plain.dump.xz
    refused 2 "unpack it first: xz -d plain.dump.xz" -- \
        "$program" evaluate plain.dump.xz --potential "$potential" --elements Cu,Zr
fi

if command -v lmp > /dev/null && /usr/bin/python3 -c "import ase" 2> /dev/null; then
    echo "== files written now"
    mkdir fresh
    /usr/bin/python3 make_structures.py "$data/glass.data.gz" fresh --potential "$potential" > log 2>&1 ||
        fail "not made"
    agree fresh fresh-results || fail "files written now do not agree"
else
    echo "*** SKIPPED: files written now (lmp and python3-ase are not installed); the kept ones were read"
fi
