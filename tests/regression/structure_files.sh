#!/usr/bin/env bash
# One glass in the files of other programs: `evaluate` gives the same energy and, atom by atom, the same forces for all
# of them. Files written by LAMMPS and ASE are in tests/data/structures; where the programs are installed, new ones are
# written and read as well: structure_files.sh <program> <source directory>
set -euo pipefail
program=$1
source_directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
potential=$source_directory/jobs/potentials/Cu-Zr_2.eam.fs
data=$source_directory/tests/data/structures
cp "$data"/make_structures.py "$work"
cd "$work"
fail() { echo "FAILED: $*" >&2; [ ! -e log ] || sed 's/^/    /' log >&2; exit 1; }

# agree FOLDER: every file in it gives what its first one does.
agree() {
    local file
    mkdir "results-$2"
    for file in "$1"/*; do
        case $file in *.md | *.py) continue ;; esac
        "$program" evaluate "$file" --potential "$potential" --elements Cu,Zr --backend host \
            --out "results-$2/$(basename "$file").xyz" > "results-$2/$(basename "$file").json" 2> log || fail "$file"
    done
    /usr/bin/python3 - "results-$2" << 'PY'
import glob, json, os, sys
import numpy as np
folder = sys.argv[1]
def forces(path):
    lines = open(path).read().split("\n")
    assert "Properties=species:S:1:pos:R:3:forces:R:3:local_energy:R:1:id:I:1" in lines[1], lines[1]
    rows = sorted((line.split() for line in lines[2:] if line), key=lambda r: int(r[8]))
    return [r[0] for r in rows], np.array([[float(v) for v in r[4:8]] for r in rows])
names = sorted(os.path.basename(p)[:-5] for p in glob.glob(folder + "/*.json"))
first = "glass.data.gz"
species, reference = forces(f"{folder}/{first}.xyz")
energy = json.load(open(f"{folder}/{first}.json"))["energy_eV"]
bad = 0
for name in names:
    s, f = forces(f"{folder}/{name}.xyz")
    e = json.load(open(f"{folder}/{name}.json"))["energy_eV"]
    off, off_energy = np.max(np.abs(f - reference)), abs(e / energy - 1)
    # Files of six digits are so named; ASE writes eight decimals.
    force_bound, energy_bound = (5e-3, 1e-6) if "rounded" in name else (1e-6, 1e-9)
    ok = s == species and off < force_bound and off_energy < energy_bound
    bad += not ok
    print(f"{name:28s} force {off:.1e} eV/A, energy {off_energy:.1e}{'' if ok else '   DIFFERS'}")
assert len(names) >= 6, names
sys.exit(bad > 0)
PY
}

echo "== files of LAMMPS and ASE"
agree "$data" kept || fail "the files of tests/data/structures do not agree"

if command -v lmp > /dev/null && /usr/bin/python3 -c "import ase" 2> /dev/null; then
    echo "== files written now"
    mkdir fresh
    /usr/bin/python3 make_structures.py "$data/glass.data.gz" fresh --potential "$potential" > log 2>&1 ||
        fail "not made"
    agree fresh fresh || fail "files written now do not agree"
else
    echo "lmp and python3-ase are not here: no files were written anew"
fi
