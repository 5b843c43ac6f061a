#!/usr/bin/env python3
"""
Shell counts of a 19,652-atom glass against SciPy, on one core: the same counts, and how much faster.

compare_descriptors.py [--program build/mgstiff-gpu] [--atoms 19652] [--repeat 5] [--work DIR] [--json FILE]
                       [--bound 10]

The program quenches the glass (1e15 K/s: a minute or two) and counts its 40 shells by species, 2-10 A; SciPy finds the
pairs with cKDTree.query_pairs in the periodic box, and NumPy sorts their distances into the shells. Both are timed in
CPU seconds by turns, the program by `bench rdf` with one thread. Exit 1 where the counts differ or the ratio
is below the bound. Needs numpy, scipy and h5py.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import h5py  # noqa: E402
import numpy as np  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402

R_MIN, R_MAX, SHELLS = 2.0, 10.0, 40

STUDY = """
[study]
name = "descriptors"
seed = 1
output = "study"
[system]
elements = ["Cu", "Zr"]
fractions = [0.5, 0.5]
atoms = {atoms}
potential = "{potential}"
[compute]
backend = "host"
[quench]
samples = 1
rate_K_per_s = 1e15
melt_ps = 1.0
anneal_ps = 0
"""


def reference(position, edges, species, kinds):
    """(n, shells, kinds) counts."""
    tree = cKDTree(position % edges, boxsize=edges)
    pairs = tree.query_pairs(R_MAX, output_type="ndarray")
    d = position[pairs[:, 0]] - position[pairs[:, 1]]
    d -= np.round(d / edges) * edges
    r = np.sqrt(np.einsum("ij,ij->i", d, d))
    shell = np.floor((r - R_MIN) * (SHELLS / (R_MAX - R_MIN))).astype(int)
    keep = (shell >= 0) & (shell < SHELLS)
    i, j, shell = pairs[keep, 0], pairs[keep, 1], shell[keep]
    flat = np.concatenate([(i * SHELLS + shell) * kinds + species[j], (j * SHELLS + shell) * kinds + species[i]])
    return np.bincount(flat, minlength=len(position) * SHELLS * kinds).reshape(len(position), SHELLS, kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--program", default=os.path.join(root, "build", "mgstiff-gpu"))
    parser.add_argument("--potential", default=os.path.join(root, "jobs", "potentials", "Cu-Zr_2.eam.fs"))
    parser.add_argument("--atoms", type=int, default=19652)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--work", default="out/descriptors-comparison")
    parser.add_argument("--json")
    parser.add_argument("--bound", type=float, default=10.0)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    os.makedirs(options.work, exist_ok=True)
    with open(os.path.join(options.work, "study.toml"), "w", encoding="utf-8") as file:
        file.write(STUDY.format(atoms=options.atoms, potential=os.path.abspath(options.potential)))
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    subprocess.run([program, "run", "study.toml", "--stage", "quench", "--stage", "descriptors"], cwd=options.work,
                   env=environment, check=True)
    sample = os.path.join(options.work, "study", "samples", "0000")
    with h5py.File(os.path.join(sample, "glass.h5"), "r") as file:
        position, cell, species = (file[k][...] for k in ("inherent/position", "inherent/cell", "species"))
    with h5py.File(os.path.join(sample, "descriptors.h5"), "r") as file:
        ours = file["shell_counts"][...]
    edges = np.diag(cell).copy()
    if np.abs(cell - np.diag(edges)).max() > 1e-9:
        sys.exit("the cell is not orthorhombic")

    seconds = {"scipy": [], "program": []}
    for _ in range(options.repeat):
        start = time.process_time()
        theirs = reference(position, edges, species, ours.shape[2])
        seconds["scipy"].append(time.process_time() - start)
        # glass.xyz is the glass at its last temperature: as many neighbours, in another order of distances.
        out = os.path.join(options.work, "bench.json")
        subprocess.run([program, "bench", "rdf", "--structure", os.path.join(sample, "glass.xyz"), "--elements",
                        "Cu,Zr", "--potential", options.potential, "--repeat", "3", "--backend", "host", "--json", out],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, encoding="utf-8") as file:
            seconds["program"].append(options.atoms / json.load(file)["atoms_per_cpu_s"])
    same = bool(np.array_equal(ours, theirs))
    medians = {k: statistics.median(v) for k, v in seconds.items()}
    ratio = medians["scipy"] / medians["program"]
    print(f"{options.atoms} atoms, {SHELLS} shells of {ours.shape[2]} species: counts "
          f"{'identical' if same else 'DIFFER'} ({ours.sum()} in all)")
    print(f"SciPy {medians['scipy']:.3f} s, the program {medians['program']:.4f} s of CPU time: "
          f"{ratio:.1f} times as fast")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"atoms": options.atoms, "identical": same, "seconds": seconds, "ratio": ratio}, file, indent=1)
    return 0 if same and ratio >= options.bound else 1


if __name__ == "__main__":
    sys.exit(main())
