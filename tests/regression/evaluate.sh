#!/usr/bin/env bash
# Energy, forces and stress of the command `evaluate` against LAMMPS: evaluate.sh <program> <source directory>
set -euo pipefail
program=$1
source_directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
potential=$source_directory/jobs/potentials/Cu-Zr_2.eam.fs
reference=$source_directory/tests/data/single-point

for name in b2_triclinic cuzr_liquid_4000 cuzr_glass_4000 fcc_cu_vacancy; do
    elements=Cu,Zr
    [ "$name" != fcc_cu_vacancy ] || elements=Cu
    for precision in double mixed; do
        "$program" evaluate "$reference/$name.data" --potential "$potential" --elements "$elements" \
            --precision "$precision" --backend host --out "$work/$name.$precision.xyz" \
            > "$work/$name.$precision.json" 2> "$work/$name.$precision.stderr" ||
            {
                echo "FAILED: evaluate $name --precision $precision" >&2
                cat "$work/$name.$precision.stderr" >&2
                exit 1
            }
    done
    [ ! -s "$work/$name.double.stderr" ] || { echo "FAILED: double precision has messages" >&2; exit 1; }
    number='[0-9.e+-]+'
    grep -Eq "^mixed precision: tables of $number pieces, force error $number eV/A rms, $number at most per pair\$" \
        "$work/$name.mixed.stderr" || { echo "FAILED: the resampling bound of $name is not printed" >&2; exit 1; }
done
sed 's/^/the last one: /' "$work/fcc_cu_vacancy.mixed.stderr"

# The same in three domains, one per rank.
if command -v mpirun > /dev/null && [[ "$("$program" info)" != *"built without MPI"* ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    mpirun --oversubscribe -n 3 "$program" evaluate "$reference/cuzr_glass_4000.data" --potential "$potential" \
        --elements Cu,Zr --out "$work/ranks.xyz" > "$work/ranks.json" 2> "$work/ranks.stderr" ||
        { cat "$work/ranks.stderr" >&2; echo "FAILED: evaluate on three ranks" >&2; exit 1; }
    /usr/bin/python3 - "$work" <<'PY'
import json
import sys
import numpy as np

work = sys.argv[1]
one, three = (json.load(open(f"{work}/{name}.json")) for name in ("cuzr_glass_4000.double", "ranks"))
worst = max(abs(a / b - 1) for key in one for a, b in zip(np.ravel(one[key]), np.ravel(three[key])))
rows = [[line.split() for line in open(f"{work}/{name}.xyz")][2:] for name in ("cuzr_glass_4000.double", "ranks")]
columns = [np.array([[float(x) for x in row[1:]] for row in table]) for table in rows]
apart = np.abs(columns[0] - columns[1]).max()
print(f"three ranks against one: {worst:.1e} relative; atoms' columns {apart:.1e}")
if not (worst < 1e-10 and apart < 1e-10):
    sys.exit("FAILED: three ranks give another result than one")
PY
fi

/usr/bin/python3 - "$reference" "$work" <<'PY'
import json
import sys
import numpy as np

reference, work = sys.argv[1:]
bar_per_pressure = 1.6021765e6  # LAMMPS's own, metal units
gigapascal_per_pressure = 160.2176634
failures = []


def read_xyz(path):
    """Rows by id: id, species, position, force, local energy."""
    with open(path) as file:
        atoms = int(file.readline())
        comment = file.readline()
        wanted = "Properties=species:S:1:pos:R:3:forces:R:3:local_energy:R:1:id:I:1"
        if wanted not in comment:
            failures.append(f"{path}: the columns are not {wanted}")
        rows = [line.split() for line in file]
    if len(rows) != atoms:
        failures.append(f"{path}: {len(rows)} rows of {atoms}")
    rows.sort(key=lambda row: int(row[8]))
    return np.array([int(row[8]) for row in rows]), np.array([[float(x) for x in row[4:8]] for row in rows])


def bound(what, found, limit):
    if not found <= limit:
        failures.append(f"{what}: {found:.2e} is above {limit:.0e}")


print(f"{'':<18}{'energy':>10}{'force eV/A':>12}{'local eV':>10}{'stress':>10}{'volume':>10}"
      f"{'mixed: median':>15}{'largest':>10}{'energy':>10}")
for name in ("b2_triclinic", "cuzr_liquid_4000", "cuzr_glass_4000", "fcc_cu_vacancy"):
    with open(f"{reference}/{name}.thermo") as file:
        head, row = (line.split() for line in file)
    thermo = dict(zip(head, map(float, row)))
    expected = np.loadtxt(f"{reference}/{name}.forces.txt")
    result = {p: json.load(open(f"{work}/{name}.{p}.json")) for p in ("double", "mixed")}
    table = {p: read_xyz(f"{work}/{name}.{p}.xyz") for p in ("double", "mixed")}
    d = result["double"]
    if list(d) != ["atoms", "energy_eV", "volume_A3", "stress_GPa", "max_force_eV_A"]:
        failures.append(f"{name}: the keys are {list(d)}")
    if d["atoms"] != int(thermo["Atoms"]) or not np.array_equal(table["double"][0], expected[:, 0].astype(int)):
        failures.append(f"{name}: not the atoms of the file")
        continue
    energy = abs(d["energy_eV"] / thermo["PotEng"] - 1)
    volume = abs(d["volume_A3"] / thermo["Volume"] - 1)
    force = np.abs(table["double"][1][:, :3] - expected[:, 1:4]).max()
    local = np.abs(table["double"][1][:, 3] - expected[:, 4]).max()
    pressure = np.array([thermo[k] for k in ("Pxx", "Pyy", "Pzz", "Pyz", "Pxz", "Pxy")]) / bar_per_pressure
    stress_found = np.array(d["stress_GPa"]) / gigapascal_per_pressure
    stress = (np.abs(stress_found - pressure) / np.abs(pressure).max()).max()
    double, mixed = table["double"][1][:, :3], table["mixed"][1][:, :3]
    rms = np.sqrt((double**2).sum(1).mean())
    error = np.linalg.norm(mixed - double, axis=1) / rms
    energy_mixed = abs(result["mixed"]["energy_eV"] / d["energy_eV"] - 1)
    print(f"{name:<18}{energy:>10.1e}{force:>12.1e}{local:>10.1e}{stress:>10.1e}{volume:>10.1e}"
          f"{np.median(error):>15.1e}{error.max():>10.1e}{energy_mixed:>10.1e}")
    bound(f"{name}: energy, relative", energy, 1e-10)
    bound(f"{name}: force [eV/A]", force, 1e-9)
    bound(f"{name}: local energy [eV]", local, 1e-9)
    bound(f"{name}: stress, relative to its largest component", stress, 1e-6)
    bound(f"{name}: volume, relative", volume, 1e-12)
    bound(f"{name}: max_force_eV_A, relative to the forces",
          abs(d["max_force_eV_A"] / np.linalg.norm(double, axis=1).max() - 1), 1e-12)
    bound(f"{name}: mixed, median force error", np.median(error), 5e-6)
    bound(f"{name}: mixed, largest force error", error.max(), 1e-4)
    bound(f"{name}: mixed, energy", energy_mixed, 1e-6)
    if not error.max() > 0:
        failures.append(f"{name}: mixed precision gives the bits of double, so it was not used")
for failure in failures:
    print("FAILED:", failure, file=sys.stderr)
sys.exit(bool(failures))
PY
echo "evaluate: passed"
