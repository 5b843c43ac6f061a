#!/usr/bin/env bash
# Energy, forces and stress of the command `evaluate` against LAMMPS: evaluate.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
reference=$source_directory/tests/data/single-point

for name in b2_triclinic cuzr_liquid_4000 cuzr_glass_4000 fcc_cu_vacancy; do
    elements=Cu,Zr
    [ "$name" != fcc_cu_vacancy ] || elements=Cu
    for precision in double mixed; do
        "$program" evaluate "$reference/$name.data" --potential "$potential" --elements "$elements" \
            --precision "$precision" --backend host --out "$name.$precision.xyz" \
            > "$name.$precision.json" 2> log || fail "evaluate $name --precision $precision"
        cp log "$name.$precision.stderr"
    done
    [ ! -s "$name.double.stderr" ] || fail "double precision has messages"
    number='[0-9.e+-]+'
    grep -Eq "^mixed precision: tables of $number pieces, force error $number eV/A rms, $number at most per pair\$" \
        "$name.mixed.stderr" || fail "the resampling bound of $name is not printed"
done
sed 's/^/the last one: /' "fcc_cu_vacancy.mixed.stderr"

# The same in three domains, one per rank.
if command -v mpirun > /dev/null && [[ "$("$program" info)" != *"built without MPI"* ]]; then
    mpirun -n 3 "$program" evaluate "$reference/cuzr_glass_4000.data" --potential "$potential" \
        --elements Cu,Zr --out "ranks.xyz" > "ranks.json" 2> log || fail "evaluate on three ranks"
    /usr/bin/python3 - <<'PY'
import json
import sys
import numpy as np
from regression import read_xyz

names = "cuzr_glass_4000.double", "ranks"
one, three = (json.load(open(f"{name}.json")) for name in names)
worst = max(abs(a / b - 1) for key in one for a, b in zip(np.ravel(one[key]), np.ravel(three[key])))
atoms, same_atoms = (read_xyz(f"{name}.xyz").columns for name in names)
apart = max(np.abs(atoms[column] - same_atoms[column]).max() for column in atoms if column != "species")
print(f"three ranks against one: {worst:.1e} relative; atoms' columns {apart:.1e}")
if not (worst < 1e-10 and apart < 1e-10):
    sys.exit("FAILED: three ranks give another result than one")
PY
fi

/usr/bin/python3 - "$reference" <<'PY'
import json
import sys
import numpy as np
from regression import finish, hold, read_xyz

reference = sys.argv[1]
bar_per_pressure = 1.6021765e6  # LAMMPS's own, metal units
gigapascal_per_pressure = 160.2176634
wanted = "species:S:1:pos:R:3:forces:R:3:local_energy:R:1:id:I:1"


def bound(what, found, limit):
    hold(found <= limit, f"{what}: {found:.2e} is above {limit:.0e}")


print(f"{'':<18}{'energy':>10}{'force eV/A':>12}{'local eV':>10}{'stress':>10}{'volume':>10}"
      f"{'mixed: median':>15}{'largest':>10}{'energy':>10}")
for name in ("b2_triclinic", "cuzr_liquid_4000", "cuzr_glass_4000", "fcc_cu_vacancy"):
    with open(f"{reference}/{name}.thermo") as file:
        head, row = (line.split() for line in file)
    thermo = dict(zip(head, map(float, row)))
    expected = np.loadtxt(f"{reference}/{name}.forces.txt")
    result = {p: json.load(open(f"{name}.{p}.json")) for p in ("double", "mixed")}
    table = {p: read_xyz(f"{name}.{p}.xyz") for p in ("double", "mixed")}
    for p, frame in table.items():
        hold(frame.properties == wanted, f"{name}.{p}.xyz: the columns are {frame.properties}, not {wanted}")
    d, atoms = result["double"], table["double"].columns
    hold(list(d) == ["atoms", "energy_eV", "volume_A3", "stress_GPa", "max_force_eV_A"],
         f"{name}: the keys are {list(d)}")
    if d["atoms"] != int(thermo["Atoms"]) or not np.array_equal(atoms["id"], expected[:, 0].astype(int)):
        hold(False, f"{name}: not the atoms of the file")
        continue
    energy = abs(d["energy_eV"] / thermo["PotEng"] - 1)
    volume = abs(d["volume_A3"] / thermo["Volume"] - 1)
    force = np.abs(atoms["forces"] - expected[:, 1:4]).max()
    local = np.abs(atoms["local_energy"] - expected[:, 4]).max()
    pressure = np.array([thermo[k] for k in ("Pxx", "Pyy", "Pzz", "Pyz", "Pxz", "Pxy")]) / bar_per_pressure
    stress_found = np.array(d["stress_GPa"]) / gigapascal_per_pressure
    stress = (np.abs(stress_found - pressure) / np.abs(pressure).max()).max()
    double, mixed = atoms["forces"], table["mixed"].columns["forces"]
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
    hold(error.max() > 0, f"{name}: mixed precision gives the bits of double, so it was not used")
finish()
PY
